/* SPDX-License-Identifier: MIT */
/* Text files of lines: "key value", or columns with tabs between. */
#ifndef RINGSIDE_KVM_LAB_SCORE_LINES_H
#define RINGSIDE_KVM_LAB_SCORE_LINES_H

#include <stdbool.h>
#include <stddef.h>

/**
 * lines_read() - call @take for each line of a file, its end removed
 *
 * Return: false if the file can't be opened.
 */
bool lines_read(const char *path, void (*take)(void *context, char *line), void *context);

/** line_value() - cut @line at its first blank; returns what stands behind it, or "" */
char *line_value(char *line);

/**
 * line_columns() - cut a line at its tabs
 * @line: the line, which is changed
 * @columns: set to the beginnings of the columns; what is missing is ""
 * @count: how many there are to be; the last one takes the rest
 */
void line_columns(char *line, char **columns, size_t count);

#endif /* RINGSIDE_KVM_LAB_SCORE_LINES_H */
