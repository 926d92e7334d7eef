/* SPDX-License-Identifier: MIT */
/* What passes between the job's program and the host. */
#include "machines/init/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "machines/init/host.h"

/*
 * How often a host that has no event is asked whether it has sent something, in ms of
 * the machine's time: a person does not notice, and a test is only told its time.
 */
#define LOOK_FOR_TYPED_MS 5
#define LOOK_FOR_TIME_MS 100

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
void relay(struct program *program)
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
		if (program->pending && events[3].revents)
			give_input(program);
		if (listens && (host >= 0 ? events[4].revents : host_has_sent()))
			take_frame(program);
	}
}

static void drain_one(int *fd, enum channel_type type)
{
	if (*fd < 0)
		return;
	fcntl(*fd, F_SETFL, O_NONBLOCK);
	while (pass(fd, type))
		;
	if (*fd >= 0)
		close(*fd);
}

void drain(struct program *program)
{
	drain_one(&program->output, CHANNEL_OUTPUT);
	drain_one(&program->error, CHANNEL_ERROR);
}
