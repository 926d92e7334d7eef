/* SPDX-License-Identifier: MIT */
/* From Bazel's results to the table. */
#ifndef RINGSIDE_MACHINES_MATRIX_FILL_H
#define RINGSIDE_MACHINES_MATRIX_FILL_H

#include "machines/matrix/table.h"

/* The package of the targets that a matrix declares. */
#define CELLS_PACKAGE "ringside_matrix"

/**
 * fill_table() - fill in the cells, and the columns' problems
 * @table: with its columns and status
 * @results: of its targets; what they say of others is left out
 * @folder: the output folder: logs are copied there, as the next test overwrites them
 */
void fill_table(struct table *table, const struct results *results, const char *folder);

#endif /* RINGSIDE_MACHINES_MATRIX_FILL_H */
