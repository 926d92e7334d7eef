/* SPDX-License-Identifier: MIT */
/* See report.h. */
#include "machines/supervisor/report.h"

#include <stdbool.h>

#include "report/properties.h"
#include "report/xml.h"

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
	xml_put_attribute(file, "name", one->name);
	xml_put_attribute(file, "classname", target);
	fprintf(file, " time=\"%.3f\" status=\"run\" result=\"%s\">\n", one->seconds,
		outcome == TAP_SKIPPED ? "skipped" : "completed");
	if (outcome != TAP_PASSED) {
		if (outcome != one->outcome)
			reason = verdict->reason;
		fputs(outcome == TAP_FAILED ? "<failure" : "<skipped", file);
		xml_put_attribute(file, "message", reason ? reason : "not ok");
		fputs("/>\n", file);
	}
	if (one->text && *one->text) {
		fputs("<system-out>", file);
		xml_put(file, one->text);
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
	xml_put_attribute(file, "name", target);
	fprintf(file,
		" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\" time=\"%.3f\">\n",
		tap->count + is_needed, counts[TAP_FAILED], counts[TAP_SKIPPED], seconds);
	property_put_all(file);
	for (size_t i = 0; i < tap->count; i++)
		write_case(file, target, &tap->cases[i], verdict);
	if (is_needed)
		write_case(file, target, &whole, verdict);
	fputs("</testsuite>\n</testsuites>\n", file);
}
