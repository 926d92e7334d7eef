/* SPDX-License-Identifier: MIT */
/* Whether a program can run here, and how; said before it is tried. */
#ifndef RINGSIDE_MACHINES_SUPERVISOR_LOAD_H
#define RINGSIDE_MACHINES_SUPERVISOR_LOAD_H

#include <stddef.h>

/**
 * make_command() - find out how to start a program
 * @arguments: argv[], NULL-terminated; the first is the program's path
 * @libraries: shared libraries and a loader that it brings along
 * @library_count: how many
 * @command: set to the argv[] to execute, NULL-terminated
 *
 * A program that brings its dynamic loader along is started by that one, with the
 * folders of all its libraries.
 *
 * Return: NULL, or why it can't run, with what to do about it; the caller frees it.
 */
char *make_command(char **arguments, char **libraries, size_t library_count, char ***command);

#endif /* RINGSIDE_MACHINES_SUPERVISOR_LOAD_H */
