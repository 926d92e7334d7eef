/* SPDX-License-Identifier: MIT */
/* A test on its way into an emulated machine, and its results on their way out. */
#ifndef RINGSIDE_MACHINES_RUNNER_TRANSFER_H
#define RINGSIDE_MACHINES_RUNNER_TRANSFER_H

#include "machines/job/job.h"
#include "machines/runner/description.h"

/**
 * write_libraries() - put the libraries that a test loads where its loader looks
 * @stream: to the machine's drive
 * @test: whose libraries
 *
 * What is at ROOT/lib64/ld.so here, ROOT being a repository, goes to /lib64/ld.so
 * there: a program names its loader by an absolute path.
 */
void write_libraries(struct job_stream *stream, const struct test_description *test);

/**
 * write_modules() - have kernel modules take the place of the machine's own
 * @stream: to the machine's drive
 * @test: which modules
 * @machine: where
 */
void write_modules(struct job_stream *stream, const struct test_description *test,
		   const struct machine_description *machine);

/**
 * write_job() - fill in a machine's drive
 * @drive: file descriptor of the empty drive
 * @test: what to run
 * @machine: where
 * @arguments: argv[] of the test, NULL-terminated; argv[0] is replaced
 *
 * The test finds its program, its data and its folders under the same paths
 * as on the host, and the same environment.
 */
void write_job(int drive, const struct test_description *test,
	       const struct machine_description *machine, char **arguments);

/**
 * bring_out() - take the results from a machine's drive
 * @drive: the drive of a machine that has switched itself off
 * @wait_status: set to how the test ended
 *
 * Files are written only where the test was told to leave files: a machine is
 * not trusted.
 *
 * Return: NULL, or what is wrong with the results.
 */
const char *bring_out(int drive, int *wait_status);

#endif /* RINGSIDE_MACHINES_RUNNER_TRANSFER_H */
