/* SPDX-License-Identifier: MIT */
/* What came out of a "bazel test", from its build events (--build_event_json_file). */
#ifndef RINGSIDE_MACHINES_BAZEL_RESULTS_H
#define RINGSIDE_MACHINES_BAZEL_RESULTS_H

#include <stdbool.h>
#include <stddef.h>

/* From good to bad, as far as they can be compared. */
enum verdict {
	NOT_RUN, /* nothing is known: never begun, or ended before */
	SKIPPED,
	PASSED,
	FLAKY, /* passed, but not at once */
	NO_STATUS, /* Bazel has none, or a remote machine failed */
	FAILED,
	TIMED_OUT,
	NOT_BUILT,
	VERDICTS,
};

/** verdict_is_failure() - whether it is one that somebody has to look into */
bool verdict_is_failure(enum verdict verdict);

/* One of a test's runs: a shard or an attempt is one, too. */
struct test_run {
	enum verdict verdict;
	unsigned int run, shard, attempt; /* as Bazel counts them, from 1 */
	double seconds;
	bool cached;
	bool skipped; /* nothing but skips is in it */
	char *log; /* the path of its test.log; NULL if its files are elsewhere */
	char *folder; /* that of test.log and all else that it has left; or NULL */
};

struct test_result {
	char *label;
	enum verdict verdict;
	struct test_run *runs;
	size_t run_count;
	char *message; /* why it was skipped or not built, or NULL */
};

struct results {
	struct test_result *list; /* sorted by label */
	size_t count;
	char *problem; /* what Bazel could not do, lines; or NULL */
};

/**
 * results_read() - read Bazel's events
 * @path: the file; a line that is not understood becomes the problem, and the others count
 *
 * The caller gives it to results_free().
 */
struct results results_read(const char *path);

/** results_free() - free all that is in it */
void results_free(struct results *results);

#endif /* RINGSIDE_MACHINES_BAZEL_RESULTS_H */
