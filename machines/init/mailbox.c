/* SPDX-License-Identifier: MIT */
/* The mailbox's side of the guest; see mailbox.h. */
#include "machines/init/mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "machines/bochs/mailbox.h"
#include "machines/init/init.h"

/*
 * How often the mailbox is asked whether the test's time is nearly over, in
 * milliseconds of the machine's time: it interrupts nobody.
 */
#define LOOK_EVERY_MS 100

/* Bytes that are moved at once, a multiple of 4. */
#define CHUNK (64u << 10)

static unsigned char chunk[CHUNK];

void mailbox_open(void)
{
	if (ioperm(MAILBOX_STREAM_PORT, MAILBOX_JOB_CONTROL_PORT + 4 - MAILBOX_STREAM_PORT, 1))
		die("no access to the mailbox's I/O ports: %s%s", strerror(errno),
		    fix_kernel("CONFIG_X86_IOPL_IOPERM"));
}

/* Appends the job's next bytes to the file. */
static void receive(int drive, uint64_t size)
{
	while (size) {
		size_t part = size < CHUNK ? size : CHUNK;

		insl(MAILBOX_JOB_PORT, chunk, (part + 3) / 4);
		if (write(drive, chunk, part) != (ssize_t)part)
			die("the machine's file system is full: the test does not fit (%s); give it "
			    "less data or the machine more memory",
			    strerror(errno));
		size -= part;
	}
}

int mailbox_take_job(struct job_header *header)
{
	/* In the root file system, which knows when it is full: memory would just run out. */
	int drive = open("/", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	uint64_t end;

	if (drive < 0 || ftruncate(drive, JOB_DRIVE_SIZE))
		die("cannot make a file in memory: %s", strerror(errno));
	/* The state is saved somewhere in here; only a restored machine gets out. */
	while (inl(MAILBOX_JOB_CONTROL_PORT) == MAILBOX_END)
		;
	receive(drive, JOB_BLOCK);
	memcpy(header, chunk, sizeof(*header));
	if (memcmp(header->magic, JOB_MAGIC, sizeof(header->magic)))
		die("what came instead of a job does not begin with %s", JOB_MAGIC);
	if (header->archive_offset < JOB_BLOCK || header->archive_offset % 4 ||
	    __builtin_add_overflow(header->archive_offset, header->archive_size, &end))
		die("the job's archive is said to be at %#llx",
		    (unsigned long long)header->archive_offset);
	receive(drive, end - JOB_BLOCK);
	return drive;
}

static void send_bytes(unsigned short port, const void *data, size_t size)
{
	outsl(port, data, size / 4);
	outsb(port, (const unsigned char *)data + size / 4 * 4, size % 4);
}

/* Passes on what there is; false at the stream's end. */
static bool relay_some(int stream)
{
	ssize_t got = read(stream, chunk, sizeof(chunk));

	if (got < 0)
		return errno == EINTR;
	send_bytes(MAILBOX_STREAM_PORT, chunk, (size_t)got);
	outl(MAILBOX_FLUSH, MAILBOX_COMMAND_PORT);
	return got > 0;
}

/* Whether something has come in the stream's other direction. */
static bool has_input(void)
{
	const uint32_t available = inl(MAILBOX_STREAM_CONTROL_PORT);

	return available && available != MAILBOX_END;
}

void mailbox_relay(int stream, pid_t child, int time)
{
	bool looks = time >= 0;
	struct pollfd events[] = {
		{.fd = stream, .events = POLLIN},
		{.fd = (int)syscall(SYS_pidfd_open, child, 0), .events = POLLIN},
	};

	if (events[1].fd < 0)
		die("cannot watch the test: %s", strerror(errno));
	while (!events[1].revents) {
		if (poll(events, 2, looks ? LOOK_EVERY_MS : -1) < 0 && errno != EINTR)
			die("cannot watch the test: %s", strerror(errno));
		if (looks && has_input()) {
			tell_time(time);
			looks = false;
		}
		if (events[0].revents && !relay_some(stream))
			events[0].fd = -1; /* it closed its output; wait for its end */
	}
	close(events[1].fd);
	/* Whoever else holds the stream open would keep it from ending. */
	kill(-1, SIGKILL);
	while (relay_some(stream))
		;
	close(stream);
}

void mailbox_bring_out(int drive, const struct job_header *header)
{
	struct job_result result;
	uint64_t position = header->result_offset, end;

	if (job_read_block(drive, position, &result, sizeof(result)))
		die("cannot read the result: %s", strerror(errno));
	end = position + JOB_BLOCK + result.archive_size;
	while (position < end) {
		size_t part = end - position < CHUNK ? end - position : CHUNK;

		if (pread(drive, chunk, part, (off_t)position) != (ssize_t)part)
			die("cannot read the result: %s", strerror(errno));
		send_bytes(MAILBOX_JOB_PORT, chunk, part);
		position += part;
	}
	outl(MAILBOX_FLUSH, MAILBOX_COMMAND_PORT);
}
