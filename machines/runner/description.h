/* SPDX-License-Identifier: MIT */
/*
 * What the build says about a test and its machine, in two text files of
 * "key value" lines. Paths in them are as in a runfiles folder.
 */
#ifndef RINGSIDE_MACHINES_RUNNER_DESCRIPTION_H
#define RINGSIDE_MACHINES_RUNNER_DESCRIPTION_H

#include <stddef.h>

#include "machines/capabilities/capabilities.h"

/* Written by machine_test (rules/machine_test.bzl). */
struct test_description {
	char *runfiles; /* the runfiles folder, absolute */
	char *controller; /* the program, as in the runfiles folder */
	char *machine; /* "auto", "host" or an emulated machine's name */
	char *emulated; /* description of the emulated machine, or NULL */
	capability_set required;
	char **fixes; /* of KVM, without which it has to fail: see fixes.h */
	size_t fix_count;
	char **data; /* files and folders that the test uses */
	size_t data_count;
	char **libraries; /* shared libraries that the program loads */
	size_t library_count;
	char **modules; /* kernel modules that the machine is to have in the place of its own */
	size_t module_count;
	char **arguments; /* of the program, before those that we are called with */
	size_t argument_count;
	char *supervisor; /* runs the controller, which knows nothing of Bazel; or NULL */
	char **options; /* of the supervisor */
	size_t option_count;
	char *shell; /* a busybox that the machine offers as /bin/sh, or NULL */
};

/* Written by the rules that make machines (machines/). */
struct machine_description {
	char *name;
	char *emulator; /* which driver it takes */
	char *root; /* folder of the emulator's files */
	char *snapshot; /* folder */
	char *cpu; /* CPU model, in the emulator's words */
	char *kernel; /* its release, from the snapshot */
	capability_set provides;
	char *modules; /* whose KVM it has: MODULES_PINNED or MODULES_OTHER */
	char **lacks; /* fixes of KVM that its kernel has not */
	size_t lack_count;
	unsigned int cpus;
	unsigned int memory_mb;
};

/**
 * read_test_description() - read what belongs to a test
 * @program: argv[0]; the description is the file beside it, ".test" appended
 * @test: to be filled in
 *
 * Dies with a message when something is missing or unknown.
 */
void read_test_description(const char *program, struct test_description *test);

/**
 * read_machine_description() - read what belongs to an emulated machine
 * @test: where its description and its files are
 * @machine: to be filled in, with absolute paths
 */
void read_machine_description(const struct test_description *test,
			      struct machine_description *machine);

/**
 * runfile() - the absolute path of a file in the runfiles folder; the caller frees it
 *
 * A path that is absolute stays as it is.
 */
char *runfile(const struct test_description *test, const char *path);

#endif /* RINGSIDE_MACHINES_RUNNER_DESCRIPTION_H */
