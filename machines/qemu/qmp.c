/* SPDX-License-Identifier: MIT */
/* One line of JSON per message; of a message, the few keys that matter. */
#include "machines/qemu/qmp.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "machines/emulator/clock.h"

/* Copies the string value that follows @key in @line, if it is there. */
static bool string_value(const char *line, const char *key, char *value, size_t size)
{
	const char *start = strstr(line, key);
	size_t length;

	if (!start)
		return false;
	start += strlen(key);
	start += strspn(start, ": \"");
	length = strcspn(start, "\"");
	if (length >= size)
		length = size - 1;
	memcpy(value, start, length);
	value[length] = '\0';
	return true;
}

/* Returns what qmp_receive() does. */
static int take_message(struct qmp *qmp)
{
	char value[64];

	if (string_value(qmp->line, "\"event\"", value, sizeof(value))) {
		if (!strcmp(value, "SHUTDOWN") || !strcmp(value, "GUEST_PANICKED")) {
			string_value(qmp->line, "\"reason\"", qmp->stop_reason,
				     sizeof(qmp->stop_reason));
		} else if (!strcmp(value, "MIGRATION") &&
			   string_value(qmp->line, "\"status\"", value, sizeof(value))) {
			qmp->migrated |= !strcmp(value, "completed");
			qmp->migration_failed |= !strcmp(value, "failed");
		}
		return 0;
	}
	if (string_value(qmp->line, "\"desc\"", value, sizeof(value)))
		return -1;
	return strstr(qmp->line, "\"return\"") ? 1 : 0;
}

int qmp_receive(struct qmp *qmp)
{
	for (;;) {
		char c;
		ssize_t got = recv(qmp->fd, &c, 1, MSG_DONTWAIT);
		int result;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return 0;
		if (got <= 0) {
			qmp->line[0] = '\0';
			return -1;
		}
		if (c != '\n') {
			/* Longer messages hold nothing that is looked for. */
			if (c != '\r' && qmp->used < sizeof(qmp->line) - 1)
				qmp->line[qmp->used++] = c;
			continue;
		}
		qmp->line[qmp->used] = '\0';
		qmp->used = 0;
		result = take_message(qmp);
		if (result)
			return result;
	}
}

/* Waits for messages until @end; -1 with a message when none came. */
static int wait_until(struct qmp *qmp, int64_t end, const char *what)
{
	struct pollfd events = {.fd = qmp->fd, .events = POLLIN};
	int64_t left = end - now_ms();

	if (left <= 0 || (poll(&events, 1, (int)left) == 0)) {
		snprintf(qmp->line, sizeof(qmp->line), "QEMU did not answer in time: %s", what);
		return -1;
	}
	return 0;
}

static int send_text(struct qmp *qmp, const char *text, int pass)
{
	char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec part = {.iov_base = (void *)text, .iov_len = strlen(text)};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (pass >= 0) {
		struct cmsghdr *head;

		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		head = CMSG_FIRSTHDR(&message);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(head), &pass, sizeof(int));
	}
	return sendmsg(qmp->fd, &message, MSG_NOSIGNAL) == (ssize_t)part.iov_len ? 0 : -1;
}

int qmp_command(struct qmp *qmp, const char *command, int pass, int timeout_ms)
{
	int64_t end = now_ms() + timeout_ms;

	if (send_text(qmp, command, pass)) {
		snprintf(qmp->line, sizeof(qmp->line), "QEMU took no command: %s", strerror(errno));
		return -1;
	}
	for (;;) {
		int result = qmp_receive(qmp);

		if (result > 0)
			return 0;
		if (result < 0) {
			if (!*qmp->line)
				strcpy(qmp->line, "QEMU ended");
			return -1;
		}
		if (wait_until(qmp, end, command))
			return -1;
	}
}

int qmp_wait_migration(struct qmp *qmp, int timeout_ms)
{
	int64_t end = now_ms() + timeout_ms;

	while (!qmp->migrated) {
		if (qmp_receive(qmp) < 0 || qmp->migration_failed) {
			if (qmp->migration_failed || !*qmp->line)
				strcpy(qmp->line, "QEMU could not transfer its state");
			return -1;
		}
		if (!qmp->migrated && wait_until(qmp, end, "state transfer"))
			return -1;
	}
	return 0;
}
