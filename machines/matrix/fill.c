/* SPDX-License-Identifier: MIT */
/* See fill.h. */
#include "machines/matrix/fill.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "machines/bazel/bazel.h"
#include "machines/bazel/test_files.h"
#include "machines/matrix/folder.h"
#include "machines/runner/message.h"

/* The runner's line is among the first, behind what Bazel puts there. */
#define LOG_HEAD 4096

/* Labels from the names that declare.bzl gives: "a/b=c" is "//a/b:c", "@r/a=c" is "@r//a:c". */
static char *label_of(const char *name)
{
	int repository = *name == '@' ? (int)strcspn(name, "/") : 0;
	const char *package = name + repository + (repository ? 1 : 0);
	int size = (int)strcspn(package, "=");

	return package[size] ? format_text("%.*s//%.*s:%s", repository, name, size, package,
					   package + size + 1)
			     : NULL;
}

/* The test that a target runs, which the caller frees, and the column; NULL for others' targets. */
static char *place_of(const struct table *table, const char *label, struct column **column)
{
	static const char package[] = "//" CELLS_PACKAGE ":";
	const char *name = label + strspn(label, "@");
	size_t size;

	if (strncmp(name, package, sizeof(package) - 1))
		return NULL;
	name += sizeof(package) - 1;
	size = strcspn(name, "/");
	for (size_t i = 0; name[size] && i < table->column_count; i++) {
		*column = &table->columns[i];
		if (strlen((*column)->id) == size && !strncmp((*column)->id, name, size))
			return label_of(name + size + 1);
	}
	return NULL;
}

/* The Linux that a test.log says it ran on; or NULL. */
static char *release_of(const char *log)
{
	char *text = file_text(log, LOG_HEAD), *release = NULL;
	const char *line = text ? strstr(text, "\nringside: ") : NULL;
	const char *end = line ? strchr(line + 1, '\n') : NULL;
	const char *where = line ? strstr(line, ", Linux ") : NULL;

	if (end && where && where < end)
		release = format_text("%.*s", (int)(end - where - 8), where + 8);
	free(text);
	return release;
}

/* Where a run's log goes: a name of its own. Numbers are left out where Bazel counts to 1. */
static char *log_name(const struct column *column, const char *test, const struct test_run *run)
{
	const struct {
		const char *word;
		unsigned int number;
	} parts[] = {{"run", run->run}, {"shard", run->shard}, {"attempt", run->attempt}};
	char *name = format_text(FOLDER_LOGS "/%s/%s", column->id, test + strspn(test, "@/"));

	for (char *c = name; *c; c++)
		if (*c == ':' || (!isalnum((unsigned char)*c) && !strchr("_.-+/", *c)))
			*c = *c == ':' ? '/' : '_';
	for (size_t i = 0; i <= sizeof(parts) / sizeof(*parts); i++) {
		char *shorter = name;

		if (i == sizeof(parts) / sizeof(*parts))
			name = format_text("%s.log", shorter);
		else if (parts[i].number > 1)
			name = format_text("%s.%s%u", shorter, parts[i].word, parts[i].number);
		if (name != shorter)
			free(shorter);
	}
	return name;
}

static void fill_cell(struct cell *cell, struct column *column, const char *test,
		      const struct test_result *result, const char *folder)
{
	enum verdict worst = NOT_RUN;

	cell->verdict = result->verdict;
	cell->message = result->message ? format_text("%s", result->message) : NULL;
	cell->runs = result->run_count;
	for (size_t i = 0; i < result->run_count; i++) {
		const struct test_run *run = &result->runs[i];
		char *name = log_name(column, test, run);

		cell->seconds += run->seconds;
		cell->cached += run->cached;
		if (!column->release)
			column->release = release_of(run->log);
		/* The worst run's is shown. */
		if (run->log && !folder_copy(folder, name, run->log) && run->verdict >= worst) {
			worst = run->verdict;
			free(cell->log);
			cell->log = format_text("%s", name);
		}
		free(name);
	}
}

/* The message of every test that was not built, if it is the same. */
static const char *common_cause(const struct table *table, const struct column *column)
{
	const char *cause = NULL;

	for (size_t i = 0; i < table->test_count; i++) {
		const struct cell *cell = &column->cells[i];

		if (cell->verdict == NOT_RUN || (cell->verdict == SKIPPED && !cell->runs))
			continue; /* no test of this column */
		if (cell->verdict != NOT_BUILT || !cell->message ||
		    (cause && strcmp(cause, cell->message)))
			return NULL;
		cause = cell->message;
	}
	return cause;
}

/* Why Bazel has not done all that it could, whatever came out; NULL if it has. */
static char *problem_of(const struct results *results, int status)
{
	if (status != 0 && status != BAZEL_NOT_BUILT && status != BAZEL_TESTS_FAILED &&
	    status != BAZEL_NO_TESTS)
		return format_text("Bazel has ended with status %d, and says above why", status);
	return results->problem ? format_text("%s", results->problem) : NULL;
}

void fill_table(struct table *table, const struct results *results, const char *folder)
{
	char *problem = problem_of(results, table->status);

	for (size_t i = 0; i < results->count; i++) {
		const struct test_result *result = &results->list[i];
		struct column *column;
		char *test = place_of(table, result->label, &column);

		if (test)
			fill_cell(table_cell(table, column, test), column, test, result, folder);
		free(test);
	}
	for (size_t i = 0; i < table->column_count; i++) {
		struct column *column = &table->columns[i];
		const char *cause = common_cause(table, column);
		bool is_whole = table->test_count && !table_count(table, column, NOT_RUN);

		if (!cause && !is_whole && table->status != BAZEL_INTERRUPTED)
			cause = problem;
		column->problem = cause ? format_text("%s", cause) : NULL;
	}
	free(problem);
}
