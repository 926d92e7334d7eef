/* SPDX-License-Identifier: MIT */
/* The targets of a matrix: one for each test that the patterns name in each column. */
#ifndef RINGSIDE_MACHINES_MATRIX_CELLS_H
#define RINGSIDE_MACHINES_MATRIX_CELLS_H

#include "machines/matrix/options.h"
#include "machines/matrix/table.h"

/**
 * cells_declare() - have Bazel find the tests, and write a package of the targets
 * @options: what the user asks for
 * @table: with its columns
 * @bazel: the Bazel
 *
 * The package is in Bazel's own folder, so nothing in the user's workspace changes. Ends
 * the program with a message if there are no tests.
 *
 * Return: --package_path, by which Bazel finds it.
 */
char *cells_declare(const struct options *options, const struct table *table,
		    const struct bazel *bazel);

#endif /* RINGSIDE_MACHINES_MATRIX_CELLS_H */
