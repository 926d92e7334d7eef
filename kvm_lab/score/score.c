/* SPDX-License-Identifier: MIT */
/* See score.h. */
#include "kvm_lab/score/score.h"

#include <math.h>
#include <string.h>

#include "machines/runner/memory.h"

/* Of the normal distribution, for 95 %. */
#define QUANTILE 1.96

/* In seconds: a busy computer's machine may begin late. */
#define PATIENCE 30

unsigned int score_patience(const struct test *test)
{
	const double seconds = PATIENCE + 10 * test->seconds;

	return test->seconds > 0 && seconds < test->limit ? (unsigned int)seconds : test->limit;
}

struct cell *score_cell(const struct score *score, size_t fault, size_t test)
{
	return &score->cells[fault * score->test_count + test];
}

static bool is_catch(const struct cell *cell)
{
	return cell->has_run && !cell->fails_anyway && outcome_is_catch(cell->outcome);
}

const struct test *score_catch(const struct score *score, size_t fault, size_t suite)
{
	for (size_t i = 0; i < score->test_count; i++)
		if (score->tests[i].suite == suite && is_catch(score_cell(score, fault, i)))
			return &score->tests[i];
	return NULL;
}

/* Capabilities of a machine that a module needs to be there at all. */
static capability_set module_needs(const char *source)
{
	if (strstr(source, "/svm/"))
		return capability_parse("svm");
	if (strstr(source, "/vmx/"))
		return capability_parse("vmx");
	return 0;
}

size_t score_machine(const struct score *score, const struct fault *fault, const struct test *test)
{
	const capability_set needs = module_needs(fault->source);
	size_t found = score->machine_count;

	for (size_t i = score->machine_count; i-- > 0;) {
		const struct machine *machine = &score->machines[i];

		if (needs & ~machine->provides)
			continue;
		if (test->pinned) {
			if (!strcmp(test->pinned, machine->name))
				return i;
			continue;
		}
		if (test->required & ~machine->provides)
			continue;
		if (!strcmp(fault->machine, machine->name))
			return i;
		found = i;
	}
	return found;
}

bool score_is_left(const struct score *score, size_t fault, size_t test)
{
	const struct cell *cell = score_cell(score, fault, test);

	return !cell->has_run && !cell->is_out_of_reach &&
	       score_machine(score, &score->faults[fault], &score->tests[test]) <
		       score->machine_count;
}

bool score_is_undecided(const struct score *score, size_t fault, size_t suite)
{
	for (size_t i = 0; i < score->test_count; i++) {
		const struct cell *cell = score_cell(score, fault, i);

		if (score->tests[i].suite != suite)
			continue;
		if (score_is_left(score, fault, i) ||
		    (cell->has_run && cell->outcome == NO_VERDICT))
			return true;
	}
	return false;
}

bool score_is_unreached(const struct score *score, size_t fault, size_t suite)
{
	bool unreached = false;

	for (size_t i = 0; i < score->test_count; i++) {
		if (score->tests[i].suite != suite)
			continue;
		if (score_cell(score, fault, i)->has_run || score_is_left(score, fault, i))
			return false;
		unreached |= score_cell(score, fault, i)->is_out_of_reach;
	}
	return unreached;
}

struct rate score_rate(const struct score *score, size_t suite, const char *area)
{
	struct rate rate = {0};

	for (size_t i = 0; i < score->fault_count; i++) {
		if (score->faults[i].state != FAULT_READY ||
		    (area && strcmp(area, score->faults[i].area)))
			continue;
		rate.faults++;
		if (score_catch(score, i, suite))
			rate.caught++;
		else if (score_is_undecided(score, i, suite))
			rate.undecided++;
		else if (score_is_unreached(score, i, suite))
			rate.unreached++;
	}
	return rate;
}

void score_interval(const struct rate *rate, double *low, double *high)
{
	const double n = rate->faults, z = QUANTILE;
	double share, middle, half;

	*low = 0;
	*high = 100;
	if (!rate->faults)
		return;
	share = rate->caught / n;
	middle = (share + z * z / (2 * n)) / (1 + z * z / n);
	half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n));
	*low = rate->caught ? 100 * (middle - half) : 0;
	*high = 100 * (middle + half);
}
