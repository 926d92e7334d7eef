/* SPDX-License-Identifier: MIT */
/* What a report of llvm-cov's in lcov's format says, by file and function. */
#ifndef RINGSIDE_KVM_LAB_COVERAGE_LCOV_H
#define RINGSIDE_KVM_LAB_COVERAGE_LCOV_H

#include <stdbool.h>
#include <stddef.h>

/* How many there are, and how many of these were reached. */
struct share {
	unsigned int count, reached;
};

/* One of the source: a header's stands in many objects. */
struct function {
	char *name;
	unsigned int line;
	bool is_reached;
};

struct source {
	char *path; /* as from the kernel's root */
	struct share lines, branches, functions;
	struct function *list; /* of functions */
	size_t list_count;
};

struct coverage {
	struct source *sources; /* sorted by path */
	size_t source_count;
};

/**
 * lcov_read() - read a report
 * @coverage: to be filled in
 * @path: the report
 * @root: what paths in it begin with, and is left out; files elsewhere are passed over
 *
 * Return: false with errno; EBADMSG for what is no such report.
 */
bool lcov_read(struct coverage *coverage, const char *path, const char *root);

/** lcov_find() - a file's coverage, or NULL */
const struct source *lcov_find(const struct coverage *coverage, const char *path);

#endif /* RINGSIDE_KVM_LAB_COVERAGE_LCOV_H */
