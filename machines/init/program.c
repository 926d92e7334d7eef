/* SPDX-License-Identifier: MIT */
/* Starting the job's program, with a pipe, three pipes, or a terminal of its own. */
#include "machines/init/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The environment's variable that tells a test a descriptor: a byte can be
 * read from it when the test's time is nearly over. The machine's own clock is
 * not the one that Bazel looks at.
 */
#define TIME_VARIABLE "RINGSIDE_TIME_FD"

/* The program's ends of its descriptors. */
struct ends {
	int input, output, error;
	int time; /* for TIME_VARIABLE, or -1 */
};

static void make_pipe(int *reading, int *writing)
{
	int pipe[2];

	if (pipe2(pipe, O_CLOEXEC))
		die("cannot make a pipe: %s", strerror(errno));
	*reading = pipe[0];
	*writing = pipe[1];
}

static void make_terminal(struct program *program, struct ends *ends,
			  const struct channel_window *window)
{
	const struct winsize size = {.ws_row = window->rows, .ws_col = window->columns};
	char name[64];

	if (mkdir("/dev/pts", 0755) && errno != EEXIST)
		die("cannot make /dev/pts: %s", strerror(errno));
	if (mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "mode=620,ptmxmode=666"))
		die("cannot mount /dev/pts: %s%s", strerror(errno),
		    fix_kernel("CONFIG_UNIX98_PTYS"));
	program->input = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (program->input < 0 || unlockpt(program->input) ||
	    ptsname_r(program->input, name, sizeof(name)))
		die("cannot make a terminal: %s", strerror(errno));
	program->output = dup(program->input);
	ends->input = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (ends->input < 0 || ioctl(ends->input, TIOCSWINSZ, &size))
		die("cannot open the terminal: %s", strerror(errno));
	ends->output = dup(ends->input);
	ends->error = dup(ends->input);
}

static void connect_program(struct program *program, struct ends *ends,
			    const struct channel_connect *connect)
{
	switch (program->connection) {
	case CHANNEL_TERMINAL:
		make_terminal(program, ends, &connect->window);
		break;
	case CHANNEL_PIPES:
		make_pipe(&ends->input, &program->input);
		make_pipe(&program->output, &ends->output);
		make_pipe(&program->error, &ends->error);
		break;
	case CHANNEL_PLAIN:
		ends->input = open("/dev/null", O_RDONLY | O_CLOEXEC);
		make_pipe(&program->output, &ends->output);
		ends->error = dup(ends->output);
	}
	if (ends->input < 0 || ends->output < 0 || ends->error < 0 || program->output < 0)
		die("cannot open what the program is connected with: %s", strerror(errno));
	/* A program that does not read must not keep us from passing on what it prints. */
	if (program->input >= 0)
		fcntl(program->input, F_SETFL, O_NONBLOCK);
}

/* Whether the job is a test of which Bazel knows when it has to be over. */
static bool has_timeout(const struct job *job)
{
	for (size_t i = 0; i < job->environment_count; i++)
		if (!strncmp(job->environment[i], "TEST_TIMEOUT=", 13))
			return true;
	return false;
}

static void become(const struct job *job, const struct ends *ends)
{
	char number[16];

	setsid();
	if ((job->connect.connection == CHANNEL_TERMINAL && ioctl(ends->input, TIOCSCTTY, 0)) ||
	    dup2(ends->input, STDIN_FILENO) < 0 || dup2(ends->output, STDOUT_FILENO) < 0 ||
	    dup2(ends->error, STDERR_FILENO) < 0)
		_exit(126);
	if (job->directory && chdir(job->directory)) {
		dprintf(STDERR_FILENO, "cannot enter %s: %s\n", job->directory, strerror(errno));
		_exit(126);
	}
	signal(SIGPIPE, SIG_DFL);
	setpriority(PRIO_PROCESS, 0, 0);
	/* This machine is the test's own. */
	environ = job->environment;
	setenv(RELOAD_PERMISSION, "1", 0);
	if (ends->time >= 0) {
		fcntl(ends->time, F_SETFD, 0);
		snprintf(number, sizeof(number), "%d", ends->time);
		setenv(TIME_VARIABLE, number, 1);
	}
	execvp(job->arguments[0], job->arguments);
	dprintf(STDERR_FILENO, "%s: %s\n", job->arguments[0],
		errno == ENOENT ? "no such program in the machine" : strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

void start_program(struct program *program, const struct job *job)
{
	struct ends ends = {-1, -1, -1, -1};

	connect_program(program, &ends, &job->connect);
	if (has_timeout(job))
		make_pipe(&ends.time, &program->time);
	program->pid = fork();
	if (program->pid < 0)
		die("cannot fork: %s", strerror(errno));
	if (!program->pid)
		become(job, &ends);
	close(ends.input);
	close(ends.output);
	close(ends.error);
	if (ends.time >= 0)
		close(ends.time);
	program->watch = (int)syscall(SYS_pidfd_open, program->pid, 0);
	if (program->watch < 0)
		die("cannot watch the program: %s", strerror(errno));
}
