/* SPDX-License-Identifier: MIT */
/* See kvm_unit_tests.h. */
#include "machines/supervisor/kvm_unit_tests.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of passes, so many are kept: what fails later finds room. */
#define PASSES_KEPT (TAP_CASES_MAX / 2)

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *word;
	enum tap_outcome outcome;
	const char *reason;
} results[] = {
	{"PASS: ", TAP_PASSED, NULL},
	{"FAIL: ", TAP_FAILED, NULL},
	{"SKIP: ", TAP_SKIPPED, ""}, /* its name is the reason */
	{"XFAIL: ", TAP_SKIPPED, "fails, as it is expected to"},
	{"KFAIL: ", TAP_SKIPPED, "fails, as it is known to"},
	{"XPASS: ", TAP_FAILED, "passes, and is expected to fail"},
};

static const char *behind(const char *line, const char *word)
{
	size_t size = strlen(word);

	return strncmp(line, word, size) ? NULL : line + size;
}

static size_t count(const struct tap *tap, enum tap_outcome outcome)
{
	size_t found = 0;

	for (size_t i = 0; i < tap->count; i++)
		found += tap->cases[i].outcome == outcome;
	return found;
}

static bool take_result(struct tap *tap, const char *line, double now)
{
	for (size_t i = 0; i < ARRAY_SIZE(results); i++) {
		const char *name = behind(line, results[i].word), *reason = results[i].reason;
		char *why = NULL;
		size_t size;

		if (!name)
			continue;
		tap->seen = true;
		if (tap->has_summary)
			tap_add_problem(tap, "a result follows the summary");
		if (results[i].outcome == TAP_PASSED && tap->count >= PASSES_KEPT) {
			tap->listed_not++;
			return true;
		}
		for (size = strlen(name); size && isspace((unsigned char)name[size - 1]);)
			size--;
		if (reason)
			why = *reason ? copy_text(reason, strlen(reason)) : copy_text(name, size);
		tap_add_case(tap, name, size, results[i].outcome, why, now);
		return true;
	}
	return false;
}

/* The number before @word in what a summary lists, or 0. */
static unsigned long counted(const char *summary, const char *word)
{
	const char *place = strstr(summary, word);

	while (place && place > summary && isdigit((unsigned char)place[-1]))
		place--;
	return place ? strtoul(place, NULL, 10) : 0;
}

static void take_summary(struct tap *tap, const char *summary)
{
	size_t lines = tap->count + tap->listed_not;
	unsigned long tests = counted(summary, " tests");
	unsigned long failures = counted(summary, " unexpected failures");

	tap->seen = true;
	tap->has_summary = true;
	if (tests < lines)
		tap_add_problem(tap, "the summary counts %lu tests, but there are results of %zu",
				tests, lines);
	else if (failures != count(tap, TAP_FAILED))
		tap_add_problem(tap,
				"the summary counts %lu unexpected failures, but the results are "
				"%zu",
				failures, count(tap, TAP_FAILED));
	else /* an image can count passes that it does not print */
		tap->listed_not += tests - lines;
}

void take_kvm_unit_tests_line(struct tap *tap, const char *line, double now)
{
	const char *text;

	if (take_result(tap, line, now))
		return;
	if ((text = behind(line, "SUMMARY: "))) {
		take_summary(tap, text);
	} else if ((text = behind(line, "1..0 # SKIP "))) {
		if (!tap->skip_all)
			tap->skip_all = copy_text(text, strlen(text));
	} else if ((text = behind(line, "Bail out! "))) {
		tap_add_problem(tap, "%s", text);
	} else if ((text = behind(line, "ABORT: "))) {
		tap_add_problem(tap, "the image gave up: %s", text);
	} else if (behind(line, "Unhandled ") || strstr(line, ": assert failed: ")) {
		tap_add_problem(tap, "the image gave up: %s", line);
	}
	if (*line)
		tap_add_text(tap, line);
}

void end_kvm_unit_tests(struct tap *tap, double now)
{
	char *name;

	if (!tap->listed_not)
		return;
	if (asprintf(&name, "%zu more that passed", tap->listed_not) < 0)
		exit(125);
	tap_add_case(tap, name, strlen(name), TAP_PASSED, NULL, now);
	free(name);
}
