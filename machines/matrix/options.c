/* SPDX-License-Identifier: MIT */
/* The command line, and whether it makes sense; see options.h. */
#include "machines/matrix/options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machines/emulator/child.h"
#include "machines/matrix/status.h"
#include "machines/runner/memory.h"
#include "machines/runner/message.h"

/* Lines of Bazel's complaint that are passed on. */
#define COMPLAINT_LINES 3

static const char usage[] =
	"usage: bazel run //machines:matrix -- [OPTION]... PATTERN... [-- BAZEL_OPTION...]\n"
	"\n"
	"Runs the tests that the patterns name on each machine with each kernel, and prints\n"
	"a table of what came out. What Bazel takes for tests, this does:\n"
	"//package:test, //package/..., -//package:not_this_one.\n"
	"\n"
	"  --machines=NAME,...   where to run them (%s)\n"
	"  --kernels=LABEL,...   what the emulated machines run\n"
	"                        (%s)\n"
	"  --output=FOLDER       for index.html, matrix.json and the logs\n"
	"                        (bazel-matrix-report in the workspace)\n"
	"  --help                this text\n"
	"\n"
	"Options behind the second -- are Bazel's: --runs_per_test=10, --config=asan.\n"
	"\n"
	"exit status: 0 if no test failed, 3 if one did, otherwise Bazel's\n";

static void refuse(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

static void refuse(const char *format, ...)
{
	va_list list;

	fputs("ringside: ", stderr);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
	exit(STATUS_COMMAND_LINE);
}

static void add(struct words *words, char *word)
{
	words->list = grow(words->list, words->count + 1, sizeof(*words->list));
	words->list[words->count++] = word;
}

static bool contains(const struct words *words, const char *word)
{
	for (size_t i = 0; i < words->count; i++)
		if (!strcmp(words->list[i], word))
			return true;
	return false;
}

/* Replaces @words with what stands between the commas of @text. */
static void split(struct words *words, const char *option, const char *text)
{
	words->count = 0;
	for (;;) {
		int size = (int)strcspn(text, ",");
		char *word = format_text("%.*s", size, text);

		if (!size)
			refuse("%s: there is an empty name in the list; write %sone,two", option,
			       option);
		if (contains(words, word))
			refuse("%s names %s twice; name it once", option, word);
		add(words, word);
		if (!text[size])
			return;
		text += size + 1;
	}
}

/* What the build knows; see BUILD.bazel. */
static const char *setting(const char *name)
{
	const char *value = getenv(name);

	if (!value || !*value)
		refuse("%s is not set; start this with 'bazel run'", name);
	return value;
}

static void take_option(struct options *options, const char *word)
{
	static const char machines[] = "--machines=", kernels[] = "--kernels=",
			  output[] = "--output=";

	if (!strncmp(word, machines, sizeof(machines) - 1))
		split(&options->machines, machines, word + sizeof(machines) - 1);
	else if (!strncmp(word, kernels, sizeof(kernels) - 1))
		split(&options->kernels, kernels, word + sizeof(kernels) - 1);
	else if (!strncmp(word, output, sizeof(output) - 1) && word[sizeof(output) - 1])
		options->output = format_text("%s", word + sizeof(output) - 1);
	else
		refuse("unknown option '%s'; known are --machines=, --kernels=, --output= and "
		       "--help; Bazel's own options come last, behind --",
		       word);
}

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1] == '-';
}

static void check_machines(const struct options *options, const char *known)
{
	struct words names = {0};

	split(&names, "", known);
	for (size_t i = 0; i < options->machines.count; i++)
		if (!contains(&names, options->machines.list[i]))
			refuse("--machines: there is no machine '%s'; there are %s",
			       options->machines.list[i], known);
	free(names.list);
}

void options_read(struct options *options, char **argv)
{
	const char *machines = setting("RINGSIDE_MACHINES");
	const char *kernels = setting("RINGSIDE_KERNELS");
	char **word = argv + 1;

	*options = (struct options){
		.machine_flag = setting("RINGSIDE_MACHINE_FLAG"),
		.kernel_flag = setting("RINGSIDE_KERNEL_FLAG"),
	};
	split(&options->machines, "", machines);
	split(&options->kernels, "", kernels);
	for (; *word && strcmp(*word, "--"); word++) {
		if (!strcmp(*word, "--help") || !strcmp(*word, "-h")) {
			printf(usage, machines, kernels);
			exit(0);
		}
		if (is_option(*word))
			take_option(options, *word);
		else
			add(&options->patterns, *word);
	}
	for (word += *word ? 1 : 0; *word; word++) {
		if (!is_option(*word))
			refuse("'%s' stands behind --, where Bazel's options do; put it before it",
			       *word);
		add(&options->bazel_options, *word);
	}
	check_machines(options, machines);
	if (!options->patterns.count)
		refuse("no tests are named; name some: bazel run //machines:matrix -- "
		       "//package/...");
}

/* Prints the first lines of Bazel's that say what is wrong. */
static void print_complaint(FILE *errors)
{
	char *line = NULL;
	size_t size = 0;
	int shown = 0;

	if (fseek(errors, 0, SEEK_SET))
		return;
	while (shown < COMPLAINT_LINES && getline(&line, &size, errors) > 0) {
		if (strncmp(line, "ERROR: ", 7))
			continue;
		fprintf(stderr, "    %s", line + 7);
		shown++;
	}
	free(line);
}

/* Has Bazel look for labels or patterns. Returns its exit status. */
static int query(const struct bazel *bazel, const char *expression, FILE *errors)
{
	struct arguments arguments = {0};
	FILE *answer = tmpfile();
	int status;
	pid_t pid;

	if (!answer || ftruncate(fileno(errors), 0) || fseek(errors, 0, SEEK_SET))
		die("cannot make a temporary file: %s", strerror(errno));
	add_argument(&arguments, "%s", bazel->program);
	add_argument(&arguments, "query");
	add_argument(&arguments, "--noshow_progress");
	add_argument(&arguments, "--color=no");
	add_argument(&arguments, "%s", expression);
	pid = bazel_start(bazel, &arguments, fileno(answer), fileno(errors), false);
	if (pid < 0)
		die("cannot start Bazel: %s", strerror(errno));
	status = bazel_wait(pid);
	free_arguments(&arguments);
	fclose(answer);
	return status;
}

static char *quote(const char *pattern)
{
	if (strpbrk(pattern, "'\" ()"))
		refuse("'%s' is no label: it holds a quote, a blank or a parenthesis", pattern);
	return format_text("'%s'", pattern + (*pattern == '-'));
}

void options_check(const struct options *options, const struct bazel *bazel)
{
	FILE *errors = tmpfile();
	bool has_emulated = false;

	if (!errors)
		die("cannot make a temporary file: %s", strerror(errno));
	for (size_t i = 0; i < options->machines.count; i++)
		has_emulated |= strcmp(options->machines.list[i], "host") != 0;
	for (size_t i = 0; i < options->patterns.count; i++) {
		const char *pattern = options->patterns.list[i];
		char *expression = quote(pattern);
		int status = query(bazel, expression, errors);

		free(expression);
		if (!status)
			continue;
		fprintf(stderr, "ringside: Bazel finds no tests by '%s':\n", pattern);
		print_complaint(errors);
		exit(status);
	}
	for (size_t i = 0; has_emulated && i < options->kernels.count; i++) {
		const char *kernel = options->kernels.list[i];
		char *expression = quote(kernel);
		int status = query(bazel, expression, errors);

		free(expression);
		if (!status)
			continue;
		fprintf(stderr,
			"ringside: --kernels: there is no '%s'; name a linux_kernel, or a target of "
			"one bzImage and .ko files:\n",
			kernel);
		print_complaint(errors);
		exit(status);
	}
	fclose(errors);
}
