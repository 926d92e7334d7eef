/* SPDX-License-Identifier: MIT */
/* Where in a C source which operator can make a fault. */
#ifndef RINGSIDE_KVM_LAB_GENERATED_SITES_H
#define RINGSIDE_KVM_LAB_GENERATED_SITES_H

#include <stddef.h>

#include "kvm_lab/generated/tokens.h"

/* What is done to the source. */
enum fault_operator {
	DROP_CHECK, /* an if that leaves is never taken; its condition is still evaluated */
	NEGATE, /* an if's condition, the wrong way round */
	DROP_STATEMENT, /* an assignment or a call */
	BOUNDARY, /* < instead of <=, and the like */
	OFF_BY_ONE, /* "+ 1" or "- 1" left out */
	OPERATORS,
};

struct site {
	enum fault_operator kind;
	size_t start; /* offset of what is replaced */
	size_t size; /* of what is replaced, in bytes */
	unsigned int line; /* in which it begins, counted from 1 */
	char *replacement;
	char *function; /* in which it is */
};

struct sites {
	struct site *list;
	size_t count;
};

/* How operators are called: "drop_check". */
extern const char *const operator_names[OPERATORS];

/**
 * sites_find() - find all sites of a source, in the order of its text
 * @sites: to be filled in
 * @tokens: the source
 * @functions: NULL-terminated: names of the functions to look into, or the beginning of
 *             names with a * behind it; an empty list for all
 *
 * What only logs, asserts, traces or counts is left out: no test can see it missing.
 */
void sites_find(struct sites *sites, const struct tokens *tokens, const char *const *functions);

/** sites_free() - free the list and what it holds */
void sites_free(struct sites *sites);

#endif /* RINGSIDE_KVM_LAB_GENERATED_SITES_H */
