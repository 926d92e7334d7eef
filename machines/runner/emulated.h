/* SPDX-License-Identifier: MIT */
/* Running a program on an emulated machine: a test, or one that a user works with. */
#ifndef RINGSIDE_MACHINES_RUNNER_EMULATED_H
#define RINGSIDE_MACHINES_RUNNER_EMULATED_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "machines/runner/description.h"
#include "machines/runner/outbox.h"

/* How many descriptors a dialogue may have watched. */
#define DIALOGUE_EVENTS 2

/* Deals with a program that is more than a test which prints. */
struct dialogue {
	const char *program; /* what messages call it: "the shell" */
	void *context; /* for write_job() */

	/** write_job() - say what to run, and how it is connected */
	void (*write_job)(void *context, struct outbox *outbox);

	/** started() - the program runs, and can be sent input */
	void (*started)(struct outbox *outbox);

	/**
	 * watch() - say what to wait for
	 * @events: to be filled in; a descriptor of -1 is left out
	 * @outbox: to the machine; where much waits, there is no need for more
	 */
	void (*watch)(struct pollfd events[DIALOGUE_EVENTS], const struct outbox *outbox);

	/**
	 * act() - some of that has happened
	 *
	 * Return: false when the user ends the machine.
	 */
	bool (*act)(const struct pollfd events[DIALOGUE_EVENTS], struct outbox *outbox);

	/** output() - the program has printed this, to its standard error or output */
	void (*output)(bool is_error, const void *data, size_t size);

	/** leave() - it is over, in whatever way; called before anything is said about it */
	void (*leave)(void);
};

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

/**
 * run_interactive() - run a program on an emulated machine, connected with its user
 * @machine: the machine
 * @dialogue: the two ends of the connection
 *
 * Return: as run_emulated(); 130, as after Ctrl-C, when the user ended the machine.
 */
int run_interactive(const struct machine_description *machine, const struct dialogue *dialogue);

#endif /* RINGSIDE_MACHINES_RUNNER_EMULATED_H */
