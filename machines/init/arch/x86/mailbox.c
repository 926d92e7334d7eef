/* SPDX-License-Identifier: MIT */
/* The machine's side of the mailbox. */
#include "machines/bochs/mailbox.h"

#include <errno.h>
#include <string.h>
#include <sys/io.h>

#include "machines/init/init.h"
#include "machines/init/transport.h"

static void open_mailbox(void)
{
	if (ioperm(MAILBOX_DATA_PORT, MAILBOX_CONTROL_PORT + 4 - MAILBOX_DATA_PORT, 1))
		die("no access to the mailbox's I/O ports: %s%s", strerror(errno),
		    fix_kernel("CONFIG_X86_IOPL_IOPERM"));
}

static void wait_for_restore(void)
{
	outl(MAILBOX_SAVE, MAILBOX_CONTROL_PORT);
	/* The state is saved somewhere in here; only a restored machine gets out. */
	while (inl(MAILBOX_CONTROL_PORT) == MAILBOX_END)
		;
}

static void read_bytes(void *data, size_t size)
{
	insl(MAILBOX_DATA_PORT, data, size / 4);
	insb(MAILBOX_DATA_PORT, (unsigned char *)data + size / 4 * 4, size % 4);
}

static void write_bytes(const void *data, size_t size)
{
	outsl(MAILBOX_DATA_PORT, data, size / 4);
	outsb(MAILBOX_DATA_PORT, (const unsigned char *)data + size / 4 * 4, size % 4);
}

static void flush(void)
{
	outl(MAILBOX_FLUSH, MAILBOX_CONTROL_PORT);
}

static int no_descriptor(void)
{
	return -1;
}

static bool has_input(void)
{
	const unsigned int available = inl(MAILBOX_CONTROL_PORT);

	return available && available != MAILBOX_END;
}

static const struct transport ports = {
	.open = open_mailbox,
	.wait = wait_for_restore,
	.read = read_bytes,
	.write = write_bytes,
	.flush = flush,
	.descriptor = no_descriptor,
	.has_input = has_input,
};

const struct transport *const mailbox = &ports;
