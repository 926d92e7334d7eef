/* SPDX-License-Identifier: MIT */
/*
 * Runs tests on a rebuilt KVM and judges what they say of it: behind every fault_test.
 *
 * Beside it, <its name>.runs has a line with the outcome that is expected ("pass", "fail",
 * "hang", "crash", "warn", "oops") and what the fault undoes; then for each test a line
 * with the program, the filter of its cases, and its label.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kvm_lab/verdict/verdict.h"
#include "machines/runner/message.h"

/* How long one test may take on a faulty KVM before it counts as hanging, in seconds. */
#define HANG_SECONDS 60

#define DEFAULT_SECONDS 300

static const char *need(const char *name, const char *other)
{
	const char *value = getenv(name);

	if (!value && other)
		value = getenv(other);
	if (!value)
		die("%s is not set; start this test with 'bazel test'", name);
	return value;
}

static long time_limit(enum outcome expected)
{
	const char *text = getenv("TEST_TIMEOUT");
	const long seconds = text ? strtol(text, NULL, 10) : DEFAULT_SECONDS;

	return expected == PASSED || seconds < HANG_SECONDS ? seconds : HANG_SECONDS;
}

/* Runs one test; its output goes to @log. Returns its exit status. */
static int run(const char *program, const char *cases, const char *xml, const char *log, long limit)
{
	char *seconds = format_text("%ld", limit),
	     *filter = format_text("--gtest_filter=%s", cases);
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die("cannot fork: %s", strerror(errno));
	if (!pid) {
		const int output = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0644);
		const int null = open("/dev/null", O_RDONLY);

		setenv("TEST_TIMEOUT", seconds, 1);
		setenv("XML_OUTPUT_FILE", xml, 1);
		if (output < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 ||
		    dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0)
			_exit(STATUS_MACHINE_FAILED);
		execl(program, program, filter, NULL);
		dprintf(STDERR_FILENO, "cannot run %s: %s\n", program, strerror(errno));
		_exit(STATUS_MACHINE_FAILED);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("cannot wait: %s", strerror(errno));
	free(seconds);
	free(filter);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void explain(const struct verdict *verdict, enum outcome expected, const char *label)
{
	const enum outcome outcome = verdict_outcome(verdict);

	fputs("error: ", stdout);
	switch (outcome) {
	case PASSED:
		printf("%s passes on a KVM with this fault: it does not look at what is wrong "
		       "there, or the fault changes nothing; name another test in caught_by, or "
		       "mend this one\n",
		       label);
		break;
	case SKIPPED:
		printf("%s skips, so it says nothing; give the fault's 'requires' what the test "
		       "needs\n",
		       label);
		break;
	case NO_VERDICT:
		printf("%s did not come to run; see its output above\n", label);
		break;
	case NOT_LOADED:
		printf("no test meets this fault: KVM's modules can't be loaded with it; choose "
		       "another edit, or see above what is missing\n");
		break;
	default:
		printf("%s: '%s' instead of '%s'; if that is what the fault does, say so in "
		       "caught_as\n",
		       label, outcome_names[outcome], outcome_names[expected]);
	}
}

/* Whether the test says what is expected. */
static bool judge(const char *program, const char *cases, const char *label, enum outcome expected,
		  unsigned int index)
{
	const char *work = need("TEST_TMPDIR", NULL);
	char *xml = format_text("%s/%u.xml", work, index);
	char *log = format_text("%s/%u.log", work, index);
	const int status = run(program, cases, xml, log, time_limit(expected));
	const struct verdict verdict = verdict_read(status, xml, log);
	const bool fits = verdict_is(&verdict, expected);

	if (fits) {
		printf("%s: %s, as expected\n", label, outcome_names[expected]);
		if (expected != PASSED)
			verdict_print_reason(stdout, log);
	} else {
		verdict_print_log(stdout, log);
		explain(&verdict, expected, label);
	}
	free(xml);
	free(log);
	return fits;
}

/* The first word of a line, and what stands behind it. */
static char *split(char *line)
{
	char *rest;

	line[strcspn(line, "\n")] = '\0';
	rest = strchr(line, ' ');
	if (!rest)
		return line + strlen(line);
	*rest = '\0';
	return rest + 1;
}

int main(int argc, char **argv)
{
	const char *runfiles = format_text("%s", need("RUNFILES_DIR", "TEST_SRCDIR"));
	char *path, *line = NULL;
	unsigned int index = 0, wrong = 0;
	enum outcome expected;
	size_t size = 0;
	FILE *runs;

	if (argc < 1)
		return 1;
	path = format_text("%s.runs", argv[0]);
	runs = fopen(path, "re");
	if (!runs || getline(&line, &size, runs) <= 0)
		die("cannot read %s: %s; build the test anew", path, strerror(errno));
	/* The tests' programs look for it by this name. */
	setenv("RUNFILES_DIR", runfiles, 1);
	path = split(line);
	expected = outcome_parse(line);
	if (expected == OUTCOMES)
		die("'%s' is no outcome; build the test anew", line);
	if (*path)
		printf("the fault undoes: %s\n", path);
	while (getline(&line, &size, runs) > 0) {
		char *cases = split(line), *label = split(cases);
		char *program = format_text("%s/%s", runfiles, line);

		wrong += !judge(program, cases, label, expected, index++);
		free(program);
	}
	free(line);
	fclose(runs);
	if (!index)
		die("%s.runs names no test", argv[0]);
	return !!wrong;
}
