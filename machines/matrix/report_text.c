/* SPDX-License-Identifier: MIT */
/* The table on a terminal. */
#include <string.h>

#include "machines/matrix/report.h"

/* Lines of a reason that are shown; the rest is in the other reports. */
#define MESSAGE_LINES 6

static const char *color_of(enum verdict verdict)
{
	switch (verdict) {
	case PASSED:
		return "\033[32m";
	case SKIPPED:
	case NOT_RUN:
		return "\033[2m";
	case FLAKY:
		return "\033[33m";
	default:
		return "\033[1;31m";
	}
}

/* What stands in a cell, such as "PASS 0.5 s". */
static void cell_text(const struct cell *cell, char *text, size_t size)
{
	const char *word = verdict_words[cell->verdict];

	if (!cell->runs || cell->verdict == SKIPPED || cell->verdict == NOT_BUILT)
		snprintf(text, size, "%s", word);
	else if (cell->cached == cell->runs)
		snprintf(text, size, "%s cached", word);
	else
		snprintf(text, size, "%s %.1f s", word, cell->seconds);
}

static int column_width(const struct table *table, const struct column *column)
{
	size_t width = strlen(column->title);
	char text[64];

	for (size_t i = 0; i < table->test_count; i++) {
		cell_text(&column->cells[i], text, sizeof(text));
		if (strlen(text) > width)
			width = strlen(text);
	}
	return (int)width;
}

static int name_width(const struct table *table)
{
	size_t width = 4;

	for (size_t i = 0; i < table->test_count; i++)
		if (strlen(table->tests[i]) > width)
			width = strlen(table->tests[i]);
	return (int)width;
}

static void print_row(FILE *file, const struct table *table, size_t row, int width, bool in_color)
{
	fprintf(file, "%-*s", width, table->tests[row]);
	for (size_t i = 0; i < table->column_count; i++) {
		const struct column *column = &table->columns[i];
		const struct cell *cell = &column->cells[row];
		char text[64];

		cell_text(cell, text, sizeof(text));
		fprintf(file, "  %s%-*s%s", in_color ? color_of(cell->verdict) : "",
			i + 1 < table->column_count ? column_width(table, column) : 0, text,
			in_color ? "\033[0m" : "");
	}
	fputc('\n', file);
}

static void print_table(FILE *file, const struct table *table, bool in_color)
{
	int width = name_width(table);

	fprintf(file, "\n%-*s", width, "test");
	for (size_t i = 0; i < table->column_count; i++)
		fprintf(file, "  %-*s",
			i + 1 < table->column_count ? column_width(table, &table->columns[i]) : 0,
			table->columns[i].title);
	fputc('\n', file);
	for (size_t i = 0; i < table->test_count; i++)
		print_row(file, table, i, width, in_color);
}

static void print_lines(FILE *file, const char *text)
{
	for (int i = 0; text && *text && i < MESSAGE_LINES; i++) {
		size_t size = strcspn(text, "\n");

		fprintf(file, "    %.*s\n", (int)size, text);
		text += size + (text[size] == '\n');
	}
}

/* Whether a test was not built because of what is said of the whole column already. */
static bool is_problem(const struct column *column, const struct cell *cell)
{
	return column->problem && cell->message && !strcmp(column->problem, cell->message);
}

/* Tests that failed, with where to look. */
static void print_failures(FILE *file, const struct table *table, const struct column *column,
			   const char *folder)
{
	for (size_t i = 0; i < table->test_count; i++) {
		const struct cell *cell = &column->cells[i];

		if (!verdict_is_failure(cell->verdict) || is_problem(column, cell))
			continue;
		fprintf(file, "%s on %s: %s", table->tests[i], column->title,
			verdict_words[cell->verdict]);
		if (cell->log)
			fprintf(file, "; %s/%s", folder, cell->log);
		fputc('\n', file);
		print_lines(file, cell->message);
	}
}

static void print_totals(FILE *file, const struct table *table, const struct column *column)
{
	const char *separator = ": ";

	fprintf(file, "%s", column->title);
	if (column->release)
		fprintf(file, ", Linux %s", column->release);
	for (enum verdict verdict = VERDICTS; verdict-- > 0;) {
		size_t count = table_count(table, column, verdict);

		if (!count)
			continue;
		fprintf(file, "%s%zu %s", separator, count, verdict_words[verdict]);
		separator = ", ";
	}
	fprintf(file, "%s%.1f s", *separator == ':' ? separator : " in ",
		table_seconds(table, column));
	if (table_interrupted(table, column))
		fprintf(file, ", interrupted");
	fputc('\n', file);
}

/* Once, where neighbours have the same. */
static void print_problem(FILE *file, const struct table *table, size_t index)
{
	const char *problem = table->columns[index].problem;
	const char *next =
		index + 1 < table->column_count ? table->columns[index + 1].problem : NULL;

	fprintf(file, "%s is incomplete:\n", table->columns[index].title);
	if (!next || strcmp(next, problem) != 0)
		print_lines(file, problem);
}

void report_text(FILE *file, const struct table *table, const char *folder, bool in_color)
{
	if (table->test_count)
		print_table(file, table, in_color);
	fputc('\n', file);
	for (size_t i = 0; i < table->column_count; i++) {
		const struct column *column = &table->columns[i];

		if (column->problem)
			print_problem(file, table, i);
		print_failures(file, table, column, folder);
	}
	for (size_t i = 0; i < table->column_count; i++)
		print_totals(file, table, &table->columns[i]);
	fprintf(file, "%.1f s in all; %s/index.html, %s/matrix.json\n", table->seconds, folder,
		folder);
}
