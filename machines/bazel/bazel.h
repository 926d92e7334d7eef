/* SPDX-License-Identifier: MIT */
/*
 * Bazel, called by a program that "bazel run" has started: it has let go of
 * its lock by then. Takes the workspace from the environment that it made.
 */
#ifndef RINGSIDE_MACHINES_BAZEL_BAZEL_H
#define RINGSIDE_MACHINES_BAZEL_BAZEL_H

#include <stdbool.h>
#include <sys/types.h>

#include "machines/emulator/child.h"

/* Exit statuses of "bazel test", which programs around it have as well. */
enum {
	BAZEL_NOT_BUILT = 1,
	BAZEL_COMMAND_LINE = 2,
	BAZEL_TESTS_FAILED = 3,
	BAZEL_NO_TESTS = 4,
	BAZEL_INTERRUPTED = 8,
};

struct bazel {
	char *workspace; /* its root folder */
	char *folder; /* in which the user called Bazel: labels may be relative to it */
	char *program; /* the workspace's ./bazelw, or a Bazel on PATH */
};

/**
 * bazel_find() - find the workspace and its Bazel
 * @bazel: to be filled in
 *
 * Return: NULL, or what is wrong and what to do about it.
 */
const char *bazel_find(struct bazel *bazel);

/**
 * bazel_start() - start Bazel with some arguments
 * @bazel: from bazel_find()
 * @arguments: argv[], of which the first is bazel->program
 * @output: descriptor for its stdout, or -1 for our own
 * @errors: descriptor for its stderr, or -1 for our own
 * @alone: in a process group of its own, so that a terminal's Ctrl-C is for us only
 *
 * When we are killed, it gets a SIGTERM, which ends the command that it waits for.
 *
 * Return: its process ID, or -1 with errno.
 */
pid_t bazel_start(const struct bazel *bazel, const struct arguments *arguments, int output,
		  int errors, bool alone);

/** bazel_wait() - its exit status, or 128 and the number of the signal that ended it */
int bazel_wait(pid_t pid);

#endif /* RINGSIDE_MACHINES_BAZEL_BAZEL_H */
