/* SPDX-License-Identifier: MIT */
/* See run.h. */
#include "kvm_lab/score/run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kvm_lab/score/lines.h"
#include "kvm_lab/score/order.h"
#include "kvm_lab/score/slot.h"
#include "machines/runner/message.h"

/* How often the state of things is told between catches, in seconds. */
#define STATUS_SECONDS 60

/* A fault and a suite. */
struct row {
	size_t fault, suite;
	unsigned int runs; /* begun so far */
	bool is_busy, is_done;
};

struct running {
	struct score *score;
	const struct options *options;
	char *folder, *runfiles;
	struct row *rows;
	size_t row_count;
	struct slot *slots;
	double began, told;
	unsigned int caught, done, runs;
};

static volatile sig_atomic_t interrupted;

static void on_signal(int signal)
{
	(void)signal;
	interrupted = 1;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Makes all folders on the way to a file. */
static void make_way(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		make_folder(path);
		*slash = '/';
	}
}

void run_prepare(struct score *score, const char *folder)
{
	for (size_t i = 0; i < score->files.count; i++) {
		char *target = line_value(score->files.list[i]);
		char *path = format_text("%s/runfiles/%s", folder, score->files.list[i]);
		/*
		 * Bazel's next command, which builds the faults, leaves of other repositories
		 * those in its execution root that it needs itself; all are two folders above.
		 */
		const char *repositories = strncmp(target, "external/", 9) ? "" : "/../..";
		char *from = format_text("%s%s/%s", score->root, repositories, target);

		make_way(path);
		/* Tests have files in common. */
		if (symlink(from, path) && errno != EEXIST)
			die("cannot link %s: %s", path, strerror(errno));
		free(from);
		free(path);
	}
}

static void prepare_slots(struct running *running)
{
	const struct options *options = running->options;

	running->slots = calloc(options->jobs, sizeof(*running->slots));
	if (!running->slots)
		die("out of memory");
	for (unsigned int i = 0; i < options->jobs; i++) {
		struct slot *slot = &running->slots[i];
		char *runner = format_text("%s/%s", running->runfiles, running->score->runner);
		char *path;

		slot->folder = format_text("%s/slot%u", running->folder, i);
		make_folder(slot->folder);
		path = format_text("%s/tmp", slot->folder);
		make_folder(path);
		free(path);
		path = format_text("%s/test", slot->folder);
		if (symlink(runner, path))
			die("cannot link %s: %s", path, strerror(errno));
		free(path);
		free(runner);
	}
}

static void make_rows(struct running *running)
{
	const struct score *score = running->score;

	running->rows = calloc(score->fault_count * score->suite_count + 1, sizeof(*running->rows));
	if (!running->rows)
		die("out of memory");
	for (size_t i = 0; i < score->fault_count; i++)
		for (size_t j = 0; j < score->suite_count; j++)
			if (score->faults[i].state == FAULT_READY)
				running->rows[running->row_count++] =
					(struct row){.fault = i, .suite = j};
}

static struct row *row_of(struct running *running, const struct slot *slot)
{
	struct row *row = running->rows;

	while (row->fault != slot->fault || row->suite != running->score->tests[slot->test].suite)
		row++;
	return row;
}

/* The rows take turns: the one that has had the fewest tests. */
static struct row *next_row(struct running *running)
{
	struct row *best = NULL;

	for (size_t i = 0; i < running->row_count; i++) {
		struct row *row = &running->rows[i];

		if (!row->is_busy && !row->is_done && (!best || row->runs < best->runs))
			best = row;
	}
	return best;
}

static const char *place(const struct fault *fault)
{
	static char text[256];

	snprintf(text, sizeof(text), "%s%s%s%s%s", fault->area, fault->line ? ":" : "",
		 fault->line ? fault->line : "", fault->operation ? " " : "",
		 fault->operation ? fault->operation : "");
	return text;
}

static void tell_row(struct running *running, struct row *row, const struct slot *slot)
{
	const struct score *score = running->score;
	const struct fault *fault = &score->faults[row->fault];
	const char *suite = score->suites[row->suite].name;

	running->done++;
	printf("[%u/%zu] ", running->done, running->row_count);
	if (slot)
		printf("%s: %s, %s: %s by %s on %s, %.1f s\n", suite, fault->label, place(fault),
		       outcome_names[verdict_outcome(&slot->verdict)],
		       score->tests[slot->test].label, score->machines[slot->machine].name,
		       slot->seconds);
	else if (!row->runs)
		printf("%s: %s, %s: not reached\n", suite, fault->label, place(fault));
	else
		printf("%s: %s, %s: not caught by %u tests\n", suite, fault->label, place(fault),
		       row->runs);
	fflush(stdout);
}

static void tell_state(struct running *running)
{
	if (now() - running->told < STATUS_SECONDS)
		return;
	running->told = now();
	printf("after %.0f s: %u tests run, %u of %zu caught, %zu still looked at\n",
	       running->told - running->began, running->runs, running->caught, running->row_count,
	       running->row_count - running->done);
	fflush(stdout);
}

static bool time_is_over(const struct running *running)
{
	const unsigned int minutes = running->options->minutes;

	return interrupted || (minutes && now() - running->began > 60.0 * minutes);
}

/* Gives a free slot something to do; false if there is nothing. */
static bool begin(struct running *running, struct slot *slot)
{
	struct score *score = running->score;
	struct row *row;

	while (!time_is_over(running) && (row = next_row(running))) {
		const size_t test = order_next(score, row->fault, row->suite);

		if (test == score->test_count) {
			row->is_done = true;
			/* With --all, it may have been caught long since. */
			if (!score_catch(score, row->fault, row->suite))
				tell_row(running, row, NULL);
			continue;
		}
		row->is_busy = true;
		row->runs++;
		slot->fault = row->fault;
		slot->test = test;
		slot->machine =
			score_machine(score, &score->faults[row->fault], &score->tests[test]);
		slot->step = STEP_FAULT;
		slot_start(score, slot, running->runfiles);
		return true;
	}
	return false;
}

/* A catch's log is kept: it is what there is to see. */
static void keep_log(const struct running *running, const struct slot *slot)
{
	const struct score *score = running->score;
	const char *fault = strrchr(score->faults[slot->fault].label, ':') + 1;
	const char *test = strrchr(score->tests[slot->test].label, ':') + 1;
	char *from = format_text("%s/catch", slot->folder);
	char *to = format_text("%s/logs/%s.%s.txt", running->options->output, fault, test);

	if (rename(from, to))
		say("cannot keep %s: %s", to, strerror(errno));
	free(from);
	free(to);
}

static void set_log_aside(const struct slot *slot)
{
	char *from = slot_log(slot), *to = format_text("%s/catch", slot->folder);

	if (rename(from, to))
		die("cannot rename %s: %s", from, strerror(errno));
	free(from);
	free(to);
}

/* The test has said all that it has to say of the fault. */
static void settle(struct running *running, struct slot *slot, enum outcome outcome,
		   bool fails_anyway)
{
	struct score *score = running->score;
	struct row *row = row_of(running, slot);
	const bool was_caught = score_catch(score, row->fault, row->suite);
	const bool is_catch = outcome_is_catch(outcome) && !fails_anyway;

	*score_cell(score, slot->fault, slot->test) = (struct cell){
		.has_run = true,
		.fails_anyway = fails_anyway,
		.outcome = outcome,
		.seconds = slot->seconds,
		.machine = slot->machine,
	};
	row->is_busy = false;
	slot->pid = 0;
	if (!is_catch)
		return;
	keep_log(running, slot);
	if (was_caught)
		return;
	running->caught++;
	tell_row(running, row, slot);
	row->is_done = !running->options->all;
}

/* What the test said of the fault; is there something to be checked about it? */
static void weigh(struct running *running, struct slot *slot)
{
	struct test *test = &running->score->tests[slot->test];
	const enum outcome outcome = verdict_outcome(&slot->verdict);
	const enum outcome unedited = test->unedited[slot->machine];

	if (!outcome_is_catch(outcome)) {
		settle(running, slot, outcome, false);
	} else if (unedited == OUTCOMES && slot->step == STEP_UNEDITED) {
		/* It had no end there either, maybe because this computer is busy. */
		settle(running, slot, NO_VERDICT, false);
	} else if (unedited == OUTCOMES) {
		slot->step = STEP_UNEDITED;
		slot_start(running->score, slot, running->runfiles);
	} else if (unedited == PASSED && outcome == HUNG && slot->step != STEP_AGAIN) {
		slot->step = STEP_AGAIN;
		slot_start(running->score, slot, running->runfiles);
	} else {
		settle(running, slot, outcome, unedited != PASSED);
	}
}

static void finish(struct running *running, struct slot *slot, int status)
{
	struct score *score = running->score;
	struct test *test = &score->tests[slot->test];
	const struct verdict verdict = slot_finish(slot, status);
	const double seconds = now() - slot->began;

	running->runs++;
	if (verdict_is(&verdict, PASSED))
		test->seconds = seconds;
	if (verdict_is(&verdict, NO_VERDICT) && !test->has_no_verdict) {
		char *log = slot_log(slot);

		test->has_no_verdict = true;
		say("%s has no verdict, of %s for one; what it has not met counts as undecided:",
		    test->label, score->faults[slot->fault].label);
		verdict_print_reason(stdout, log);
		fflush(stdout);
		free(log);
	}
	switch (slot->step) {
	case STEP_FAULT:
		slot->seconds = seconds;
		slot->verdict = verdict;
		set_log_aside(slot);
		break;
	case STEP_UNEDITED:
		if (verdict_outcome(&verdict) != HUNG && verdict_outcome(&verdict) != NO_VERDICT)
			test->unedited[slot->machine] = verdict_outcome(&verdict);
		if (!verdict_is(&verdict, PASSED))
			say("%s does not pass on KVM as it is on %s ('%s'), so that it fails says "
			    "nothing",
			    test->label, score->machines[slot->machine].name,
			    outcome_names[verdict_outcome(&verdict)]);
		break;
	case STEP_AGAIN:
		/* Twice, or the machine was only busy. */
		slot->verdict = verdict;
		set_log_aside(slot);
		break;
	}
	weigh(running, slot);
}

static struct slot *slot_of(struct running *running, pid_t pid)
{
	for (unsigned int i = 0; i < running->options->jobs; i++)
		if (running->slots[i].pid == pid)
			return &running->slots[i];
	return NULL;
}

/* Begins what there is place for; false if nothing runs. */
static bool fill(struct running *running)
{
	bool runs = false;

	for (unsigned int i = 0; i < running->options->jobs; i++)
		runs |= running->slots[i].pid || begin(running, &running->slots[i]);
	return runs;
}

static void end_all(struct running *running)
{
	for (unsigned int i = 0; i < running->options->jobs; i++)
		if (running->slots[i].pid)
			kill(running->slots[i].pid, SIGTERM);
	for (unsigned int i = 0; i < running->options->jobs; i++)
		if (running->slots[i].pid)
			waitpid(running->slots[i].pid, NULL, 0);
}

static void watch_signals(void)
{
	/* Not restarted: waiting ends with it. */
	const struct sigaction action = {.sa_handler = on_signal};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

void run_all(struct score *score, const struct options *options, const char *folder)
{
	struct running running = {
		.score = score,
		.options = options,
		.folder = format_text("%s", folder),
		.runfiles = format_text("%s/runfiles", folder),
		.began = now(),
		.told = now(),
	};

	make_rows(&running);
	prepare_slots(&running);
	watch_signals();
	while (fill(&running)) {
		struct slot *slot;
		int status;
		pid_t pid = wait(&status);

		if (interrupted)
			break;
		slot = pid > 0 ? slot_of(&running, pid) : NULL;
		if (slot)
			finish(&running, slot, status);
		tell_state(&running);
	}
	end_all(&running);
	score->is_over = time_is_over(&running);
	score->seconds = now() - running.began;
	free(running.rows);
	free(running.slots);
	free(running.folder);
	free(running.runfiles);
}
