/* SPDX-License-Identifier: MIT */
/* From labels to programs in a machine; see tests.h. */
#include "machines/shell/tests.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machines/bazel/bazel.h"
#include "machines/emulator/child.h"
#include "machines/runner/description.h"
#include "machines/runner/drive.h"
#include "machines/runner/memory.h"
#include "machines/runner/message.h"
#include "machines/runner/transfer.h"
#include "machines/shell/elf.h"

/* How Bazel names a test and its program, on a line; a target without has none. */
#define TEST_LINE                                                                         \
	"--starlark:expr=str(target.label) + ' ' + (target.files_to_run.executable.path " \
	"if target.files_to_run and target.files_to_run.executable else '')"

/* The tests behind the labels: the rule behind every kvm_test is named. */
#define FIND_TESTS "kind('^machine_test rule$', tests(set(%s)))"

/* And the other programs that are named one by one: patterns name too many. */
#define FIND_PROGRAMS \
	" union (set(%s) except tests(set(%s)) except kind('^test_suite rule$', set(%s)))"

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

static bool is_pattern(const char *label)
{
	const char *name = strrchr(label, ':');

	return strstr(label, "...") || (name && (!strcmp(name, ":all") || !strcmp(name, ":*") ||
						 !strcmp(name, ":all-targets")));
}

/* The labels as a query has them; with @programs, those that may be programs. */
static char *quote_labels(char **labels, size_t count, bool programs)
{
	char *list = format_text("%s", "");

	for (size_t i = 0; i < count; i++) {
		char *longer;

		if (strpbrk(labels[i], "'\" ()"))
			die("'%s' is no label: it holds a quote, a blank or a parenthesis",
			    labels[i]);
		if (programs && is_pattern(labels[i]))
			continue;
		longer = format_text("%s '%s'", list, labels[i]);
		free(list);
		list = longer;
	}
	return list;
}

static char *make_query(char **labels, size_t count)
{
	char *all = quote_labels(labels, count, false);
	char *single = quote_labels(labels, count, true);
	char *tests = format_text(FIND_TESTS, all);
	char *programs = *single ? format_text(FIND_PROGRAMS, single, single, single)
				 : format_text("%s", "");
	char *query = format_text("%s%s", tests, programs);

	free(programs);
	free(tests);
	free(single);
	free(all);
	return query;
}

/* Takes "@@//package:name path" apart. */
static void add_test(struct shell_tests *tests, const struct bazel *bazel, char *line)
{
	char *path = strchr(line, ' ');
	char *package = strstr(line, "//");
	char *colon = strrchr(line, ':');
	struct shell_test *test;

	if (!path || !package || !colon)
		die("cannot read Bazel's answer '%s'", line);
	*path++ = '\0';
	if (!*path)
		die("%s is neither a test nor a program. Fix: name a kvm_test, a "
		    "kvm_program_test, or an executable such as a static cc_binary",
		    line);
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
		       struct shell_tests *tests)
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
		die("there is no kvm_test among '%s'%s; name some that are, or a program by its "
		    "own label",
		    labels[0], count > 1 ? " and the others" : "");
}

void tests_build(char **labels, size_t count, struct shell_tests *tests)
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

/* Gives the machine a path of the host under a name below a folder of the tests'. */
static void write_tree(struct job_stream *stream, const char *path, const char *folder,
		       const char *name)
{
	char *where = format_text("%s/%s", folder, name);

	drive_tree(stream, path, where);
	free(where);
}

static void write_test(const struct shell_test *test, struct job_stream *stream, bool is_first)
{
	struct test_description description;
	char *path;

	read_test_description(test->executable, &description);
	if (is_first) /* one toolchain has built all of them */
		write_libraries(stream, &description);
	path = runfile(&description, description.controller);
	write_tree(stream, path, test->folder, test->name);
	free(path);
	for (size_t i = 0; i < description.data_count; i++) {
		path = runfile(&description, description.data[i]);
		write_tree(stream, path, TESTS_RUNFILES, description.data[i]);
		free(path);
	}
}

static void write_program(const struct shell_test *program, struct job_stream *stream)
{
	char *runfiles = format_text("%s.runfiles", program->executable);
	struct dirent *entry;
	DIR *folder;

	if (elf_is_dynamic(program->executable))
		die("%s is a dynamic program, and the machine has no libraries. Fix: link it "
		    "statically, as with linkopts = [\"-static\"]",
		    program->label);
	write_tree(stream, program->executable, program->folder, program->name);
	folder = opendir(runfiles);
	while (folder && (entry = readdir(folder))) {
		char *path = format_text("%s/%s", runfiles, entry->d_name);
		struct stat status;

		/* Repositories, beside Bazel's lists of them. */
		if (*entry->d_name != '.' && !stat(path, &status) && S_ISDIR(status.st_mode))
			write_tree(stream, path, TESTS_RUNFILES, entry->d_name);
		free(path);
	}
	if (folder)
		closedir(folder);
	free(runfiles);
}

void tests_write(const struct shell_tests *tests, struct job_stream *stream)
{
	bool is_first = true;

	/* They name our own runfiles, which a test's would be taken for. */
	unsetenv("RUNFILES_DIR");
	unsetenv("TEST_SRCDIR");
	for (size_t i = 0; i < tests->count; i++) {
		const struct shell_test *test = &tests->list[i];
		char *description = format_text("%s.test", test->executable);

		if (access(description, F_OK)) {
			write_program(test, stream);
		} else {
			write_test(test, stream, is_first);
			is_first = false;
		}
		free(description);
	}
}

char *tests_path(const struct shell_tests *tests)
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
