/* SPDX-License-Identifier: MIT */
/* From a snapshot to a verdict; see emulated.h. */
#include "machines/runner/emulated.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machines/emulator/child.h"
#include "machines/emulator/clock.h"
#include "machines/io/io.h"
#include "machines/runner/fuzz.h"
#include "machines/runner/message.h"
#include "machines/runner/session.h"
#include "machines/runner/transfer.h"

/* Bazel's own timeout is to come after ours, which explains itself. */
#define TIMEOUT_MARGIN_MS 1500

/*
 * How long before that the test is told, to say itself where its guest hangs:
 * at most so long, and at most that part of the whole.
 */
#define WARNING_MS 6000
#define WARNING_PART 4

static const struct driver *const drivers[] = {&bochs_driver, &qemu_driver};

/* What die() leaves; the kernel would end it as well, but later. */
static pid_t left_running;

static void end_left(void)
{
	end_child(left_running);
}

/* Reads what is there; closes the descriptor at its end. Returns false then. */
static bool take(int *fd, char *buffer, size_t size, ssize_t *got)
{
	*got = read(*fd, buffer, size);
	if (*got > 0 || (*got < 0 && (errno == EINTR || errno == EAGAIN)))
		return true;
	close(*fd);
	*fd = -1;
	return false;
}

static void enter(struct session *session, enum channel_stage stage)
{
	session->stage = stage;
	if (stage >= CHANNEL_RUNNING)
		session->deadline = session->test_deadline;
	if (stage == CHANNEL_RUNNING && session->dialogue)
		session->dialogue->started(&session->outbox);
}

static void print(const struct session *session, const struct channel_frame *frame)
{
	if (session->dialogue)
		session->dialogue->output(frame->head.type == CHANNEL_ERROR, frame->data,
					  frame->head.size);
	else if (write_all(STDOUT_FILENO, frame->data, frame->head.size))
		die("cannot write the test's output: %s. Fix: free some space", strerror(errno));
}

/* A machine is not trusted: each frame has its stage. */
static enum session_end take_frame(struct session *session)
{
	struct channel_frame *frame = &session->reader.frame;
	uint32_t number;

	memcpy(&number, frame->data, sizeof(number));
	switch (frame->head.type) {
	case CHANNEL_DIED:
		return DIED;
	case CHANNEL_STAGE:
		if (number != session->stage + 1u)
			return CONFUSED;
		enter(session, number);
		return GOING_ON;
	case CHANNEL_OUTPUT:
	case CHANNEL_ERROR:
		if (session->stage != CHANNEL_RUNNING)
			return CONFUSED;
		print(session, frame);
		return GOING_ON;
	case CHANNEL_FOLDER:
	case CHANNEL_FILE:
	case CHANNEL_DATA:
	case CHANNEL_NOTE:
	case CHANNEL_STATUS:
		if (session->stage != CHANNEL_COLLECTING)
			return CONFUSED;
		session->problem = results_take(&session->results, frame);
		if (session->problem)
			return BAD_RESULTS;
		session->status = (int)number;
		return frame->head.type == CHANNEL_STATUS ? DONE : GOING_ON;
	default:
		return CONFUSED;
	}
}

static enum session_end take_channel(struct session *session)
{
	unsigned char data[CHANNEL_PIECE];
	const unsigned char *next = data;
	enum session_end end = GOING_ON;
	size_t size;
	ssize_t got;
	int found;

	if (!take(&session->run.channel, (char *)data, sizeof(data), &got) || got <= 0)
		return GOING_ON;
	size = (size_t)got;
	while (end == GOING_ON && (found = channel_read(&session->reader, &next, &size)))
		end = found < 0 ? CONFUSED : take_frame(session);
	return end;
}

static void take_console(struct session *session)
{
	char buffer[4096];
	ssize_t got;

	if (take(&session->run.console, buffer, sizeof(buffer), &got) && got > 0)
		console_add(&session->console, buffer, (size_t)got);
}

static void take_errors(struct session *session)
{
	size_t space = sizeof(session->emulator_said) - session->emulator_said_size;
	char buffer[1024];
	ssize_t got;

	if (!take(&session->run.errors, buffer, sizeof(buffer), &got) || got <= 0)
		return;
	if ((size_t)got > space)
		got = (ssize_t)space;
	for (ssize_t i = 0; i < got; i++)
		session->emulator_said[session->emulator_said_size++] =
			buffer[i] == '\n' || (buffer[i] >= ' ' && buffer[i] <= '~') ? buffer[i]
										    : '?';
}

/* Whether everything that the machine said has been read. */
static bool all_read(const struct session *session)
{
	return session->run.channel < 0 && session->run.console < 0;
}

/* The machine's init passes it on (RINGSIDE_TIME_FD); its clock is another than ours. */
static void warn_test(struct session *session)
{
	outbox_put(&session->outbox, CHANNEL_TIME_OVER, NULL, 0);
	session->warning = 0;
}

/* How long to wait for an event, in ms; 0 or less: the deadline is over. */
static int64_t time_left(const struct session *session)
{
	const int64_t left = session->deadline ? session->deadline - now_ms() : INT32_MAX;
	int64_t to_warning;

	if (!session->warning || left <= 0)
		return left;
	to_warning = session->warning - now_ms();
	if (to_warning < 1)
		to_warning = 1;
	return to_warning < left ? to_warning : left;
}

/* Whether a signal was Ctrl-C for a fuzz test, which is told, and ends by itself; once. */
static bool asked_to_end(struct session *session)
{
	struct signalfd_siginfo info;

	session->signal = SIGTERM;
	if (read(session->signals, &info, sizeof(info)) == sizeof(info))
		session->signal = (int)info.ssi_signo;
	if (!is_fuzzing() || session->signal != SIGINT || session->stage != CHANNEL_RUNNING ||
	    session->asked)
		return false;
	session->asked = true;
	leave_pipe();
	warn_test(session);
	return true;
}

/* Passes on what the machine prints, and what is said to it, until something ends that. */
static enum session_end follow(struct session *session)
{
	const struct dialogue *dialogue = session->dialogue;
	struct running *run = &session->run;
	enum session_end end = GOING_ON;

	while (end == GOING_ON) {
		const bool sends = outbox_waiting(&session->outbox);
		struct pollfd events[] = {
			{.fd = run->channel, .events = sends ? POLLIN | POLLOUT : POLLIN},
			{.fd = run->console, .events = POLLIN},
			{.fd = run->errors, .events = POLLIN},
			{.fd = run->control, .events = POLLIN},
			{.fd = session->signals, .events = POLLIN},
			/* the dialogue's */
			{.fd = -1},
			{.fd = -1},
		};
		const int64_t left = time_left(session);

		if (all_read(session))
			return OFF;
		if (left <= 0)
			return LATE;
		if (session->warning && session->stage >= CHANNEL_RUNNING &&
		    now_ms() >= session->warning)
			warn_test(session);
		if (dialogue)
			dialogue->watch(events + 5, &session->outbox);
		if (poll(events, sizeof(events) / sizeof(*events), (int)left) < 0) {
			if (errno != EINTR)
				die("poll: %s", strerror(errno));
			continue;
		}
		if (events[4].revents && !asked_to_end(session))
			return SIGNALLED;
		if (dialogue && !dialogue->act(events + 5, &session->outbox))
			return LEFT;
		if (events[0].revents & POLLOUT)
			outbox_send(&session->outbox, run->channel);
		if (events[1].revents)
			take_console(session);
		if (events[2].revents)
			take_errors(session);
		if (events[3].revents)
			session->driver->on_control(run);
		if (events[0].revents & ~POLLOUT)
			end = take_channel(session);
	}
	return end;
}

/*
 * Ends the emulator, unless it has ended, and reads what it has passed on until then: of the
 * program, what it printed while it ran; of the kernel, all that it said before its end.
 */
static void end_emulator(struct session *session, enum session_end end)
{
	const bool runs = end == LATE || end == SIGNALLED || end == LEFT;
	struct running *run = &session->run;

	/* After the program's end, the machine only waits for its own. */
	if (end != OFF)
		kill(run->pid, SIGKILL);
	while (waitpid(run->pid, &session->emulator_status, 0) < 0 && errno == EINTR)
		;
	run->pid = 0;
	left_running = 0;
	while (runs && run->channel >= 0 && take_channel(session) == GOING_ON)
		;
	while (run->console >= 0)
		take_console(session);
	while (run->errors >= 0)
		take_errors(session);
}

static void set_deadlines(struct session *session)
{
	const char *text = getenv("TEST_TIMEOUT");
	long seconds = text ? strtol(text, NULL, 10) : 0;
	int64_t now = now_ms();

	if (seconds > 0 && seconds < INT32_MAX / 1000)
		session->test_deadline = now + seconds * 1000 - TIMEOUT_MARGIN_MS;
	if (session->test_deadline && !session->dialogue)
		session->warning =
			session->test_deadline - (seconds * 1000 / WARNING_PART < WARNING_MS
							  ? seconds * 1000 / WARNING_PART
							  : WARNING_MS);
	session->deadline = now + WAKE_UP_MS;
	if (session->test_deadline && session->test_deadline < session->deadline)
		session->deadline = session->test_deadline;
}

static void watch_signals(struct session *session)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	session->signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (session->signals < 0)
		die("signalfd: %s", strerror(errno));
}

static const struct driver *find_driver(const struct machine_description *machine)
{
	for (size_t i = 0; i < sizeof(drivers) / sizeof(*drivers); i++)
		if (!strcmp(drivers[i]->name, machine->emulator))
			return drivers[i];
	die("machine %s: unknown emulator '%s'; build the test anew", machine->name,
	    machine->emulator);
}

static int run_session(struct session *session, const struct test_description *test,
		       char **arguments)
{
	const struct dialogue *dialogue = session->dialogue;
	struct running *run = &session->run;
	enum session_end end;

	if (session->driver->start(run, session->machine))
		return session_fail(session, "%s", run->error);
	left_running = run->pid;
	outbox_begin(&session->outbox, session->machine->memory_mb);
	if (dialogue)
		dialogue->write_job(dialogue->context, &session->outbox);
	else
		write_job(&session->outbox, test, session->machine, arguments);
	outbox_put(&session->outbox, CHANNEL_RUN, NULL, 0);
	if (session->driver->restore(run, session->machine)) {
		/* What the emulator says about it is on its way. */
		end_emulator(session, GOING_ON);
		return session_fail(session, "%s", run->error);
	}
	end = follow(session);
	end_emulator(session, end);
	if (dialogue)
		dialogue->leave();
	return session_judge(session, end);
}

/* For a test, or for whatever @dialogue hands in. */
static int run(const struct machine_description *machine, const struct dialogue *dialogue,
	       const struct test_description *test, char **arguments)
{
	struct session session = {
		.machine = machine,
		.dialogue = dialogue,
		.program = dialogue ? dialogue->program : "the test",
		.driver = find_driver(machine),
		.run = {.console = -1, .channel = -1, .errors = -1, .control = -1},
		.reader = {.sender = CHANNEL_MACHINE},
	};
	int status;

	set_deadlines(&session);
	watch_signals(&session);
	atexit(end_left);
	status = run_session(&session, test, arguments);
	session.driver->end(&session.run);
	outbox_free(&session.outbox);
	close(session.signals);
	return status;
}

int run_emulated(const struct test_description *test, const struct machine_description *machine,
		 char **arguments)
{
	return run(machine, NULL, test, arguments);
}

int run_interactive(const struct machine_description *machine, const struct dialogue *dialogue)
{
	return run(machine, dialogue, NULL, NULL);
}
