/* SPDX-License-Identifier: MIT */
/* Bazel, and what came of it; see run.h. */
#include "machines/matrix/run.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machines/matrix/events.h"
#include "machines/matrix/folder.h"
#include "machines/matrix/place.h"
#include "machines/matrix/status.h"
#include "machines/runner/message.h"

static volatile sig_atomic_t bazel_pid, interrupted;

/* Once: the terminal's Ctrl-C is for us only. */
static void pass_on(int number)
{
	(void)number;
	interrupted = 1;
	kill((pid_t)bazel_pid, SIGINT);
}

static void watch_signals(void)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGTERM};
	const struct sigaction action = {.sa_handler = pass_on};

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaction(signals[i], &action, NULL);
}

static int test(const struct options *options, const struct bazel *bazel, const char *packages,
		const char *events)
{
	struct arguments arguments = {0};

	add_argument(&arguments, "%s", bazel->program);
	add_argument(&arguments, "test");
	add_argument(&arguments, "--keep_going");
	/* The table says it, and a line for each test in each column would hide it. */
	add_argument(&arguments, "--test_output=summary");
	add_argument(&arguments, "--test_summary=none");
	add_argument(&arguments, "--ui_event_filters=-info,-warning");
	for (size_t i = 0; i < options->bazel_options.count; i++)
		add_argument(&arguments, "%s", options->bazel_options.list[i]);
	/* The tests are those of any package, which need not know of the matrix. */
	add_argument(&arguments, "--check_visibility=false");
	add_argument(&arguments, "--package_path=%s", packages);
	/* Last: it is what the table is made from. */
	add_argument(&arguments, "--build_event_json_file=%s", events);
	add_argument(&arguments, "--");
	add_argument(&arguments, "//" CELLS_PACKAGE ":all");
	/* stdout is the table's. */
	bazel_pid = bazel_start(bazel, &arguments, STDERR_FILENO, -1, true);
	if (bazel_pid < 0)
		die("cannot start Bazel: %s", strerror(errno));
	watch_signals();
	free_arguments(&arguments);
	return bazel_wait((pid_t)bazel_pid);
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

/* As Bazel's exit status would be, had it run for nothing else. */
static int status_of(const struct table *table, const struct column *column)
{
	int status = 0;

	for (size_t i = 0; i < table->test_count; i++) {
		const enum verdict verdict = column->cells[i].verdict;

		if (verdict == NOT_BUILT)
			return STATUS_NOT_BUILT;
		if (table_failed(verdict))
			status = STATUS_TESTS_FAILED;
	}
	return status;
}

static void judge(const struct table *table, struct column *column, const char *problem)
{
	bool is_whole = table->test_count && !table_count(table, column, NOT_RUN);
	const char *cause = common_cause(table, column);

	for (size_t i = 0; i < table->test_count; i++)
		column->seconds += column->cells[i].seconds;
	column->status = status_of(table, column);
	column->state = COLUMN_DONE;
	if (cause) {
		column->state = COLUMN_BROKEN;
		replace_text(&column->problem, cause);
	} else if (!is_whole && table->status == STATUS_INTERRUPTED) {
		column->state = COLUMN_INTERRUPTED;
		column->status = STATUS_INTERRUPTED;
	} else if (!is_whole && problem) {
		column->state = COLUMN_BROKEN;
		column->status = table->status;
		replace_text(&column->problem, problem);
	}
}

/* Why Bazel has not done all that it could, whatever came out; NULL if it has. */
static char *problem_of(const struct events *events, int status)
{
	if (status != 0 && status != STATUS_NOT_BUILT && status != STATUS_TESTS_FAILED &&
	    status != STATUS_NO_TESTS)
		return format_text("Bazel has ended with status %d, and says above why", status);
	return copy_text(events->problem);
}

void run_cells(const struct options *options, const struct bazel *bazel, const char *packages,
	       struct table *table)
{
	char *path = format_text("%s/" FOLDER_EVENTS, options->output), *problem;
	struct events events = {.table = table, .place = place_cell, .folder = options->output};

	table->status = test(options, bazel, packages, path);
	if (interrupted)
		table->status = STATUS_INTERRUPTED;
	events_read(&events, path);
	problem = problem_of(&events, table->status);
	for (size_t i = 0; i < table->column_count; i++)
		judge(table, &table->columns[i], problem);
	free(problem);
	free(path);
}
