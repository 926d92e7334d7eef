/* SPDX-License-Identifier: MIT */
/* What a matrix is doing, on stderr: a line that changes on a terminal, and one for each column's end. */
#ifndef RINGSIDE_MACHINES_MATRIX_PROGRESS_H
#define RINGSIDE_MACHINES_MATRIX_PROGRESS_H

#include "machines/matrix/events.h"

/** progress_begin() - say what is going to run */
void progress_begin(const struct table *table, size_t tests);

/**
 * progress_show() - how far it is, on a terminal
 * @events: the events so far
 * @seconds: since it began
 * @doing: Bazel's last line about what it does, or ""
 */
void progress_show(const struct events *events, double seconds, const char *doing);

/** progress_end() - a column has ended, the @number-th to do so, from 1 */
void progress_end(const struct table *table, const struct column *column, size_t number);

#endif /* RINGSIDE_MACHINES_MATRIX_PROGRESS_H */
