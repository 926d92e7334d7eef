/* SPDX-License-Identifier: MIT */
/*
 * Input from the stream; see input.h.
 *
 * Where standard output is the stream's device itself, it goes both ways.
 * Where it is a pipe to init, the machine has a mailbox, which interrupts
 * nobody: it has to be looked into.
 */
#include "machines/shell/agent/input.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machines/bochs/mailbox.h"

/* Of the machine's time; a person does not notice. */
#define LOOK_EVERY_MS 5

static bool has_device;

void input_open(void)
{
	struct stat status;

	has_device = !fstat(STDOUT_FILENO, &status) && S_ISCHR(status.st_mode);
	if (has_device)
		return;
	if (ioperm(MAILBOX_STREAM_PORT, MAILBOX_STREAM_CONTROL_PORT + 4 - MAILBOX_STREAM_PORT, 1)) {
		dprintf(STDERR_FILENO, "shell: no access to the mailbox's I/O ports: %s\n",
			strerror(errno));
		exit(126);
	}
}

int input_descriptor(void)
{
	return has_device ? STDOUT_FILENO : -1;
}

int input_interval_ms(void)
{
	return has_device ? -1 : LOOK_EVERY_MS;
}

static size_t look_into_mailbox(void *data, size_t size)
{
	uint32_t available = inl(MAILBOX_STREAM_CONTROL_PORT);

	if (available == MAILBOX_END)
		return 0;
	if (available < size)
		size = available;
	insb(MAILBOX_STREAM_PORT, data, size);
	return size;
}

size_t input_read(void *data, size_t size, bool readable)
{
	ssize_t got;

	if (!has_device)
		return look_into_mailbox(data, size);
	got = readable ? read(STDOUT_FILENO, data, size) : 0;
	return got > 0 ? (size_t)got : 0;
}
