/* SPDX-License-Identifier: MIT */
/* The matrix: a row for each test, a column for each machine and kernel. */
#ifndef RINGSIDE_MACHINES_MATRIX_TABLE_H
#define RINGSIDE_MACHINES_MATRIX_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "machines/bazel/results.h"

/* What a test did in a column. */
struct cell {
	enum verdict verdict;
	double seconds; /* of all its runs */
	size_t runs; /* shards and attempts included */
	size_t cached; /* of these, from a cache */
	char *log; /* a file in the output folder, or NULL */
	char *message; /* why it was skipped or not built, or NULL */
};

struct column {
	char *machine; /* name, or label */
	char *kernel; /* label, or NULL: the machine's own */
	char *title; /* "amd linux" */
	char *id; /* the same, fit for a file's name */
	char *release; /* of the kernel, as a test said it; or NULL */
	char *problem; /* lines on why it is incomplete, or NULL */
	struct cell *cells; /* one per row of the table */
};

struct table {
	char **tests; /* labels, sorted; a row each */
	size_t test_count;
	struct column *columns;
	size_t column_count;
	time_t started;
	double seconds;
	int status; /* Bazel's exit status */
};

/** table_add_column() - append a column, before there are rows; @kernel may be NULL */
void table_add_column(struct table *table, const char *machine, const char *kernel);

/** table_cell() - the cell of a test, until the next call; its row is made if there is none */
struct cell *table_cell(struct table *table, struct column *column, const char *test);

/** table_count() - how many cells of a column have a verdict */
size_t table_count(const struct table *table, const struct column *column, enum verdict verdict);

/** table_seconds() - of all tests of a column together */
double table_seconds(const struct table *table, const struct column *column);

/** table_interrupted() - whether a signal has ended Bazel before it came to all of a column */
bool table_interrupted(const struct table *table, const struct column *column);

/** table_status() - the exit status that stands for all: see main.c */
int table_status(const struct table *table);

/* How verdicts are called on a terminal ("PASS") and in JSON ("passed"). */
extern const char *const verdict_words[VERDICTS];
extern const char *const verdict_keys[VERDICTS];

#endif /* RINGSIDE_MACHINES_MATRIX_TABLE_H */
