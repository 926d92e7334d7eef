/* SPDX-License-Identifier: MIT */
/* See reached.h. */
#include "kvm_lab/coverage/reached.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kvm_lab/coverage/llvm.h"
#include "kvm_lab/coverage/modules.h"
#include "machines/bazel/results.h"
#include "machines/runner/memory.h"
#include "machines/runner/message.h"

#define NAME "reached.txt"

struct reached {
	const struct llvm *llvm;
	struct modules modules; /* with the counters of one test */
	char *prefix, *profile, *lcov; /* paths of its files */
	FILE *file;
	bool has_lines; /* the first export has told which there are */
};

struct reached *reached_begin(const struct llvm *llvm, const char *output, const char *work)
{
	struct reached *reached = grow(NULL, 1, sizeof(*reached));
	char *path = format_text("%s/" NAME, output);

	*reached = (struct reached){
		.llvm = llvm,
		.prefix = format_text("%s/test", work),
		.profile = format_text("%s/test.profdata", work),
		.lcov = format_text("%s/test.lcov", work),
		.file = fopen(path, "we"),
	};
	if (!reached->file)
		die("cannot write %s: %s", path, strerror(errno));
	modules_open(&reached->modules);
	free(path);
	return reached;
}

/* Lines of one file, as ranges. */
struct ranges {
	FILE *file;
	unsigned int first, last; /* the range in progress; 0: none */
	unsigned int count;
};

static void put_range(struct ranges *ranges)
{
	if (!ranges->first)
		return;
	fprintf(ranges->file, "%s%u", ranges->count++ ? "," : "", ranges->first);
	if (ranges->last > ranges->first)
		fprintf(ranges->file, "-%u", ranges->last);
}

static void take_number(struct ranges *ranges, unsigned int number)
{
	if (ranges->first && number == ranges->last + 1) {
		ranges->last = number;
		return;
	}
	put_range(ranges);
	ranges->first = ranges->last = number;
}

/* What lcov's "DA:LINE,COUNT" say of each file, all lines or those that were reached. */
static void put_lines(const struct reached *reached, const char *word, bool all)
{
	const size_t root = strlen(reached->llvm->source);
	FILE *lcov = fopen(reached->lcov, "re");
	struct ranges ranges = {.file = reached->file};
	bool is_kvms = false;
	char *line = NULL;
	size_t size = 0;

	if (!lcov)
		die("cannot read %s: %s", reached->lcov, strerror(errno));
	while (getline(&line, &size, lcov) > 0) {
		unsigned long long times;
		unsigned int number;

		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "SF:", 3)) {
			ranges = (struct ranges){.file = reached->file};
			is_kvms = !strncmp(line + 3, reached->llvm->source, root);
			if (is_kvms)
				fprintf(reached->file, "%s\t%s\t", word, line + 3 + root + 1);
		} else if (is_kvms && sscanf(line, "DA:%u,%llu", &number, &times) == 2) {
			if (all || times)
				take_number(&ranges, number);
		} else if (is_kvms && !strcmp(line, "end_of_record")) {
			put_range(&ranges);
			fputc('\n', reached->file);
		}
	}
	free(line);
	fclose(lcov);
}

/* What a test.xml says of a run, the first of each; NULL if it says nothing. */
struct run {
	char *machine, *seconds;
};

/* Takes what stands in quotes behind @before, unless @value is known already. */
static void take_value(char **value, const char *line, const char *before)
{
	const char *found = *value ? NULL : strstr(line, before);

	if (!found)
		return;
	found += strlen(before);
	*value = format_text("%.*s", (int)strcspn(found, "\""), found);
}

static struct run read_run(const char *folder)
{
	char *path = format_text("%s/test.xml", folder), *line = NULL;
	FILE *file = fopen(path, "re");
	struct run run = {};
	size_t size = 0;

	while (file && !(run.machine && run.seconds) && getline(&line, &size, file) > 0) {
		take_value(&run.seconds, line, " time=\"");
		take_value(&run.machine, line, "name=\"machine\" value=\"");
	}
	if (file)
		fclose(file);
	free(line);
	free(path);
	return run;
}

void reached_add(struct reached *reached, const struct test_result *result)
{
	struct words profiles;
	struct run run = {};

	modules_clear(&reached->modules);
	for (size_t i = 0; i < result->run_count; i++) {
		const char *folder = result->runs[i].folder;

		if (!folder || !modules_add(&reached->modules, folder))
			continue;
		free(run.machine);
		free(run.seconds);
		run = read_run(folder);
	}
	profiles = modules_write(&reached->modules, reached->prefix);
	llvm_export(reached->llvm, &profiles, &reached->modules, reached->profile, reached->lcov);
	if (!reached->has_lines)
		put_lines(reached, "lines", true);
	reached->has_lines = true;
	fprintf(reached->file, "test\t%s\t%s\t%s\n", result->label, run.machine ? run.machine : "",
		run.seconds ? run.seconds : "");
	put_lines(reached, "reached", false);
	for (size_t i = 0; i < profiles.count; i++)
		free(profiles.list[i]);
	free(profiles.list);
	free(run.machine);
	free(run.seconds);
}

void reached_end(struct reached *reached)
{
	if (fclose(reached->file))
		die("cannot write " NAME ": %s", strerror(errno));
	for (size_t i = 0; i < reached->modules.count; i++)
		profile_close(&reached->modules.profiles[i]);
	free(reached->prefix);
	free(reached->profile);
	free(reached->lcov);
	free(reached);
}
