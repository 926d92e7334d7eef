/* SPDX-License-Identifier: MIT */
/*
 * Test results in a program's output: TAP 13 and 14, and KTAP (Linux:
 * Documentation/dev-tools/ktap.rst). The output is not trusted: whatever it is, it
 * ends in cases and at most one problem, and takes bounded memory.
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

struct tap {
	/* Read these at the end. */
	bool seen; /* there is TAP in the output */
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
};

/**
 * tap_add() - take in what a program has printed
 * @tap: zeroed before its first use, but for @since
 * @data: any bytes
 * @size: how many
 * @now: the time, in seconds
 */
void tap_add(struct tap *tap, const char *data, size_t size, double now);

/** tap_end() - the output has ended: check what is left to check; once */
void tap_end(struct tap *tap, double now);

/** tap_free() - free everything, and begin anew */
void tap_free(struct tap *tap);

/** copy_text() - strndup(), which ends the program without memory */
char *copy_text(const char *text, size_t size);

#endif /* RINGSIDE_MACHINES_SUPERVISOR_TAP_H */
