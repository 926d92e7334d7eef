/* SPDX-License-Identifier: MIT */
/*
 * The job's program: it runs connected with the host, by a pipe for what it prints, by
 * three pipes, or by a terminal of its own, whose line discipline makes Ctrl-C a signal.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "machines/init/host.h"
#include "machines/init/init.h"

/*
 * The environment's variable that tells a test a descriptor: a byte can be
 * read from it when the test's time is nearly over. The machine's own clock is
 * not the one that Bazel looks at.
 */
#define TIME_VARIABLE "RINGSIDE_TIME_FD"

/* Comes along where programs want a shell. */
#define BUSYBOX "/bin/busybox"

/*
 * How often a host that has no event is asked whether it has sent something, in ms of
 * the machine's time: a person does not notice, and a test is only told its time.
 */
#define LOOK_FOR_TYPED_MS 5
#define LOOK_FOR_TIME_MS 100

/* How long a process may take to die of SIGKILL, in seconds. */
#define DEATH_SECONDS 10

/* Of the kernel's taint: it has oopsed (admin-guide/tainted-kernels). */
#define TAINT_DIE (1UL << 7)

/* The program's ends of its descriptors. */
struct ends {
	int input, output, error;
	int time; /* for TIME_VARIABLE, or -1 */
};

/* The program, and our ends of its descriptors; -1 when closed. */
struct program {
	pid_t pid;
	int watch; /* pidfd: readable when it has ended */
	enum channel_connection connection;
	int input, output, error;
	int time;
	const struct channel_frame *pending; /* input that it has not taken whole */
	size_t taken; /* bytes of that which it has taken */
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

static void start(struct program *program, const struct job *job)
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

/* Passes on what there is; false when there is nothing, now or any more. */
static bool pass(int *fd, enum channel_type type)
{
	static char piece[CHANNEL_PIECE];
	ssize_t got = read(*fd, piece, sizeof(piece));

	if (got > 0) {
		host_send(type, piece, (size_t)got);
		return true;
	}
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return false;
	/* EIO: nobody has the terminal open any more. */
	close(*fd);
	*fd = -1;
	return false;
}

/* What was left when everything had ended. */
static void drain(int *fd, enum channel_type type)
{
	if (*fd < 0)
		return;
	fcntl(*fd, F_SETFL, O_NONBLOCK);
	while (pass(fd, type))
		;
	if (*fd >= 0)
		close(*fd);
}

static void close_input(struct program *program)
{
	if (program->input >= 0)
		close(program->input);
	program->input = -1;
	program->pending = NULL;
}

static void end_input(struct program *program)
{
	const char end_of_file = 4; /* Ctrl-D */

	if (program->connection != CHANNEL_TERMINAL)
		close_input(program);
	else if (write(program->input, &end_of_file, 1) < 0)
		say("cannot end the terminal's input: %s", strerror(errno));
}

static void resize(const struct program *program, const struct channel_frame *frame)
{
	struct channel_window window;
	struct winsize size = {0};

	memcpy(&window, frame->data, sizeof(window));
	size.ws_row = window.rows;
	size.ws_col = window.columns;
	if (program->connection == CHANNEL_TERMINAL && program->output >= 0)
		ioctl(program->output, TIOCSWINSZ, &size);
}

static void take_frame(struct program *program)
{
	const struct channel_frame *frame = host_receive();

	switch (frame->head.type) {
	case CHANNEL_INPUT:
		program->pending = program->input >= 0 ? frame : NULL;
		program->taken = 0;
		break;
	case CHANNEL_INPUT_END:
		end_input(program);
		break;
	case CHANNEL_WINDOW:
		resize(program, frame);
		break;
	case CHANNEL_TIME_OVER:
		if (program->time >= 0 && write(program->time, "!", 1) < 0)
			say("cannot tell the test that its time is over: %s", strerror(errno));
		break;
	default:
		die("the host sends a frame of type %u while the program runs: rebuild the machine",
		    frame->head.type);
	}
}

static void give_input(struct program *program)
{
	const struct channel_frame *frame = program->pending;
	ssize_t written = write(program->input, frame->data + program->taken,
				frame->head.size - program->taken);

	if (written > 0)
		program->taken += (size_t)written;
	if (written < 0 && errno != EAGAIN && errno != EINTR)
		close_input(program); /* nobody reads it: what is typed goes nowhere */
	else if (program->taken == frame->head.size)
		program->pending = NULL;
}

/* Connects the two until the program has ended. */
static void relay(struct program *program)
{
	const int host = host_descriptor();
	const int interval = host >= 0				    ? -1
			     : program->connection == CHANNEL_PLAIN ? LOOK_FOR_TIME_MS
								    : LOOK_FOR_TYPED_MS;
	bool ended = false;

	while (!ended) {
		/* What comes after input that waits has to wait, too. */
		const bool listens = !program->pending;
		struct pollfd events[] = {
			{.fd = program->watch, .events = POLLIN},
			{.fd = program->output, .events = POLLIN},
			{.fd = program->error, .events = POLLIN},
			{.fd = listens ? -1 : program->input, .events = POLLOUT},
			{.fd = listens ? host : -1, .events = POLLIN},
		};

		if (poll(events, sizeof(events) / sizeof(*events), listens ? interval : -1) < 0) {
			if (errno != EINTR)
				die("cannot watch the program: %s", strerror(errno));
			continue;
		}
		ended = events[0].revents;
		if (events[1].revents)
			pass(&program->output, CHANNEL_OUTPUT);
		if (events[2].revents)
			pass(&program->error, CHANNEL_ERROR);
		if (events[3].revents)
			give_input(program);
		if (listens && (host >= 0 ? events[4].revents : host_has_sent()))
			take_frame(program);
	}
}

static bool has_oopsed(void)
{
	FILE *file = fopen("/proc/sys/kernel/tainted", "re");
	unsigned long taint = 0;

	if (!file || fscanf(file, "%lu", &taint) != 1)
		taint = 0;
	if (file)
		fclose(file);
	return taint & TAINT_DIE;
}

/*
 * Ends what the job has left. A process that has oopsed in the kernel may stay for ever:
 * the runner reads of the oops on the console, and the job's results are of use.
 */
static void end_processes(void)
{
	const struct timespec limit = {.tv_sec = DEATH_SECONDS};
	sigset_t death;

	sigemptyset(&death);
	sigaddset(&death, SIGCHLD);
	sigprocmask(SIG_BLOCK, &death, NULL);
	kill(-1, SIGKILL);
	for (;;) {
		pid_t ended = waitpid(-1, NULL, WNOHANG);

		if (ended < 0 && errno == ECHILD)
			return;
		if (ended || sigtimedwait(&death, NULL, &limit) >= 0 || errno == EINTR)
			continue;
		if (has_oopsed())
			return;
		die("a process that the test has left does not die of SIGKILL within %d s: it "
		    "hangs in the kernel",
		    DEATH_SECONDS);
	}
}

static int wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("cannot wait for the program: %s", strerror(errno));
	return status;
}

/* Has links to each of busybox' tools beside it, if it came along. */
static void install_tools(void)
{
	pid_t pid;

	if (access(BUSYBOX, X_OK))
		return;
	pid = fork();
	if (!pid) {
		execl(BUSYBOX, "busybox", "--install", "-s", "/bin", NULL);
		_exit(127);
	}
	if (pid < 0 || wait_for(pid))
		die("cannot install the tools of " BUSYBOX " in /bin");
}

int run_program(const struct job *job)
{
	struct program program = {
		.connection = job->connect.connection,
		.input = -1,
		.output = -1,
		.error = -1,
		.time = -1,
	};
	const uint32_t running = CHANNEL_RUNNING;
	int status;

	if (!job->argument_count)
		die("the job names no program");
	/* A program need not read to the end. */
	signal(SIGPIPE, SIG_IGN);
	install_tools();
	start(&program, job);
	host_send(CHANNEL_STAGE, &running, sizeof(running));
	relay(&program);
	status = wait_for(program.pid);
	end_processes();
	/* Nobody is left who could write more. */
	drain(&program.output, CHANNEL_OUTPUT);
	drain(&program.error, CHANNEL_ERROR);
	return status;
}
