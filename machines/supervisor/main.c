/* SPDX-License-Identifier: MIT */
/*
 * Runs a program that knows nothing of Bazel as one of its tests: passes its output
 * on, judges it, and writes test.xml.
 *
 * usage: supervisor [--library=FILE]... [--known-failure=REASON] [--filter=ARGUMENT]...
 *                   [--results=kvm-unit-tests] -- PROGRAM [ARGUMENT]...
 *
 * Exit status 0: passed or skipped; else the program's own, 128 and a signal's number,
 * or 1.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machines/supervisor/load.h"
#include "machines/supervisor/program.h"
#include "machines/supervisor/report.h"
#include "machines/supervisor/verdict.h"

struct options {
	char **libraries;
	size_t library_count;
	char **filters; /* "{filter}" in them is what --test_filter says */
	size_t filter_count;
	const char *known_failure;
	enum tap_format results;
	char **program; /* argv[] */
};

static void no_memory(void)
{
	puts("ringside: out of memory");
	exit(125);
}

static void append(char ***list, size_t *count, char *value)
{
	*list = reallocarray(*list, *count + 2, sizeof(**list));
	if (!*list)
		no_memory();
	(*list)[(*count)++] = value;
	(*list)[*count] = NULL;
}

static char *behind(char *argument, const char *option)
{
	size_t size = strlen(option);

	return strncmp(argument, option, size) ? NULL : argument + size;
}

static void read_options(char **arguments, struct options *options)
{
	char *value;

	for (; *arguments && strcmp(*arguments, "--"); arguments++) {
		if ((value = behind(*arguments, "--library="))) {
			append(&options->libraries, &options->library_count, value);
		} else if ((value = behind(*arguments, "--filter="))) {
			append(&options->filters, &options->filter_count, value);
		} else if ((value = behind(*arguments, "--known-failure="))) {
			options->known_failure = value;
		} else if (!strcmp(*arguments, "--results=kvm-unit-tests")) {
			options->results = TAP_FORMAT_KVM_UNIT_TESTS;
		} else {
			printf("ringside: unknown option '%s'; build the test anew\n", *arguments);
			exit(125);
		}
	}
	if (!*arguments || !arguments[1]) {
		puts("ringside: no program is named; build the test anew");
		exit(125);
	}
	options->program = arguments + 1;
}

/* The program's arguments, with those that --test_filter asks for. */
static char **make_arguments(const struct options *options)
{
	const char *filter = getenv("TESTBRIDGE_TEST_ONLY");
	char **arguments = NULL;
	size_t count = 0;

	for (char **argument = options->program; *argument; argument++)
		append(&arguments, &count, *argument);
	if (!filter || !*filter)
		return arguments;
	if (!options->filter_count)
		puts("ringside: this test has no filter_args: all of it runs, unless the program "
		     "reads TESTBRIDGE_TEST_ONLY");
	for (size_t i = 0; i < options->filter_count; i++) {
		const char *argument = options->filters[i];
		const char *place = strstr(argument, "{filter}");
		char *filled;

		if (asprintf(&filled, "%.*s%s%s", place ? (int)(place - argument) : 0, argument,
			     place ? filter : argument,
			     place ? place + strlen("{filter}") : "") < 0)
			no_memory();
		append(&arguments, &count, filled);
	}
	return arguments;
}

static bool write_report(const struct tap *tap, const struct verdict *verdict, double seconds)
{
	const char *path = getenv("XML_OUTPUT_FILE");
	const char *target = getenv("TEST_TARGET");
	FILE *file;

	if (!path || !*path)
		return true;
	file = fopen(path, "we");
	if (file) {
		report(file, target ? target : "test", tap, verdict, seconds);
		if (!(ferror(file) | fclose(file)))
			return true;
	}
	printf("ringside: cannot write %s: %s%s\n", path, strerror(errno),
	       errno == ENOSPC ? "; the program has filled the file system. Fix: have it write less"
			       : "");
	return false;
}

static int say_verdict(const struct verdict *verdict, const struct tap *tap, double seconds)
{
	static const char *const words[] = {"passed", "FAILED", "skipped"};

	printf("ringside: %s%s%s", words[verdict->outcome], verdict->reason ? ": " : "",
	       verdict->reason ? verdict->reason : "");
	if (tap->count)
		printf(" (%zu cases)", tap->count);
	printf(", %.1f s\n", seconds);
	/* A long report has no better summary than the names of what failed. */
	for (size_t i = 0; i < tap->count; i++)
		if (tap->cases[i].outcome == TAP_FAILED)
			printf("ringside: failed case: %.200s\n", tap->cases[i].name);
	return verdict->outcome == TAP_FAILED;
}

int main(int argc, char **argv)
{
	struct options options = {0};
	struct program program = {0};
	struct verdict verdict;
	struct tap tap = {0};
	double start, seconds;
	char **arguments, **command;
	char *problem;
	int status;

	if (!argc)
		return 125;
	setvbuf(stdout, NULL, _IOLBF, 0);
	read_options(argv + 1, &options);
	tap.format = options.results;
	arguments = make_arguments(&options);
	start = now_s();
	problem = make_command(arguments, options.libraries, options.library_count, &command);
	if (!problem) {
		program = run_program(command, &tap);
		problem = program.problem;
	}
	seconds = now_s() - start;
	if (program.left_behind)
		printf("ringside: the program left %u of its processes behind; they were killed\n",
		       program.left_behind);
	if (problem)
		verdict = (struct verdict){.outcome = TAP_FAILED, .reason = problem};
	else if (program.signal)
		verdict = (struct verdict){
			.outcome = TAP_FAILED,
			.reason = copy_text("ended from outside, as at the test's timeout", 64),
		};
	else
		verdict = judge(&tap, program.wait_status, options.known_failure);
	status = say_verdict(&verdict, &tap, seconds);
	if (!write_report(&tap, &verdict, seconds))
		status = 1;
	if (program.signal)
		return 128 + program.signal;
	if (status && !problem && WIFSIGNALED(program.wait_status))
		return 128 + WTERMSIG(program.wait_status);
	if (status && !problem && WEXITSTATUS(program.wait_status) && !options.known_failure &&
	    WEXITSTATUS(program.wait_status) != STATUS_SKIP)
		return WEXITSTATUS(program.wait_status);
	return status;
}
