/* SPDX-License-Identifier: MIT */
/* The progress display; see progress.h. */
#include "machines/matrix/progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Where a terminal does not tell how wide it is. */
#define DEFAULT_WIDTH 80

#define LINE_SIZE 512

static bool on_terminal(void)
{
	return isatty(STDERR_FILENO);
}

static size_t width(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		return DEFAULT_WIDTH;
	return size.ws_col;
}

static size_t count_failed(const struct table *table, const struct column *column)
{
	size_t count = 0;

	for (size_t i = 0; i < table->test_count; i++)
		count += table_failed(column->cells[i].verdict);
	return count;
}

static void name_column(char *text, const struct table *table, const struct column *column)
{
	snprintf(text, LINE_SIZE, "[%zu/%zu] %s", (size_t)(column - table->columns) + 1,
		 table->column_count, column->title);
}

void progress_begin(const struct table *table, const struct column *column)
{
	char name[LINE_SIZE];

	name_column(name, table, column);
	if (!on_terminal())
		fprintf(stderr, "%s ...\n", name);
}

void progress_show(const struct events *events, double seconds, const char *doing)
{
	size_t failed = count_failed(events->table, events->column);
	char name[LINE_SIZE], line[3 * LINE_SIZE];
	size_t used;

	if (!on_terminal())
		return;
	name_column(name, events->table, events->column);
	used = (size_t)snprintf(line, sizeof(line), "%s: %zu/%zu tests", name, events->finished,
				events->expected);
	if (failed)
		used += (size_t)snprintf(line + used, sizeof(line) - used, ", %zu failed", failed);
	snprintf(line + used, sizeof(line) - used, ", %.0f s  %s", seconds, doing);
	/* One line: what is wider would stay there. */
	fprintf(stderr, "\r%.*s\033[K", (int)width() - 1, line);
}

void progress_end(const struct table *table, const struct column *column)
{
	size_t failed = count_failed(table, column);
	char name[LINE_SIZE];
	const char *separator = ": ";

	name_column(name, table, column);
	fprintf(stderr, "%s%s", on_terminal() ? "\r\033[K" : "", name);
	if (failed || !column->problem)
		for (enum verdict verdict = VERDICTS; verdict-- > 0;) {
			size_t count = table_count(table, column, verdict);

			if (!count)
				continue;
			fprintf(stderr, "%s%zu %s", separator, count, verdict_words[verdict]);
			separator = ", ";
		}
	if (column->problem)
		fprintf(stderr, "%s%.*s", separator, (int)strcspn(column->problem, "\n"),
			column->problem);
	fprintf(stderr, " (%.1f s)\n", column->seconds);
}
