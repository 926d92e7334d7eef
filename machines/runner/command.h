/* SPDX-License-Identifier: MIT */
/* What is executed: the controller, or the supervisor of a program that is none. */
#ifndef RINGSIDE_MACHINES_RUNNER_COMMAND_H
#define RINGSIDE_MACHINES_RUNNER_COMMAND_H

#include "machines/runner/description.h"

/**
 * make_command() - the argv[] of a test
 * @test: the test
 * @arguments: what the test was started with, NULL-terminated; the first is replaced
 *
 * Return: a NULL-terminated list; the first is a path. It is never freed.
 */
char **make_command(const struct test_description *test, char **arguments);

#endif /* RINGSIDE_MACHINES_RUNNER_COMMAND_H */
