/* SPDX-License-Identifier: MIT */
/* Records are "KEY:value" lines, from SF to end_of_record; see lcov.h. */
#include "kvm_lab/coverage/lcov.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machines/runner/memory.h"
#include "machines/runner/message.h"

struct reading {
	struct coverage *coverage;
	const char *root;
	struct source *source; /* the one in progress, or NULL */
	bool in_record, is_broken;
};

static const char *value_of(const char *line, const char *key)
{
	const size_t size = strlen(key);

	return strncmp(line, key, size) || line[size] != ':' ? NULL : line + size + 1;
}

/* A function of a file is named "file:function" or "file;function". */
static const char *bare_name(const char *name)
{
	const char *colon = strrchr(name, ':'), *semicolon = strrchr(name, ';');
	const char *last = colon > semicolon ? colon : semicolon;

	return last ? last + 1 : name;
}

static void begin_source(struct reading *reading, const char *path)
{
	struct coverage *coverage = reading->coverage;
	const size_t size = strlen(reading->root);

	reading->in_record = true;
	reading->source = NULL;
	if (strncmp(path, reading->root, size) || path[size] != '/')
		return;
	coverage->sources =
		grow(coverage->sources, coverage->source_count + 1, sizeof(*coverage->sources));
	reading->source = &coverage->sources[coverage->source_count++];
	*reading->source = (struct source){.path = format_text("%s", path + size + 1)};
}

/* "LINE,NAME"; the same line again is the same function in another object. */
static void add_function(struct source *source, const char *value)
{
	const char *name = strchr(value, ',');
	const unsigned int line = (unsigned int)strtoul(value, NULL, 10);

	if (!name)
		return;
	source->list = grow(source->list, source->list_count + 1, sizeof(*source->list));
	source->list[source->list_count++] = (struct function){
		.name = format_text("%s", name + 1),
		.line = line,
	};
}

/* "COUNT,NAME" */
static void count_function(struct source *source, const char *value)
{
	const char *name = strchr(value, ',');

	for (size_t i = 0; name && i < source->list_count; i++)
		if (!strcmp(source->list[i].name, name + 1))
			source->list[i].is_reached |= strtoull(value, NULL, 10) != 0;
}

static int compare_functions(const void *one, const void *other)
{
	const struct function *a = one, *b = other;

	return a->line < b->line ? -1 : a->line > b->line;
}

static void free_source(struct source *source)
{
	for (size_t i = 0; i < source->list_count; i++)
		free(source->list[i].name);
	free(source->list);
	free(source->path);
}

static void end_source(struct source *source)
{
	size_t count = 0;

	if (source->list_count)
		qsort(source->list, source->list_count, sizeof(*source->list), compare_functions);
	for (size_t i = 0; i < source->list_count; i++) {
		struct function *function = &source->list[i];

		if (count && source->list[count - 1].line == function->line) {
			source->list[count - 1].is_reached |= function->is_reached;
			free(function->name);
			continue;
		}
		memmove(function->name, bare_name(function->name),
			strlen(bare_name(function->name)) + 1);
		source->list[count++] = *function;
	}
	source->list_count = count;
	source->functions.count = (unsigned int)count;
	for (size_t i = 0; i < count; i++)
		source->functions.reached += source->list[i].is_reached;
}

static void take_line(struct reading *reading, const char *line)
{
	struct source *source = reading->source;
	const char *value = value_of(line, "SF");

	if (value) {
		reading->is_broken |= reading->in_record;
		begin_source(reading, value);
		return;
	}
	if (!strcmp(line, "end_of_record")) {
		reading->is_broken |= !reading->in_record;
		reading->in_record = false;
		reading->source = NULL;
		if (source)
			end_source(source);
		/* Tracepoints: a macro of the kernel's makes them, and no line is theirs. */
		if (source && !source->lines.count)
			free_source(&reading->coverage->sources[--reading->coverage->source_count]);
		return;
	}
	if (!source)
		return;
	if ((value = value_of(line, "FN")))
		add_function(source, value);
	else if ((value = value_of(line, "FNDA")))
		count_function(source, value);
	else if ((value = value_of(line, "LF")))
		source->lines.count = (unsigned int)strtoul(value, NULL, 10);
	else if ((value = value_of(line, "LH")))
		source->lines.reached = (unsigned int)strtoul(value, NULL, 10);
	else if ((value = value_of(line, "BRF")))
		source->branches.count = (unsigned int)strtoul(value, NULL, 10);
	else if ((value = value_of(line, "BRH")))
		source->branches.reached = (unsigned int)strtoul(value, NULL, 10);
}

static int compare_sources(const void *one, const void *other)
{
	return strcmp(((const struct source *)one)->path, ((const struct source *)other)->path);
}

bool lcov_read(struct coverage *coverage, const char *path, const char *root)
{
	struct reading reading = {.coverage = coverage, .root = root};
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	*coverage = (struct coverage){0};
	if (!file)
		return false;
	while (getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		take_line(&reading, line);
	}
	free(line);
	fclose(file);
	errno = EBADMSG;
	if (reading.is_broken || reading.in_record || !coverage->source_count)
		return false;
	qsort(coverage->sources, coverage->source_count, sizeof(*coverage->sources),
	      compare_sources);
	return true;
}

const struct source *lcov_find(const struct coverage *coverage, const char *path)
{
	const struct source wanted = {.path = (char *)path};

	return bsearch(&wanted, coverage->sources, coverage->source_count,
		       sizeof(*coverage->sources), compare_sources);
}
