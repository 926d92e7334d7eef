/* SPDX-License-Identifier: MIT */
/* Turning GoogleTest's test.xml round; see expected_failure.h. */
#include "machines/runner/expected_failure.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machines/runner/memory.h"
#include "machines/runner/message.h"
#include "report/xml.h"

#define REPORT "XML_OUTPUT_FILE"

/* What came of a case. */
enum outcome {
	PASSED, /* which it must not */
	FAILED, /* as it has to */
	BROKEN, /* failed, and not by a verdict of its own */
	SKIPPED,
};

struct report {
	enum outcome *cases; /* in the file's order */
	size_t case_count;
	size_t *failures; /* for each test suite, what does not come out as it has to */
	size_t suite_count;
	size_t outcomes[SKIPPED + 1]; /* how many of each */
};

/* Where a report is kept that nobody asked for. */
static char own_report[] = "/tmp/ringside.XXXXXX";

const char *expect_failure(void)
{
	const char *path = getenv(REPORT);
	int fd;

	if (path && *path)
		return path;
	fd = mkstemp(own_report);
	if (fd < 0 || setenv(REPORT, own_report, 1))
		die("cannot make a file for the test's report in /tmp: %s", strerror(errno));
	close(fd);
	return own_report;
}

static char *read_report(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;

	if (file && getdelim(&text, &size, '\0', file) < 0) {
		free(text);
		text = NULL;
	}
	if (file)
		fclose(file);
	return text;
}

/* "FILE:LINE", a line's end, what failed. */
static bool is_own_verdict(const char *failure, size_t size)
{
	return !memmem(failure, size, "\nTBROK: ", 8) && !memmem(failure, size, "\nTWARN: ", 8);
}

static void begin_suite(struct report *report)
{
	report->failures =
		grow(report->failures, report->suite_count + 1, sizeof(*report->failures));
	report->failures[report->suite_count++] = 0;
}

/* Of the last suite, which there is. */
static void end_case(struct report *report, enum outcome outcome)
{
	report->cases = grow(report->cases, report->case_count + 1, sizeof(*report->cases));
	report->cases[report->case_count++] = outcome;
	report->outcomes[outcome]++;
	if (outcome == PASSED || outcome == BROKEN)
		report->failures[report->suite_count - 1]++;
}

/*
 * Returns false for what is no report of GoogleTest's: a machine is not trusted, and
 * write_report() relies on each case being in a suite, and each failure in a case.
 */
static bool scan(struct report *report, const char *text)
{
	bool in_case = false, in_failure = false;
	enum outcome outcome = PASSED;
	size_t size;

	for (; *text; text += size) {
		size = xml_part_size(text);
		if (xml_is_tag(text, "testsuite")) {
			begin_suite(report);
		} else if (xml_is_tag(text, "testcase")) {
			if (in_case || !report->suite_count)
				return false;
			outcome = PASSED;
			in_case = !xml_is_empty(text, size);
			if (!in_case)
				end_case(report, outcome);
		} else if (xml_is_tag(text, "skipped") && outcome == PASSED) {
			outcome = SKIPPED;
		} else if (xml_is_tag(text, "failure")) {
			if (!in_case)
				return false;
			if (outcome != FAILED)
				outcome = BROKEN;
			in_failure = true;
		} else if (xml_is_tag(text, "/failure")) {
			if (!in_case)
				return false;
			in_failure = false;
		} else if (xml_is_tag(text, "/testcase")) {
			if (!in_case)
				return false;
			in_case = false;
			end_case(report, outcome);
		} else if (in_failure && is_own_verdict(text, size)) {
			outcome = FAILED;
		}
	}
	return report->case_count > 0 && !in_case;
}

/* A tag with another number in its attribute failures="". */
static void write_failures(FILE *file, const char *tag, size_t size, size_t failures)
{
	static const char attribute[] = " failures=\"";
	const char *place = memmem(tag, size, attribute, strlen(attribute));
	const char *end = tag + size;

	if (!place) {
		fwrite(tag, 1, size, file);
		return;
	}
	place += strlen(attribute);
	fwrite(tag, 1, (size_t)(place - tag), file);
	fprintf(file, "%zu", failures);
	place += strspn(place, "0123456789");
	fwrite(place, 1, (size_t)(end - place), file);
}

static void write_unexpected(FILE *file, const char *lacks)
{
	fputs("<failure message=\"passes, although this kernel is said to lack ", file);
	xml_put(file, lacks);
	fputs("\" type=\"\"></failure>", file);
}

/* The report with its cases' verdicts turned round. */
static void write_report(FILE *file, const struct report *report, const char *text,
			 const char *lacks)
{
	const size_t *failures = report->failures;
	const enum outcome *outcome = report->cases;
	size_t size;

	for (; *text; text += size) {
		size = xml_part_size(text);
		if (xml_is_tag(text, "testsuites")) {
			write_failures(file, text, size,
				       report->outcomes[PASSED] + report->outcomes[BROKEN]);
		} else if (xml_is_tag(text, "testsuite")) {
			write_failures(file, text, size, *failures++);
		} else if (xml_is_tag(text, "testcase") && xml_is_empty(text, size)) {
			/* Nothing is in it: neither a failure nor a skip. */
			fwrite(text, 1, size - 2, file);
			fputc('>', file);
			write_unexpected(file, lacks);
			fputs("</testcase>", file);
			outcome++;
		} else if (xml_is_tag(text, "/testcase")) {
			if (*outcome == PASSED)
				write_unexpected(file, lacks);
			fwrite(text, 1, size, file);
			outcome++;
		} else if (xml_is_tag(text, "failure") && *outcome == FAILED) {
			fputs("<system-out>fails as expected: this kernel lacks ", file);
			xml_put(file, lacks);
			fputs("\n", file);
		} else if (xml_is_tag(text, "/failure") && *outcome == FAILED) {
			fputs("</system-out>", file);
		} else {
			fwrite(text, 1, size, file);
		}
	}
}

static void replace_report(const char *path, const struct report *report, const char *text,
			   const char *lacks)
{
	FILE *file = fopen(path, "we");

	if (!file)
		die("cannot write %s: %s", path, strerror(errno));
	write_report(file, report, text, lacks);
	if (ferror(file) | fclose(file))
		die("cannot write %s: %s", path, strerror(errno));
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

static int say_verdict(const struct report *report, int status, const char *lacks)
{
	const size_t failed = report->outcomes[FAILED];
	const size_t passed = report->outcomes[PASSED];
	const size_t broken = report->outcomes[BROKEN];

	if (passed)
		say("%zu case%s passed, although this kernel is said to lack %s. Fix: if the kernel "
		    "has it, take it out of 'lacks' of its linux_kernel; if the case does not look "
		    "for that bug, move it to a test without 'fixed_by'",
		    passed, plural(passed), lacks);
	if (broken)
		say("%zu case%s failed, and not by a verdict of its own (TFAIL): this kernel lacks "
		    "%s, and a test of that has to see the bug, not to break or to run out of time",
		    broken, plural(broken), lacks);
	if (passed || broken)
		return status ? status : 1;
	if (failed)
		say("fails as expected: this kernel lacks %s (%zu case%s)", lacks, failed,
		    plural(failed));
	return 0;
}

int judge_expected_failure(int status, const char *path, const char *lacks)
{
	struct report report = {0};
	char *text = read_report(path);

	if (status > 1 || !text || !scan(&report, text)) {
		say("no verdict of the test's own, which has to fail: this kernel lacks %s", lacks);
		status = status ? status : 1;
	} else {
		replace_report(path, &report, text, lacks);
		status = say_verdict(&report, status, lacks);
	}
	free(text);
	free(report.cases);
	free(report.failures);
	if (path == own_report)
		unlink(path);
	return status;
}
