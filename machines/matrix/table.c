/* SPDX-License-Identifier: MIT */
/* Rows, columns and cells; see table.h. */
#include "machines/matrix/table.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "machines/runner/memory.h"
#include "machines/runner/message.h"

/* Bazel's exit statuses that a column can have and be whole. */
#define BAZEL_TESTS_FAILED 3

const char *const verdict_words[VERDICTS] = {
	[NOT_RUN] = "not run",	 [SKIPPED] = "SKIP",	    [PASSED] = "PASS",
	[FLAKY] = "FLAKY",	 [NO_STATUS] = "NO STATUS", [FAILED] = "FAIL",
	[TIMED_OUT] = "TIMEOUT", [NOT_BUILT] = "NOT BUILT",
};

const char *const verdict_keys[VERDICTS] = {
	[NOT_RUN] = "not_run",	 [SKIPPED] = "skipped",		  [PASSED] = "passed",
	[FLAKY] = "flaky",	 [NO_STATUS] = "no_status",	  [FAILED] = "failed",
	[TIMED_OUT] = "timeout", [NOT_BUILT] = "failed_to_build",
};

char *copy_text(const char *text)
{
	return text ? format_text("%s", text) : NULL;
}

void replace_text(char **target, const char *text)
{
	char *copy = copy_text(text);

	free(*target);
	*target = copy;
}

/*
 * "@ringside_linux_generic//:linux" and "//machines/kernels:linux_generic":
 * "linux_generic"; "//my:kernel": "my:kernel".
 */
static char *target_title(const char *label)
{
	static const char own[] = "ringside_", target[] = "//:linux";
	static const char kernels[] = "//machines/kernels:";
	const char *repository_end = strstr(label, "//");
	size_t size;

	if (repository_end && !strncmp(repository_end, kernels, sizeof(kernels) - 1))
		return copy_text(repository_end + sizeof(kernels) - 1);
	while (*label == '@')
		label++;
	/* As a module, a repository's name has those that declared it in front. */
	for (const char *c = label; repository_end && c < repository_end; c++)
		if (*c == '~' || *c == '+')
			label = c + 1;
	size = strlen(label);
	if (!strncmp(label, own, sizeof(own) - 1) && size > sizeof(target) &&
	    !strcmp(label + size - sizeof(target) + 1, target))
		return format_text("%.*s", (int)(size - sizeof(own) - sizeof(target) + 2),
				   label + sizeof(own) - 1);
	if (!strncmp(label, "//", 2))
		label += 2;
	return copy_text(label);
}

static bool id_is_taken(const struct table *table, const char *id)
{
	for (size_t i = 0; i < table->column_count; i++)
		if (!strcmp(table->columns[i].id, id))
			return true;
	return false;
}

static char *make_id(const struct table *table, const char *title)
{
	char *id = copy_text(title);

	for (char *c = id; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("_.-", *c))
			*c = '-';
	while (id_is_taken(table, id)) {
		char *longer = format_text("%s-", id);

		free(id);
		id = longer;
	}
	return id;
}

void table_add_column(struct table *table, const char *machine, const char *kernel)
{
	struct column column = {.status = -1};
	char *machine_name = target_title(machine);
	char *kernel_name = kernel ? target_title(kernel) : NULL;

	column.machine = copy_text(machine);
	column.kernel = copy_text(kernel);
	column.title =
		kernel ? format_text("%s %s", machine_name, kernel_name) : copy_text(machine_name);
	column.id = make_id(table, column.title);
	free(machine_name);
	free(kernel_name);
	column.cells = calloc(table->test_count + 1, sizeof(*column.cells));
	if (!column.cells)
		die("out of memory");
	table->columns = grow(table->columns, table->column_count + 1, sizeof(*table->columns));
	table->columns[table->column_count++] = column;
}

static size_t add_row(struct table *table, const char *test)
{
	size_t row = table->test_count++;

	table->tests = grow(table->tests, table->test_count, sizeof(*table->tests));
	table->tests[row] = copy_text(test);
	for (size_t i = 0; i < table->column_count; i++) {
		struct column *column = &table->columns[i];

		column->cells = grow(column->cells, table->test_count, sizeof(*column->cells));
		column->cells[row] = (struct cell){0};
	}
	return row;
}

struct cell *table_cell(struct table *table, struct column *column, const char *test)
{
	size_t row = 0;

	while (row < table->test_count && strcmp(table->tests[row], test))
		row++;
	if (row == table->test_count)
		row = add_row(table, test);
	return &column->cells[row];
}

static void swap_rows(struct table *table, size_t a, size_t b)
{
	char *test = table->tests[a];

	table->tests[a] = table->tests[b];
	table->tests[b] = test;
	for (size_t i = 0; i < table->column_count; i++) {
		struct cell *cells = table->columns[i].cells;
		struct cell cell = cells[a];

		cells[a] = cells[b];
		cells[b] = cell;
	}
}

void table_sort(struct table *table)
{
	for (size_t i = 1; i < table->test_count; i++)
		for (size_t j = i; j && strcmp(table->tests[j - 1], table->tests[j]) > 0; j--)
			swap_rows(table, j - 1, j);
}

size_t table_count(const struct table *table, const struct column *column, enum verdict verdict)
{
	size_t count = 0;

	for (size_t i = 0; i < table->test_count; i++)
		count += column->cells[i].verdict == verdict;
	return count;
}

bool table_failed(enum verdict verdict)
{
	return verdict >= NO_STATUS;
}

int table_status(const struct table *table)
{
	int status = 0;

	for (size_t i = 0; i < table->column_count; i++) {
		const struct column *column = &table->columns[i];

		/* What is worse than a failed test hides parts of the table. */
		if (column->status > 0 && column->status != BAZEL_TESTS_FAILED)
			return column->status;
		if (column->state == COLUMN_BROKEN)
			return 1;
		for (size_t j = 0; j < table->test_count; j++)
			if (table_failed(column->cells[j].verdict))
				status = BAZEL_TESTS_FAILED;
		if (column->status > 0)
			status = column->status;
	}
	return status ? status : table->status;
}
