/* SPDX-License-Identifier: MIT */
/* See suite.h. */
#include "kvm_lab/coverage/suite.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machines/bazel/results.h"
#include "machines/runner/message.h"

void suite_make(struct suite *suite, const char *pattern, const char *output)
{
	const char *start = pattern + strspn(pattern, "@/");
	size_t size = strlen(start);
	char *folder;

	if (size > 4 && !strcmp(start + size - 4, "/..."))
		size -= 4;
	/* All of a repository: "@kvm_unit_tests//..." */
	if (size > 1 && start[size - 1] == '/')
		size--;
	*suite = (struct suite){
		.pattern = format_text("%s", pattern),
		.name = format_text("%.*s", (int)size, start),
	};
	folder = format_text("%s", suite->name);
	for (char *c = folder; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("_-", *c))
			*c = '_';
	suite->folder = format_text("%s/%s", output, folder);
	free(folder);
}

/* Says so before anything is built for it. */
static void check_pattern(const struct suite *suite, const struct bazel *bazel)
{
	char *pattern = quote_pattern(suite->pattern);
	char *query = format_text("tests(%s)", pattern);
	struct words labels = bazel_query(bazel, query);

	if (!labels.count)
		refuse("'%s' has no tests; name some of kvm_test() or kvm_program_test()",
		       suite->pattern);
	for (size_t i = 0; i < labels.count; i++)
		free(labels.list[i]);
	free(labels.list);
	free(query);
	free(pattern);
}

static int run_tests(const struct suite *suite, const struct options *options,
		     const struct bazel *bazel, const struct modules *modules, const char *events)
{
	struct arguments arguments = {0};

	add_argument(&arguments, "%s", bazel->program);
	add_argument(&arguments, "test");
	add_argument(&arguments, "--keep_going");
	add_argument(&arguments, "--test_output=summary");
	add_argument(&arguments, "--test_summary=terse");
	add_argument(&arguments, "--ui_event_filters=-info");
	for (size_t i = 0; i < options->bazel_options.count; i++)
		add_argument(&arguments, "%s", options->bazel_options.list[i]);
	add_argument(&arguments, "--%s=%s", setting("RINGSIDE_COVERAGE_FLAG"), modules->label);
	add_argument(&arguments, "--nozip_undeclared_test_outputs");
	add_argument(&arguments, "--build_event_json_file=%s", events);
	add_argument(&arguments, "--");
	add_argument(&arguments, "%s", suite->pattern);
	return call_bazel(bazel, &arguments, NULL);
}

static const char *why_missing(const struct test_result *result)
{
	switch (result->verdict) {
	case NOT_BUILT:
		return "it can't be built";
	case NOT_RUN:
		return "it was not run";
	case TIMED_OUT:
		return "it ran out of time, and its machine was ended";
	case SKIPPED:
		return "it is skipped: no emulated machine has what it requires";
	case PASSED:
	case FLAKY:
		return "it does not run in an emulated machine";
	default:
		return "its machine did not get to the end; its test.log says why, and a test that is "
		       "to run on the host can't have any";
	}
}

/* Adds a test's counters; false if there are none, which is said. */
static bool add_test(struct modules *modules, const struct test_result *result)
{
	bool found = false;

	for (size_t i = 0; i < result->run_count; i++)
		if (result->runs[i].folder)
			found |= modules_add(modules, result->runs[i].folder);
	if (!found)
		printf("%s: no counters: %s\n", result->label, why_missing(result));
	return found;
}

void suite_run(struct suite *suite, const struct options *options, const struct bazel *bazel,
	       struct modules *modules, struct reached *reached, const char *work)
{
	char *path = format_text("%s/events.json", work), *prefix;
	struct results results;
	int status;

	check_pattern(suite, bazel);
	printf("%s:\n", suite->name);
	fflush(stdout);
	unlink(path);
	status = run_tests(suite, options, bazel, modules, path);
	results = results_read(path);
	modules_clear(modules);
	for (size_t i = 0; i < results.count; i++) {
		const struct test_result *result = &results.list[i];

		if (!add_test(modules, result))
			continue;
		if (reached)
			reached_add(reached, result);
		suite->tests++;
		if (verdict_is_failure(result->verdict)) {
			suite->failed++;
			printf("%s: did not pass, and counts\n", result->label);
		}
	}
	results_free(&results);
	fflush(stdout);
	if (!suite->tests) {
		fprintf(stderr,
			"ringside: no test of '%s' has brought counters; name some of kvm_test() or "
			"kvm_program_test() that run in emulated machines\n",
			suite->pattern);
		exit(status ? status : 1);
	}
	printf("%s: %zu tests have counted\n\n", suite->name, suite->tests);
	fflush(stdout);
	prefix = format_text("%s/%s", work, strrchr(suite->folder, '/') + 1);
	suite->profiles = modules_write(modules, prefix);
	free(prefix);
	free(path);
}
