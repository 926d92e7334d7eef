/* SPDX-License-Identifier: MIT */
/* How the channel's bytes get in and out of the machine: an emulator has one or the other. */
#ifndef RINGSIDE_MACHINES_INIT_TRANSPORT_H
#define RINGSIDE_MACHINES_INIT_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>

/* All of it dies of what goes wrong. */
struct transport {
	/** open() - find it, and have access to it */
	void (*open)(void);

	/** wait() - have the snapshot made, where a device does that; return in the restored machine */
	void (*wait)(void);

	/** read() - wait for the next @size bytes */
	void (*read)(void *data, size_t size);

	/** write() - send bytes; they may wait for flush() */
	void (*write)(const void *data, size_t size);

	/** flush() - have the host get what has been written */
	void (*flush)(void);

	/** descriptor() - one that is readable when something has come; -1: ask has_input() */
	int (*descriptor)(void);

	/** has_input() - whether something has come, where there is no descriptor */
	bool (*has_input)(void);
};

/* Bochs': I/O ports (machines/bochs/mailbox.h); NULL on a CPU that has none. */
extern const struct transport *const mailbox;

/* QEMU's: a port of virtio-serial. */
extern const struct transport virtio_port;

#endif /* RINGSIDE_MACHINES_INIT_TRANSPORT_H */
