/* SPDX-License-Identifier: MIT */
/* The user's terminal, or pipes, and a program in a machine: each hears the other. */
#ifndef RINGSIDE_MACHINES_SHELL_CONNECTION_H
#define RINGSIDE_MACHINES_SHELL_CONNECTION_H

#include "machines/runner/emulated.h"

/* Ends the machine, whatever state it is in: Ctrl-]. */
#define CONNECTION_ESCAPE 0x1d

/**
 * connection_prepare() - fill in the functions of a dialogue
 * @dialogue: all but program, context and write_job
 *
 * To be called once. Without a terminal, what this program says itself goes to
 * stderr from here on: stdout is the other program's.
 */
void connection_prepare(struct dialogue *dialogue);

/**
 * connection_write() - say to a machine with what its program is connected
 *
 * A terminal, of the size of ours, if stdin and stdout are one; else pipes.
 */
void connection_write(struct outbox *outbox);

/** connection_greet() - print @greeting on the terminal, if there is one, when the program runs */
void connection_greet(const char *greeting);

#endif /* RINGSIDE_MACHINES_SHELL_CONNECTION_H */
