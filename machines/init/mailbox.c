/* SPDX-License-Identifier: MIT */
/* The machine's side of the mailbox. */
#include "machines/bochs/mailbox.h"

#include "machines/init/ports.h"
#include "machines/init/transport.h"

static void open_mailbox(void)
{
	ports_allow(MAILBOX_DATA_PORT, MAILBOX_CONTROL_PORT + 4 - MAILBOX_DATA_PORT);
}

static void wait_for_restore(void)
{
	/* The state is saved somewhere in here; only a restored machine gets out. */
	while (port_read32(MAILBOX_CONTROL_PORT) == MAILBOX_END)
		;
}

static void read_bytes(void *data, size_t size)
{
	port_read(MAILBOX_DATA_PORT, data, size);
}

static void write_bytes(const void *data, size_t size)
{
	port_write(MAILBOX_DATA_PORT, data, size);
}

static void flush(void)
{
	port_write32(MAILBOX_CONTROL_PORT, MAILBOX_FLUSH);
}

static int no_descriptor(void)
{
	return -1;
}

static bool has_input(void)
{
	const uint32_t available = port_read32(MAILBOX_CONTROL_PORT);

	return available && available != MAILBOX_END;
}

const struct transport mailbox = {
	.open = open_mailbox,
	.wait = wait_for_restore,
	.read = read_bytes,
	.write = write_bytes,
	.flush = flush,
	.descriptor = no_descriptor,
	.has_input = has_input,
};
