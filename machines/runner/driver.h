/* SPDX-License-Identifier: MIT */
/* What each emulator does in its own way. */
#ifndef RINGSIDE_MACHINES_RUNNER_DRIVER_H
#define RINGSIDE_MACHINES_RUNNER_DRIVER_H

#include <stdbool.h>
#include <sys/types.h>

#include "machines/runner/description.h"

/* A machine that runs, or is about to. Descriptors are -1 when not open. */
struct running {
	pid_t pid; /* the emulator; 0 if there is none */
	int console; /* readable: what the kernel and init say */
	int channel; /* a socket: frames, both ways */
	int errors; /* readable: what the emulator says */
	int control; /* readable: for on_control(), or -1 */
	char error[1024]; /* why start() or restore() failed */
	void *private; /* the driver's own */
};

struct driver {
	const char *name; /* as machine descriptions spell it */

	/**
	 * start() - start the emulator, which comes up while its machine's job is put together
	 *
	 * Return: 0, or -1 with run->error.
	 */
	int (*start)(struct running *run, const struct machine_description *machine);

	/**
	 * restore() - go on where the snapshot was taken, as far as start() has not had it do so
	 *
	 * Return: 0, or -1 with run->error.
	 */
	int (*restore)(struct running *run, const struct machine_description *machine);

	/** on_control() - run->control is readable; closes it at its end */
	void (*on_control)(struct running *run);

	/**
	 * why_off() - why a machine went off that had not switched itself off
	 * @run: the machine
	 * @wait_status: the emulator's
	 *
	 * Return: words such as "it was reset"; NULL if it is not known.
	 */
	const char *(*why_off)(const struct running *run, int wait_status);

	/** end() - kill the emulator and free everything, files included */
	void (*end)(struct running *run);
};

extern const struct driver bochs_driver;
extern const struct driver qemu_driver;

#endif /* RINGSIDE_MACHINES_RUNNER_DRIVER_H */
