/* SPDX-License-Identifier: MIT */
/* Reading TAP; see tap.h. */
#include "machines/supervisor/tap.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "machines/supervisor/kvm_unit_tests.h"

/* What a result line says, apart from its verdict. */
struct result {
	bool ok;
	bool has_number;
	unsigned long number;
	const char *name;
	size_t name_size;
	const char *directive; /* "SKIP", "TODO", ..., or NULL */
	const char *reason; /* behind the directive */
};

static void no_memory(void)
{
	fputs("ringside: out of memory for the test's results\n", stderr);
	exit(125);
}

char *copy_text(const char *text, size_t size)
{
	char *copy = strndup(text, size);

	if (!copy)
		no_memory();
	return copy;
}

/* The first problem is the one that explains the others. */
void tap_add_problem(struct tap *tap, const char *format, ...)
{
	va_list list;

	if (tap->problem)
		return;
	va_start(list, format);
	if (vasprintf(&tap->problem, format, list) < 0)
		no_memory();
	va_end(list);
}

static bool takes(const char **line, const char *word)
{
	size_t size = strlen(word);

	if (strncmp(*line, word, size))
		return false;
	*line += size;
	return true;
}

static bool number(const char **line, unsigned long *value)
{
	char *end;

	if (!isdigit((unsigned char)**line))
		return false;
	errno = 0;
	*value = strtoul(*line, &end, 10);
	*line = end;
	return !errno;
}

static void blanks(const char **line)
{
	*line += strspn(*line, " \t");
}

void tap_add_text(struct tap *tap, const char *line)
{
	size_t size = strlen(line);
	char *longer;

	if (tap->text_size + size + 1 > TAP_CASE_TEXT_MAX ||
	    tap->text_total + tap->text_size + size + 1 > TAP_TEXT_MAX)
		return;
	longer = realloc(tap->text, tap->text_size + size + 2);
	if (!longer)
		no_memory();
	memcpy(longer + tap->text_size, line, size);
	memcpy(longer + tap->text_size + size, "\n", 2);
	tap->text = longer;
	tap->text_size += size + 1;
}

static void close_level(struct tap *tap)
{
	const struct tap_level *level = &tap->levels[--tap->depth];

	if (!level->has_plan)
		tap_add_problem(tap, "there is no plan, so results may be missing");
	else if (level->count != level->planned)
		tap_add_problem(tap, "%lu tests are planned, but there are results of %lu",
				level->planned, level->count);
}

/* The series that a line of so many blanks belongs to; NULL for one too deep. */
static struct tap_level *find_level(struct tap *tap, size_t indentation)
{
	struct tap_level *level;

	while (tap->depth > 1 && tap->levels[tap->depth - 1].indentation > indentation)
		close_level(tap);
	if (tap->depth && tap->levels[tap->depth - 1].indentation >= indentation)
		return &tap->levels[tap->depth - 1];
	if (tap->depth == TAP_DEPTH_MAX) {
		tap_add_problem(tap, "tests are nested more than %d deep", TAP_DEPTH_MAX);
		return NULL;
	}
	level = &tap->levels[tap->depth++];
	*level = (struct tap_level){.indentation = indentation, .first = tap->count};
	return level;
}

/* Puts a test's name in front of those of its cases; whether one of them failed. */
static bool name_parent(struct tap *tap, size_t first, const char *name)
{
	bool failed = false;

	for (size_t i = first; i < tap->count; i++) {
		char *longer;

		if (asprintf(&longer, "%s/%s", name, tap->cases[i].name) < 0)
			no_memory();
		free(tap->cases[i].name);
		tap->cases[i].name = longer;
		failed |= tap->cases[i].outcome == TAP_FAILED;
	}
	return failed;
}

void tap_add_case(struct tap *tap, const char *name, size_t name_size, enum tap_outcome outcome,
		  char *reason, double now)
{
	struct tap_case *longer;

	if (tap->count == TAP_CASES_MAX) {
		tap_add_problem(tap, "there are more than %u results", TAP_CASES_MAX);
		free(reason);
		return;
	}
	/* By powers of two. */
	if (!(tap->count & (tap->count - 1))) {
		longer = reallocarray(tap->cases, tap->count ? 2 * tap->count : 1,
				      sizeof(*tap->cases));
		if (!longer)
			no_memory();
		tap->cases = longer;
	}
	tap->cases[tap->count++] = (struct tap_case){
		.name = copy_text(name, name_size),
		.text = tap->text,
		.reason = reason,
		.outcome = outcome,
		.seconds = now - tap->since,
	};
	tap->text_total += tap->text_size;
	tap->text = NULL;
	tap->text_size = 0;
	tap->since = now;
}

static void add_case(struct tap *tap, const struct result *result, double now)
{
	enum tap_outcome outcome = result->ok ? TAP_PASSED : TAP_FAILED;
	char *reason = NULL;

	if (result->directive) {
		outcome = TAP_SKIPPED;
		if (asprintf(&reason, "%s%s%s", result->directive, *result->reason ? ": " : "",
			     result->reason) < 0)
			no_memory();
	}
	tap_add_case(tap, result->name, result->name_size, outcome, reason, now);
}

/* What KTAP and TAP write behind a number sign instead of a verdict. */
static const char *directive(const char *text, const char **reason)
{
	static const char *const words[] = {"SKIP", "TODO", "XFAIL"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t size = strlen(words[i]);

		if (strncasecmp(text, words[i], size) || isalpha((unsigned char)text[size]))
			continue;
		*reason = text + size + strspn(text + size, "-: \t");
		return words[i];
	}
	return NULL;
}

/* "[not ]ok[ NUMBER][ -][ NAME][ # DIRECTIVE[ REASON]]" */
static bool is_result(const char *line, struct result *result)
{
	*result = (struct result){.ok = !takes(&line, "not "), .reason = ""};
	if (!takes(&line, "ok") || (*line && !isblank((unsigned char)*line)))
		return false;
	blanks(&line);
	result->has_number = number(&line, &result->number);
	blanks(&line);
	if (takes(&line, "- "))
		blanks(&line);
	result->name = line;
	result->name_size = strlen(line);
	for (const char *sign = strchr(line, '#'); sign; sign = strchr(sign + 1, '#')) {
		const char *text = sign + 1;

		blanks(&text);
		result->directive = directive(text, &result->reason);
		if (!result->directive)
			continue;
		result->name_size = (size_t)(sign - line);
		break;
	}
	while (result->name_size && isspace((unsigned char)line[result->name_size - 1]))
		result->name_size--;
	return true;
}

static void take_result(struct tap *tap, size_t indentation, struct result *result, double now)
{
	size_t deeper = tap->depth && tap->levels[tap->depth - 1].indentation > indentation
				? tap->depth
				: 0;
	size_t first = tap->count;
	struct tap_level *level;
	char *name = NULL;

	/* The series just above is what this result sums up. */
	while (deeper > 1 && tap->levels[deeper - 2].indentation > indentation)
		deeper--;
	if (deeper)
		first = tap->levels[deeper - 1].first;
	level = find_level(tap, indentation);
	if (!level)
		return;
	level->count++;
	if (level->plan_ends_it)
		tap_add_problem(tap, "a result follows the plan that ended the series");
	if (result->has_number && result->number != level->count)
		tap_add_problem(tap, "a result is numbered %lu where %lu is next", result->number,
				level->count);
	if (!result->name_size) {
		if (asprintf(&name, "%lu", level->count) < 0)
			no_memory();
		result->name = name;
		result->name_size = strlen(name);
	}
	if (first == tap->count) {
		add_case(tap, result, now);
	} else {
		char *parent = copy_text(result->name, result->name_size);

		/* Its parts stand for it, unless they don't explain it. */
		if (!name_parent(tap, first, parent) && !result->ok)
			add_case(tap, result, now);
		free(parent);
	}
	free(name);
}

/* "1..COUNT[ # SKIP[ REASON]]" */
static bool take_plan(struct tap *tap, size_t indentation, const char *line)
{
	struct tap_level *level;
	unsigned long planned;
	const char *reason = "";

	if (!takes(&line, "1..") || !number(&line, &planned))
		return false;
	blanks(&line);
	if (*line && *line != '#')
		return false;
	tap->seen = true;
	level = find_level(tap, indentation);
	if (!level)
		return true;
	if (level->has_plan)
		tap_add_problem(tap, "there are two plans, of %lu and of %lu tests", level->planned,
				planned);
	level->has_plan = true;
	level->planned = planned;
	level->plan_ends_it = level->count;
	if (planned || level->count)
		return true;
	line += strspn(line, "# \t");
	if (!directive(line, &reason))
		reason = line;
	if (!tap->skip_all && !indentation)
		tap->skip_all = copy_text(reason, strlen(reason));
	return true;
}

static bool is_version(const char *line)
{
	unsigned long version;

	return (takes(&line, "TAP version ") || takes(&line, "KTAP version ")) &&
	       number(&line, &version) && !*line;
}

static void take_tap_line(struct tap *tap, const char *line, double now)
{
	size_t indentation = strspn(line, " ");
	struct result result;

	if (take_plan(tap, indentation, line + indentation))
		return;
	if (is_version(line + indentation)) {
		tap->seen = true;
		find_level(tap, indentation);
	} else if (is_result(line + indentation, &result) && (tap->seen || result.has_number)) {
		tap->seen = true;
		take_result(tap, indentation, &result, now);
	} else {
		if (!strncmp(line + indentation, "Bail out!", 9)) {
			tap->seen = true;
			tap_add_problem(tap, "the program gave up: %s", line + indentation);
		}
		if (*line)
			tap_add_text(tap, line);
	}
}

static void take_line(struct tap *tap, double now)
{
	char *line = tap->line;

	tap->line[tap->line_size] = '\0';
	/* What has a NUL in it is shown up to there. */
	tap->line_size = strlen(line);
	if (tap->line_size && line[tap->line_size - 1] == '\r')
		line[--tap->line_size] = '\0';
	tap->line_size = 0;
	if (tap->format == TAP_FORMAT_KVM_UNIT_TESTS)
		take_kvm_unit_tests_line(tap, line, now);
	else
		take_tap_line(tap, line, now);
}

void tap_add(struct tap *tap, const char *data, size_t size, double now)
{
	while (size) {
		const char *end = memchr(data, '\n', size);
		size_t part = end ? (size_t)(end - data) : size;
		size_t space = TAP_LINE_MAX - 1 - tap->line_size;

		memcpy(tap->line + tap->line_size, data, part < space ? part : space);
		tap->line_size += part < space ? part : space;
		if (end) {
			take_line(tap, now);
			part++;
		}
		data += part;
		size -= part;
	}
}

void tap_end(struct tap *tap, double now)
{
	if (tap->line_size)
		take_line(tap, now);
	while (tap->depth)
		close_level(tap);
	if (tap->format == TAP_FORMAT_KVM_UNIT_TESTS)
		end_kvm_unit_tests(tap, now);
}

void tap_free(struct tap *tap)
{
	for (size_t i = 0; i < tap->count; i++) {
		free(tap->cases[i].name);
		free(tap->cases[i].text);
		free(tap->cases[i].reason);
	}
	free(tap->cases);
	free(tap->problem);
	free(tap->skip_all);
	free(tap->text);
	memset(tap, 0, sizeof(*tap));
}
