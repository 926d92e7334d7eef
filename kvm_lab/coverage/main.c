/* SPDX-License-Identifier: MIT */
/*
 * KVM's coverage: runs suites of tests on a KVM that counts which of its code runs, and
 * reports what each reaches: a table on stdout, pages and files in a folder. See
 * docs/kvm_lab.md and options.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kvm_lab/coverage/llvm.h"
#include "kvm_lab/coverage/options.h"
#include "kvm_lab/coverage/reached.h"
#include "kvm_lab/coverage/report.h"
#include "kvm_lab/coverage/suite.h"
#include "machines/bazel/command.h"
#include "machines/runner/memory.h"
#include "machines/runner/message.h"

#define TABLE "coverage.md"
#define UNREACHED "unreached.txt"
#define WORK "work"

/* A path from the build, as from where "bazel run" starts us. */
static char *absolute(const char *name)
{
	char *path = realpath(setting(name), NULL);

	if (!path)
		refuse("cannot find %s: %s; start this with 'bazel run'", setting(name),
		       strerror(errno));
	return path;
}

static char *prepare_output(struct options *options, const struct bazel *bazel)
{
	const char *output = options->output ? options->output : "bazel-coverage-report";
	const char *base = options->output ? bazel->folder : bazel->workspace;
	char *work;

	options->output = *output == '/' ? output : format_text("%s/%s", base, output);
	make_folder(options->output);
	work = format_text("%s/" WORK, options->output);
	remove_folder(work);
	make_folder(work);
	return work;
}

static FILE *create(const char *folder, const char *name)
{
	char *path = format_text("%s/%s", folder, name);
	FILE *file = fopen(path, "we");

	if (!file)
		die("cannot write %s: %s", path, strerror(errno));
	free(path);
	return file;
}

static void finish(FILE *file, const char *name)
{
	if (fclose(file))
		die("cannot write %s: %s", name, strerror(errno));
}

static void report_suite(const struct llvm *llvm, struct suite *suite,
			 const struct modules *modules, const char *work)
{
	FILE *file;

	llvm_report(llvm, suite, modules, work);
	file = create(suite->folder, UNREACHED);
	report_unreached(file, &suite->coverage);
	finish(file, UNREACHED);
}

/* The suite of all suites. */
static void unite(struct suite *suites, size_t count, const char *output)
{
	struct suite *all = &suites[count];

	*all = (struct suite){
		.name = format_text("all"),
		.folder = format_text("%s/all", output),
	};
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < suites[i].profiles.count; j++)
			add_word(&all->profiles, suites[i].profiles.list[j]);
}

static void print_end(const struct options *options, const struct suite *last)
{
	const struct source total = report_total(&last->coverage);

	printf("\n%u of %u functions are reached; the others: %s/" UNREACHED "\n",
	       total.functions.reached, total.functions.count, last->folder);
	printf("%s/index.html, %s/" TABLE "\n", last->folder, options->output);
}

int main(int argc, char **argv)
{
	struct reached *reached = NULL;
	struct modules modules;
	struct options options;
	struct suite *suites;
	struct bazel bazel;
	struct llvm llvm;
	const char *problem;
	size_t count;
	char *work;
	FILE *file;

	if (!argc)
		return 2;
	options_read(&options, argv);
	problem = bazel_find(&bazel);
	if (problem)
		refuse("%s", problem);
	modules_open(&modules);
	llvm = (struct llvm){
		.profdata = setting("RINGSIDE_COVERAGE_PROFDATA"),
		.cov = setting("RINGSIDE_COVERAGE_COV"),
		.source = absolute("RINGSIDE_COVERAGE_MAKEFILE"),
	};
	*strrchr(llvm.source, '/') = '\0';
	work = prepare_output(&options, &bazel);
	if (options.tests)
		reached = reached_begin(&llvm, options.output, work);

	count = options.suites.count;
	suites = grow(NULL, count + 1, sizeof(*suites));
	for (size_t i = 0; i < count; i++) {
		suite_make(&suites[i], options.suites.list[i], options.output);
		remove_folder(suites[i].folder);
		make_folder(suites[i].folder);
		suite_run(&suites[i], &options, &bazel, &modules, reached, work);
	}
	if (reached)
		reached_end(reached);
	if (count > 1) {
		unite(suites, count, options.output);
		remove_folder(suites[count].folder);
		make_folder(suites[count].folder);
		count++;
	}
	for (size_t i = 0; i < count; i++)
		report_suite(&llvm, &suites[i], &modules, work);
	file = create(options.output, TABLE);
	report_table(file, suites, count);
	finish(file, TABLE);
	report_table(stdout, suites, count);
	print_end(&options, &suites[count - 1]);
	remove_folder(work);
	return 0;
}
