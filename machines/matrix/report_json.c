/* SPDX-License-Identifier: MIT */
/* The table as JSON: docs/machines.md describes it. */
#include <jansson.h>

#include "machines/bazel/bazel.h"
#include "machines/matrix/report.h"
#include "machines/runner/message.h"

/* The format; another number for what an old reader would take amiss. */
#define VERSION 2

static void set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value))
		die("out of memory");
}

/* Bytes that are no UTF-8 can only be in what a machine said. */
static json_t *string_or_null(const char *text)
{
	json_t *value;

	if (!text)
		return json_null();
	value = json_string(text);
	return value ? value : json_string("(not UTF-8)");
}

/* Milliseconds are all that is known. */
static json_t *seconds(double value)
{
	return json_real((double)(long long)(value * 1000 + 0.5) / 1000);
}

static json_t *result_of(const char *test, const struct cell *cell)
{
	json_t *result = json_object();

	set(result, "test", string_or_null(test));
	set(result, "verdict", json_string(verdict_keys[cell->verdict]));
	set(result, "seconds", seconds(cell->seconds));
	set(result, "runs", json_integer((json_int_t)cell->runs));
	set(result, "cached", json_boolean(cell->runs && cell->cached == cell->runs));
	set(result, "message", string_or_null(cell->message));
	set(result, "log", string_or_null(cell->log));
	return result;
}

static const char *state_of(const struct table *table, const struct column *column)
{
	if (column->problem)
		return "broken";
	return table_interrupted(table, column) ? "interrupted" : "done";
}

/* As Bazel's exit status would be, had it run for nothing else. */
static int status_of(const struct table *table, const struct column *column)
{
	int status = 0;

	if (table_interrupted(table, column))
		return BAZEL_INTERRUPTED;
	for (size_t i = 0; i < table->test_count; i++) {
		const enum verdict verdict = column->cells[i].verdict;

		if (verdict == NOT_BUILT)
			return BAZEL_NOT_BUILT;
		if (verdict_is_failure(verdict))
			status = BAZEL_TESTS_FAILED;
	}
	return column->problem ? table_status(table) : status;
}

static json_t *column_of(const struct table *table, const struct column *column)
{
	json_t *object = json_object(), *counts = json_object(), *results = json_array();

	for (enum verdict verdict = 0; verdict < VERDICTS; verdict++)
		set(counts, verdict_keys[verdict],
		    json_integer((json_int_t)table_count(table, column, verdict)));
	for (size_t i = 0; i < table->test_count; i++)
		if (json_array_append_new(results, result_of(table->tests[i], &column->cells[i])))
			die("out of memory");
	set(object, "machine", string_or_null(column->machine));
	set(object, "kernel", string_or_null(column->kernel));
	set(object, "release", string_or_null(column->release));
	set(object, "state", json_string(state_of(table, column)));
	set(object, "problem", string_or_null(column->problem));
	set(object, "exit_status", json_integer(status_of(table, column)));
	set(object, "seconds", seconds(table_seconds(table, column)));
	set(object, "counts", counts);
	set(object, "results", results);
	return object;
}

void report_json(FILE *file, const struct table *table)
{
	json_t *root = json_object(), *columns = json_array();
	char started[32];
	struct tm utc;

	gmtime_r(&table->started, &utc);
	strftime(started, sizeof(started), "%Y-%m-%dT%H:%M:%SZ", &utc);
	for (size_t i = 0; i < table->column_count; i++)
		if (json_array_append_new(columns, column_of(table, &table->columns[i])))
			die("out of memory");
	set(root, "version", json_integer(VERSION));
	set(root, "started", json_string(started));
	set(root, "seconds", seconds(table->seconds));
	set(root, "exit_status", json_integer(table_status(table)));
	set(root, "columns", columns);
	if (json_dumpf(root, file, JSON_INDENT(1) | JSON_REAL_PRECISION(12)))
		die("cannot write JSON");
	fputc('\n', file);
	json_decref(root);
}
