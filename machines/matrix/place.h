/* SPDX-License-Identifier: MIT */
/* Where in the table a target of the matrix belongs. */
#ifndef RINGSIDE_MACHINES_MATRIX_PLACE_H
#define RINGSIDE_MACHINES_MATRIX_PLACE_H

#include "machines/matrix/table.h"

/* The package that they are in. */
#define CELLS_PACKAGE "ringside_matrix"

/**
 * place_cell() - tell which test a target runs, in which column
 * @table: the table
 * @label: any target's
 * @column: gets the column
 *
 * Return: the test's label, which the caller frees; NULL if it is none of the matrix's targets.
 */
char *place_cell(const struct table *table, const char *label, struct column **column);

#endif /* RINGSIDE_MACHINES_MATRIX_PLACE_H */
