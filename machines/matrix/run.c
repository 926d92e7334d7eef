/* SPDX-License-Identifier: MIT */
/* A Bazel, its events and its messages; see run.h. */
#include "machines/matrix/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "machines/emulator/child.h"
#include "machines/matrix/folder.h"
#include "machines/matrix/progress.h"
#include "machines/matrix/status.h"
#include "machines/runner/message.h"

/* How often the display's clock goes on. */
#define CLOCK_MS 1000

/* Lines of Bazel's complaint that are kept. */
#define COMPLAINT_LINES 12
#define LINE_SIZE 512

static int signals = -1;

/* What Bazel prints. */
struct messages {
	int fd; /* -1 at its end */
	FILE *log;
	char line[LINE_SIZE]; /* in progress */
	size_t line_size;
	char doing[LINE_SIZE]; /* the last one about progress */
	char complaint[COMPLAINT_LINES * LINE_SIZE]; /* the first error */
	int complaint_lines;
};

struct running {
	struct table *table;
	struct events events;
	struct messages messages;
	pid_t pid;
	int watch; /* pidfd */
	int events_file;
	int events_change; /* inotify */
	double began;
	size_t columns_ended;
	bool interrupted;
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void watch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0)
		die("signalfd: %s", strerror(errno));
}

static void end_line(struct messages *messages)
{
	static const char error[] = "ERROR: ";
	char *line = messages->line;

	line[messages->line_size] = '\0';
	if (*line == '[')
		strcpy(messages->doing, line);
	if (!messages->complaint_lines && !strncmp(line, error, sizeof(error) - 1))
		line += sizeof(error) - 1;
	else if (!messages->complaint_lines || *line == '[')
		line = NULL;
	if (line && *line && messages->complaint_lines < COMPLAINT_LINES) {
		strcat(messages->complaint, line);
		strcat(messages->complaint, "\n");
		messages->complaint_lines++;
	}
	messages->line_size = 0;
}

/* Returns false when there is nothing, now or any more. */
static bool take_messages(struct messages *messages)
{
	char data[4096];
	ssize_t got = read(messages->fd, data, sizeof(data));

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (got <= 0) {
		close(messages->fd);
		messages->fd = -1;
		return false;
	}
	fwrite(data, 1, (size_t)got, messages->log);
	for (ssize_t i = 0; i < got; i++) {
		if (data[i] == '\n')
			end_line(messages);
		else if (data[i] >= ' ' && data[i] <= '~' && messages->line_size < LINE_SIZE - 2)
			messages->line[messages->line_size++] = data[i];
	}
	return true;
}

static void take_events(struct running *running)
{
	char data[65536];
	ssize_t got;

	while ((got = read(running->events_file, data, sizeof(data))) > 0)
		events_take(&running->events, data, (size_t)got);
}

static void add_arguments(struct arguments *arguments, const struct options *options,
			  const struct bazel *bazel, const char *packages, const char *events_path)
{
	add_argument(arguments, "%s", bazel->program);
	add_argument(arguments, "test");
	add_argument(arguments, "--keep_going");
	add_argument(arguments, "--color=no");
	add_argument(arguments, "--curses=no");
	add_argument(arguments, "--show_progress_rate_limit=1");
	add_argument(arguments, "--test_output=summary");
	for (size_t i = 0; i < options->bazel_options.count; i++)
		add_argument(arguments, "%s", options->bazel_options.list[i]);
	/* The tests are those of any package, which need not know of the matrix. */
	add_argument(arguments, "--check_visibility=false");
	add_argument(arguments, "--package_path=%s", packages);
	/* Last: it is what the table is made from. */
	add_argument(arguments, "--build_event_json_file=%s", events_path);
	add_argument(arguments, "--");
	add_argument(arguments, "//" CELLS_PACKAGE ":all");
}

static void start(struct running *running, const struct options *options, const struct bazel *bazel,
		  const char *packages)
{
	char *events_path = format_text("%s/" FOLDER_EVENTS, options->output);
	struct arguments arguments = {0};
	int pipe[2];

	running->messages.log = folder_create(options->output, FOLDER_MESSAGES);
	fclose(folder_create(options->output, FOLDER_EVENTS));
	running->events_file = open(events_path, O_RDONLY | O_CLOEXEC);
	running->events_change = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (running->events_file < 0 || running->events_change < 0 ||
	    inotify_add_watch(running->events_change, events_path, IN_MODIFY) < 0 ||
	    pipe2(pipe, O_CLOEXEC))
		die("cannot watch %s: %s", events_path, strerror(errno));
	add_arguments(&arguments, options, bazel, packages, events_path);
	/* Ctrl-C is for us, who pass it on once. */
	running->pid = bazel_start(bazel, &arguments, pipe[1], pipe[1], true);
	close(pipe[1]);
	running->watch = running->pid < 0 ? -1 : (int)syscall(SYS_pidfd_open, running->pid, 0);
	if (running->watch < 0)
		die("cannot start Bazel: %s", strerror(errno));
	running->messages.fd = pipe[0];
	fcntl(pipe[0], F_SETFL, O_NONBLOCK);
	free_arguments(&arguments);
	free(events_path);
}

static void take_signal(struct running *running)
{
	struct signalfd_siginfo info;

	if (read(signals, &info, sizeof(info)) != sizeof(info))
		return;
	running->interrupted = true;
	kill(running->pid, SIGINT);
}

/* The message of every test that was not built, if it is the same. */
static const char *common_cause(const struct table *table, const struct column *column)
{
	const char *cause = NULL;

	for (size_t i = 0; i < table->test_count; i++) {
		const struct cell *cell = &column->cells[i];

		if (cell->verdict == NOT_RUN || (cell->verdict == SKIPPED && !cell->runs))
			continue; /* a row of another column */
		if (cell->verdict != NOT_BUILT || !cell->message ||
		    (cause && strcmp(cause, cell->message)))
			return NULL;
		cause = cell->message;
	}
	return cause;
}

/* As Bazel's exit status would be, had it run for nothing else. */
static int status_of(const struct table *table, const struct column *column)
{
	int status = 0;

	for (size_t i = 0; i < table->test_count; i++) {
		const enum verdict verdict = column->cells[i].verdict;

		if (verdict == NOT_BUILT)
			return STATUS_NOT_BUILT;
		if (table_failed(verdict))
			status = STATUS_TESTS_FAILED;
	}
	return status;
}

/* Whether Bazel has done all that it could, whatever came out. */
static bool is_whole(int status)
{
	return status == 0 || status == STATUS_NOT_BUILT || status == STATUS_TESTS_FAILED ||
	       status == STATUS_NO_TESTS;
}

/* @ended: Bazel has, and nothing more will be known. */
static void judge(struct running *running, struct column *column, bool ended)
{
	const struct table *table = running->table;
	const char *cause = common_cause(table, column);
	const char *problem = running->events.problem;

	column->seconds = now() - running->began;
	column->status = status_of(table, column);
	column->state = COLUMN_DONE;
	if (ended && (running->interrupted || table->status == STATUS_INTERRUPTED)) {
		/* Its events end early, of course. */
		column->state = COLUMN_INTERRUPTED;
		column->status = STATUS_INTERRUPTED;
		return;
	}
	if (cause)
		replace_text(&column->problem, cause);
	else if (ended && problem)
		replace_text(&column->problem, problem);
	else if (ended && !is_whole(table->status))
		replace_text(&column->problem, *running->messages.complaint
						       ? running->messages.complaint
						       : running->messages.line);
	if (column->problem) {
		column->state = COLUMN_BROKEN;
		if (!cause && !is_whole(table->status))
			column->status = table->status;
	}
}

/* Columns of which all is known, or will ever be. */
static void end_columns(struct running *running, bool ended)
{
	for (size_t i = 0; i < running->table->column_count; i++) {
		struct column *column = &running->table->columns[i];

		if (column->state != COLUMN_RUNNING ||
		    (!ended && column->finished < column->expected))
			continue;
		judge(running, column, ended && column->finished < column->expected);
		progress_end(running->table, column, ++running->columns_ended);
	}
}

static void follow(struct running *running)
{
	bool ended = false;

	while (!ended) {
		struct pollfd events[] = {
			{.fd = running->watch, .events = POLLIN},
			{.fd = running->messages.fd, .events = POLLIN},
			{.fd = running->events_change, .events = POLLIN},
			{.fd = signals, .events = POLLIN},
		};
		char changes[4096];

		progress_show(&running->events, now() - running->began, running->messages.doing);
		if (poll(events, sizeof(events) / sizeof(*events), CLOCK_MS) < 0) {
			if (errno != EINTR)
				die("poll: %s", strerror(errno));
			continue;
		}
		ended = events[0].revents;
		if (events[1].revents)
			take_messages(&running->messages);
		while (events[2].revents &&
		       read(running->events_change, changes, sizeof(changes)) > 0)
			;
		if (events[2].revents) {
			take_events(running);
			end_columns(running, false);
		}
		if (events[3].revents)
			take_signal(running);
	}
}

void run_cells(const struct options *options, const struct bazel *bazel, const struct cells *cells,
	       const char *packages)
{
	struct running running = {.table = cells->table};
	struct table *table = cells->table;

	watch_signals();
	events_begin(&running.events, table, NULL, options->output);
	running.events.place = cells_place;
	running.events.context = cells;
	for (size_t i = 0; i < table->column_count; i++)
		table->columns[i].state = COLUMN_RUNNING;
	progress_begin(table, cells->test_count);
	running.began = now();
	start(&running, options, bazel, packages);
	follow(&running);
	table->status = bazel_wait(running.pid);
	while (take_messages(&running.messages))
		;
	take_events(&running);
	events_end(&running.events);
	end_columns(&running, true);
	folder_close(running.messages.log, "Bazel's log");
	if (running.messages.fd >= 0)
		close(running.messages.fd);
	close(running.events_file);
	close(running.events_change);
	close(running.watch);
}
