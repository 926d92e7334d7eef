/* SPDX-License-Identifier: MIT */
/* Running a test on an emulated machine. */
#ifndef RINGSIDE_MACHINES_RUNNER_EMULATED_H
#define RINGSIDE_MACHINES_RUNNER_EMULATED_H

#include "machines/runner/description.h"

/**
 * run_emulated() - run a test on an emulated machine, from start to verdict
 * @test: the test
 * @machine: the machine
 * @arguments: argv[] of the test, NULL-terminated
 *
 * The test's output goes to stdout as it comes. When the machine fails, what
 * happened, at which stage, and its console's last lines follow.
 *
 * Return: the test's exit status; 128 and a signal's number when one ended
 * it; STATUS_MACHINE_FAILED.
 */
int run_emulated(const struct test_description *test, const struct machine_description *machine,
		 char **arguments);

#endif /* RINGSIDE_MACHINES_RUNNER_EMULATED_H */
