/* SPDX-License-Identifier: MIT */
/*
 * The shell's agent: runs a program in the machine, and connects it with
 * its user.
 *
 * usage: agent --terminal=ROWSxCOLUMNS|--pipes PROGRAM [ARGUMENT]...
 *
 * With --terminal, the program gets a terminal of its own, of that size from its
 * start on, whose line discipline makes Ctrl-C a signal; with --pipes, three
 * pipes. It ends with the program's exit status, or 128 and the number of the
 * signal that ended it.
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
#include <unistd.h>

#include "machines/shell/agent/input.h"
#include "machines/shell/frame.h"

/* The program, and our ends of its standard descriptors; -1 when closed. */
struct program {
	pid_t pid;
	int watch; /* pidfd: readable when it has ended */
	bool has_terminal;
	struct winsize size; /* the terminal's, at first */
	int input;
	int output;
	int error;
};

/* What is typed, on its way to the program. */
struct typed {
	struct frame_reader reader;
	unsigned char raw[FRAME_MAX]; /* as it came */
	size_t raw_start, raw_end;
	size_t sent; /* bytes of the reader's frame that the program has */
	bool pending; /* the reader's frame is one of input, not all sent */
};

static void write_all(const void *data, size_t size)
{
	const char *next = data;

	while (size) {
		ssize_t written = write(STDOUT_FILENO, next, size);

		if (written < 0 && errno != EINTR)
			exit(126); /* there is nobody to tell */
		if (written > 0) {
			next += written;
			size -= (size_t)written;
		}
	}
}

static void send_frame(struct frame *frame, enum frame_type type, size_t size)
{
	frame->head = (struct frame_head){.type = type, .size = (uint16_t)size};
	write_all(frame, sizeof(frame->head) + size);
}

static void die(const char *what)
{
	struct frame frame;
	int size = snprintf((char *)frame.data, sizeof(frame.data), "shell: cannot %s: %s\n", what,
			    strerror(errno));

	send_frame(&frame, FRAME_ERROR, (size_t)size);
	exit(126);
}

static int open_terminal(char *name, size_t size)
{
	int master;

	if (mkdir("/dev/pts", 0755) && errno != EEXIST)
		die("make /dev/pts");
	if (mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "mode=620,ptmxmode=666") &&
	    errno != EBUSY)
		die("mount devpts");
	master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0 || unlockpt(master) || ptsname_r(master, name, size))
		die("make a terminal");
	return master;
}

static void become(char **arguments, int input, int output, int error, bool is_terminal)
{
	signal(SIGPIPE, SIG_DFL);
	setsid();
	if (is_terminal && ioctl(input, TIOCSCTTY, 0))
		die("take the terminal");
	if (dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
	    dup2(error, STDERR_FILENO) < 0)
		die("set up the standard descriptors");
	execvp(arguments[0], arguments);
	dprintf(STDERR_FILENO, "%s: %s\n", arguments[0],
		errno == ENOENT ? "no such program in the machine" : strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

static void start_on_terminal(struct program *program, char **arguments)
{
	char name[64];
	int master = open_terminal(name, sizeof(name));
	int slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (slave < 0 || ioctl(slave, TIOCSWINSZ, &program->size))
		die("open the terminal");
	program->pid = fork();
	if (!program->pid)
		become(arguments, slave, slave, slave, true);
	close(slave);
	program->input = master;
	program->output = dup(master);
}

static void start_on_pipes(struct program *program, char **arguments)
{
	int input[2], output[2], error[2];

	if (pipe2(input, O_CLOEXEC) || pipe2(output, O_CLOEXEC) || pipe2(error, O_CLOEXEC))
		die("make a pipe");
	program->pid = fork();
	if (!program->pid)
		become(arguments, input[0], output[1], error[1], false);
	close(input[0]);
	close(output[1]);
	close(error[1]);
	program->input = input[1];
	program->output = output[0];
	program->error = error[0];
}

static void start(struct program *program, char **arguments)
{
	if (program->has_terminal)
		start_on_terminal(program, arguments);
	else
		start_on_pipes(program, arguments);
	if (program->pid < 0)
		die("fork");
	/* A program that does not read must not keep us from passing on what it prints. */
	fcntl(program->input, F_SETFL, O_NONBLOCK);
	program->watch = (int)syscall(SYS_pidfd_open, program->pid, 0);
	if (program->watch < 0)
		die("watch the program");
}

/* Passes on what there is; false when there is nothing, now or any more. */
static bool pass(int *fd, enum frame_type type)
{
	struct frame frame;
	ssize_t got = read(*fd, frame.data, sizeof(frame.data));

	if (got > 0) {
		send_frame(&frame, type, (size_t)got);
		return true;
	}
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return false;
	/* EIO: nobody has the terminal open any more. */
	close(*fd);
	*fd = -1;
	return false;
}

/* What the program left behind when it ended. */
static void drain(int *fd, enum frame_type type)
{
	if (*fd < 0)
		return;
	fcntl(*fd, F_SETFL, O_NONBLOCK);
	while (pass(fd, type))
		;
}

static void end_input(struct program *program)
{
	const char end_of_file = 4; /* Ctrl-D */

	if (program->input < 0)
		return;
	if (program->has_terminal && write(program->input, &end_of_file, 1) < 0)
		return;
	close(program->input);
	program->input = -1;
}

static void resize(struct program *program, const struct frame *frame)
{
	struct frame_window window;
	struct winsize size = {0};

	if (frame->head.size != sizeof(window) || program->output < 0)
		return;
	memcpy(&window, frame->data, sizeof(window));
	size.ws_row = window.rows;
	size.ws_col = window.columns;
	ioctl(program->output, TIOCSWINSZ, &size);
}

/* Acts on each frame that is complete; stops at one that the program has to read first. */
static void take_typed(struct program *program, struct typed *typed)
{
	while (!typed->pending && typed->raw_start < typed->raw_end) {
		const unsigned char *next = typed->raw + typed->raw_start;
		size_t left = typed->raw_end - typed->raw_start;
		int found = frame_read(&typed->reader, &next, &left);

		typed->raw_start = typed->raw_end - left;
		if (found < 0) {
			errno = EBADMSG;
			die("understand the shell");
		}
		if (!found)
			return;
		switch (typed->reader.frame.head.type) {
		case FRAME_INPUT:
			typed->pending = program->input >= 0;
			typed->sent = 0;
			break;
		case FRAME_INPUT_END:
			end_input(program);
			break;
		case FRAME_WINDOW:
			resize(program, &typed->reader.frame);
		}
	}
}

static void give_typed(struct program *program, struct typed *typed)
{
	const struct frame *frame = &typed->reader.frame;
	ssize_t written =
		write(program->input, frame->data + typed->sent, frame->head.size - typed->sent);

	if (written > 0)
		typed->sent += (size_t)written;
	if (written < 0 && errno != EAGAIN && errno != EINTR) {
		/* It closed its input: what is typed goes nowhere. */
		close(program->input);
		program->input = -1;
		typed->pending = false;
	}
	if (typed->sent == frame->head.size)
		typed->pending = false;
}

/* Connects the two until the program has ended. */
static void connect_both(struct program *program)
{
	struct typed typed = {0};
	bool ended = false;

	while (!ended) {
		bool wants_input = typed.raw_start == typed.raw_end;
		struct pollfd events[] = {
			{.fd = program->watch, .events = POLLIN},
			{.fd = program->output, .events = POLLIN},
			{.fd = program->error, .events = POLLIN},
			{.fd = typed.pending ? program->input : -1, .events = POLLOUT},
			{.fd = wants_input ? input_descriptor() : -1, .events = POLLIN},
		};

		if (poll(events, sizeof(events) / sizeof(*events),
			 wants_input ? input_interval_ms() : -1) < 0) {
			if (errno != EINTR)
				die("wait");
			continue;
		}
		ended = events[0].revents;
		if (events[1].revents)
			pass(&program->output, FRAME_OUTPUT);
		if (events[2].revents)
			pass(&program->error, FRAME_ERROR);
		if (events[3].revents)
			give_typed(program, &typed);
		if (wants_input) {
			typed.raw_start = 0;
			typed.raw_end = input_read(typed.raw, sizeof(typed.raw), events[4].revents);
		}
		take_typed(program, &typed);
	}
	drain(&program->output, FRAME_OUTPUT);
	drain(&program->error, FRAME_ERROR);
}

/* Links to each of its tools, beside it. */
static void install_busybox(void)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		int console = open("/dev/console", O_WRONLY | O_CLOEXEC);

		/* Our own standard descriptors are for frames. */
		if (console < 0 || dup2(console, STDOUT_FILENO) < 0 ||
		    dup2(console, STDERR_FILENO) < 0)
			_exit(126);
		execl("/bin/busybox", "busybox", "--install", "-s", "/bin", NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		die("run /bin/busybox");
	if (status) {
		errno = EIO;
		die("install busybox's tools in /bin");
	}
}

int main(int argc, char **argv)
{
	struct program program = {.input = -1, .output = -1, .error = -1};
	struct frame frame;
	int status;

	if (argc < 3)
		return 126;
	program.has_terminal = sscanf(argv[1], "--terminal=%hux%hu", &program.size.ws_row,
				      &program.size.ws_col) == 2;
	/* A program need not read to the end. */
	signal(SIGPIPE, SIG_IGN);
	input_open();
	install_busybox();
	start(&program, argv + 2);
	send_frame(&frame, FRAME_READY, 0);
	connect_both(&program);
	while (waitpid(program.pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
