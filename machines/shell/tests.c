/* SPDX-License-Identifier: MIT */
/* From labels to programs in a machine; see tests.h. */
#include "machines/shell/tests.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machines/bazel/bazel.h"
#include "machines/emulator/child.h"
#include "machines/runner/memory.h"
#include "machines/runner/message.h"
#include "machines/runner/outbox.h"
#include "machines/shell/elf.h"

/* How Bazel names a program, and what machines/shell/come_along.bzl has written of it. */
#define PROGRAM_LINE                                                                           \
	"--starlark:expr=(lambda label, file: str(label) + ' ' + ('/'.join([part for part in " \
	"[file.root.path, label.workspace_root, label.package, label.name] if part]) + "       \
	"'.shell' if file and not file.is_source else ''))"                                    \
	"(target.label, target.files_to_run.executable if target.files_to_run else None)"

/* The tests behind the labels: the rule behind every kvm_test is named. */
#define FIND_TESTS "kind('^machine_test rule$', tests(set(%s)))"

/* And the other programs that are named one by one: patterns name too many. */
#define FIND_PROGRAMS \
	" union (set(%s) except tests(set(%s)) except kind('^test_suite rule$', set(%s)))"

/* The rule that has started us says so. */
static const char *setting(const char *name)
{
	const char *value = getenv(name);

	if (!value)
		die("%s is not set; start this with 'bazel run'", name);
	return value;
}

/* Bazel has analyzed everything with the flags of "bazel run". */
static void add_flags(struct arguments *arguments)
{
	const char *flags = setting("RINGSIDE_SHELL_FLAGS");

	while (*flags) {
		const size_t size = strcspn(flags, " ");

		if (size)
			add_argument(arguments, "%.*s", (int)size, flags);
		flags += size + (flags[size] == ' ');
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
	/* A source file has Bazel's path if it is found through bazel-out. */
	test->root = format_text("%s/bazel-out/..", bazel->workspace);
	test->description = format_text("%s/%s", test->root, path);
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
	add_flags(&arguments);
	add_argument(&arguments, "--ui_event_filters=-info");
	add_argument(&arguments, "--noshow_progress");
	add_argument(&arguments, "--output=starlark");
	add_argument(&arguments, "%s", PROGRAM_LINE);
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
	add_flags(&arguments);
	add_argument(&arguments, "--ui_event_filters=-info");
	add_argument(&arguments, "--show_result=0");
	add_argument(&arguments, "--aspects=%s", setting("RINGSIDE_SHELL_ASPECT"));
	add_argument(&arguments, "--output_groups=ringside_shell");
	for (size_t i = 0; i < tests->count; i++)
		add_argument(&arguments, "%s", tests->list[i].label);
	run(&bazel, &arguments, NULL);
	free_arguments(&arguments);
}

/* Gives the machine a file of Bazel's under a name below a folder. */
static void write_file(const struct shell_test *test, struct outbox *outbox, const char *path,
		       const char *folder, const char *name)
{
	char *here = format_text("%s/%s", test->root, path);
	char *there = format_text("%s/%s", folder, name);

	outbox_tree(outbox, here, there);
	free(there);
	free(here);
}

static void write_program(const struct shell_test *test, struct outbox *outbox, const char *path,
			  bool has_libraries)
{
	char *here = format_text("%s/%s", test->root, path);

	if (!has_libraries && elf_is_dynamic(here))
		die("%s is a dynamic program, and the machine has no libraries. Fix: link it "
		    "statically, as with linkopts = [\"-static\"]",
		    test->label);
	free(here);
	write_file(test, outbox, path, test->folder, test->name);
}

/* What is at REPOSITORY/lib64/ld.so here goes to /lib64/ld.so there: see write_libraries(). */
static void write_library(const struct shell_test *test, struct outbox *outbox, const char *path,
			  const char *name)
{
	const char *slash = strchr(name, '/');

	if (!slash)
		die("library %s is in no repository; build the test anew", path);
	write_file(test, outbox, path, "", slash + 1);
}

/* The lines of machines/shell/come_along.bzl. */
static void write_test(const struct shell_test *test, struct outbox *outbox)
{
	FILE *file = fopen(test->description, "re");
	char *line = NULL, *program = NULL;
	bool has_libraries = false;
	size_t size = 0;

	if (!file)
		die("cannot read %s: %s", test->description, strerror(errno));
	while (getline(&line, &size, file) > 0) {
		char *rest = line, *kind, *name, *path;

		line[strcspn(line, "\n")] = '\0';
		kind = strsep(&rest, " ");
		if (!strcmp(kind, "program") && rest) {
			program = format_text("%s", rest);
			continue;
		}
		name = strsep(&rest, " ");
		path = rest;
		if (!path)
			die("%s has a line '%s' that says nothing", test->description, kind);
		if (!strcmp(kind, "library")) {
			has_libraries = true;
			write_library(test, outbox, path, name);
		} else {
			write_file(test, outbox, path, TESTS_RUNFILES, name);
		}
	}
	if (!program)
		die("%s names no program", test->description);
	write_program(test, outbox, program, has_libraries);
	free(program);
	free(line);
	fclose(file);
}

void tests_write(const struct shell_tests *tests, struct outbox *outbox)
{
	for (size_t i = 0; i < tests->count; i++)
		write_test(&tests->list[i], outbox);
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
