/* SPDX-License-Identifier: MIT */
/* See host.h. */
#include "machines/init/host.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "machines/init/init.h"
#include "machines/init/transport.h"

static const struct transport *transport;

void host_open(void)
{
	const struct transport *wanted = getenv("ringside_mailbox") ? mailbox : &virtio_port;

	if (!wanted)
		die("this CPU has no I/O ports, and so no mailbox. Fix: ringside_port in its place on the kernel's command line");
	wanted->open();
	transport = wanted;
}

bool host_is_open(void)
{
	return transport;
}

void host_wait(void)
{
	struct utsname name;

	uname(&name);
	host_send_text(CHANNEL_READY, name.release);
	transport->wait();
}

const struct channel_frame *host_receive(void)
{
	static struct channel_frame frame;

	transport->read(&frame.head, sizeof(frame.head));
	if (!channel_head_is_valid(&frame.head, CHANNEL_HOST))
		die("the host sends a frame of type %u and %u bytes, which there is not: rebuild "
		    "the machine",
		    frame.head.type, frame.head.size);
	transport->read(frame.data, frame.head.size);
	if (!channel_data_is_valid(&frame))
		die("the host sends a frame of type %u whose data make no sense: rebuild the "
		    "machine",
		    frame.head.type);
	return &frame;
}

void host_send(enum channel_type type, const void *data, size_t size)
{
	static struct channel_frame frame;

	/* In one piece: each write to a device takes its time. */
	frame.head = (struct channel_head){.type = type, .size = (uint32_t)size};
	if (size)
		memcpy(frame.data, data, size);
	transport->write(&frame, sizeof(frame.head) + size);
	transport->flush();
}

void host_send_text(enum channel_type type, const char *text)
{
	host_send(type, text, strnlen(text, CHANNEL_DATA_MAX));
}

void host_send_file(const char *path, uint64_t size)
{
	const struct channel_file head = {.size = size, .mode = 0644};
	char data[sizeof(head) + 4096];
	const size_t length = strnlen(path, sizeof(data) - sizeof(head));

	memcpy(data, &head, sizeof(head));
	memcpy(data + sizeof(head), path, length);
	host_send(CHANNEL_FILE, data, sizeof(head) + length);
}

void host_end(void)
{
	for (;;)
		pause();
}

int host_descriptor(void)
{
	return transport->descriptor();
}

bool host_has_sent(void)
{
	return transport->has_input();
}
