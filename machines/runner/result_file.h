/* SPDX-License-Identifier: MIT */
/*
 * Bazel's test.xml, where the runner has something to say in it: nothing is written
 * unless XML_OUTPUT_FILE names the file.
 */
#ifndef RINGSIDE_MACHINES_RUNNER_RESULT_FILE_H
#define RINGSIDE_MACHINES_RUNNER_RESULT_FILE_H

#include "machines/runner/description.h"

/**
 * skip_test() - report a skip the way GoogleTest does: one skipped test case
 * @missing: what the machine does not offer, in words
 * @machine: the machine that it was not started on, or NULL: it was for the host
 *
 * Return: the exit status, 0.
 */
int skip_test(const char *missing, const struct machine_description *machine);

/**
 * add_failure() - have the report say that a machine failed, whatever the test says
 * @machine: the machine
 * @message: what happened, in words
 *
 * The report of the test stays, if there is a whole one; a failed case is added.
 */
void add_failure(const struct machine_description *machine, const char *message);

#endif /* RINGSIDE_MACHINES_RUNNER_RESULT_FILE_H */
