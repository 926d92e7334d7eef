/* SPDX-License-Identifier: MIT */
/*
 * The matrix: runs tests on several machines with several kernels, one Bazel
 * after the other, and reports what came out: a table on stdout, a page and
 * JSON in a folder. See docs/machines.md and options.c.
 *
 * Exit status: 0 if no test failed, 3 if one did, otherwise that of the first
 * Bazel that could not do its part.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "machines/matrix/folder.h"
#include "machines/matrix/options.h"
#include "machines/matrix/report.h"
#include "machines/matrix/run.h"
#include "machines/matrix/status.h"

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Ends with one line, before anything has run. */
static void refuse(const char *problem)
{
	fprintf(stderr, "ringside: %s\n", problem);
	exit(STATUS_COMMAND_LINE);
}

/* Bazel has its own idea of the current folder. */
static char *absolute_output(const struct options *options, const struct bazel *bazel)
{
	const char *output = options->output ? options->output : "bazel-matrix-report";
	const char *base = options->output ? bazel->folder : bazel->workspace;
	char *path;

	if (*output == '/')
		path = strdup(output);
	else if (asprintf(&path, "%s/%s", base, output) < 0)
		path = NULL;
	if (!path)
		refuse("out of memory");
	return path;
}

static void add_columns(struct table *table, const struct options *options)
{
	for (size_t i = 0; i < options->machines.count; i++) {
		const char *machine = options->machines.list[i];

		if (!strcmp(machine, "host")) {
			table_add_column(table, machine, NULL);
			continue;
		}
		for (size_t j = 0; j < options->kernels.count; j++)
			table_add_column(table, machine, options->kernels.list[j]);
	}
}

static void write_reports(const struct table *table, const char *folder)
{
	FILE *html = folder_create(folder, FOLDER_HTML);
	FILE *json = folder_create(folder, FOLDER_JSON);

	report_html(html, table);
	report_json(json, table);
	folder_close(html, FOLDER_HTML);
	folder_close(json, FOLDER_JSON);
}

int main(int argc, char **argv)
{
	struct table table = {.started = time(NULL)};
	struct options options;
	struct bazel bazel;
	double began = now();
	const char *problem;

	if (!argc)
		return STATUS_COMMAND_LINE;
	options_read(&options, argv);
	problem = bazel_find(&bazel);
	if (problem)
		refuse(problem);
	options.output = absolute_output(&options, &bazel);
	problem = folder_prepare(options.output);
	if (problem)
		refuse(problem);
	options_check(&options, &bazel);

	add_columns(&table, &options);
	run_watch_signals();
	for (size_t i = 0; i < table.column_count; i++)
		if (!run_column(&options, &bazel, &table, &table.columns[i]))
			break;
	table.seconds = now() - began;
	table_sort(&table);
	write_reports(&table, options.output);
	report_text(stdout, &table, options.output, isatty(STDOUT_FILENO));
	return table_status(&table);
}
