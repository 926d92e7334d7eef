/* SPDX-License-Identifier: MIT */
/* See report.h. */
#include "machines/supervisor/report.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "machines/supervisor/environment.h"

#define REPLACEMENT "\xef\xbf\xbd"

/* Bytes of the UTF-8 character at @text that XML 1.0 may hold, or 0. */
static size_t character(const unsigned char *text)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t size = 1;
	uint32_t code = *text;

	if (*text >= 0x80) {
		/* As many bytes as there are ones in front. */
		for (size = 0; *text & 0x80u >> size; size++)
			if (size == 4)
				return 0;
		code = *text & (0x7fu >> size);
	}

	for (size_t i = 1; i < size; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (text[i] & 0x3f);
	}
	if ((size == 1 && *text >= 0x80) || code < smallest[size] || code > 0x10ffff ||
	    (code >= 0xd800 && code < 0xe000) || code == 0xfffe || code == 0xffff)
		return 0;
	return size == 1 && code < ' ' && code != '\t' && code != '\n' ? 0 : size;
}

static void put(FILE *file, const char *text)
{
	while (*text) {
		size_t size = character((const unsigned char *)text);

		switch (*text) {
		case '&':
			fputs("&amp;", file);
			break;
		case '<':
			fputs("&lt;", file);
			break;
		case '>':
			fputs("&gt;", file);
			break;
		case '"':
			fputs("&quot;", file);
			break;
		default:
			if (size)
				fwrite(text, 1, size, file);
			else
				fputs(REPLACEMENT, file);
		}
		text += size ? size : 1;
	}
}

static void attribute(FILE *file, const char *name, const char *value)
{
	fprintf(file, " %s=\"", name);
	put(file, value);
	fputc('"', file);
}

static void property(void *context, const char *name, const char *value)
{
	FILE *file = context;

	fputs("<property", file);
	attribute(file, "name", name);
	attribute(file, "value", value);
	fputs("/>\n", file);
}

/* A test that fails as it is known to has no failures. */
static enum tap_outcome outcome_of(const struct tap_case *one, const struct verdict *verdict)
{
	return one->outcome == TAP_FAILED ? verdict->outcome : one->outcome;
}

static void write_case(FILE *file, const char *target, const struct tap_case *one,
		       const struct verdict *verdict)
{
	enum tap_outcome outcome = outcome_of(one, verdict);
	const char *reason = one->reason;

	fputs("<testcase", file);
	attribute(file, "name", one->name);
	attribute(file, "classname", target);
	fprintf(file, " time=\"%.3f\" status=\"run\" result=\"%s\">\n", one->seconds,
		outcome == TAP_SKIPPED ? "skipped" : "completed");
	if (outcome != TAP_PASSED) {
		if (outcome != one->outcome)
			reason = verdict->reason;
		fputs(outcome == TAP_FAILED ? "<failure" : "<skipped", file);
		attribute(file, "message", reason ? reason : "not ok");
		fputs("/>\n", file);
	}
	if (one->text && *one->text) {
		fputs("<system-out>", file);
		put(file, one->text);
		fputs("</system-out>\n", file);
	}
	fputs("</testcase>\n", file);
}

void report(FILE *file, const char *target, const struct tap *tap, const struct verdict *verdict,
	    double seconds)
{
	const struct tap_case whole = {
		.name = (char *)target,
		.text = tap->text,
		.reason = verdict->reason,
		.outcome = verdict->outcome,
		.seconds = tap->count ? 0 : seconds,
	};
	size_t counts[TAP_SKIPPED + 1] = {0};
	bool is_needed;

	for (size_t i = 0; i < tap->count; i++)
		counts[outcome_of(&tap->cases[i], verdict)]++;
	is_needed = !tap->count || tap->problem ||
		    (verdict->outcome != TAP_PASSED && !counts[verdict->outcome]);
	if (is_needed)
		counts[verdict->outcome]++;

	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite", file);
	attribute(file, "name", target);
	fprintf(file,
		" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\" time=\"%.3f\">\n",
		tap->count + is_needed, counts[TAP_FAILED], counts[TAP_SKIPPED], seconds);
	fputs("<properties>\n", file);
	each_property(property, file);
	fputs("</properties>\n", file);
	for (size_t i = 0; i < tap->count; i++)
		write_case(file, target, &tap->cases[i], verdict);
	if (is_needed)
		write_case(file, target, &whole, verdict);
	fputs("</testsuite>\n</testsuites>\n", file);
}
