/* SPDX-License-Identifier: MIT */
/* From labels to programs in a machine; see tests.h. */
#include "machines/door/tests.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machines/bazel/bazel.h"
#include "machines/emulator/child.h"
#include "machines/runner/description.h"
#include "machines/runner/drive.h"
#include "machines/runner/memory.h"
#include "machines/runner/message.h"
#include "machines/runner/transfer.h"

/* How Bazel names a test and its program, on a line. */
#define TEST_LINE "--starlark:expr=str(target.label) + ' ' + target.files_to_run.executable.path"

/* The rule behind every kvm_test. */
#define TEST_RULE "^machine_test rule$"

/* The tests' own machine is not needed, nor built. */
static const char *machine_flag(void)
{
	const char *flag = getenv("RINGSIDE_MACHINE_FLAG");

	if (!flag)
		die("RINGSIDE_MACHINE_FLAG is not set; start this with 'bazel run'");
	return flag;
}

/* What the user asked "bazel run" for is asked for here, too. */
static void add_features(struct arguments *arguments)
{
	const char *features = getenv("RINGSIDE_FEATURES");

	while (features && *features) {
		const size_t size = strcspn(features, " ");

		if (size)
			add_argument(arguments, "--features=%.*s", (int)size, features);
		features += size + (features[size] == ' ');
	}
}

/* Runs Bazel to its end; its output goes to @output, or to stderr. */
static void run(const struct bazel *bazel, const struct arguments *arguments, FILE *output)
{
	int status;
	pid_t pid =
		bazel_start(bazel, arguments, output ? fileno(output) : STDERR_FILENO, -1, false);

	if (pid < 0)
		die("cannot start Bazel: %s", strerror(errno));
	status = bazel_wait(pid);
	if (!status)
		return;
	say("'bazel %s' failed: see above", arguments->list[1]);
	exit(status);
}

static char *make_query(char **labels, size_t count)
{
	char *query = format_text("kind('%s', tests(set(", TEST_RULE);

	for (size_t i = 0; i < count; i++) {
		char *longer;

		if (strpbrk(labels[i], "'\" ()"))
			die("'%s' is no label: it holds a quote, a blank or a parenthesis",
			    labels[i]);
		longer = format_text("%s '%s'", query, labels[i]);
		free(query);
		query = longer;
	}
	return format_text("%s)))", query);
}

/* Takes "@@//package:name path" apart. */
static void add_test(struct door_tests *tests, const struct bazel *bazel, char *line)
{
	char *path = strchr(line, ' ');
	char *package = strstr(line, "//");
	char *colon = strrchr(line, ':');
	struct door_test *test;

	if (!path || !package || !colon)
		die("cannot read Bazel's answer '%s'", line);
	*path++ = '\0';
	for (size_t i = 0; i < tests->count; i++)
		if (!strcmp(strstr(tests->list[i].label, "//"), package))
			return;
	tests->list = grow(tests->list, tests->count + 1, sizeof(*tests->list));
	test = &tests->list[tests->count++];
	/* "@@" is this workspace itself. */
	test->label = format_text("%s", package == line + 2 ? package : line);
	test->name = format_text("%s", colon + 1);
	test->folder = format_text("/tests/%.*s", (int)(colon - package - 2), package + 2);
	test->executable = format_text("%s/%s", bazel->workspace, path);
}

static void find_tests(const struct bazel *bazel, char **labels, size_t count,
		       struct door_tests *tests)
{
	FILE *answer = tmpfile();
	struct arguments arguments = {0};
	char *line = NULL, *query;
	size_t size = 0;

	if (!answer)
		die("cannot make a temporary file: %s", strerror(errno));
	add_argument(&arguments, "%s", bazel->program);
	add_argument(&arguments, "cquery");
	add_argument(&arguments, "--%s=host", machine_flag());
	add_features(&arguments);
	add_argument(&arguments, "--ui_event_filters=-info");
	add_argument(&arguments, "--noshow_progress");
	add_argument(&arguments, "--output=starlark");
	add_argument(&arguments, "%s", TEST_LINE);
	query = make_query(labels, count);
	add_argument(&arguments, "%s", query);
	free(query);
	run(bazel, &arguments, answer);
	if (fseek(answer, 0, SEEK_SET))
		die("cannot read Bazel's answer: %s", strerror(errno));
	while (getline(&line, &size, answer) > 0) {
		line[strcspn(line, "\n")] = '\0';
		add_test(tests, bazel, line);
	}
	free(line);
	fclose(answer);
	free_arguments(&arguments);
	if (!tests->count)
		die("there is no kvm_test among '%s'%s; name some that are", labels[0],
		    count > 1 ? " and the others" : "");
}

void tests_build(char **labels, size_t count, struct door_tests *tests)
{
	struct bazel bazel;
	struct arguments arguments = {0};
	const char *problem = bazel_find(&bazel);

	if (problem)
		die("%s", problem);
	say("building %s%s ...", labels[0], count > 1 ? " and others" : "");
	find_tests(&bazel, labels, count, tests);
	add_argument(&arguments, "%s", bazel.program);
	add_argument(&arguments, "build");
	add_argument(&arguments, "--%s=host", machine_flag());
	add_features(&arguments);
	add_argument(&arguments, "--ui_event_filters=-info");
	add_argument(&arguments, "--show_result=0");
	for (size_t i = 0; i < tests->count; i++)
		add_argument(&arguments, "%s", tests->list[i].label);
	run(&bazel, &arguments, NULL);
	free_arguments(&arguments);
}

void tests_hand_in(const struct door_tests *tests, struct job_stream *stream)
{
	/* They name our own runfiles, which a test's would be taken for. */
	unsetenv("RUNFILES_DIR");
	unsetenv("TEST_SRCDIR");
	for (size_t i = 0; i < tests->count; i++) {
		const struct door_test *test = &tests->list[i];
		struct test_description description;
		char *path, *name;

		read_test_description(test->executable, &description);
		if (!i) /* one toolchain has built all of them */
			hand_in_libraries(stream, &description);
		path = runfile(&description, description.controller);
		name = format_text("%s/%s", test->folder, test->name);
		drive_tree(stream, path, name);
		free(name);
		free(path);
		for (size_t j = 0; j < description.data_count; j++) {
			path = runfile(&description, description.data[j]);
			name = format_text("%s/%s", TESTS_RUNFILES, description.data[j]);
			drive_tree(stream, path, name);
			free(name);
			free(path);
		}
	}
}

char *tests_path(const struct door_tests *tests)
{
	char *path = format_text("/bin");

	for (size_t i = 0; i < tests->count; i++) {
		char *longer;

		if (i && !strcmp(tests->list[i].folder, tests->list[i - 1].folder))
			continue;
		longer = format_text("%s:%s", path, tests->list[i].folder);
		free(path);
		path = longer;
	}
	return path;
}
