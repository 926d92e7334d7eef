/* SPDX-License-Identifier: MIT */
/*
 * Test results in a program's output: TAP 13 and 14, and KTAP (Linux:
 * Documentation/dev-tools/ktap.rst), or what images of kvm-unit-tests print. The
 * output is not trusted: whatever it is, it ends in cases and at most one problem,
 * and takes bounded memory.
 */
#ifndef RINGSIDE_MACHINES_SUPERVISOR_TAP_H
#define RINGSIDE_MACHINES_SUPERVISOR_TAP_H

#include <stdbool.h>
#include <stddef.h>

/* More is cut off. */
#define TAP_LINE_MAX 4096u
#define TAP_CASES_MAX 20000u
#define TAP_CASE_TEXT_MAX (64u << 10)
#define TAP_TEXT_MAX (4u << 20)

/* Tests in tests in tests. */
#define TAP_DEPTH_MAX 16

enum tap_outcome {
	TAP_PASSED,
	TAP_FAILED,
	TAP_SKIPPED,
};

struct tap_case {
	char *name; /* those above it in front, with slashes between */
	char *text; /* what was printed before its result, or NULL */
	char *reason; /* why it was skipped or failed, or NULL */
	enum tap_outcome outcome;
	double seconds; /* since the result before */
};

/* One series of numbered tests. */
struct tap_level {
	size_t indentation; /* blanks before its lines */
	size_t first; /* its first case */
	bool has_plan;
	bool plan_ends_it; /* a plan behind the results closes the series */
	unsigned long planned;
	unsigned long count; /* results so far */
};

/* How the results are written. */
enum tap_format {
	TAP_FORMAT_TAP,
	TAP_FORMAT_KVM_UNIT_TESTS,
};

struct tap {
	enum tap_format format; /* set it at the beginning */

	/* Read these at the end. */
	bool seen; /* there are results in the output */
	struct tap_case *cases;
	size_t count;
	char *problem; /* what is wrong with the series, or NULL */
	char *skip_all; /* the reason behind an empty plan, or NULL */

	/* The parser's own. */
	struct tap_level levels[TAP_DEPTH_MAX];
	size_t depth; /* how many are open */
	char line[TAP_LINE_MAX];
	size_t line_size;
	char *text; /* since the last result */
	size_t text_size, text_total;
	double since; /* when the last result came */
	size_t listed_not; /* passes beyond those that are kept, or that were not printed */
	bool has_summary;
};

/**
 * tap_add() - take in what a program has printed
 * @tap: zeroed before its first use, but for @format and @since
 * @data: any bytes
 * @size: how many
 * @now: the time, in seconds
 */
void tap_add(struct tap *tap, const char *data, size_t size, double now);

/** tap_end() - the output has ended: check what is left to check; once */
void tap_end(struct tap *tap, double now);

/** tap_free() - free everything, and begin anew */
void tap_free(struct tap *tap);

/* For what reads another format, line by line (kvm_unit_tests.h). */

/** tap_add_case() - add a result; @reason is NULL or becomes its own */
void tap_add_case(struct tap *tap, const char *name, size_t name_size, enum tap_outcome outcome,
		  char *reason, double now);

/** tap_add_text() - a line that is no result */
void tap_add_text(struct tap *tap, const char *line);

/** tap_add_problem() - what is wrong; the first one counts */
void tap_add_problem(struct tap *tap, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** copy_text() - strndup(), which ends the program without memory */
char *copy_text(const char *text, size_t size);

#endif /* RINGSIDE_MACHINES_SUPERVISOR_TAP_H */
