/* SPDX-License-Identifier: MIT */
/* A test on its way into an emulated machine. */
#ifndef RINGSIDE_MACHINES_RUNNER_TRANSFER_H
#define RINGSIDE_MACHINES_RUNNER_TRANSFER_H

#include "machines/runner/description.h"
#include "machines/runner/outbox.h"

/**
 * write_libraries() - put the libraries that a test loads where its loader looks
 * @outbox: to the machine
 * @test: whose libraries
 *
 * What is at ROOT/lib64/ld.so here, ROOT being a repository, goes to /lib64/ld.so
 * there: a program names its loader by an absolute path.
 */
void write_libraries(struct outbox *outbox, const struct test_description *test);

/**
 * write_modules() - have kernel modules take the place of the machine's own
 * @outbox: to the machine
 * @test: which modules
 * @machine: where
 */
void write_modules(struct outbox *outbox, const struct test_description *test,
		   const struct machine_description *machine);

/**
 * write_job() - have a machine run a test
 * @outbox: to the machine
 * @test: what to run
 * @machine: where
 * @arguments: argv[] of the test, NULL-terminated; argv[0] is replaced
 *
 * The test finds its program, its data and its folders under the same paths
 * as on the host, and the same environment.
 */
void write_job(struct outbox *outbox, const struct test_description *test,
	       const struct machine_description *machine, char **arguments);

#endif /* RINGSIDE_MACHINES_RUNNER_TRANSFER_H */
