/* SPDX-License-Identifier: MIT */
/* The modules of KVM that count, and what tests have left of their counters. */
#ifndef RINGSIDE_KVM_LAB_COVERAGE_MODULES_H
#define RINGSIDE_KVM_LAB_COVERAGE_MODULES_H

#include "kvm_lab/coverage/profile.h"
#include "machines/bazel/command.h"

/* kvm, kvm-amd, kvm-intel */
#define MODULES_MAX 3

struct modules {
	const char *label;
	struct profile profiles[MODULES_MAX];
	size_t count;
};

/** modules_open() - those that the build has given us; ends the program if they don't count */
void modules_open(struct modules *modules);

/** modules_add() - add one run's counters, of a test's folder; false if it has left none */
bool modules_add(struct modules *modules, const char *folder);

/**
 * modules_write() - write a raw profile for each module
 * @modules: with counters
 * @prefix: what the files' paths begin with
 *
 * Return: the paths, which the caller frees.
 */
struct words modules_write(const struct modules *modules, const char *prefix);

/** modules_clear() - begin at 0 again */
void modules_clear(struct modules *modules);

#endif /* RINGSIDE_KVM_LAB_COVERAGE_MODULES_H */
