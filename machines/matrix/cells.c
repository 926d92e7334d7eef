/* SPDX-License-Identifier: MIT */
/* Asking Bazel for tests, and declaring others that run them; see cells.h. */
#include "machines/matrix/cells.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "machines/matrix/folder.h"
#include "machines/runner/memory.h"
#include "machines/runner/message.h"

/* Names that a message lists. */
#define NAMES 3

/* What is behind kvm_test and its like: machines/machine_test.bzl. */
#define RULE "machine_test"

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static bool ends_with(const char *text, const char *end)
{
	size_t size = strlen(text), end_size = strlen(end);

	return size >= end_size && !strcmp(text + size - end_size, end);
}

/* Tests by one pattern, as "bazel test" takes it: wildcards leave out what is manual. */
static char *tests_of(const char *pattern)
{
	char *quoted = quote_pattern(pattern), *expression;

	if (ends_with(pattern, "...") || ends_with(pattern, ":all") || ends_with(pattern, ":*") ||
	    ends_with(pattern, ":all-targets"))
		expression = format_text("tests(%s except attr('tags', '[\\[ ]manual[,\\]]', %s))",
					 quoted, quoted);
	else
		expression = format_text("tests(%s)", quoted);
	free(quoted);
	return expression;
}

static char *expression_of(const struct options *options)
{
	char *whole = format_text("set()");

	for (size_t i = 0; i < options->patterns.count; i++) {
		const char *pattern = options->patterns.list[i];
		bool takes_away = *pattern == '-';
		char *part = takes_away ? NULL : tests_of(pattern);
		char *longer;

		/* All of them: a wildcard takes away manual ones, too. */
		if (takes_away) {
			char *quoted = quote_pattern(pattern + 1);

			part = format_text("tests(%s)", quoted);
			free(quoted);
		}
		longer = format_text("%s %c %s", whole, takes_away ? '-' : '+', part);
		free(whole);
		free(part);
		whole = longer;
	}
	return whole;
}

/* A string as Starlark has it. */
static void put_string(FILE *file, const char *text)
{
	fputc('"', file);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', file);
		fputc(*text, file);
	}
	fputc('"', file);
}

/* A list of the test's own, without "manual": the matrix's wildcard would pass over it. */
static void put_strings(FILE *file, const json_t *strings)
{
	const json_t *string;
	size_t i;

	fputc('[', file);
	json_array_foreach(strings, i, string)
	{
		if (!strcmp(json_string_value(string), "manual"))
			continue;
		put_string(file, json_string_value(string));
		fputs(", ", file);
	}
	fputc(']', file);
}

static void put_dict(FILE *file, const json_t *entries)
{
	const json_t *entry;
	size_t i;

	fputc('{', file);
	json_array_foreach(entries, i, entry)
	{
		put_string(file, text_of(entry, "key"));
		fputs(": ", file);
		put_string(file, text_of(entry, "value"));
		fputs(", ", file);
	}
	fputc('}', file);
}

/* What Bazel goes by when it runs a test. */
static void put_attribute(FILE *file, const json_t *attribute)
{
	static const struct {
		const char *name, *value;
	} kept[] = {
		{"exec_properties", "stringDictValue"},
		{"flaky", "booleanValue"},
		{"local", "booleanValue"},
		{"shard_count", "intValue"},
		{"size", "stringValue"},
		{"tags", "stringListValue"},
		{"timeout", "stringValue"},
	};
	const char *name = text_of(attribute, "name");
	const json_t *value;
	size_t i = 0;

	while (i < sizeof(kept) / sizeof(*kept) && strcmp(kept[i].name, name))
		i++;
	if (i == sizeof(kept) / sizeof(*kept))
		return;
	value = json_object_get(attribute, kept[i].value);
	if (!value || (json_is_integer(value) && json_integer_value(value) < 0))
		return;
	fprintf(file, "    %s = ", name);
	if (json_is_string(value))
		put_string(file, json_string_value(value));
	else if (json_is_integer(value))
		fprintf(file, "%lld", (long long)json_integer_value(value));
	else if (json_is_boolean(value))
		fputs(json_is_true(value) ? "True" : "False", file);
	else if (!strcmp(name, "tags"))
		put_strings(file, value);
	else
		put_dict(file, value);
	fputs(",\n", file);
}

static const char *last_part(const char *label)
{
	const char *part = strrchr(label, ':');

	return part ? part + 1 : label;
}

/* "//a/b:c" and "@@//a/b:c" are "a/b/c". */
static char *path_of(const struct cells *cells, const char *label)
{
	char *path = format_text("%s", label + strspn(label, "@/")), *longer;

	for (char *c = path; *c; c++)
		if (*c == ':')
			*c = '/';
	for (size_t i = 0; i < cells->test_count; i++) {
		if (strcmp(cells->tests[i].path, path))
			continue;
		longer = format_text("%s_", path);
		free(path);
		path = longer;
		i = (size_t)-1;
	}
	return path;
}

static void add_test(struct cells *cells, const json_t *rule)
{
	const char *label = text_of(rule, "name"), *emulated = NULL;
	struct test test = {.label = format_text("%s", label), .path = path_of(cells, label)};
	const json_t *attribute;
	bool pinned = false;
	size_t size, i;
	FILE *text = open_memstream(&test.attributes, &size);

	if (!text)
		die("out of memory");
	json_array_foreach(json_object_get(rule, "attribute"), i, attribute)
	{
		const char *name = text_of(attribute, "name");

		put_attribute(text, attribute);
		if (!strcmp(name, "pinned"))
			pinned = json_is_true(json_object_get(attribute, "booleanValue"));
		else if (!strcmp(name, "emulated"))
			emulated = text_of(attribute, "stringValue");
	}
	fclose(text);
	if (pinned && emulated)
		test.machine = format_text("%s", last_part(emulated));
	cells->tests = grow(cells->tests, cells->test_count + 1, sizeof(*cells->tests));
	cells->tests[cells->test_count++] = test;
}

static void name_others(const struct words *others)
{
	if (!others->count)
		return;
	fprintf(stderr, "ringside: left out, as they are no tests of kvm_test and its like:");
	for (size_t i = 0; i < others->count && i < NAMES; i++)
		fprintf(stderr, " %s", others->list[i]);
	if (others->count > NAMES)
		fprintf(stderr, " and %zu more", others->count - NAMES);
	fputc('\n', stderr);
}

void cells_find(struct cells *cells, const struct options *options, const struct bazel *bazel)
{
	char *expression = expression_of(options);
	const char *const words[] = {"query", "--output=streamed_jsonproto", expression, NULL};
	struct words lines = {0}, others = {0};
	const int status = ask_bazel(bazel, words, &lines);

	if (status) {
		fprintf(stderr, "ringside: Bazel finds no tests by these patterns\n");
		exit(status);
	}
	for (size_t i = 0; i < lines.count; i++) {
		json_t *target = json_loads(lines.list[i], 0, NULL);
		const json_t *rule = json_object_get(target, "rule");
		const char *class = text_of(rule, "ruleClass");

		if (!class)
			die("Bazel's answer to a query can't be read: %s", lines.list[i]);
		if (!strcmp(class, RULE))
			add_test(cells, rule);
		else
			add_word(&others, format_text("%s", text_of(rule, "name")));
		json_decref(target);
		free(lines.list[i]);
	}
	name_others(&others);
	if (!cells->test_count)
		refuse("the patterns name no test of kvm_test and its like; name some");
	free(lines.list);
	free(expression);
}

static bool is_for(const struct test *test, const struct column *column)
{
	return !test->machine || !strcmp(test->machine, last_part(column->machine));
}

static char *machine_label(const char *machine)
{
	return is_label(machine) ? format_text("%s", machine)
				 : format_text("%s%s", setting("RINGSIDE_MACHINE_PREFIX"), machine);
}

static void declare_machine(FILE *file, const struct column *column)
{
	char *machine;

	if (!strcmp(column->machine, "host"))
		return;
	machine = machine_label(column->machine);
	fputs("machine_with_kernel(\n    name = ", file);
	put_string(file, column->id);
	fputs(",\n    kernel = ", file);
	put_string(file, column->kernel);
	fputs(",\n    machine = ", file);
	put_string(file, machine);
	fputs(",\n)\n", file);
	free(machine);
}

static void declare_cell(FILE *file, const struct test *test, const struct column *column)
{
	fprintf(file, "matrix_cell_test(\n    name = \"%s/%s\",\n    test = ", column->id,
		test->path);
	put_string(file, test->label);
	fputs(",\n", file);
	if (strcmp(column->machine, "host") != 0)
		fprintf(file, "    machine = \"%s\",\n", column->id);
	fprintf(file, "%s)\n", test->attributes);
}

/* Until we end, nobody else writes there. */
static void lock(const char *folder)
{
	char *path = format_text("%s/lock", folder);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0)
		die("cannot create %s: %s", path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB))
		refuse("another matrix runs in this workspace; start this one when it has ended");
	free(path);
}

char *cells_declare(struct cells *cells, struct table *table, const struct bazel *bazel)
{
	char *base = bazel_info(bazel, "output_base"), *path = bazel_info(bazel, "package_path");
	char *root = format_text("%s/" CELLS_PACKAGE, base);
	char *package = format_text("%s/" CELLS_PACKAGE, root), *paths;
	FILE *file;

	make_folder(root);
	lock(root);
	make_folder(package);
	file = folder_create(package, "BUILD.bazel");
	fprintf(file, "load(\"%s\", \"machine_with_kernel\")\n", setting("RINGSIDE_KERNEL_RULE"));
	fprintf(file, "load(\"%s\", \"matrix_cell_test\")\n", setting("RINGSIDE_CELL_RULE"));
	cells->table = table;
	for (size_t i = 0; i < table->column_count; i++) {
		struct column *column = &table->columns[i];

		declare_machine(file, column);
		for (size_t j = 0; j < cells->test_count; j++) {
			if (!is_for(&cells->tests[j], column))
				continue;
			declare_cell(file, &cells->tests[j], column);
			column->expected++;
		}
	}
	folder_close(file, "BUILD.bazel");
	paths = format_text("%s:%s", path, root);
	free(package);
	free(root);
	free(path);
	free(base);
	return paths;
}

const char *cells_place(const void *context, const char *label, struct column **column)
{
	static const char package[] = "//" CELLS_PACKAGE ":";
	const struct cells *cells = context;
	const char *name = label + strspn(label, "@"), *path;

	if (strncmp(name, package, sizeof(package) - 1))
		return NULL;
	name += sizeof(package) - 1;
	path = strchr(name, '/');
	for (size_t i = 0; path && i < cells->table->column_count; i++) {
		const char *id = cells->table->columns[i].id;

		if (strlen(id) != (size_t)(path - name) || strncmp(id, name, strlen(id)))
			continue;
		*column = &cells->table->columns[i];
		for (size_t j = 0; j < cells->test_count; j++)
			if (!strcmp(cells->tests[j].path, path + 1))
				return cells->tests[j].label;
	}
	return NULL;
}

void cells_skip(const struct cells *cells)
{
	struct table *table = cells->table;

	for (size_t i = 0; i < cells->test_count; i++) {
		const struct test *test = &cells->tests[i];

		for (size_t j = 0; j < table->column_count; j++) {
			struct column *column = &table->columns[j];
			struct cell *cell;

			if (is_for(test, column))
				continue;
			cell = table_cell(table, column, test->label);
			cell->verdict = SKIPPED;
			cell->message = format_text("it is for machine %s alone", test->machine);
		}
	}
}
