/* SPDX-License-Identifier: MIT */
/* A program under supervision. */
#ifndef RINGSIDE_MACHINES_SUPERVISOR_PROGRAM_H
#define RINGSIDE_MACHINES_SUPERVISOR_PROGRAM_H

#include "machines/supervisor/tap.h"

struct program {
	int wait_status; /* how it ended */
	unsigned int left_behind; /* how many of its processes outlived it */
	int signal; /* that ended all from outside, or 0 */
	char *problem; /* why it could not run, or NULL; the caller frees it */
};

/** now_s() - the time in seconds, from some moment on */
double now_s(void);

/**
 * run_program() - run a program to its end, and its children with it
 * @command: argv[]
 * @tap: takes its output, standard error included, which goes to stdout as well
 */
struct program run_program(char **command, struct tap *tap);

#endif /* RINGSIDE_MACHINES_SUPERVISOR_PROGRAM_H */
