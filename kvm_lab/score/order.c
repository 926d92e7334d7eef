/* SPDX-License-Identifier: MIT */
/* See order.h. */
#include "kvm_lab/score/order.h"

#include <string.h>

/* How likely a catch is, by what is known of the test; they add up. */
#define BY_CHANCE 0.02
#define BY_FOLDER 0.2
#define BY_FILE 0.1 /* for each catch in the file */
#define BY_FUNCTION 0.5 /* for each catch in the function */
#define BY_NAME 20.0

/* How much of that is left for a test whose twin for another guest has not caught it. */
#define BESIDE_TWIN 0.3

/* What a test takes if none has passed yet, in seconds. */
#define UNKNOWN_SECONDS 2.0

/* Which tests are about which sources, by parts of their paths and labels. */
static const struct {
	const char *source, *label;
} subjects[] = {
	{"svm/", "svm"},     {"vmx/", "vmx"},	   {"svm/", "smm"},	      {"mmu/", "mmu"},
	{"mmu/", "memory"},  {"mmu/", "dirty"},	   {"lapic.c", "interrupts"}, {"lapic.c", "timers"},
	{"lapic.c", "apic"}, {"x86.c", "vcpu"},	   {"x86.c", "cpuid_msr"},    {"x86.c", "state"},
	{"x86.c", "regs"},   {"nested", "nested"},
};

static bool is_subject(const struct fault *fault, const struct test *test)
{
	for (size_t i = 0; i < sizeof(subjects) / sizeof(*subjects); i++)
		if (strstr(fault->source, subjects[i].source) &&
		    strstr(test->label, subjects[i].label))
			return true;
	return false;
}

static bool is_named(const struct fault *fault, const struct test *test)
{
	for (size_t i = 0; i < fault->caught_by.count; i++)
		if (!strcmp(fault->caught_by.list[i], test->label))
			return true;
	return false;
}

static bool is_same(const char *one, const char *other)
{
	return one && other && !strcmp(one, other);
}

static double likelihood(const struct score *score, size_t index, size_t test)
{
	const struct fault *fault = &score->faults[index];
	double sum = BY_CHANCE;

	if (is_subject(fault, &score->tests[test]))
		sum += BY_FOLDER;
	if (is_named(fault, &score->tests[test]))
		sum += BY_NAME;
	for (size_t i = 0; i < score->fault_count; i++) {
		const struct fault *other = &score->faults[i];
		const struct cell *cell = score_cell(score, i, test);

		if (!cell->has_run || cell->fails_anyway || !outcome_is_catch(cell->outcome))
			continue;
		if (is_same(other->source, fault->source))
			sum += is_same(other->function, fault->function) ? BY_FUNCTION : BY_FILE;
	}
	return sum;
}

/* The mean of all, as long as it has not passed: this computer may be slow. */
static double expected_seconds(const struct score *score, const struct test *test)
{
	double sum = 0;
	size_t count = 0;

	if (test->seconds > 0)
		return test->seconds;
	for (size_t i = 0; i < score->test_count; i++) {
		if (score->tests[i].seconds <= 0)
			continue;
		sum += score->tests[i].seconds;
		count++;
	}
	return count ? sum / (double)count : UNKNOWN_SECONDS;
}

/* How much of a label is the same for all guests: "//a:b_x86_64" and "//a:b_i386" are twins. */
static size_t stem(const char *label)
{
	static const char *const guests[] = {"_x86_64", "_i386"};

	for (size_t i = 0; i < sizeof(guests) / sizeof(*guests); i++) {
		const char *guest = strstr(label, guests[i]);

		if (guest)
			return (size_t)(guest - label);
	}
	return strlen(label);
}

static bool has_tried_twin(const struct score *score, size_t fault, size_t test)
{
	const char *label = score->tests[test].label;
	const size_t size = stem(label);

	for (size_t i = 0; i < score->test_count; i++) {
		const char *other = score->tests[i].label;

		if (i != test && stem(other) == size && !strncmp(label, other, size) &&
		    score_cell(score, fault, i)->has_run)
			return true;
	}
	return false;
}

size_t order_next(const struct score *score, size_t fault, size_t suite)
{
	size_t best = score->test_count;
	double most = 0;

	for (size_t i = 0; i < score->test_count; i++) {
		double worth;

		if (score->tests[i].suite != suite || !score_is_left(score, fault, i))
			continue;
		worth = likelihood(score, fault, i) / expected_seconds(score, &score->tests[i]);
		if (has_tried_twin(score, fault, i))
			worth *= BESIDE_TWIN;
		if (worth > most) {
			most = worth;
			best = i;
		}
	}
	return best;
}
