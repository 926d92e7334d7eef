/* SPDX-License-Identifier: MIT */
/* See load.h. */
#include "kvm_lab/score/load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kvm_lab/score/build.h"
#include "kvm_lab/score/lines.h"
#include "machines/runner/memory.h"
#include "machines/runner/message.h"

static char *copy(const char *text)
{
	return format_text("%s", text);
}

/* Paths of the build are as from its root. */
static char *absolute(const struct score *score, const char *path)
{
	return format_text("%s/%s", score->root, path);
}

static void add_file(struct score *score, const char *value)
{
	add_word(&score->files, copy(value));
}

/* "NAME DESCRIPTION"; a machine may be named more than once. */
static void add_machine(struct score *score, char *value)
{
	char *description = line_value(value);

	for (size_t i = 0; i < score->machine_count; i++)
		if (!strcmp(score->machines[i].name, value))
			return;
	score->machines = grow(score->machines, score->machine_count + 1, sizeof(*score->machines));
	score->machines[score->machine_count++] = (struct machine){
		.name = copy(value),
		.description = copy(description),
	};
}

static void take_program_line(void *context, char *line)
{
	struct score *score = context;
	char *value = line_value(line);

	if (!strcmp(line, "runner"))
		score->runner = copy(value);
	else if (!strcmp(line, "module") && score->unedited_count < MODULES_MAX)
		score->unedited[score->unedited_count++] = absolute(score, value);
	else if (!strcmp(line, "list"))
		add_word(&score->lists, absolute(score, value));
	else if (!strcmp(line, "equivalents"))
		score->equivalents = absolute(score, value);
	else if (!strcmp(line, "machine"))
		add_machine(score, value);
	else if (!strcmp(line, "file"))
		add_file(score, value);
}

void load_program(struct score *score, const char *path)
{
	if (!lines_read(path, take_program_line, score))
		die("cannot read %s: %s; start this with 'bazel run'", path, strerror(errno));
}

static capability_set capability(const char *name)
{
	const capability_set bit = capability_parse(name);

	if (!bit)
		die("unknown capability '%s' in a test's description; build it anew", name);
	return bit;
}

/* In seconds, of a clock that others' work slows down: more than Bazel would give it. */
static unsigned int limit_of(const char *timeout)
{
	static const struct {
		const char *timeout;
		unsigned int seconds;
	} limits[] = {
		{"short", 180},
		{"moderate", 400},
		{"long", 1200},
		{"eternal", 4800},
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (!strcmp(limits[i].timeout, timeout))
			return limits[i].seconds;
	die("unknown timeout '%s' in a test's description; build it anew", timeout);
}

struct loading {
	struct score *score;
	struct test *test;
	struct fault *fault;
	bool wants_fix; /* the test fails on KVM as it is, whatever the fault */
};

static void take_test_line(void *context, char *line)
{
	struct loading *loading = context;
	struct test *test = loading->test;
	char *value = line_value(line);

	if (!strcmp(line, "timeout")) {
		test->limit = limit_of(value);
	} else if (!strcmp(line, "pinned")) {
		test->pinned = copy(value);
	} else if (!strcmp(line, "argument")) {
		add_word(&test->arguments, copy(value));
	} else if (!strcmp(line, "environment")) {
		add_word(&test->environment, copy(value));
	} else if (!strcmp(line, "machine")) {
		add_machine(loading->score, value);
	} else if (!strcmp(line, "file")) {
		add_file(loading->score, value);
	} else if (!strcmp(line, "line")) {
		add_word(&test->lines, copy(value));
		if (!strncmp(value, "requires ", 9))
			test->required |= capability(value + 9);
		loading->wants_fix |= !strncmp(value, "fixed_by ", 9);
	}
}

bool load_test(struct score *score, const char *label, size_t suite)
{
	char *path = description_path(score, label);
	struct test test = {.label = copy(label), .suite = suite};
	struct loading loading = {.score = score, .test = &test};
	const bool found = lines_read(path, take_test_line, &loading);

	free(path);
	if (!found || !test.lines.count || loading.wants_fix) {
		free(test.label);
		return false;
	}
	score->tests = grow(score->tests, score->test_count + 1, sizeof(*score->tests));
	score->tests[score->test_count++] = test;
	return true;
}

static struct fault *add_fault(struct score *score)
{
	score->faults = grow(score->faults, score->fault_count + 1, sizeof(*score->faults));
	score->faults[score->fault_count] = (struct fault){.machine = copy("")};
	return &score->faults[score->fault_count++];
}

/* A source's path without what all have in common. */
static char *area_of(const char *source)
{
	static const char common[] = "arch/x86/kvm/";
	const size_t size = strlen(common);

	return copy(strncmp(source, common, size) ? source : source + size);
}

static void take_list_line(void *context, char *line)
{
	struct fault *fault = add_fault(context);
	char *columns[7];

	line_columns(line, columns, 7);
	fault->label = copy(columns[0]);
	fault->source = copy(columns[1]);
	fault->area = area_of(columns[1]);
	fault->line = copy(columns[2]);
	fault->operation = copy(columns[3]);
	fault->function = copy(columns[4]);
	fault->from = copy(columns[5]);
	fault->to = copy(columns[6]);
}

void load_generated(struct score *score)
{
	for (size_t i = 0; i < score->lists.count; i++)
		if (!lines_read(score->lists.list[i], take_list_line, score))
			die("cannot read %s: %s", score->lists.list[i], strerror(errno));
}

void load_named(struct score *score, const char *label)
{
	add_fault(score)->label = copy(label);
}

static bool is(const char *text, const char *other)
{
	return text && !strcmp(text, other);
}

/* File, function, operator, what is replaced, reason. */
static void take_equivalent(void *context, char *line)
{
	struct score *score = context;
	char *columns[5];

	if (!*line || *line == '#')
		return;
	line_columns(line, columns, 5);
	for (size_t i = 0; i < score->fault_count; i++) {
		struct fault *fault = &score->faults[i];

		if (!is(fault->source, columns[0]) || !is(fault->function, columns[1]) ||
		    !is(fault->operation, columns[2]) || !is(fault->from, columns[3]))
			continue;
		fault->state = FAULT_EQUIVALENT;
		fault->reason = copy(columns[4]);
	}
}

void load_equivalents(struct score *score)
{
	if (!lines_read(score->equivalents, take_equivalent, score))
		die("cannot read %s: %s", score->equivalents, strerror(errno));
}

static void take_fault_line(void *context, char *line)
{
	struct loading *loading = context;
	struct fault *fault = loading->fault;
	char *value = line_value(line);

	if (!strcmp(line, "source") && !fault->source) {
		fault->source = copy(value);
		fault->area = area_of(value);
	} else if (!strcmp(line, "on")) {
		fault->machine = copy(value);
	} else if (!strcmp(line, "caught_by")) {
		/* As queries have it: without the main repository's name. */
		add_word(&fault->caught_by, copy(value + strspn(value, "@")));
	} else if (!strcmp(line, "module") && fault->module_count < MODULES_MAX) {
		fault->modules[fault->module_count++] = absolute(loading->score, value);
	}
}

/* Whether two files hold the same; false if one of them is not there. */
static bool same_contents(const char *one, const char *other)
{
	const int fds[] = {open(one, O_RDONLY | O_CLOEXEC), open(other, O_RDONLY | O_CLOEXEC)};
	struct stat status[2];
	const void *contents[2] = {MAP_FAILED, MAP_FAILED};
	bool same = fds[0] >= 0 && fds[1] >= 0 && !fstat(fds[0], &status[0]) &&
		    !fstat(fds[1], &status[1]) && status[0].st_size == status[1].st_size;

	for (int i = 0; i < 2 && same; i++) {
		contents[i] =
			mmap(NULL, (size_t)status[i].st_size, PROT_READ, MAP_PRIVATE, fds[i], 0);
		same = contents[i] != MAP_FAILED;
	}
	same = same && !memcmp(contents[0], contents[1], (size_t)status[0].st_size);
	for (int i = 0; i < 2; i++) {
		if (contents[i] != MAP_FAILED)
			munmap((void *)contents[i], (size_t)status[i].st_size);
		if (fds[i] >= 0)
			close(fds[i]);
	}
	return same;
}

void load_built(struct score *score, struct fault *fault)
{
	struct loading loading = {.score = score, .fault = fault};
	char *path = description_path(score, fault->label);
	bool same = true;

	fault->module_count = 0;
	if (!lines_read(path, take_fault_line, &loading) || !fault->module_count || !fault->source)
		fault->state = FAULT_NOT_COMPILED;
	else
		fault->state = FAULT_READY;
	free(path);
	for (size_t i = 0; i < fault->module_count; i++) {
		if (access(fault->modules[i], R_OK))
			fault->state = FAULT_NOT_COMPILED;
		same = same && i < score->unedited_count &&
		       same_contents(fault->modules[i], score->unedited[i]);
	}
	if (fault->state == FAULT_READY && same)
		fault->state = FAULT_SAME_CODE;
}

static void take_machine_line(void *context, char *line)
{
	struct machine *machine = context;
	char *value = line_value(line);

	if (!strcmp(line, "provides"))
		machine->provides |= capability(value);
}

void load_capabilities(struct score *score, const char *folder)
{
	for (size_t i = 0; i < score->machine_count; i++) {
		struct machine *machine = &score->machines[i];
		char *path = format_text("%s/%s", folder, machine->description);

		machine->provides = CAPABILITY_KVM;
		if (!lines_read(path, take_machine_line, machine))
			die("cannot read %s: %s", path, strerror(errno));
		free(path);
	}
}
