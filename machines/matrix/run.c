/* SPDX-License-Identifier: MIT */
/* Bazel, and what came of it; see run.h. */
#include "machines/matrix/run.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machines/matrix/fill.h"
#include "machines/matrix/folder.h"
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

void run_cells(const struct options *options, const struct bazel *bazel, const char *packages,
	       struct table *table)
{
	char *path = format_text("%s/" FOLDER_EVENTS, options->output);
	struct results results;

	table->status = test(options, bazel, packages, path);
	if (interrupted)
		table->status = BAZEL_INTERRUPTED;
	results = results_read(path);
	fill_table(table, &results, options->output);
	results_free(&results);
	free(path);
}
