/* SPDX-License-Identifier: MIT */
/* What the score knows: suites with their tests, machines, faults, and what came out. */
#ifndef RINGSIDE_KVM_LAB_SCORE_SCORE_H
#define RINGSIDE_KVM_LAB_SCORE_SCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "kvm_lab/verdict/verdict.h"
#include "machines/bazel/command.h"
#include "machines/capabilities/capabilities.h"

#define MODULES_MAX 3

struct machine {
	char *name;
	char *description; /* its path in the runfiles */
	capability_set provides;
};

struct test {
	char *label;
	size_t suite; /* index of its suite */
	struct words lines; /* of its description, for the runner */
	struct words arguments;
	struct words environment;
	capability_set required;
	char *pinned; /* the only machine that it runs on, or NULL */
	unsigned int limit; /* how long it may take, in seconds */
	double seconds; /* what it took when it passed last; 0 if that is unknown */
	bool has_no_verdict; /* and that has been said */
	enum outcome *unedited; /* for each machine, on KVM as it is; OUTCOMES: not tried */
};

enum fault_state {
	FAULT_WANTED,
	FAULT_NOT_COMPILED,
	FAULT_SAME_CODE, /* the compiler makes the same modules of it */
	FAULT_EQUIVALENT, /* people say so, with a reason */
	FAULT_READY,
};

struct fault {
	char *label;
	char *source; /* "arch/x86/kvm/svm/nested.c" */
	char *area; /* of the report: "svm/nested.c" */
	/* Of generated ones: */
	char *line, *operation, *function, *from, *to;
	char *reason; /* why it is equivalent */
	char *machine; /* on which it shows, or "" */
	struct words caught_by; /* labels of tests that are said to notice */
	char *modules[MODULES_MAX]; /* absolute paths */
	size_t module_count;
	enum fault_state state;
};

/* One test on one fault. */
struct cell {
	bool is_out_of_reach; /* the test never comes to the line with the fault */
	bool has_run;
	bool fails_anyway; /* on KVM as it is, too: no catch */
	enum outcome outcome;
	double seconds;
	size_t machine;
};

struct suite {
	char *name;
	char *pattern;
};

struct score {
	struct suite *suites;
	size_t suite_count;
	struct test *tests;
	size_t test_count;
	struct machine *machines;
	size_t machine_count;
	struct fault *faults;
	size_t fault_count;
	struct cell *cells; /* fault_count x test_count */
	struct words files; /* "runfiles path, blank, path from the execution root" */
	char *runner; /* its path in the runfiles */
	char *unedited[MODULES_MAX]; /* absolute paths */
	size_t unedited_count;
	struct words lists; /* of generated faults: absolute paths */
	char *equivalents; /* absolute path */
	char *root; /* Bazel's execution root */
	char *bin; /* bazel-bin */
	uint64_t seed;
	bool is_sample;
	bool is_over; /* the time that was given is */
	time_t started;
	double seconds;
};

/* What a suite makes of a fault, or of all of an area. */
struct rate {
	unsigned int faults, caught, undecided;
	unsigned int unreached; /* no test comes to the line with the fault */
};

/** score_cell() - the cell of a fault and a test */
struct cell *score_cell(const struct score *score, size_t fault, size_t test);

/** score_catch() - the first test of a suite that catches a fault; NULL if none has */
const struct test *score_catch(const struct score *score, size_t fault, size_t suite);

/**
 * score_rate() - count what a suite catches
 * @score: all
 * @suite: which suite
 * @area: faults of this area only, or NULL for all
 *
 * Faults that change nothing, and those that don't compile, do not count.
 */
struct rate score_rate(const struct score *score, size_t suite, const char *area);

/** score_interval() - the 95 % confidence interval of a rate (Wilson's), in percent */
void score_interval(const struct rate *rate, double *low, double *high);

/**
 * score_machine() - the machine on which a test meets a fault
 *
 * Return: its index, or score->machine_count if the test has nothing to say of the fault:
 * it never runs on the module with the fault.
 */
size_t score_machine(const struct score *score, const struct fault *fault, const struct test *test);

/**
 * score_patience() - how long a test may take on a fault, in seconds
 *
 * Ten times what it takes on KVM as it is, and a bit: whoever waits for what never comes is
 * not to hold up the others. As long as that is not known, its limit.
 */
unsigned int score_patience(const struct test *test);

/** score_is_unreached() - whether each test of a suite is known not to reach a fault */
bool score_is_unreached(const struct score *score, size_t fault, size_t suite);

/**
 * score_is_undecided() - whether a suite that has not caught a fault may yet do so
 *
 * A test of it is left, or has run and had no verdict.
 */
bool score_is_undecided(const struct score *score, size_t fault, size_t suite);

/** score_is_left() - whether a test could still be run on a fault */
bool score_is_left(const struct score *score, size_t fault, size_t test);

#endif /* RINGSIDE_KVM_LAB_SCORE_SCORE_H */
