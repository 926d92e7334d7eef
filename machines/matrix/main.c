/* SPDX-License-Identifier: MIT */
/*
 * The matrix: declares a test for each test, machine and kernel, has one Bazel
 * run them, and reports what came out: a table on stdout, a page and JSON in a
 * folder. See docs/machines.md and options.c.
 *
 * Exit status: 0 if no test failed, 3 if one did, otherwise Bazel's.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "machines/emulator/clock.h"
#include "machines/matrix/cells.h"
#include "machines/matrix/folder.h"
#include "machines/matrix/report.h"
#include "machines/matrix/run.h"
#include "machines/runner/message.h"

/* Bazel has its own idea of the current folder. */
static char *absolute_output(const struct options *options, const struct bazel *bazel)
{
	const char *output = options->output ? options->output : "bazel-matrix-report";
	const char *base = options->output ? bazel->folder : bazel->workspace;

	return *output == '/' ? format_text("%s", output) : format_text("%s/%s", base, output);
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
	int64_t began = now_ms();
	const char *problem;

	if (!argc)
		return BAZEL_COMMAND_LINE;
	options_read(&options, argv);
	problem = bazel_find(&bazel);
	if (problem)
		refuse("%s", problem);
	options.output = absolute_output(&options, &bazel);
	problem = folder_prepare(options.output);
	if (problem)
		refuse("%s", problem);
	options_resolve(&options, &bazel);
	add_columns(&table, &options);
	run_cells(&options, &bazel, cells_declare(&options, &table, &bazel), &table);
	table.seconds = (double)(now_ms() - began) / 1000;
	write_reports(&table, options.output);
	report_text(stdout, &table, options.output, isatty(STDOUT_FILENO));
	return table_status(&table);
}
