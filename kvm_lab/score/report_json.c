/* SPDX-License-Identifier: MIT */
/* The score as JSON: docs/kvm_lab.md describes it. */
#include <jansson.h>

#include "kvm_lab/score/report.h"
#include "machines/runner/message.h"

/* The format; another number for what an old reader would take amiss. */
#define VERSION 1

static const char *const states[] = {
	[FAULT_WANTED] = "not_built",	 [FAULT_NOT_COMPILED] = "not_compiled",
	[FAULT_SAME_CODE] = "same_code", [FAULT_EQUIVALENT] = "equivalent",
	[FAULT_READY] = "run",
};

static void set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value))
		die("out of memory");
}

static void append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, value))
		die("out of memory");
}

static json_t *string_or_null(const char *text)
{
	json_t *value = text ? json_string(text) : json_null();

	return value ? value : json_string("(not UTF-8)");
}

/* Milliseconds are all that is known. */
static json_t *seconds(double value)
{
	return json_real((double)(long long)(value * 1000 + 0.5) / 1000);
}

static json_t *rate_of(const struct score *score, size_t suite, const char *area)
{
	const struct rate rate = score_rate(score, suite, area);
	json_t *object = json_object();
	double low, high;

	score_interval(&rate, &low, &high);
	set(object, "area", string_or_null(area));
	set(object, "suite", string_or_null(score->suites[suite].name));
	set(object, "faults", json_integer(rate.faults));
	set(object, "caught", json_integer(rate.caught));
	set(object, "undecided", json_integer(rate.undecided));
	set(object, "unreached", json_integer(rate.unreached));
	set(object, "low_percent", seconds(low));
	set(object, "high_percent", seconds(high));
	return object;
}

static json_t *runs_of(const struct score *score, size_t fault)
{
	json_t *runs = json_array();

	for (size_t i = 0; i < score->test_count; i++) {
		const struct cell *cell = score_cell(score, fault, i);
		json_t *run;

		if (!cell->has_run)
			continue;
		run = json_object();
		set(run, "test", string_or_null(score->tests[i].label));
		set(run, "suite", string_or_null(score->suites[score->tests[i].suite].name));
		set(run, "machine", string_or_null(score->machines[cell->machine].name));
		set(run, "outcome", json_string(outcome_names[cell->outcome]));
		set(run, "fails_without_fault", json_boolean(cell->fails_anyway));
		set(run, "seconds", seconds(cell->seconds));
		append(runs, run);
	}
	return runs;
}

static json_t *fault_of(const struct score *score, size_t index)
{
	const struct fault *fault = &score->faults[index];
	json_t *object = json_object();

	set(object, "fault", string_or_null(fault->label));
	set(object, "source", string_or_null(fault->source));
	set(object, "line", fault->line ? json_integer(atoi(fault->line)) : json_null());
	set(object, "operator", string_or_null(fault->operation));
	set(object, "function", string_or_null(fault->function));
	set(object, "from", string_or_null(fault->from));
	set(object, "to", string_or_null(fault->to));
	set(object, "state", json_string(states[fault->state]));
	set(object, "reason", string_or_null(fault->reason));
	set(object, "runs", runs_of(score, index));
	return object;
}

void report_json(FILE *file, const struct score *score)
{
	json_t *root = json_object(), *rates = json_array(), *faults = json_array();
	struct words areas = report_areas(score);
	char started[32];
	struct tm utc;

	gmtime_r(&score->started, &utc);
	strftime(started, sizeof(started), "%Y-%m-%dT%H:%M:%SZ", &utc);
	for (size_t i = 0; i < score->suite_count; i++) {
		append(rates, rate_of(score, i, NULL));
		for (size_t j = 0; j < areas.count; j++)
			append(rates, rate_of(score, i, areas.list[j]));
	}
	free(areas.list);
	for (size_t i = 0; i < score->fault_count; i++)
		append(faults, fault_of(score, i));
	set(root, "version", json_integer(VERSION));
	set(root, "started", json_string(started));
	set(root, "seconds", seconds(score->seconds));
	set(root, "seed", score->is_sample ? json_integer((json_int_t)score->seed) : json_null());
	set(root, "complete", json_boolean(!score->is_over));
	set(root, "rates", rates);
	set(root, "faults", faults);
	if (json_dumpf(root, file, JSON_INDENT(1) | JSON_REAL_PRECISION(12)))
		die("cannot write JSON");
	fputc('\n', file);
	json_decref(root);
}
