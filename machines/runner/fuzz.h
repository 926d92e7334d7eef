/* SPDX-License-Identifier: MIT */
/* Fuzz tests that go on until their user ends them: `bazel run` of a kvm_fuzz_test. */
#ifndef RINGSIDE_MACHINES_RUNNER_FUZZ_H
#define RINGSIDE_MACHINES_RUNNER_FUZZ_H

#include <stdbool.h>

/**
 * prepare_fuzzing() - if that is what we run, has the environment say so
 *
 * Bazel's timeout is none then, and what is found goes into a folder of the workspace
 * that no build removes.
 */
void prepare_fuzzing(void);

/** is_fuzzing() - whether it is */
bool is_fuzzing(void);

/**
 * leave_pipe() - after Ctrl-C, has what is still to be said go to the terminal
 *
 * The program that Bazel has put before it got Ctrl-C, too.
 */
void leave_pipe(void);

/** kept_corpus() - the folder of what was found interesting, or NULL without one; for free() */
char *kept_corpus(void);

#endif /* RINGSIDE_MACHINES_RUNNER_FUZZ_H */
