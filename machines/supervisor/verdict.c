/* SPDX-License-Identifier: MIT */
/* See verdict.h. */
#include "machines/supervisor/verdict.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static struct verdict __attribute__((format(printf, 2, 3))) verdict(enum tap_outcome outcome,
								    const char *format, ...)
{
	struct verdict result = {.outcome = outcome};
	va_list list;

	va_start(list, format);
	if (vasprintf(&result.reason, format, list) < 0)
		result.reason = NULL;
	va_end(list);
	return result;
}

static size_t count(const struct tap *tap, enum tap_outcome outcome)
{
	size_t result = 0;

	for (size_t i = 0; i < tap->count; i++)
		result += tap->cases[i].outcome == outcome;
	return result;
}

/* The last line that is not empty: what a program without TAP says of its skip. */
static char *last_line(const char *text)
{
	size_t end = strlen(text), start;

	while (end && (text[end - 1] == '\n' || text[end - 1] == ' '))
		end--;
	for (start = end; start && text[start - 1] != '\n'; start--)
		;
	return copy_text(text + start, end - start);
}

static struct verdict skipped(const struct tap *tap)
{
	struct verdict result = {.outcome = TAP_SKIPPED};

	if (tap->skip_all && *tap->skip_all)
		result.reason = copy_text(tap->skip_all, strlen(tap->skip_all));
	else if (tap->count && tap->cases[0].reason)
		result.reason = copy_text(tap->cases[0].reason, strlen(tap->cases[0].reason));
	else if (tap->text_size)
		result.reason = last_line(tap->text);
	else
		result.reason = copy_text("the program does not say why", 28);
	return result;
}

static struct verdict own_verdict(const struct tap *tap, int wait_status)
{
	size_t failed = count(tap, TAP_FAILED);
	int status;

	if (WIFSIGNALED(wait_status))
		return verdict(TAP_FAILED, "ended by signal %d (%s)", WTERMSIG(wait_status),
			       strsignal(WTERMSIG(wait_status)));
	status = WEXITSTATUS(wait_status);
	if (failed)
		return verdict(TAP_FAILED, "%zu of %zu cases failed%s%s", failed, tap->count,
			       tap->problem ? "; " : "", tap->problem ? tap->problem : "");
	if (tap->problem)
		return verdict(TAP_FAILED, "%s", tap->problem);
	if (status && status != STATUS_SKIP)
		return verdict(TAP_FAILED, "exit status %d%s", status,
			       tap->count ? ", though no case failed" : "");
	if (status == STATUS_SKIP && count(tap, TAP_PASSED))
		return verdict(TAP_FAILED,
			       "exit status 4, which means skipped, though %zu cases passed",
			       count(tap, TAP_PASSED));
	if (status == STATUS_SKIP || tap->skip_all)
		return skipped(tap);
	if (tap->count && count(tap, TAP_SKIPPED) == tap->count)
		return skipped(tap);
	return (struct verdict){.outcome = TAP_PASSED};
}

struct verdict judge(const struct tap *tap, int wait_status, const char *known_failure)
{
	struct verdict own = own_verdict(tap, wait_status), result;

	if (!known_failure || own.outcome == TAP_SKIPPED)
		return own;
	if (own.outcome == TAP_PASSED)
		return verdict(TAP_FAILED,
			       "it passes, and is said to fail: \"%s\". Fix: remove its "
			       "known_failure",
			       known_failure);
	result = verdict(TAP_SKIPPED, "known failure: %s (%s)", known_failure, own.reason);
	free(own.reason);
	return result;
}
