/* SPDX-License-Identifier: MIT */
/* From a snapshot to a verdict; see emulated.h. */
#include "machines/runner/emulated.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machines/channel/channel.h"
#include "machines/emulator/clock.h"
#include "machines/emulator/console.h"
#include "machines/io/io.h"
#include "machines/runner/driver.h"
#include "machines/runner/fuzz.h"
#include "machines/runner/message.h"
#include "machines/runner/result_file.h"
#include "machines/runner/results.h"
#include "machines/runner/transfer.h"

/* How long a machine may take from its snapshot to the test's start, in ms. */
#define WAKE_UP_MS 90000

/* Bazel's own timeout is to come after ours, which explains itself. */
#define TIMEOUT_MARGIN_MS 1500

/*
 * How long before that the test is told, to say itself where its guest hangs:
 * at most so long, and at most that part of the whole.
 */
#define WARNING_MS 6000
#define WARNING_PART 4

/* How following a machine ends, unless with its own end. */
enum end {
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
	int64_t deadline; /* when the current stage has to be over, in ms */
	int64_t test_deadline; /* when everything has to be over, in ms; 0: never */
	int64_t warning; /* when the test is to be told that it nearly is, in ms; 0: never */
	int signals; /* signalfd */
	int signal; /* what we were told to end by */
	bool asked; /* the test was told to end, by Ctrl-C */
};

static const struct driver *const drivers[] = {&bochs_driver, &qemu_driver};

static const char *stage_name(const struct session *session)
{
	static char text[64];

	switch (session->stage) {
	case CHANNEL_RESTORING:
		return "restoring the snapshot";
	case CHANNEL_COLLECTING:
		return "collecting the results";
	default:
		snprintf(text, sizeof(text), "%s %s",
			 session->stage == CHANNEL_RUNNING ? "running" : "unpacking",
			 session->program);
		return text;
	}
}

/* Says what happened where, and what the machine said last. */
static int fail(struct session *session, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int fail(struct session *session, const char *format, ...)
{
	va_list list;
	char *what, *message;
	int size;

	va_start(list, format);
	size = vasprintf(&what, format, list);
	va_end(list);
	if (size < 0)
		die("out of memory");
	message = format_text("machine %s failed while %s: %s", session->machine->name,
			      stage_name(session), what);
	say("%s", message);
	/* The shell has no report. */
	if (!session->dialogue)
		add_failure(session->machine, message);
	free(message);
	free(what);
	if (session->emulator_said_size)
		say("the emulator said:\n%.*s", (int)session->emulator_said_size,
		    session->emulator_said);
	if (session->console.count || session->console.used) {
		say("the last lines of its console:");
		console_print_end(&session->console, stdout);
		fflush(stdout);
	}
	return STATUS_MACHINE_FAILED;
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
		die("cannot write the test's output: %s", strerror(errno));
}

/* A machine is not trusted: each frame has its stage. */
static enum end take_frame(struct session *session)
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

static enum end take_channel(struct session *session)
{
	unsigned char data[CHANNEL_PIECE];
	const unsigned char *next = data;
	enum end end = GOING_ON;
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
static enum end follow(struct session *session)
{
	const struct dialogue *dialogue = session->dialogue;
	struct running *run = &session->run;
	enum end end = GOING_ON;

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
 * Ends the emulator and reads what it has passed on until then: of the program, what it
 * printed while it ran; of the kernel, all that it said before the program's end.
 */
static void end_emulator(struct session *session, enum end end)
{
	const bool runs = end == LATE || end == SIGNALLED || end == LEFT;

	/* It would only switch itself off. */
	kill(session->run.pid, SIGKILL);
	while (runs && session->run.channel >= 0 && take_channel(session) == GOING_ON)
		;
	while (session->run.console >= 0)
		take_console(session);
	while (session->run.errors >= 0)
		take_errors(session);
}

/* The user has ended the machine, which has not failed. */
static int left(const struct session *session)
{
	say("machine %s is ended", session->machine->name);
	return 128 + SIGINT;
}

static int ended_by_signal(struct session *session)
{
	const int signal = session->signal;

	if (session->dialogue && signal == SIGINT)
		return left(session);
	fail(session, "%s was ended from outside by signal %d (%s)", session->program, signal,
	     strsignal(signal));
	return 128 + signal;
}

static int timed_out(struct session *session)
{
	if (session->stage < CHANNEL_RUNNING && session->deadline != session->test_deadline)
		return fail(session, "no sign of life within %d s: it hangs", WAKE_UP_MS / 1000);
	return fail(session,
		    "no verdict before the test's timeout of %s s: it hangs, or needs a "
		    "larger size or timeout",
		    getenv("TEST_TIMEOUT"));
}

/* The machine went off before it was done. */
static int went_off(struct session *session)
{
	const char *why = NULL;
	int status = 0;

	while (waitpid(session->run.pid, &status, 0) < 0 && errno == EINTR)
		;
	session->run.pid = 0;
	while (session->run.errors >= 0)
		take_errors(session);
	if (console_contains(&session->console, "Kernel panic"))
		return fail(session, "its kernel panicked");
	if (console_contains(&session->console, "reboot: Power down"))
		return fail(session, "it was powered off from inside");
	why = session->driver->why_off(&session->run, status);
	if (why)
		return fail(session, "%s", why);
	return fail(session, "its emulator ended with status %d",
		    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

/* A kernel that finds something wrong with itself is no pass, whatever the test says. */
static int judge_kernel(const struct session *session, int status)
{
	const bool oopsed = session->console.report == KERNEL_OOPSED;
	char *message;

	/* Whoever is at the shell may play with the kernel. */
	if (session->console.report == KERNEL_SILENT || session->dialogue)
		return status;
	message = format_text("the kernel of machine %s reported %s while the test ran",
			      session->machine->name, oopsed ? "an oops" : "a warning");
	say("%s:", message);
	add_failure(session->machine, message);
	free(message);
	console_print_report(&session->console, stdout);
	fflush(stdout);
	if (status)
		return status;
	say("so the test fails, though it says that it passes. Fix: what the report names; "
	    "'bazel run' of the machine opens a shell in it, with dmesg");
	return STATUS_MACHINE_FAILED;
}

static int finished(const struct session *session)
{
	const int status = session->status;

	if (!WIFSIGNALED(status))
		return judge_kernel(session, WEXITSTATUS(status));
	if (!session->dialogue)
		say("the controller was ended by signal %d (%s)", WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	return judge_kernel(session, 128 + WTERMSIG(status));
}

static int judge(struct session *session, enum end end)
{
	switch (end) {
	case DONE:
		return finished(session);
	case DIED:
		return fail(session, "%.1000s", make_printable((char *)session->reader.frame.data));
	case BAD_RESULTS:
		return fail(session, "its results can't be used: %s", session->problem);
	case CONFUSED:
		return fail(session,
			    "what came through its channel is not what init sends; something else "
			    "has written to it. Fix: have the test, and its guests, leave the "
			    "machine's own devices alone");
	case LATE:
		return timed_out(session);
	case SIGNALLED:
		return ended_by_signal(session);
	case LEFT:
		return left(session);
	default:
		return went_off(session);
	}
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
	enum end end;

	if (session->driver->start(run, session->machine))
		return fail(session, "%s", run->error);
	outbox_begin(&session->outbox, session->machine->memory_mb);
	if (dialogue)
		dialogue->write_job(dialogue->context, &session->outbox);
	else
		write_job(&session->outbox, test, session->machine, arguments);
	outbox_put(&session->outbox, CHANNEL_RUN, NULL, 0);
	if (session->driver->restore(run, session->machine)) {
		/* What the emulator says about it is on its way. */
		end_emulator(session, OFF);
		return fail(session, "%s", run->error);
	}
	end = follow(session);
	if (end != OFF)
		end_emulator(session, end);
	if (dialogue)
		dialogue->leave();
	return judge(session, end);
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
