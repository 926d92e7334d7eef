/* SPDX-License-Identifier: MIT */
/* Frames to and from the agent; see connection.h and frame.h. */
#include "machines/shell/connection.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "machines/runner/message.h"
#include "machines/shell/frame.h"

/* What may wait for the machine; a frame more, and stdin is not read. */
#define WAITING_MAX (16 * sizeof(struct frame))

/* What DIALOGUE_EVENTS are for. */
enum {
	EVENT_TYPED,
	EVENT_RESIZED,
	EVENT_STREAM,
};

static struct {
	bool has_terminal;
	bool is_raw;
	struct termios settings; /* the terminal's, before */
	const char *greeting;
	int output; /* where the program's standard output goes */
	int resized; /* signalfd of SIGWINCH, or -1 */
	bool ready; /* the program runs */
	bool input_ended;
	struct frame_reader reader;
	unsigned char waiting[WAITING_MAX]; /* frames for the machine */
	size_t waiting_size;
} connection = {.output = -1, .resized = -1};

static bool has_terminal(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

char *connection_agent_option(void)
{
	struct winsize size = {0};

	if (!has_terminal())
		return format_text("--pipes");
	ioctl(STDIN_FILENO, TIOCGWINSZ, &size);
	return format_text("--terminal=%ux%u", size.ws_row, size.ws_col);
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
	const char *next = data;

	while (size) {
		ssize_t written = write(fd, next, size);

		if (written < 0 && errno == EPIPE)
			exit(128 + SIGPIPE); /* as it would have ended here */
		if (written < 0 && errno != EINTR)
			die("cannot write what the machine prints: %s", strerror(errno));
		if (written > 0) {
			next += written;
			size -= (size_t)written;
		}
	}
}

static void queue(enum frame_type type, const void *data, size_t size)
{
	const struct frame_head head = {.type = type, .size = (uint16_t)size};

	memcpy(connection.waiting + connection.waiting_size, &head, sizeof(head));
	connection.waiting_size += sizeof(head);
	if (size)
		memcpy(connection.waiting + connection.waiting_size, data, size);
	connection.waiting_size += size;
}

static bool has_room(void)
{
	/* For what is typed, and for the little that comes beside it. */
	return connection.waiting_size + 2 * sizeof(struct frame) <= WAITING_MAX;
}

static void tell_window(void)
{
	struct winsize size;
	struct frame_window window;

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) || !size.ws_row || !size.ws_col)
		return;
	window.rows = size.ws_row;
	window.columns = size.ws_col;
	if (has_room())
		queue(FRAME_WINDOW, &window, sizeof(window));
}

static void on_ready(void)
{
	connection.ready = true;
	if (!connection.has_terminal)
		return;
	if (connection.greeting)
		print(connection.output, connection.greeting, strlen(connection.greeting));
	make_raw();
	tell_window();
}

static void on_output(const char *data, size_t size)
{
	const unsigned char *next = (const unsigned char *)data;
	const struct frame *frame = &connection.reader.frame;
	int found;

	while ((found = frame_read(&connection.reader, &next, &size)) > 0) {
		switch (frame->head.type) {
		case FRAME_READY:
			on_ready();
			break;
		case FRAME_OUTPUT:
			print(connection.output, frame->data, frame->head.size);
			break;
		case FRAME_ERROR:
			print(STDERR_FILENO, frame->data, frame->head.size);
			break;
		}
	}
	if (found < 0)
		die("the machine's side of the shell says what makes no sense: something else "
		    "writes to its stream");
}

static void watch(struct pollfd events[DIALOGUE_EVENTS], int stream)
{
	if (connection.ready && !connection.input_ended && has_room())
		events[EVENT_TYPED] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
	if (connection.ready)
		events[EVENT_RESIZED] = (struct pollfd){.fd = connection.resized, .events = POLLIN};
	if (connection.waiting_size)
		events[EVENT_STREAM] = (struct pollfd){.fd = stream, .events = POLLOUT};
}

/* Returns false when the user ends the machine. */
static bool take_typed(void)
{
	unsigned char data[FRAME_MAX];
	ssize_t got = read(STDIN_FILENO, data, sizeof(data));

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (got <= 0) {
		connection.input_ended = true;
		queue(FRAME_INPUT_END, NULL, 0);
		return true;
	}
	if (connection.has_terminal && memchr(data, CONNECTION_ESCAPE, (size_t)got))
		return false;
	queue(FRAME_INPUT, data, (size_t)got);
	return true;
}

static void give_waiting(int stream)
{
	ssize_t sent = send(stream, connection.waiting, connection.waiting_size,
			    MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent <= 0)
		return; /* what that means, the machine's end will tell */
	connection.waiting_size -= (size_t)sent;
	memmove(connection.waiting, connection.waiting + sent, connection.waiting_size);
}

static bool act(const struct pollfd events[DIALOGUE_EVENTS])
{
	struct signalfd_siginfo info;

	if (events[EVENT_RESIZED].revents &&
	    read(connection.resized, &info, sizeof(info)) == sizeof(info))
		tell_window();
	if (events[EVENT_STREAM].revents)
		give_waiting(events[EVENT_STREAM].fd);
	return !events[EVENT_TYPED].revents || take_typed();
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
	dialogue->output = on_output;
	dialogue->leave = leave;
}
