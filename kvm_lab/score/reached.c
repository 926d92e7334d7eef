/* SPDX-License-Identifier: MIT */
/* See reached.h. */
#include "kvm_lab/score/reached.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kvm_lab/score/lines.h"
#include "machines/bazel/command.h"
#include "machines/runner/message.h"

struct reading {
	struct score *score;
	bool *counts; /* for each fault: its line is one that counts */
	bool *is_hit; /* for each fault: the test has reached it */
	char *label, *machine; /* of the test, or NULL */
	double seconds;
	bool is_broken;
};

/* Is a number in "12-45,67"? */
static bool has_number(const char *ranges, unsigned long number)
{
	while (*ranges) {
		char *end;
		const unsigned long first = strtoul(ranges, &end, 10);
		const unsigned long last = *end == '-' ? strtoul(end + 1, &end, 10) : first;

		if (first <= number && number <= last)
			return true;
		ranges = end + (*end == ',');
		if (*end && *end != ',')
			return false;
	}
	return false;
}

static void mark(const struct reading *reading, bool *marks, const char *file, const char *ranges)
{
	for (size_t i = 0; i < reading->score->fault_count; i++) {
		const struct fault *fault = &reading->score->faults[i];

		if (fault->line && !strcmp(fault->source, file) &&
		    has_number(ranges, strtoul(fault->line, NULL, 10)))
			marks[i] = true;
	}
}

static void end_test(struct reading *reading)
{
	struct score *score = reading->score;

	for (size_t i = 0; i < score->test_count && reading->label; i++) {
		struct test *test = &score->tests[i];

		if (strcmp(test->label, reading->label))
			continue;
		test->seconds = reading->seconds;
		for (size_t j = 0; j < score->fault_count; j++) {
			const size_t machine = score_machine(score, &score->faults[j], test);

			if (machine < score->machine_count && reading->counts[j] &&
			    !reading->is_hit[j] &&
			    !strcmp(score->machines[machine].name, reading->machine))
				score_cell(score, j, i)->is_out_of_reach = true;
		}
	}
	free(reading->label);
	free(reading->machine);
	reading->label = reading->machine = NULL;
	memset(reading->is_hit, 0, score->fault_count * sizeof(*reading->is_hit));
}

static void take_line(void *context, char *line)
{
	struct reading *reading = context;
	char *columns[4];

	line_columns(line, columns, 4);
	if (!strcmp(columns[0], "lines")) {
		mark(reading, reading->counts, columns[1], columns[2]);
	} else if (!strcmp(columns[0], "test")) {
		end_test(reading);
		reading->label = format_text("%s", columns[1]);
		reading->machine = format_text("%s", columns[2]);
		reading->seconds = strtod(columns[3], NULL);
	} else if (!strcmp(columns[0], "reached") && reading->label) {
		mark(reading, reading->is_hit, columns[1], columns[2]);
	} else {
		reading->is_broken = true;
	}
}

void reached_load(struct score *score, const char *path)
{
	struct reading reading = {.score = score};
	const size_t count = score->fault_count + 1; /* none is none to allocate */

	reading.counts = calloc(count, sizeof(*reading.counts));
	reading.is_hit = calloc(count, sizeof(*reading.is_hit));
	if (!reading.counts || !reading.is_hit)
		refuse("out of memory");
	if (!lines_read(path, take_line, &reading))
		refuse("--reached: cannot read %s: %s", path, strerror(errno));
	if (reading.is_broken)
		refuse("--reached: %s is none of 'bazel run //kvm_lab:coverage -- --tests'; name "
		       "its reached.txt",
		       path);
	end_test(&reading);
	free(reading.counts);
	free(reading.is_hit);
}
