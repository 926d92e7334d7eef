/* SPDX-License-Identifier: MIT */
/*
 * The score: builds KVMs with one fault each, runs suites of tests on them, and reports
 * what each suite catches: progress and a table on stdout, a page and JSON in a folder.
 * See docs/kvm_lab.md and options.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kvm_lab/score/build.h"
#include "kvm_lab/score/load.h"
#include "kvm_lab/score/options.h"
#include "kvm_lab/score/reached.h"
#include "kvm_lab/score/report.h"
#include "kvm_lab/score/run.h"
#include "kvm_lab/score/sample.h"
#include "machines/runner/memory.h"
#include "machines/runner/message.h"

#define PAGE "index.html"
#define JSON "score.json"
#define LOGS "logs"
#define WORK "work"

/* Makes the folder; empties what an earlier score has left in it. Returns that for work. */
static char *prepare_output(struct options *options, const struct bazel *bazel)
{
	const char *output = options->output ? options->output : "bazel-score-report";
	const char *base = options->output ? bazel->folder : bazel->workspace;
	char *logs, *work;

	options->output = *output == '/' ? output : format_text("%s/%s", base, output);
	make_folder(options->output);
	logs = format_text("%s/" LOGS, options->output);
	work = format_text("%s/" WORK, options->output);
	remove_folder(logs);
	remove_folder(work);
	make_folder(logs);
	make_folder(work);
	free(logs);
	return work;
}

static void add_suites(struct score *score, const struct options *options)
{
	for (size_t i = 0; i < options->suites.count; i++) {
		const char *name = options->suites.list[i], *pattern = name;

		if (!strcmp(name, "kvm_tests"))
			pattern = setting("RINGSIDE_SCORE_KVM_TESTS");
		else if (!strcmp(name, "selftests"))
			pattern = setting("RINGSIDE_SCORE_SELFTESTS");
		else if (!strchr(name, '/') && !strchr(name, ':'))
			refuse("--suite: there is no suite '%s'; there are kvm_tests and selftests, "
			       "and patterns such as //my/tests/...",
			       name);
		score->suites = grow(score->suites, score->suite_count + 1, sizeof(*score->suites));
		score->suites[score->suite_count++] = (struct suite){
			.name = format_text("%s", name),
			.pattern = format_text("%s", pattern),
		};
	}
}

/* Paths are as from the user's folder; before anything is built, they have to be there. */
static void find_reached(struct options *options, const struct bazel *bazel)
{
	for (size_t i = 0; i < options->reached.count; i++) {
		char **path = &options->reached.list[i];

		if (**path != '/')
			*path = format_text("%s/%s", bazel->folder, *path);
		if (access(*path, R_OK))
			refuse("--reached: cannot read %s: %s", *path, strerror(errno));
	}
}

/* Finds and builds the tests of all suites. */
static void load_suites(struct score *score, const struct bazel *bazel)
{
	for (size_t i = 0; i < score->suite_count; i++) {
		char *pattern = quote_pattern(score->suites[i].pattern);
		/* What "..." leaves out stays out. */
		char *query = format_text("tests(%s) except attr(tags, manual, tests(%s))", pattern,
					  pattern);
		struct words labels = bazel_query(bazel, query);
		size_t others = 0;
		int status;

		if (!labels.count)
			refuse("--suite: '%s' has no tests", score->suites[i].name);
		status = build_described(bazel, &labels);
		if (status)
			exit(status);
		for (size_t j = 0; j < labels.count; j++)
			others += !load_test(score, labels.list[j], i);
		if (others == labels.count)
			refuse("--suite: none of the %zu tests of '%s' runs on a machine and passes "
			       "there; name some of kvm_test() or kvm_program_test()",
			       others, score->suites[i].name);
		printf("%s: %zu tests\n", score->suites[i].name, labels.count - others);
		fflush(stdout);
		free(query);
		free(pattern);
	}
}

static void find_faults(struct score *score, const struct options *options,
			const struct bazel *bazel)
{
	for (size_t i = 0; i < options->faults.count; i++) {
		const char *name = options->faults.list[i];
		const char *pattern = name;
		struct words labels;
		char *query;

		if (!strcmp(name, "generated")) {
			load_generated(score);
			continue;
		}
		if (!strcmp(name, "named"))
			pattern = setting("RINGSIDE_SCORE_FAULTS");
		else if (!strchr(name, '/') && !strchr(name, ':'))
			refuse("--faults: there are no faults '%s'; there are named and generated, "
			       "and patterns such as //my/faults/...",
			       name);
		pattern = quote_pattern(pattern);
		query = format_text(
			"attr(verdict, 'fail|crash|hang|oops|warn', kind('fault_test rule', "
			"%s)) union kind('_generated_fault rule', %s)",
			pattern, pattern);
		labels = bazel_query(bazel, query);
		if (!labels.count)
			refuse("--faults: '%s' has no faults", name);
		for (size_t j = 0; j < labels.count; j++)
			load_named(score, labels.list[j]);
		free(query);
	}
}

/* Builds the next faults, until there are as many as are wanted or no more. */
static void build_faults(struct score *score, const struct options *options,
			 const struct bazel *bazel)
{
	const size_t wanted = options->sample ? options->sample : score->fault_count;
	size_t next = 0, ready = 0;

	while (ready < wanted && next < score->fault_count) {
		struct words labels = {0};
		const size_t first = next;

		for (; next < score->fault_count && ready + labels.count < wanted; next++)
			if (score->faults[next].state != FAULT_EQUIVALENT)
				add_word(&labels, score->faults[next].label);
		if (!labels.count)
			break;
		printf("building %zu faults\n", labels.count);
		fflush(stdout);
		build_described(bazel, &labels);
		for (size_t i = first; i < next; i++) {
			if (score->faults[i].state != FAULT_EQUIVALENT)
				load_built(score, &score->faults[i]);
			ready += score->faults[i].state == FAULT_READY;
		}
		free(labels.list);
	}
	if (!ready)
		die("none of the faults could be built; Bazel's messages above say why");
	score->fault_count = next;
}

static void prepare_cells(struct score *score)
{
	score->cells = calloc(score->fault_count * score->test_count, sizeof(*score->cells));
	if (!score->cells)
		die("out of memory");
	for (size_t i = 0; i < score->test_count; i++) {
		enum outcome **unedited = &score->tests[i].unedited;

		*unedited = grow(NULL, score->machine_count, sizeof(**unedited));
		for (size_t j = 0; j < score->machine_count; j++)
			(*unedited)[j] = OUTCOMES;
	}
}

static void write_report(const struct options *options, const char *name,
			 void (*report)(FILE *, const struct score *), const struct score *score)
{
	char *path = format_text("%s/%s", options->output, name);
	FILE *file = fopen(path, "we");

	if (file)
		report(file, score);
	if (!file || fclose(file))
		die("cannot write %s: %s", path, strerror(errno));
	free(path);
}

int main(int argc, char **argv)
{
	struct score score = {.started = time(NULL)};
	struct options options;
	struct bazel bazel;
	const char *problem;
	char *work, *runfiles;

	if (!argc)
		return 2;
	options_read(&options, argv);
	problem = bazel_find(&bazel);
	if (problem)
		refuse("%s", problem);
	add_suites(&score, &options);
	find_reached(&options, &bazel);
	work = prepare_output(&options, &bazel);
	runfiles = format_text("%s/runfiles", work);
	score.seed = options.seed;
	score.is_sample = options.sample;
	score.root = bazel_info(&bazel, "execution_root");
	score.bin = bazel_info(&bazel, "bazel-bin");
	load_program(&score, setting("RINGSIDE_SCORE"));

	find_faults(&score, &options, &bazel);
	if (options.sample)
		sample_shuffle(&score);
	load_equivalents(&score);
	load_suites(&score, &bazel);
	build_faults(&score, &options, &bazel);
	run_prepare(&score, work);
	load_capabilities(&score, runfiles);
	prepare_cells(&score);
	for (size_t i = 0; i < options.reached.count; i++)
		reached_load(&score, options.reached.list[i]);

	run_all(&score, &options, work);
	write_report(&options, PAGE, report_html, &score);
	write_report(&options, JSON, report_json, &score);
	report_text(stdout, &score);
	printf("%s/" PAGE "\n", options.output);
	remove_folder(work);
	return 0;
}
