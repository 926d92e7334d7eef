/* SPDX-License-Identifier: MIT */
/* The one Bazel that runs all. */
#ifndef RINGSIDE_MACHINES_MATRIX_RUN_H
#define RINGSIDE_MACHINES_MATRIX_RUN_H

#include "machines/matrix/options.h"
#include "machines/matrix/table.h"

/**
 * run_cells() - have Bazel run the tests, and fill in the table
 * @options: what the user asks for
 * @bazel: the Bazel
 * @packages: what cells_declare() has returned
 * @table: the table
 *
 * A signal to end ends Bazel, and what is known by then is in the table.
 */
void run_cells(const struct options *options, const struct bazel *bazel, const char *packages,
	       struct table *table);

#endif /* RINGSIDE_MACHINES_MATRIX_RUN_H */
