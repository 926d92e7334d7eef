/* SPDX-License-Identifier: MIT */
/* Rows, columns and cells; see table.h. */
#include "machines/matrix/table.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "machines/bazel/bazel.h"
#include "machines/runner/memory.h"
#include "machines/runner/message.h"

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

/* "//machines/kernels:linux", of whatever repository: "linux"; "//my:kernel": "my:kernel". */
static const char *title_of(const char *label)
{
	static const char kernels[] = "//machines/kernels:";
	const char *pinned = strstr(label, kernels);

	return pinned ? pinned + sizeof(kernels) - 1 : label + strspn(label, "@/");
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
	char *id = format_text("%s", title);

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
	struct column column = {.machine = format_text("%s", machine)};

	if (kernel) {
		column.kernel = format_text("%s", kernel);
		column.title = format_text("%s %s", title_of(machine), title_of(kernel));
	} else {
		column.title = format_text("%s", machine);
	}
	column.id = make_id(table, column.title);
	table->columns = grow(table->columns, table->column_count + 1, sizeof(*table->columns));
	table->columns[table->column_count++] = column;
}

/* Makes room for one at @index. */
static void *insert(void *list, size_t count, size_t size, size_t index)
{
	char *longer = grow(list, count + 1, size);

	memmove(longer + (index + 1) * size, longer + index * size, (count - index) * size);
	memset(longer + index * size, 0, size);
	return longer;
}

static void insert_row(struct table *table, size_t row, const char *test)
{
	table->tests = insert(table->tests, table->test_count, sizeof(*table->tests), row);
	table->tests[row] = format_text("%s", test);
	for (size_t i = 0; i < table->column_count; i++) {
		struct column *column = &table->columns[i];

		column->cells =
			insert(column->cells, table->test_count, sizeof(*column->cells), row);
	}
	table->test_count++;
}

struct cell *table_cell(struct table *table, struct column *column, const char *test)
{
	size_t row = 0;

	while (row < table->test_count && strcmp(table->tests[row], test) < 0)
		row++;
	if (row == table->test_count || strcmp(table->tests[row], test) != 0)
		insert_row(table, row, test);
	return &column->cells[row];
}

size_t table_count(const struct table *table, const struct column *column, enum verdict verdict)
{
	size_t count = 0;

	for (size_t i = 0; i < table->test_count; i++)
		count += column->cells[i].verdict == verdict;
	return count;
}

double table_seconds(const struct table *table, const struct column *column)
{
	double seconds = 0;

	for (size_t i = 0; i < table->test_count; i++)
		seconds += column->cells[i].seconds;
	return seconds;
}

bool table_interrupted(const struct table *table, const struct column *column)
{
	return table->status == BAZEL_INTERRUPTED &&
	       (!table->test_count || table_count(table, column, NOT_RUN));
}

int table_status(const struct table *table)
{
	if (table->status)
		return table->status;
	for (size_t i = 0; i < table->column_count; i++)
		if (table->columns[i].problem)
			return BAZEL_NOT_BUILT;
	return 0;
}
