/* SPDX-License-Identifier: MIT */
/* Which of Bazel's events say what about a test; see events.h. */
#include "machines/matrix/events.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machines/matrix/artifacts.h"
#include "machines/runner/memory.h"
#include "machines/runner/message.h"

/* Lines of a failed action that are kept: it may be a whole console. */
#define MESSAGE_SIZE 4000

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* The event's ID if it is of this kind, or NULL. */
static const json_t *id_of(const json_t *event, const char *kind)
{
	return json_object_get(json_object_get(event, "id"), kind);
}

static void add_problem(struct events *events, char *text)
{
	if (!events->problem)
		events->problem = text;
	else
		free(text);
}

/* The cell of a target; NULL if it has none, and none is to be made. */
static struct cell *cell_of(struct events *events, const char *label, bool make,
			    struct column **column)
{
	struct cell *cell = NULL;
	char *test;

	*column = events->column;
	if (!label)
		return NULL;
	test = events->place ? events->place(events->table, label, column) : copy_text(label);
	for (size_t i = 0; test && !cell && i < events->table->test_count; i++)
		if (!strcmp(events->table->tests[i], test))
			cell = &(*column)->cells[i];
	if (test && !cell && make)
		cell = table_cell(events->table, *column, test);
	free(test);
	return cell;
}

/* "1.5s", as protobuf writes durations. */
static double seconds_of(const json_t *object, const char *key)
{
	const char *text = text_of(object, key);

	return text ? strtod(text, NULL) : 0;
}

static bool is_true(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

static void add_failed(struct events *events, const char *name, char *message)
{
	events->failed = grow(events->failed, events->failed_count + 1, sizeof(*events->failed));
	events->failed[events->failed_count++] =
		(struct failed){.name = copy_text(name), .message = message};
}

/* What was said of the action, or of the other target, because of which a target was not built. */
static const char *cause_of(const struct events *events, const json_t *event)
{
	const json_t *child;
	size_t i;

	json_array_foreach(json_object_get(event, "children"), i, child)
	{
		const char *name =
			text_of(json_object_get(child, "actionCompleted"), "primaryOutput");

		if (!name)
			name = text_of(json_object_get(child, "configuredLabel"), "label");
		for (size_t j = 0; name && j < events->failed_count; j++)
			if (!strcmp(events->failed[j].name, name))
				return events->failed[j].message;
	}
	return NULL;
}

static void on_configured(struct events *events, const json_t *id, const json_t *event)
{
	const char *label = text_of(id, "label");
	const json_t *configured = json_object_get(event, "configured");
	const json_t *aborted = json_object_get(event, "aborted");
	bool is_test = text_of(configured, "testSize");
	struct column *column;
	struct cell *cell = cell_of(events, label, is_test || aborted, &column);

	if (cell && aborted) {
		cell->verdict = NOT_BUILT;
		if (!cell->message)
			replace_text(&cell->message, cause_of(events, event));
	}
}

/* The analysis of a target failed, maybe of one that a test depends on. */
static void on_label_aborted(struct events *events, const json_t *id, const json_t *event)
{
	const char *label = text_of(id, "label");
	const char *why = text_of(json_object_get(event, "aborted"), "description");
	struct column *column;
	struct cell *cell = cell_of(events, label, why != NULL, &column);

	if (label && why)
		add_failed(events, label, copy_text(why));
	if (!cell || !why)
		return;
	cell->verdict = NOT_BUILT;
	replace_text(&cell->message, why);
}

static void on_action(struct events *events, const json_t *id, const json_t *event)
{
	const json_t *action = json_object_get(event, "action");
	const json_t *stderr_file = json_object_get(action, "stderr");
	const char *output = text_of(id, "primaryOutput");
	char *message;

	if (is_true(action, "success") || !output)
		return;
	message = artifact_text(text_of(stderr_file, "uri"), MESSAGE_SIZE);
	if (!message || !*message)
		replace_text(&message,
			     text_of(json_object_get(action, "failureDetail"), "message"));
	add_failed(events, output, message);
}

static void on_completed(struct events *events, const json_t *id, const json_t *event)
{
	struct column *column;
	/* Only for targets with a row: others are not tests. */
	struct cell *cell = cell_of(events, text_of(id, "label"), false, &column);
	const json_t *completed = json_object_get(event, "completed");
	const json_t *aborted = json_object_get(event, "aborted");
	const char *reason = text_of(aborted, "reason");
	const char *why;

	if (!cell || is_true(completed, "success"))
		return;
	if (aborted && reason && !strcmp(reason, "SKIPPED")) {
		cell->verdict = SKIPPED;
		replace_text(&cell->message, "it is not for this machine or platform");
		return;
	}
	if (aborted && reason && !strcmp(reason, "USER_INTERRUPTED"))
		return;
	cell->verdict = NOT_BUILT;
	why = cause_of(events, event);
	if (!why)
		why = text_of(json_object_get(completed, "failureDetail"), "message");
	if (!why)
		why = text_of(aborted, "description");
	replace_text(&cell->message, why);
}

static enum verdict verdict_of(const char *status)
{
	static const struct {
		const char *status;
		enum verdict verdict;
	} known[] = {
		{"PASSED", PASSED},
		{"FLAKY", FLAKY},
		{"FAILED", FAILED},
		{"TIMEOUT", TIMED_OUT},
		{"FAILED_TO_BUILD", NOT_BUILT},
	};

	for (size_t i = 0; status && i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(status, known[i].status))
			return known[i].verdict;
	/* NO_STATUS, REMOTE_FAILURE, TOOL_HALTED_BEFORE_TESTING, and what Bazel may invent. */
	return NO_STATUS;
}

static const char *output_named(const json_t *result, const char *name)
{
	const json_t *output;
	size_t i;

	json_array_foreach(json_object_get(result, "testActionOutput"), i, output)
	{
		const char *text = text_of(output, "name");

		if (text && !strcmp(text, name))
			return text_of(output, "uri");
	}
	return NULL;
}

/* Appends ".run2" where Bazel counts from 1 and there is more than one. */
static char *append_number(char *path, const char *word, const json_t *id)
{
	json_int_t number = json_integer_value(json_object_get(id, word));
	char *longer;

	if (number <= 1)
		return path;
	longer = format_text("%s.%s%lld", path, word, (long long)number);
	free(path);
	return longer;
}

/* A log's place in the output folder: a name of its own for each run. */
static char *log_name(const struct column *column, const json_t *id, const char *label)
{
	char *path = format_text("logs/%s/%s", column->id, label + strspn(label, "@/"));
	char *whole;

	path = append_number(path, "run", id);
	path = append_number(path, "shard", id);
	path = append_number(path, "attempt", id);
	for (char *c = path; *c; c++)
		if (*c == ':' || (!isalnum((unsigned char)*c) && !strchr("_.-+/", *c)))
			*c = *c == ':' ? '/' : '_';
	whole = format_text("%s.log", path);
	free(path);
	return whole;
}

static void keep_log(struct events *events, struct column *column, struct cell *cell,
		     const json_t *id, const char *uri, enum verdict verdict)
{
	char *name = log_name(column, id, events->table->tests[cell - column->cells]);

	if (!column->release)
		column->release = artifact_release(uri);
	if (events->folder && !artifact_copy(uri, events->folder, name) &&
	    (!cell->log || verdict >= cell->log_verdict)) {
		replace_text(&cell->log, name);
		cell->log_verdict = verdict;
	}
	free(name);
}

static void on_result(struct events *events, const json_t *id, const json_t *event)
{
	const json_t *result = json_object_get(event, "testResult");
	enum verdict verdict = verdict_of(text_of(result, "status"));
	const char *log = output_named(result, "test.log");
	struct column *column;
	struct cell *cell = cell_of(events, text_of(id, "label"), result != NULL, &column);
	char *skip;

	if (!cell || !result)
		return;
	cell->folders = grow(cell->folders, cell->runs + 1, sizeof(*cell->folders));
	cell->folders[cell->runs++] = artifact_folder(log);
	cell->seconds += seconds_of(result, "testAttemptDuration");
	cell->cached += is_true(result, "cachedLocally") ||
			is_true(json_object_get(result, "executionInfo"), "cachedRemotely");
	if (log)
		keep_log(events, column, cell, id, log, verdict);
	skip = verdict == PASSED ? artifact_skip(output_named(result, "test.xml")) : NULL;
	if (skip) {
		cell->skipped++;
		replace_text(&cell->message, skip);
		free(skip);
	}
}

static void on_summary(struct events *events, const json_t *id, const json_t *event)
{
	const json_t *summary = json_object_get(event, "testSummary");
	struct column *column;
	struct cell *cell = cell_of(events, text_of(id, "label"), summary != NULL, &column);

	if (!cell || !summary)
		return;
	cell->verdict = verdict_of(text_of(summary, "overallStatus"));
	if (cell->verdict == PASSED && cell->runs && cell->skipped == cell->runs)
		cell->verdict = SKIPPED;
	if (cell->verdict != SKIPPED && cell->verdict != NOT_BUILT)
		replace_text(&cell->message, NULL);
}

static void on_pattern(struct events *events, const json_t *event)
{
	const char *why = text_of(json_object_get(event, "aborted"), "description");

	if (why)
		add_problem(events, copy_text(why));
}

static void on_event(struct events *events, const json_t *event)
{
	static const struct {
		const char *kind;
		void (*take)(struct events *, const json_t *, const json_t *);
	} kinds[] = {
		{"targetConfigured", on_configured}, {"configuredLabel", on_label_aborted},
		{"actionCompleted", on_action},	     {"targetCompleted", on_completed},
		{"testResult", on_result},	     {"testSummary", on_summary},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		const json_t *id = id_of(event, kinds[i].kind);

		if (id)
			kinds[i].take(events, id, event);
	}
	if (id_of(event, "pattern"))
		on_pattern(events, event);
	events->complete |= is_true(event, "lastMessage");
}

static void take_line(struct events *events, const char *line, size_t size)
{
	json_error_t error;
	json_t *event;

	events->lines++;
	if (!size)
		return;
	event = json_loadb(line, size, 0, &error);
	if (json_is_object(event))
		on_event(events, event);
	else
		add_problem(events,
			    format_text("Bazel's events can't be read: line %u: %s", events->lines,
					event ? "it is no object" : error.text));
	json_decref(event);
}

void events_read(struct events *events, const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	ssize_t got;

	while (file && (got = getline(&line, &size, file)) > 0)
		take_line(events, line, (size_t)got - (line[got - 1] == '\n'));
	if (file)
		fclose(file);
	free(line);
	if (!events->complete)
		add_problem(events,
			    format_text("Bazel's events end after %u lines, before the last one",
					events->lines));
	for (size_t i = 0; i < events->failed_count; i++) {
		free(events->failed[i].name);
		free(events->failed[i].message);
	}
	free(events->failed);
	events->failed = NULL;
}
