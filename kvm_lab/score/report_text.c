/* SPDX-License-Identifier: MIT */
/* The score on a terminal, and what all reports have in common. */
#include <stdlib.h>
#include <string.h>

#include "kvm_lab/score/report.h"

static int compare(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

struct words report_areas(const struct score *score)
{
	struct words areas = {0};

	for (size_t i = 0; i < score->fault_count; i++) {
		bool known = !score->faults[i].area;

		for (size_t j = 0; j < areas.count && !known; j++)
			known = !strcmp(areas.list[j], score->faults[i].area);
		if (!known)
			add_word(&areas, score->faults[i].area);
	}
	if (areas.count)
		qsort(areas.list, areas.count, sizeof(*areas.list), compare);
	return areas;
}

unsigned int report_count(const struct score *score, enum fault_state state, const char *area)
{
	unsigned int count = 0;

	for (size_t i = 0; i < score->fault_count; i++)
		count += score->faults[i].state == state &&
			 (!area || !strcmp(area, score->faults[i].area));
	return count;
}

const char *report_verdict(const struct score *score, size_t fault, size_t suite)
{
	const struct test *test = score_catch(score, fault, suite);

	if (test)
		return outcome_names[score_cell(score, fault, (size_t)(test - score->tests))
					     ->outcome];
	if (score_is_undecided(score, fault, suite))
		return "not caught yet";
	return score_is_unreached(score, fault, suite) ? "not reached" : "not caught";
}

static void print_row(FILE *file, const struct score *score, const char *name, const char *area)
{
	const struct rate first = score_rate(score, 0, area);

	if (!first.faults)
		return;
	fprintf(file, "| %s | %u |", name, first.faults);
	for (size_t i = 0; i < score->suite_count; i++) {
		const struct rate rate = score_rate(score, i, area);
		double low, high;

		score_interval(&rate, &low, &high);
		fprintf(file, " %u | %.0f %% (%.0f to %.0f) |", rate.caught,
			100.0 * rate.caught / rate.faults, low, high);
	}
	fputc('\n', file);
}

static void print_table(FILE *file, const struct score *score)
{
	struct words areas = report_areas(score);

	fputs("| area | faults |", file);
	for (size_t i = 0; i < score->suite_count; i++)
		fprintf(file, " caught by %s | rate (95 %% interval) |", score->suites[i].name);
	fputs("\n| --- | --- |", file);
	for (size_t i = 0; i < score->suite_count; i++)
		fputs(" --- | --- |", file);
	fputc('\n', file);
	for (size_t i = 0; i < areas.count; i++)
		print_row(file, score, areas.list[i], areas.list[i]);
	print_row(file, score, "all", NULL);
	free(areas.list);
}

static void print_fault(FILE *file, const struct fault *fault)
{
	fprintf(file, "  %s %s", fault->label, fault->area);
	if (fault->line)
		fprintf(file, ":%s %s in %s(): %s -> %s", fault->line, fault->operation,
			fault->function, fault->from, fault->to);
	fputc('\n', file);
}

static void print_survivors(FILE *file, const struct score *score, size_t suite)
{
	for (size_t i = 0; i < score->fault_count; i++) {
		if (score->faults[i].state != FAULT_READY || score_catch(score, i, suite))
			continue;
		fprintf(file, "%s by %s:\n", report_verdict(score, i, suite),
			score->suites[suite].name);
		print_fault(file, &score->faults[i]);
	}
}

void report_text(FILE *file, const struct score *score)
{
	fputc('\n', file);
	for (size_t i = 0; i < score->suite_count; i++)
		print_survivors(file, score, i);
	fputc('\n', file);
	print_table(file, score);
	fprintf(file,
		"\nLeft out: %u that don't compile, %u of which the compiler makes the same code",
		report_count(score, FAULT_NOT_COMPILED, NULL),
		report_count(score, FAULT_SAME_CODE, NULL));
	fprintf(file, ", %u that are known to change nothing.\n",
		report_count(score, FAULT_EQUIVALENT, NULL));
	for (size_t i = 0; i < score->suite_count; i++) {
		const struct rate rate = score_rate(score, i, NULL);

		if (rate.unreached)
			fprintf(file, "%s: %u of %u faults are in lines that no test reaches.\n",
				score->suites[i].name, rate.unreached, rate.faults);
	}
	if (score->is_over)
		fputs("Time was over before each fault had met each test: the rates are lower "
		      "bounds.\n",
		      file);
}
