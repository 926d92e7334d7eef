/* SPDX-License-Identifier: MIT */
/* Which of Bazel's events say what about a test; see results.h. */
#include "machines/bazel/results.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machines/bazel/test_files.h"
#include "machines/runner/memory.h"
#include "machines/runner/message.h"

/* Of what a failed action said: it may be a whole console. */
#define MESSAGE_SIZE 4000

/* An action that failed, or a target that can't be. */
struct failed {
	char *name; /* what Bazel knows it by: an output, or a label */
	char *message; /* what it said */
};

struct reading {
	struct results results;
	unsigned int lines; /* so far */
	struct failed *failed;
	size_t failed_count;
	bool complete; /* the last event was read */
};

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* The event's ID if it is of this kind, or NULL. */
static const json_t *id_of(const json_t *event, const char *kind)
{
	return json_object_get(json_object_get(event, "id"), kind);
}

static void add_problem(struct reading *reading, char *text)
{
	if (!reading->results.problem)
		reading->results.problem = text;
	else
		free(text);
}

/* A copy of @text, which may be NULL, in the place of the message that was there. */
static void set_message(struct test_result *result, const char *text)
{
	free(result->message);
	result->message = text ? format_text("%s", text) : NULL;
}

/* The result of a target; NULL if it has none, and none is to be made. */
static struct test_result *result_of(struct reading *reading, const char *label, bool make)
{
	struct results *results = &reading->results;

	if (!label)
		return NULL;
	for (size_t i = 0; i < results->count; i++)
		if (!strcmp(results->list[i].label, label))
			return &results->list[i];
	if (!make)
		return NULL;
	results->list = grow(results->list, results->count + 1, sizeof(*results->list));
	results->list[results->count] = (struct test_result){.label = format_text("%s", label)};
	return &results->list[results->count++];
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

static void add_failed(struct reading *reading, const char *name, char *message)
{
	reading->failed =
		grow(reading->failed, reading->failed_count + 1, sizeof(*reading->failed));
	reading->failed[reading->failed_count++] =
		(struct failed){.name = format_text("%s", name), .message = message};
}

/* What was said of the action, or of the other target, because of which a target was not built. */
static const char *cause_of(const struct reading *reading, const json_t *event)
{
	const json_t *child;
	size_t i;

	json_array_foreach(json_object_get(event, "children"), i, child)
	{
		const char *name =
			text_of(json_object_get(child, "actionCompleted"), "primaryOutput");

		if (!name)
			name = text_of(json_object_get(child, "configuredLabel"), "label");
		for (size_t j = 0; name && j < reading->failed_count; j++)
			if (!strcmp(reading->failed[j].name, name))
				return reading->failed[j].message;
	}
	return NULL;
}

static void on_configured(struct reading *reading, const json_t *id, const json_t *event)
{
	const json_t *configured = json_object_get(event, "configured");
	const json_t *aborted = json_object_get(event, "aborted");
	bool is_test = text_of(configured, "testSize");
	struct test_result *result = result_of(reading, text_of(id, "label"), is_test || aborted);

	if (result && aborted) {
		result->verdict = NOT_BUILT;
		if (!result->message)
			set_message(result, cause_of(reading, event));
	}
}

/* The analysis of a target failed, maybe of one that a test depends on. */
static void on_label_aborted(struct reading *reading, const json_t *id, const json_t *event)
{
	const char *label = text_of(id, "label");
	const char *why = text_of(json_object_get(event, "aborted"), "description");
	struct test_result *result;

	if (!label || !why)
		return;
	add_failed(reading, label, format_text("%s", why));
	result = result_of(reading, label, true);
	result->verdict = NOT_BUILT;
	set_message(result, why);
}

static void on_action(struct reading *reading, const json_t *id, const json_t *event)
{
	const json_t *action = json_object_get(event, "action");
	const char *output = text_of(id, "primaryOutput");
	const char *why = text_of(json_object_get(action, "failureDetail"), "message");
	char *path, *said;

	if (is_true(action, "success") || !output)
		return;
	path = uri_path(text_of(json_object_get(action, "stderr"), "uri"));
	said = file_text(path, MESSAGE_SIZE);
	if ((!said || !*said) && why) {
		free(said);
		said = format_text("%s", why);
	}
	add_failed(reading, output, said);
	free(path);
}

static void on_completed(struct reading *reading, const json_t *id, const json_t *event)
{
	/* Only of targets that have one: others are not tests. */
	struct test_result *result = result_of(reading, text_of(id, "label"), false);
	const json_t *completed = json_object_get(event, "completed");
	const json_t *aborted = json_object_get(event, "aborted");
	const char *reason = text_of(aborted, "reason");
	const char *why;

	if (!result || is_true(completed, "success"))
		return;
	if (aborted && reason && !strcmp(reason, "SKIPPED")) {
		result->verdict = SKIPPED;
		set_message(result, "it is not for this machine or platform");
		return;
	}
	if (aborted && reason && !strcmp(reason, "USER_INTERRUPTED"))
		return;
	result->verdict = NOT_BUILT;
	why = cause_of(reading, event);
	if (!why)
		why = text_of(json_object_get(completed, "failureDetail"), "message");
	if (!why)
		why = text_of(aborted, "description");
	set_message(result, why);
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

/* The path of a file that a run has left, which the caller frees; or NULL. */
static char *output_named(const json_t *result, const char *name)
{
	const json_t *output;
	size_t i;

	json_array_foreach(json_object_get(result, "testActionOutput"), i, output)
	{
		const char *text = text_of(output, "name");

		if (text && !strcmp(text, name))
			return uri_path(text_of(output, "uri"));
	}
	return NULL;
}

static unsigned int number_of(const json_t *object, const char *key)
{
	return (unsigned int)json_integer_value(json_object_get(object, key));
}

static void on_result(struct reading *reading, const json_t *id, const json_t *event)
{
	const json_t *told = json_object_get(event, "testResult");
	struct test_result *result = result_of(reading, text_of(id, "label"), told != NULL);
	struct test_run run = {
		.verdict = verdict_of(text_of(told, "status")),
		.run = number_of(id, "run"),
		.shard = number_of(id, "shard"),
		.attempt = number_of(id, "attempt"),
		.seconds = seconds_of(told, "testAttemptDuration"),
		.cached = is_true(told, "cachedLocally") ||
			  is_true(json_object_get(told, "executionInfo"), "cachedRemotely"),
	};
	char *xml, *reason;

	if (!result || !told)
		return;
	run.log = output_named(told, "test.log");
	if (run.log)
		run.folder = format_text("%.*s", (int)(strrchr(run.log, '/') - run.log), run.log);
	xml = output_named(told, "test.xml");
	reason = run.verdict == PASSED ? skip_reason(xml) : NULL;
	if (reason) {
		run.skipped = true;
		set_message(result, reason);
	}
	result->runs = grow(result->runs, result->run_count + 1, sizeof(run));
	result->runs[result->run_count++] = run;
	free(reason);
	free(xml);
}

static bool all_skipped(const struct test_result *result)
{
	for (size_t i = 0; i < result->run_count; i++)
		if (!result->runs[i].skipped)
			return false;
	return result->run_count;
}

static void on_summary(struct reading *reading, const json_t *id, const json_t *event)
{
	const json_t *summary = json_object_get(event, "testSummary");
	struct test_result *result = result_of(reading, text_of(id, "label"), summary != NULL);

	if (!result || !summary)
		return;
	result->verdict = verdict_of(text_of(summary, "overallStatus"));
	if (result->verdict == PASSED && all_skipped(result))
		result->verdict = SKIPPED;
	if (result->verdict != SKIPPED && result->verdict != NOT_BUILT)
		set_message(result, NULL);
}

static void on_pattern(struct reading *reading, const json_t *event)
{
	const char *why = text_of(json_object_get(event, "aborted"), "description");

	if (why)
		add_problem(reading, format_text("%s", why));
}

static void on_event(struct reading *reading, const json_t *event)
{
	static const struct {
		const char *kind;
		void (*take)(struct reading *, const json_t *, const json_t *);
	} kinds[] = {
		{"targetConfigured", on_configured}, {"configuredLabel", on_label_aborted},
		{"actionCompleted", on_action},	     {"targetCompleted", on_completed},
		{"testResult", on_result},	     {"testSummary", on_summary},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		const json_t *id = id_of(event, kinds[i].kind);

		if (id)
			kinds[i].take(reading, id, event);
	}
	if (id_of(event, "pattern"))
		on_pattern(reading, event);
	reading->complete |= is_true(event, "lastMessage");
}

static void take_line(struct reading *reading, const char *line, size_t size)
{
	json_error_t error;
	json_t *event;

	reading->lines++;
	if (!size)
		return;
	event = json_loadb(line, size, 0, &error);
	if (json_is_object(event))
		on_event(reading, event);
	else
		add_problem(reading,
			    format_text("Bazel's events can't be read: line %u: %s", reading->lines,
					event ? "it is no object" : error.text));
	json_decref(event);
}

static int by_label(const void *a, const void *b)
{
	const struct test_result *first = a, *second = b;

	return strcmp(first->label, second->label);
}

struct results results_read(const char *path)
{
	FILE *file = fopen(path, "re");
	struct reading reading = {0};
	char *line = NULL;
	size_t size = 0;
	ssize_t got;

	while (file && (got = getline(&line, &size, file)) > 0)
		take_line(&reading, line, (size_t)got - (line[got - 1] == '\n'));
	if (file)
		fclose(file);
	free(line);
	if (!reading.complete)
		add_problem(&reading,
			    format_text("Bazel's events end after %u lines, before the last one",
					reading.lines));
	for (size_t i = 0; i < reading.failed_count; i++) {
		free(reading.failed[i].name);
		free(reading.failed[i].message);
	}
	free(reading.failed);
	if (reading.results.count)
		qsort(reading.results.list, reading.results.count, sizeof(*reading.results.list),
		      by_label);
	return reading.results;
}

void results_free(struct results *results)
{
	for (size_t i = 0; i < results->count; i++) {
		struct test_result *result = &results->list[i];

		for (size_t j = 0; j < result->run_count; j++) {
			free(result->runs[j].log);
			free(result->runs[j].folder);
		}
		free(result->runs);
		free(result->message);
		free(result->label);
	}
	free(results->list);
	free(results->problem);
	*results = (struct results){0};
}

bool verdict_is_failure(enum verdict verdict)
{
	return verdict >= NO_STATUS;
}
