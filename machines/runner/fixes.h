/* SPDX-License-Identifier: MIT */
/*
 * Fixes of KVM, each a commit's id, maybe with a blank and a few words: "c36991c6f8d2
 * L2's VMMCALL is not KVM's". machines/fixes.bzl has checked them.
 */
#ifndef RINGSIDE_MACHINES_RUNNER_FIXES_H
#define RINGSIDE_MACHINES_RUNNER_FIXES_H

#include "machines/runner/description.h"

/**
 * name_fixes() - all fixes that a test names
 * @test: the test
 *
 * Return: "ID (WORDS) and ID"; NULL if it names none. The caller frees it.
 */
char *name_fixes(const struct test_description *test);

/**
 * name_lacking() - the fixes that a test names and a machine's kernel lacks
 * @test: the test
 * @machine: the machine
 *
 * Return: as name_fixes().
 */
char *name_lacking(const struct test_description *test, const struct machine_description *machine);

#endif /* RINGSIDE_MACHINES_RUNNER_FIXES_H */
