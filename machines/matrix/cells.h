/* SPDX-License-Identifier: MIT */
/* The tests that the patterns name, and a target of its own for each of them in each column. */
#ifndef RINGSIDE_MACHINES_MATRIX_CELLS_H
#define RINGSIDE_MACHINES_MATRIX_CELLS_H

#include "machines/matrix/options.h"
#include "machines/matrix/table.h"

/* The package that they are in. */
#define CELLS_PACKAGE "ringside_matrix"

struct test {
	char *label;
	char *path; /* the label as a part of targets' names */
	char *machine; /* the only one that it may run on, or NULL */
	char *attributes; /* what its cells have to have, too, in Starlark */
};

struct cells {
	struct test *tests;
	size_t test_count;
	struct table *table;
};

/** cells_find() - the tests that the patterns name; ends the program if there are none */
void cells_find(struct cells *cells, const struct options *options, const struct bazel *bazel);

/**
 * cells_declare() - write the package of the targets
 * @cells: from cells_find()
 * @table: its columns, which learn how many cells they have
 * @bazel: the Bazel
 *
 * It is in Bazel's own folder, so nothing in the user's workspace changes.
 *
 * Return: --package_path, by which Bazel finds it.
 */
char *cells_declare(struct cells *cells, struct table *table, const struct bazel *bazel);

/**
 * cells_place() - where in the table a target belongs
 * @cells: a struct cells
 * @label: any target's
 * @column: gets the column
 *
 * Return: the test's label, or NULL if it is none of the matrix's targets.
 */
const char *cells_place(const void *cells, const char *label, struct column **column);

/** cells_skip() - what is for one machine alone is skipped in the others' columns */
void cells_skip(const struct cells *cells);

#endif /* RINGSIDE_MACHINES_MATRIX_CELLS_H */
