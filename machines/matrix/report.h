/* SPDX-License-Identifier: MIT */
/* The table, for people and for programs. */
#ifndef RINGSIDE_MACHINES_MATRIX_REPORT_H
#define RINGSIDE_MACHINES_MATRIX_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "machines/matrix/table.h"

/**
 * report_text() - print the table, what is to be looked into, and the totals
 * @file: where to
 * @table: the table
 * @folder: the output folder, which logs are named relative to
 * @in_color: whether to colour verdicts, as on a terminal
 */
void report_text(FILE *file, const struct table *table, const char *folder, bool in_color);

/** report_html() - one page, in the output folder that its links lead into */
void report_html(FILE *file, const struct table *table);

/** report_json() - the format that docs/machines.md describes */
void report_json(FILE *file, const struct table *table);

#endif /* RINGSIDE_MACHINES_MATRIX_REPORT_H */
