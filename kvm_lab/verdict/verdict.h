/* SPDX-License-Identifier: MIT */
/* What a test says of a KVM, from what its run left behind. */
#ifndef RINGSIDE_KVM_LAB_VERDICT_VERDICT_H
#define RINGSIDE_KVM_LAB_VERDICT_VERDICT_H

#include <stdbool.h>
#include <stdio.h>

enum outcome {
	NO_VERDICT, /* it did not come to run, or what failed is not KVM */
	PASSED,
	SKIPPED,
	FAILED, /* by a verdict of the test's own */
	HUNG, /* it ran out of time */
	CRASHED, /* it ended the machine */
	WARNED, /* the machine's kernel did, of itself */
	OOPSED, /* the machine's kernel did */
	NOT_LOADED, /* KVM's modules can't even be loaded */
	OUTCOMES,
};

struct verdict {
	enum outcome test; /* NO_VERDICT to CRASHED, NOT_LOADED */
	enum outcome kernel; /* PASSED if it reported nothing, WARNED, OOPSED */
};

/* How outcomes are called: "pass", "no verdict". */
extern const char *const outcome_names[OUTCOMES];

/**
 * verdict_read() - judge one run of a test
 * @status: the exit status of the program behind the test (machines/runner)
 * @xml: path of its test.xml, which it may not have written
 * @log: path of what it printed
 *
 * A failure of Bazel or of the emulator is NO_VERDICT.
 */
struct verdict verdict_read(int status, const char *xml, const char *log);

/** verdict_is() - whether @outcome is what the test or the kernel said */
bool verdict_is(const struct verdict *verdict, enum outcome outcome);

/** verdict_outcome() - the one outcome that stands for all: the worst that is certain */
enum outcome verdict_outcome(const struct verdict *verdict);

/** outcome_is_catch() - whether it says that something is wrong with KVM */
bool outcome_is_catch(enum outcome outcome);

/** outcome_parse() - the outcome of a name; OUTCOMES if there is no such */
enum outcome outcome_parse(const char *name);

/**
 * verdict_print_reason() - print the lines of a log that say why a test did not pass
 * @file: where to
 * @log: path of what the test printed
 */
void verdict_print_reason(FILE *file, const char *log);

/** verdict_print_log() - print all of a log */
void verdict_print_log(FILE *file, const char *log);

#endif /* RINGSIDE_KVM_LAB_VERDICT_VERDICT_H */
