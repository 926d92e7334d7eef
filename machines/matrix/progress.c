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

void progress_begin(const struct table *table, size_t tests)
{
	size_t cells = 0;

	for (size_t i = 0; i < table->column_count; i++)
		cells += table->columns[i].expected;
	fprintf(stderr, "%zu tests in %zu columns: %zu to run ...\n", tests, table->column_count,
		cells);
}

void progress_show(const struct events *events, double seconds, const char *doing)
{
	size_t failed = 0, used;
	char line[2 * LINE_SIZE];

	if (!on_terminal())
		return;
	for (size_t i = 0; i < events->table->column_count; i++)
		failed += count_failed(events->table, &events->table->columns[i]);
	used = (size_t)snprintf(line, sizeof(line), "%zu/%zu tests", events->finished,
				events->expected);
	if (failed)
		used += (size_t)snprintf(line + used, sizeof(line) - used, ", %zu failed", failed);
	snprintf(line + used, sizeof(line) - used, ", %.0f s  %s", seconds, doing);
	/* One line: what is wider would stay there. */
	fprintf(stderr, "\r%.*s\033[K", (int)width() - 1, line);
}

void progress_end(const struct table *table, const struct column *column, size_t number)
{
	size_t failed = count_failed(table, column);
	const char *separator = ": ";

	fprintf(stderr, "%s[%zu/%zu] %s", on_terminal() ? "\r\033[K" : "", number,
		table->column_count, column->title);
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
