/* SPDX-License-Identifier: MIT */
/* See connection.h. */
#include "machines/shell/connection.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "machines/io/io.h"
#include "machines/runner/message.h"

/* What may wait for the machine, in bytes; with more, stdin is not read. */
#define WAITING_MAX 65536u

/* What is read from stdin at once, in bytes. */
#define TYPED_MAX 4096

/* What DIALOGUE_EVENTS are for. */
enum {
	EVENT_TYPED,
	EVENT_RESIZED,
};

static struct {
	bool has_terminal;
	bool is_raw;
	struct termios settings; /* the terminal's, before */
	const char *greeting;
	int output; /* where the program's standard output goes */
	int resized; /* signalfd of SIGWINCH, or -1 */
	bool started; /* the program runs */
	bool input_ended;
} connection = {.output = -1, .resized = -1};

static bool has_terminal(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

static struct channel_window window_of(int terminal)
{
	struct winsize size = {0};

	ioctl(terminal, TIOCGWINSZ, &size);
	return (struct channel_window){.rows = size.ws_row, .columns = size.ws_col};
}

void connection_write(struct outbox *outbox)
{
	const struct channel_connect connect = {
		.connection = connection.has_terminal ? CHANNEL_TERMINAL : CHANNEL_PIPES,
		.window = window_of(STDIN_FILENO),
	};

	outbox_put(outbox, CHANNEL_CONNECT, &connect, sizeof(connect));
}

static void restore_terminal(void)
{
	if (connection.is_raw)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &connection.settings);
	connection.is_raw = false;
}

static void make_raw(void)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &connection.settings))
		return;
	raw = connection.settings;
	cfmakeraw(&raw);
	connection.is_raw = !tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
}

static void print(int fd, const void *data, size_t size)
{
	if (!write_all(fd, data, size))
		return;
	if (errno == EPIPE)
		exit(128 + SIGPIPE); /* as it would have ended here */
	die("cannot write what the machine prints: %s", strerror(errno));
}

static void tell_window(struct outbox *outbox)
{
	const struct channel_window window = window_of(STDIN_FILENO);

	if (window.rows && window.columns)
		outbox_put(outbox, CHANNEL_WINDOW, &window, sizeof(window));
}

static void started(struct outbox *outbox)
{
	connection.started = true;
	if (!connection.has_terminal)
		return;
	if (connection.greeting)
		print(connection.output, connection.greeting, strlen(connection.greeting));
	make_raw();
	tell_window(outbox);
}

static void output(bool is_error, const void *data, size_t size)
{
	print(is_error ? STDERR_FILENO : connection.output, data, size);
}

static void watch(struct pollfd events[DIALOGUE_EVENTS], const struct outbox *outbox)
{
	if (!connection.started || outbox_waiting(outbox) > WAITING_MAX)
		return;
	if (!connection.input_ended)
		events[EVENT_TYPED] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
	events[EVENT_RESIZED] = (struct pollfd){.fd = connection.resized, .events = POLLIN};
}

/* Returns false when the user ends the machine. */
static bool take_typed(struct outbox *outbox)
{
	unsigned char data[TYPED_MAX];
	ssize_t got = read(STDIN_FILENO, data, sizeof(data));

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (got <= 0) {
		connection.input_ended = true;
		outbox_put(outbox, CHANNEL_INPUT_END, NULL, 0);
		return true;
	}
	if (connection.has_terminal && memchr(data, CONNECTION_ESCAPE, (size_t)got))
		return false;
	outbox_put(outbox, CHANNEL_INPUT, data, (size_t)got);
	return true;
}

static bool act(const struct pollfd events[DIALOGUE_EVENTS], struct outbox *outbox)
{
	struct signalfd_siginfo info;

	if (events[EVENT_RESIZED].revents &&
	    read(connection.resized, &info, sizeof(info)) == sizeof(info))
		tell_window(outbox);
	return !events[EVENT_TYPED].revents || take_typed(outbox);
}

static void leave(void)
{
	restore_terminal();
}

static int watch_window(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

void connection_greet(const char *greeting)
{
	connection.greeting = greeting;
}

void connection_prepare(struct dialogue *dialogue)
{
	connection.has_terminal = has_terminal();
	connection.output = dup(STDOUT_FILENO);
	if (connection.output < 0)
		die("dup: %s", strerror(errno));
	if (connection.has_terminal)
		connection.resized = watch_window();
	else if (dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		die("dup2: %s", strerror(errno));
	atexit(restore_terminal);
	dialogue->watch = watch;
	dialogue->act = act;
	dialogue->output = output;
	dialogue->started = started;
	dialogue->leave = leave;
}
