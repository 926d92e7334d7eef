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
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machines/emulator/clock.h"
#include "machines/emulator/console.h"
#include "machines/runner/driver.h"
#include "machines/runner/fuzz.h"
#include "machines/runner/message.h"
#include "machines/runner/result_file.h"
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

/* A machine that has said why it ends has so long to do it, in ms. */
#define OFF_MS 5000

enum stage {
	RESTORING,
	UNPACKING,
	RUNNING,
	COLLECTING,
	DONE
};

/* How following a machine ends, unless with its own end. */
enum end {
	OFF, /* it is done, or off */
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
	enum stage stage;
	char init_error[CONSOLE_LINE]; /* why init gave up */
	int64_t deadline; /* when the current stage has to be over, in ms */
	int64_t test_deadline; /* when everything has to be over, in ms; 0: never */
	int64_t warning; /* when the test is to be told that it nearly is, in ms; 0: never */
	int signals; /* signalfd */
	int signal; /* what we were told to end by */
	bool asked; /* the test was told to end, by Ctrl-C */
};

static const struct driver *const drivers[] = {&bochs_driver, &qemu_driver};

static void write_all(const char *data, size_t size)
{
	while (size) {
		ssize_t written = write(STDOUT_FILENO, data, size);

		if (written < 0 && errno != EINTR)
			die("cannot write the test's output: %s", strerror(errno));
		if (written > 0) {
			data += written;
			size -= (size_t)written;
		}
	}
}

static const char *stage_name(const struct session *session)
{
	static char text[64];

	switch (session->stage) {
	case RESTORING:
		return "restoring the snapshot";
	case UNPACKING:
	case RUNNING:
		snprintf(text, sizeof(text), "%s %s",
			 session->stage == RUNNING ? "running" : "unpacking", session->program);
		return text;
	case COLLECTING:
		return "collecting the results";
	default:
		return "switching off";
	}
}

static void on_init(void *context, const char *text)
{
	static const struct {
		const char *text;
		enum stage stage;
	} steps[] = {
		{"unpacking", UNPACKING},
		{"running", RUNNING},
		{"collecting", COLLECTING},
		{"done", DONE},
	};
	struct session *session = context;

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		if (!strcmp(text, steps[i].text) && steps[i].stage > session->stage)
			session->stage = steps[i].stage;
	if (!strncmp(text, "error: ", 7)) {
		snprintf(session->init_error, sizeof(session->init_error), "%s", text + 7);
		session->deadline = now_ms() + OFF_MS;
	} else if (session->stage >= RUNNING) {
		session->deadline = session->test_deadline;
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

static void take_stream(struct session *session)
{
	char buffer[65536];
	ssize_t got;

	if (!take(&session->run.stream, buffer, sizeof(buffer), &got) || got <= 0)
		return;
	if (session->dialogue)
		session->dialogue->output(buffer, (size_t)got);
	else
		write_all(buffer, (size_t)got);
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
	return session->run.stream < 0 && session->run.console < 0;
}

/* The machine's init passes it on (RINGSIDE_TIME_FD); its clock is another than ours. */
static void warn_test(struct session *session)
{
	if (session->run.stream >= 0)
		send(session->run.stream, "!", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
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
	if (!is_fuzzing() || session->signal != SIGINT || session->stage != RUNNING ||
	    session->asked)
		return false;
	session->asked = true;
	leave_pipe();
	warn_test(session);
	return true;
}

/* Passes on what the machine prints, and what is said to it, until it is off. */
static enum end follow(struct session *session)
{
	const struct dialogue *dialogue = session->dialogue;
	struct running *run = &session->run;

	while (session->stage != DONE && !all_read(session)) {
		struct pollfd events[] = {
			{.fd = run->stream, .events = POLLIN},
			{.fd = run->console, .events = POLLIN},
			{.fd = run->errors, .events = POLLIN},
			{.fd = run->control, .events = POLLIN},
			{.fd = session->signals, .events = POLLIN},
			/* the dialogue's */
			{.fd = -1},
			{.fd = -1},
			{.fd = -1},
		};
		const int64_t left = time_left(session);

		if (left <= 0)
			return LATE;
		if (session->warning && session->stage >= RUNNING && now_ms() >= session->warning)
			warn_test(session);
		if (dialogue)
			dialogue->watch(events + 5, run->stream);
		if (poll(events, sizeof(events) / sizeof(*events), (int)left) < 0) {
			if (errno != EINTR)
				die("poll: %s", strerror(errno));
			continue;
		}
		if (events[4].revents && !asked_to_end(session))
			return SIGNALLED;
		if (dialogue && !dialogue->act(events + 5))
			return LEFT;
		if (events[0].revents)
			take_stream(session);
		if (events[2].revents)
			take_errors(session);
		if (events[3].revents)
			session->driver->on_control(run);
		/* Last: it may end the loop, and the stream came before it. */
		if (events[1].revents)
			take_console(session);
	}
	return OFF;
}

/* A machine that is done has nothing more to say than what is on its way. */
static void drain_stream(struct session *session)
{
	struct pollfd events = {.fd = session->run.stream, .events = POLLIN};

	while (session->run.stream >= 0 && poll(&events, 1, 0) > 0)
		take_stream(session);
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
	if (*session->init_error)
		return fail(session, "%s", session->init_error);
	if (session->stage < RUNNING && session->deadline != session->test_deadline)
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
	if (*session->init_error)
		return fail(session, "%s", session->init_error);
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

static int finished(struct session *session)
{
	const char *problem;
	int status = 0;

	/* It would only switch itself off. */
	kill(session->run.pid, SIGKILL);
	problem = bring_out(session->run.drive, &status);
	if (problem)
		return fail(session, "its results can't be used: %s", problem);
	if (WIFSIGNALED(status)) {
		say("the controller was ended by signal %d (%s)", WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
		return judge_kernel(session, 128 + WTERMSIG(status));
	}
	return judge_kernel(session, WEXITSTATUS(status));
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

	if (session->driver->prepare(run, session->machine))
		return fail(session, "%s", run->error);
	if (dialogue)
		dialogue->write_job(dialogue->context, run->drive);
	else
		write_job(run->drive, test, session->machine, arguments);
	if (session->driver->restore(run, session->machine)) {
		/* What the emulator says about it is on its way. */
		if (run->pid)
			kill(run->pid, SIGKILL);
		while (run->errors >= 0)
			take_errors(session);
		return fail(session, "%s", run->error);
	}
	end = follow(session);
	drain_stream(session);
	if (dialogue)
		dialogue->leave();
	switch (end) {
	case LATE:
		return timed_out(session);
	case SIGNALLED:
		return ended_by_signal(session);
	case LEFT:
		return left(session);
	default:
		return session->stage == DONE ? finished(session) : went_off(session);
	}
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
		.run = {.drive = -1, .console = -1, .stream = -1, .errors = -1, .control = -1},
		.console = {.on_init = on_init},
	};
	int status;

	session.console.context = &session;
	set_deadlines(&session);
	watch_signals(&session);
	status = run_session(&session, test, arguments);
	session.driver->end(&session.run);
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
