/* SPDX-License-Identifier: MIT */
/* The command line, and whether it makes sense; see options.h. */
#include "machines/matrix/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machines/runner/message.h"

static const char usage[] =
	"usage: bazel run //machines:matrix -- [OPTION]... PATTERN... [-- BAZEL_OPTION...]\n"
	"\n"
	"Runs the tests that the patterns name on each machine with each kernel, and prints\n"
	"a table of what came out. What Bazel takes for tests, this does:\n"
	"//package:test, //package/..., -//package:not_this_one.\n"
	"\n"
	"  --machines=NAME,...   where to run them (%s)\n"
	"  --kernels=LABEL,...   what the emulated machines run\n"
	"                        (%s)\n"
	"  --output=FOLDER       for index.html, matrix.json and the logs\n"
	"                        (bazel-matrix-report in the workspace)\n"
	"  --help                this text\n"
	"\n"
	"Options behind the second -- are Bazel's: --runs_per_test=10, --config=asan.\n"
	"\n"
	"exit status: 0 if no test failed, 3 if one did, otherwise Bazel's\n";

static bool contains(const struct words *words, const char *word)
{
	for (size_t i = 0; i < words->count; i++)
		if (!strcmp(words->list[i], word))
			return true;
	return false;
}

/* Replaces @words with what stands between the commas of @text. */
static void split(struct words *words, const char *option, const char *text)
{
	words->count = 0;
	for (;;) {
		int size = (int)strcspn(text, ",");
		char *word = format_text("%.*s", size, text);

		if (!size)
			refuse("%s: there is an empty name in the list; write %sone,two", option,
			       option);
		if (contains(words, word))
			refuse("%s names %s twice; name it once", option, word);
		add_word(words, word);
		if (!text[size])
			return;
		text += size + 1;
	}
}

static void take_option(struct options *options, const char *word)
{
	static const char machines[] = "--machines=", kernels[] = "--kernels=",
			  output[] = "--output=";
	const char *value;

	if ((value = option_value(word, machines)))
		split(&options->machines, machines, value);
	else if ((value = option_value(word, kernels)))
		split(&options->kernels, kernels, value);
	else if ((value = option_value(word, output)) && *value)
		options->output = format_text("%s", value);
	else
		refuse("unknown option '%s'; known are --machines=, --kernels=, --output= and "
		       "--help; Bazel's own options come last, behind --",
		       word);
}

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1] == '-';
}

bool is_label(const char *machine)
{
	return strpbrk(machine, "/:") != NULL;
}

static void check_machines(const struct options *options, const char *known)
{
	struct words names = {0};

	split(&names, "", known);
	for (size_t i = 0; i < options->machines.count; i++)
		if (!is_label(options->machines.list[i]) &&
		    !contains(&names, options->machines.list[i]))
			refuse("--machines: there is no machine '%s'; there are %s, and others "
			       "are named by their labels",
			       options->machines.list[i], known);
	free(names.list);
}

void options_read(struct options *options, char **argv)
{
	const char *machines = setting("RINGSIDE_MACHINES");
	const char *kernels = setting("RINGSIDE_KERNELS");
	char **word = argv + 1;

	*options = (struct options){0};
	split(&options->machines, "", machines);
	split(&options->kernels, "", kernels);
	for (; *word && strcmp(*word, "--"); word++) {
		if (!strcmp(*word, "--help") || !strcmp(*word, "-h")) {
			printf(usage, machines, kernels);
			exit(0);
		}
		if (is_option(*word))
			take_option(options, *word);
		else
			add_word(&options->patterns, *word);
	}
	for (word += *word ? 1 : 0; *word; word++) {
		if (!is_option(*word))
			refuse("'%s' stands behind --, where Bazel's options do; put it before it",
			       *word);
		add_word(&options->bazel_options, *word);
	}
	check_machines(options, machines);
	if (!options->patterns.count)
		refuse("no tests are named; name some: bazel run //machines:matrix -- "
		       "//package/...");
}

/* A label that may be relative to the user's folder, made absolute. */
static void resolve(char **label, const struct bazel *bazel, const char *problem)
{
	char *quoted = quote_pattern(*label);
	const char *const words[] = {"query", quoted, NULL};
	struct words lines = {0};
	const int status = ask_bazel(bazel, words, &lines);

	if (status || lines.count != 1) {
		fprintf(stderr, problem, *label);
		exit(status ? status : 2);
	}
	free(quoted);
	free(*label);
	*label = lines.list[0];
	free(lines.list);
}

void options_resolve(struct options *options, const struct bazel *bazel)
{
	bool has_emulated = false;

	for (size_t i = 0; i < options->machines.count; i++) {
		char **machine = &options->machines.list[i];

		has_emulated |= strcmp(*machine, "host") != 0;
		if (is_label(*machine))
			resolve(machine, bazel,
				"ringside: --machines: there is no '%s'; name a bochs_machine or a "
				"qemu_machine\n");
	}
	for (size_t i = 0; has_emulated && i < options->kernels.count; i++)
		resolve(&options->kernels.list[i], bazel,
			"ringside: --kernels: there is no '%s'; name a linux_kernel, or a target "
			"of one bzImage and .ko files\n");
}
