/* SPDX-License-Identifier: MIT */
/* A port of virtio-serial: a device that passes bytes as they are. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "machines/init/init.h"
#include "machines/init/transport.h"
#include "machines/io/io.h"

/* How long a driver may take to find its device, in seconds. */
#define DEVICE_SECONDS 20

static int port = -1;

static void wait_for_device(const char *path)
{
	int events = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	struct timespec now, end;

	if (events < 0 || inotify_add_watch(events, "/dev", IN_CREATE) < 0)
		die("cannot watch /dev: %s%s", strerror(errno), fix_kernel("CONFIG_INOTIFY_USER"));
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += DEVICE_SECONDS;
	while (access(path, F_OK)) {
		struct pollfd poll_events = {.fd = events, .events = POLLIN};
		char buffer[4096];

		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec >= end.tv_sec)
			die("%s did not appear within %d s: this kernel has no driver for it, built "
			    "in or among the modules. Fix: CONFIG_VIRTIO_CONSOLE and CONFIG_VIRTIO_PCI",
			    path, DEVICE_SECONDS);
		poll(&poll_events, 1, (int)(end.tv_sec - now.tv_sec) * 1000);
		while (read(events, buffer, sizeof(buffer)) > 0)
			;
	}
	close(events);
}

static void open_port(void)
{
	const char *path = required_setting("ringside_port");

	wait_for_device(path);
	port = open(path, O_RDWR | O_CLOEXEC);
	if (port < 0)
		die("cannot open %s: %s", path, strerror(errno));
}

static void wait_for_restore(void)
{
	struct pollfd event = {.fd = port, .events = POLLIN};

	/* Nobody sends before. */
	while (poll(&event, 1, -1) < 0)
		if (errno != EINTR)
			die("cannot wait for the host: %s", strerror(errno));
}

static void read_bytes(void *data, size_t size)
{
	if (read_all(port, data, size))
		die("cannot read from the host: %s", strerror(errno));
}

static void write_bytes(const void *data, size_t size)
{
	if (write_all(port, data, size))
		die("cannot write to the host: %s", strerror(errno));
}

static void flush(void)
{
	/* A write has done it. */
}

static int descriptor(void)
{
	return port;
}

static bool has_input(void)
{
	return false;
}

const struct transport virtio_port = {
	.open = open_port,
	.wait = wait_for_restore,
	.read = read_bytes,
	.write = write_bytes,
	.flush = flush,
	.descriptor = descriptor,
	.has_input = has_input,
};
