/* SPDX-License-Identifier: MIT */
/* The command line, and whether it makes sense; see options.h. */
#include "kvm_lab/score/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machines/runner/message.h"

/* Generated faults are drawn from thousands; all of them would take days. */
#define DEFAULT_SAMPLE 200
#define DEFAULT_SEED 1

static const char usage[] =
	"usage: bazel run //kvm_lab:score -- [OPTION]...\n"
	"\n"
	"Runs tests on KVMs with one fault each, and counts which faults they catch.\n"
	"\n"
	"  --suite=SUITE,...    kvm_tests (the default), selftests, or a pattern of labels\n"
	"  --faults=FAULTS,...  named, generated (the default), or a pattern of labels\n"
	"  --sample=N           so many of the faults, drawn at random (200 of generated ones,\n"
	"                       otherwise all)\n"
	"  --seed=N             another sample (1)\n"
	"  --reached=FILE,...   which lines tests reach, from 'bazel run //kvm_lab:coverage --\n"
	"                       --tests SUITE...': a test is not run on a fault that it\n"
	"                       can't come to\n"
	"  --all                go on after a fault is caught, to see who else catches it\n"
	"  --minutes=N          begin no test later than that; what is left is reported so\n"
	"  --jobs=N             machines at a time (one for each CPU)\n"
	"  --output=FOLDER      for index.html, score.json and the logs of catches\n"
	"                       (bazel-score-report in the workspace)\n"
	"  --help               this text\n"
	"\n"
	"exit status: 0 when the score is made, whatever it is; 2 for this command line,\n"
	"otherwise Bazel's\n";

static void split(struct words *words, const char *option, const char *text)
{
	for (;;) {
		const int size = (int)strcspn(text, ",");

		if (!size)
			refuse("%s: there is an empty name in the list; write %sone,two", option,
			       option);
		add_word(words, format_text("%.*s", size, text));
		if (!text[size])
			return;
		text += size + 1;
	}
}

static uint64_t number(const char *option, const char *text, uint64_t least, uint64_t most)
{
	char *end;
	uint64_t value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || *text < '0' || *text > '9' || *end || value < least || value > most)
		refuse("%s takes a number from %ju to %ju, and '%s' is none", option,
		       (uintmax_t)least, (uintmax_t)most, text);
	return value;
}

static void take_option(struct options *options, const char *word)
{
	const char *value;

	if ((value = option_value(word, "--suite=")))
		split(&options->suites, "--suite=", value);
	else if ((value = option_value(word, "--faults=")))
		split(&options->faults, "--faults=", value);
	else if ((value = option_value(word, "--sample=")))
		options->sample = (unsigned int)number("--sample=", value, 1, 100000);
	else if ((value = option_value(word, "--seed=")))
		options->seed = number("--seed=", value, 0, UINT64_MAX);
	else if ((value = option_value(word, "--minutes=")))
		options->minutes = (unsigned int)number("--minutes=", value, 1, 100000);
	else if ((value = option_value(word, "--jobs=")))
		options->jobs = (unsigned int)number("--jobs=", value, 1, 1000);
	else if ((value = option_value(word, "--output=")) && *value)
		options->output = value;
	else if ((value = option_value(word, "--reached=")))
		split(&options->reached, "--reached=", value);
	else if (!strcmp(word, "--all"))
		options->all = true;
	else
		refuse("unknown option '%s'; --help tells which there are", word);
}

void options_read(struct options *options, char **argv)
{
	const long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	*options = (struct options){
		.seed = DEFAULT_SEED,
		.jobs = cpus > 0 ? (unsigned int)cpus : 1,
	};
	for (char **word = argv + 1; *word; word++) {
		if (!strcmp(*word, "--help") || !strcmp(*word, "-h")) {
			fputs(usage, stdout);
			exit(0);
		}
		take_option(options, *word);
	}
	if (!options->suites.count)
		split(&options->suites, "", "kvm_tests");
	if (!options->faults.count)
		split(&options->faults, "", "generated");
	for (size_t i = 0; i < options->faults.count && !options->sample; i++)
		if (!strcmp(options->faults.list[i], "generated"))
			options->sample = DEFAULT_SAMPLE;
}
