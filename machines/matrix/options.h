/* SPDX-License-Identifier: MIT */
/* What the user asks the matrix for. */
#ifndef RINGSIDE_MACHINES_MATRIX_OPTIONS_H
#define RINGSIDE_MACHINES_MATRIX_OPTIONS_H

#include "machines/bazel/bazel.h"
#include "machines/bazel/command.h"

struct options {
	struct words machines; /* "host", names of Ringside's, labels */
	struct words kernels; /* labels */
	struct words patterns; /* of tests; one that begins with '-' takes away */
	struct words bazel_options;
	char *output; /* folder */
};

/**
 * options_read() - read the command line
 * @options: to be filled in
 * @argv: NULL-terminated
 *
 * Ends the program with a message for what makes no sense, and for --help.
 */
void options_read(struct options *options, char **argv);

/**
 * options_resolve() - ask Bazel which targets machines and kernels are
 * @options: from options_read(); labels in them become absolute
 * @bazel: the Bazel
 *
 * Ends the program with a message for one that there is not.
 */
void options_resolve(struct options *options, const struct bazel *bazel);

/** is_label() - whether a machine is named by its label */
bool is_label(const char *machine);

#endif /* RINGSIDE_MACHINES_MATRIX_OPTIONS_H */
