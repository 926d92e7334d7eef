/* SPDX-License-Identifier: MIT */
/* What a matrix is doing, on stderr: a line that changes on a terminal, lines elsewhere. */
#ifndef RINGSIDE_MACHINES_MATRIX_PROGRESS_H
#define RINGSIDE_MACHINES_MATRIX_PROGRESS_H

#include "machines/matrix/events.h"

/** progress_begin() - a column begins */
void progress_begin(const struct table *table, const struct column *column);

/**
 * progress_show() - how far the column is
 * @events: its events so far
 * @seconds: since it began
 * @doing: Bazel's last line about what it does, or ""
 */
void progress_show(const struct events *events, double seconds, const char *doing);

/** progress_end() - the column has ended */
void progress_end(const struct table *table, const struct column *column);

#endif /* RINGSIDE_MACHINES_MATRIX_PROGRESS_H */
