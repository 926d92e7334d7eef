/* SPDX-License-Identifier: MIT */
/* An emulator as a child process that never outlives its parent. */
#ifndef RINGSIDE_MACHINES_EMULATOR_CHILD_H
#define RINGSIDE_MACHINES_EMULATOR_CHILD_H

#include <stdarg.h>
#include <stddef.h>
#include <sys/types.h>

/* The arguments of a program, built one by one. */
struct arguments {
	char **list; /* NULL-terminated */
	size_t count;
};

/** add_argument() - append one formatted argument; exits if memory runs out */
void add_argument(struct arguments *arguments, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** free_arguments() - free the list and what it holds */
void free_arguments(struct arguments *arguments);

/**
 * start_child() - run a program
 * @arguments: argv[]; the first is the program's path
 * @environment: envp[], NULL-terminated
 * @directory: where it runs, or NULL for here
 * @output: file descriptor for its stdout and stderr
 * @keep: other descriptors that it gets under their numbers
 * @keep_count: how many these are
 *
 * The kernel kills the child with SIGKILL when the calling thread ends, by
 * whatever cause. It leads a process group of its own, so that a terminal's
 * signals reach the caller only. Its stdin is /dev/null.
 *
 * Return: its process ID, or -1 with errno.
 */
pid_t start_child(const struct arguments *arguments, char *const environment[],
		  const char *directory, int output, const int *keep, size_t keep_count);

/**
 * end_child() - kill a child and its process group, and wait for it
 * @pid: from start_child(); 0 for one that was waited for already
 */
void end_child(pid_t pid);

#endif /* RINGSIDE_MACHINES_EMULATOR_CHILD_H */
