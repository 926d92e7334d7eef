/* SPDX-License-Identifier: MIT */
/* A program's run on an emulated machine: followed by emulated.c, judged by judge.c. */
#ifndef RINGSIDE_MACHINES_RUNNER_SESSION_H
#define RINGSIDE_MACHINES_RUNNER_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "machines/channel/channel.h"
#include "machines/emulator/console.h"
#include "machines/runner/driver.h"
#include "machines/runner/emulated.h"
#include "machines/runner/outbox.h"
#include "machines/runner/results.h"

/* How long a machine may take from its snapshot to the test's start, in ms. */
#define WAKE_UP_MS 90000

/* How following a machine ends, unless with its own end. */
enum session_end {
	GOING_ON,
	DONE, /* the program has ended, and its results are out */
	DIED, /* init has said why it gives up */
	BAD_RESULTS,
	CONFUSED, /* what comes is not what init sends */
	OFF, /* it is off */
	LATE, /* a deadline has passed */
	SIGNALLED, /* we are told to end */
	LEFT, /* the user ends it */
};

struct session {
	const struct machine_description *machine;
	const struct dialogue *dialogue; /* NULL for a test */
	const char *program; /* what messages call it */
	const struct driver *driver;
	struct running run;
	struct console console;
	char emulator_said[2048];
	size_t emulator_said_size;
	struct outbox outbox; /* to the machine */
	struct channel_reader reader; /* from it */
	struct results results;
	const char *problem; /* what is wrong with them */
	enum channel_stage stage;
	int status; /* how the program ended, once it is done */
	int emulator_status; /* how the emulator ended, once it is off */
	int64_t deadline; /* when the current stage has to be over, in ms */
	int64_t test_deadline; /* when everything has to be over, in ms; 0: never */
	int64_t warning; /* when the test is to be told that it nearly is, in ms; 0: never */
	int signals; /* signalfd */
	int signal; /* what we were told to end by */
	bool asked; /* the test was told to end, by Ctrl-C */
};

/** session_fail() - say what happened where, and what the machine said last; STATUS_MACHINE_FAILED */
int session_fail(struct session *session, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** session_judge() - say how a machine whose emulator has ended did, and return the exit status */
int session_judge(struct session *session, enum session_end end);

#endif /* RINGSIDE_MACHINES_RUNNER_SESSION_H */
