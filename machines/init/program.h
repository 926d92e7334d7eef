/* SPDX-License-Identifier: MIT */
/* The job's program while it runs: how it is started (program.c), and connected (relay.c). */
#ifndef RINGSIDE_MACHINES_INIT_PROGRAM_H
#define RINGSIDE_MACHINES_INIT_PROGRAM_H

#include <stddef.h>
#include <sys/types.h>

#include "machines/channel/channel.h"
#include "machines/init/init.h"

/* The program, and our ends of its descriptors; -1 when closed. */
struct program {
	pid_t pid;
	int watch; /* pidfd: readable when it has ended */
	enum channel_connection connection;
	int input, output, error;
	int time; /* where it is told that its time is nearly over */
	const struct channel_frame *pending; /* input that it has not taken whole */
	size_t taken; /* bytes of that which it has taken */
};

/** start_program() - start the job's program; dies if that can't be done */
void start_program(struct program *program, const struct job *job);

/** relay() - connect it with the host, until it has ended */
void relay(struct program *program);

/** drain() - send what it has left in its pipes or its terminal, when nobody writes any more */
void drain(struct program *program);

#endif /* RINGSIDE_MACHINES_INIT_PROGRAM_H */
