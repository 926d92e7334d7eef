/* SPDX-License-Identifier: MIT */
/* What the end of a program's run means; see session.h. */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "machines/runner/message.h"
#include "machines/runner/result_file.h"
#include "machines/runner/session.h"

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

int session_fail(struct session *session, const char *format, ...)
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
	session_fail(session, "%s was ended from outside by signal %d (%s)", session->program,
		     signal, strsignal(signal));
	return 128 + signal;
}

static int timed_out(struct session *session)
{
	if (session->stage < CHANNEL_RUNNING && session->deadline != session->test_deadline)
		return session_fail(session, "no sign of life within %d s: it hangs",
				    WAKE_UP_MS / 1000);
	return session_fail(session,
			    "no verdict before the test's timeout of %s s: it hangs, or needs a "
			    "larger size or timeout",
			    getenv("TEST_TIMEOUT"));
}

/* The machine went off before it was done. */
static int went_off(struct session *session)
{
	const int status = session->emulator_status;
	const char *why;

	if (console_contains(&session->console, "Kernel panic"))
		return session_fail(session, "its kernel panicked");
	if (console_contains(&session->console, "reboot: Power down"))
		return session_fail(session, "it was powered off from inside");
	why = session->driver->why_off(&session->run, status);
	if (why)
		return session_fail(session, "%s", why);
	return session_fail(session, "its emulator ended with status %d",
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

int session_judge(struct session *session, enum session_end end)
{
	switch (end) {
	case DONE:
		return finished(session);
	case DIED:
		return session_fail(session, "%.1000s",
				    make_printable((char *)session->reader.frame.data));
	case BAD_RESULTS:
		return session_fail(session, "its results can't be used: %s", session->problem);
	case CONFUSED:
		return session_fail(
			session,
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
