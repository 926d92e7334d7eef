/* SPDX-License-Identifier: MIT */
/* What the user asks the matrix for. */
#ifndef RINGSIDE_MACHINES_MATRIX_OPTIONS_H
#define RINGSIDE_MACHINES_MATRIX_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "machines/bazel/bazel.h"

/* A list of strings. */
struct words {
	char **list;
	size_t count;
};

struct options {
	struct words machines; /* "host" among them, or not */
	struct words kernels; /* labels */
	struct words patterns; /* of tests; one that begins with '-' takes away */
	struct words bazel_options;
	char *output; /* folder */
	const char *machine_flag; /* labels of Ringside's own flags */
	const char *kernel_flag;
};

/**
 * options_read() - read the command line
 * @options: to be filled in
 * @argv: NULL-terminated
 *
 * Ends the program with a message for what makes no sense, and for --help.
 */
void options_read(struct options *options, char **argv);

/** options_check() - ask Bazel whether the kernels and tests exist; ends the program if not */
void options_check(const struct options *options, const struct bazel *bazel);

#endif /* RINGSIDE_MACHINES_MATRIX_OPTIONS_H */
