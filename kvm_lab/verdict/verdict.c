/* SPDX-License-Identifier: MIT */
/* See verdict.h. */
#include "kvm_lab/verdict/verdict.h"

#include <stdlib.h>
#include <string.h>

#include "machines/runner/message.h"

/* Lines of a log that are shown: of the test, and of the kernel's report. */
#define TEST_LINES 3
#define REPORT_LINES 8

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

const char *const outcome_names[OUTCOMES] = {
	[NO_VERDICT] = "no verdict", [PASSED] = "pass", [SKIPPED] = "skip",
	[FAILED] = "fail",	     [HUNG] = "hang",	[CRASHED] = "crash",
	[WARNED] = "warn",	     [OOPSED] = "oops", [NOT_LOADED] = "not loaded",
};

/* How failures say that time ran out: tst_kvm_run(), GoogleTest's side, the supervisor. */
static const char *const timeouts[] = {
	"did not end within",	    "time is over",
	"does not end although",    "as at the test&apos;s timeout",
	"as at the test's timeout",
};

/* Why a machine can go off under a test: machines/runner/emulated.c and its drivers. */
static const char *const crashes[] = {
	"its kernel panicked", "it was powered off from inside",	  "it reset itself",
	"it was reset",	       "Bochs ended it, as after a triple fault",
};

/* machines/init/modules.c */
static const char not_loaded[] = ": cannot load module ";

static const char machine_failed[] = "ringside: machine ";
static const char kernel_reported[] = "ringside: the kernel of machine ";

/* Calls @take for each line of a file; false if there is none. */
static bool read_lines(const char *path, void (*take)(void *, const char *), void *context)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	bool found = false;
	size_t size = 0;

	while (file && getline(&line, &size, file) > 0) {
		take(context, line);
		found = true;
	}
	free(line);
	if (file)
		fclose(file);
	return found;
}

static bool has_one_of(const char *line, const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strstr(line, texts[i]))
			return true;
	return false;
}

/* What a test.xml says. */
struct xml {
	unsigned int completed, cases, skipped, failures, timeouts;
};

static void take_xml_line(void *context, const char *line)
{
	struct xml *xml = context;

	if (strstr(line, "<testcase ")) {
		xml->cases++;
		xml->completed += !!strstr(line, "result=\"completed\"");
	}
	xml->skipped += !!strstr(line, "<skipped");
	if (strstr(line, "<failure")) {
		xml->failures++;
		xml->timeouts += has_one_of(line, timeouts, LENGTH(timeouts));
	}
}

static void take_log_line(void *context, const char *line)
{
	struct verdict *verdict = context;

	if (!strncmp(line, kernel_reported, strlen(kernel_reported)))
		verdict->kernel = strstr(line, " reported an oops") ? OOPSED : WARNED;
	if (strncmp(line, machine_failed, strlen(machine_failed)))
		return;
	if (strstr(line, not_loaded))
		verdict->test = NOT_LOADED;
	if (!strstr(line, " failed while running "))
		return;
	if (strstr(line, "no verdict before"))
		verdict->test = HUNG;
	else if (has_one_of(line, crashes, LENGTH(crashes)))
		verdict->test = CRASHED;
}

static enum outcome own_outcome(const struct xml *xml, const struct verdict *verdict, int status)
{
	/* The machine's failure, or the kernel's report beside a pass. */
	if (status == STATUS_MACHINE_FAILED && verdict->kernel == PASSED)
		return verdict->test;
	if (xml->failures)
		return xml->failures > xml->timeouts ? FAILED : HUNG;
	if (status && status != STATUS_MACHINE_FAILED)
		return NO_VERDICT;
	if (xml->skipped ? xml->cases > xml->skipped : xml->completed)
		return PASSED;
	return xml->skipped ? SKIPPED : NO_VERDICT;
}

struct verdict verdict_read(int status, const char *xml_path, const char *log)
{
	struct verdict verdict = {.test = NO_VERDICT, .kernel = PASSED};
	struct xml xml = {0};

	read_lines(log, take_log_line, &verdict);
	read_lines(xml_path, take_xml_line, &xml);
	verdict.test = own_outcome(&xml, &verdict, status);
	return verdict;
}

bool verdict_is(const struct verdict *verdict, enum outcome outcome)
{
	if (outcome == PASSED)
		return verdict->test == PASSED && verdict->kernel == PASSED;
	return verdict->test == outcome || verdict->kernel == outcome;
}

enum outcome verdict_outcome(const struct verdict *verdict)
{
	if (verdict->kernel == OOPSED)
		return OOPSED;
	if (verdict->test == FAILED || verdict->test == CRASHED || verdict->test == NOT_LOADED)
		return verdict->test;
	return verdict->kernel == WARNED ? WARNED : verdict->test;
}

bool outcome_is_catch(enum outcome outcome)
{
	return outcome >= FAILED;
}

enum outcome outcome_parse(const char *name)
{
	enum outcome outcome = 0;

	while (outcome < OUTCOMES && strcmp(name, outcome_names[outcome]))
		outcome++;
	return outcome;
}

struct printing {
	FILE *file;
	unsigned int test_lines, report_lines; /* how many may still be printed */
};

static void print_if_reason(void *context, const char *line)
{
	static const char *const reasons[] = {"TFAIL", "TBROK", "Failure", "failed while",
					      "ringside: cannot"};
	struct printing *printing = context;

	if (!strncmp(line, kernel_reported, strlen(kernel_reported)))
		printing->report_lines = REPORT_LINES;
	if (printing->report_lines) {
		printing->report_lines--;
		fputs(line, printing->file);
	} else if (printing->test_lines && has_one_of(line, reasons, LENGTH(reasons))) {
		printing->test_lines--;
		fputs(line, printing->file);
	}
}

void verdict_print_reason(FILE *file, const char *log)
{
	struct printing printing = {.file = file, .test_lines = TEST_LINES};

	read_lines(log, print_if_reason, &printing);
}

static void print_line(void *context, const char *line)
{
	fputs(line, context);
}

void verdict_print_log(FILE *file, const char *log)
{
	read_lines(log, print_line, file);
}
