/* SPDX-License-Identifier: MIT */
/* Running Bazel for one column. */
#ifndef RINGSIDE_MACHINES_MATRIX_RUN_H
#define RINGSIDE_MACHINES_MATRIX_RUN_H

#include "machines/bazel/bazel.h"
#include "machines/matrix/options.h"
#include "machines/matrix/table.h"

/** run_watch_signals() - from here on, a signal to end is what run_column() waits for */
void run_watch_signals(void);

/**
 * run_column() - have Bazel run the tests, and fill in the column
 * @options: what to run
 * @bazel: the Bazel
 * @table: the table
 * @column: its column
 *
 * Return: false when a signal has ended it: nothing more is to be run.
 */
bool run_column(const struct options *options, const struct bazel *bazel, struct table *table,
		struct column *column);

#endif /* RINGSIDE_MACHINES_MATRIX_RUN_H */
