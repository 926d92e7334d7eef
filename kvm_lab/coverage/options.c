/* SPDX-License-Identifier: MIT */
/* The command line, and whether it makes sense; see options.h. */
#include "kvm_lab/coverage/options.h"

#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"usage: bazel run //kvm_lab:coverage -- [OPTION]... SUITE... [-- BAZEL_OPTION...]\n"
	"\n"
	"Runs tests on a KVM that counts, and tells which of KVM's lines and branches each\n"
	"suite reaches, and which all together.\n"
	"\n"
	"A SUITE is a pattern of labels: //package/..., //package:test.\n"
	"\n"
	"  --output=FOLDER  for the reports, a folder for each suite and one for all\n"
	"                   (bazel-coverage-report in the workspace)\n"
	"  --tests          writes reached.txt, too: which lines each test reaches, for\n"
	"                   //kvm_lab:score; takes longer\n"
	"  --help           this text\n"
	"\n"
	"Options behind the second -- are Bazel's: --test_tag_filters=-slow.\n"
	"\n"
	"exit status: 0 when the coverage is told, whatever it is; 2 for this command line,\n"
	"otherwise Bazel's\n";

static void add_suite(struct options *options, char *pattern)
{
	for (size_t i = 0; i < options->suites.count; i++)
		if (!strcmp(options->suites.list[i], pattern))
			refuse("'%s' is named twice; name it once", pattern);
	add_word(&options->suites, pattern);
}

void options_read(struct options *options, char **argv)
{
	char **word = argv + 1;

	*options = (struct options){0};
	for (; *word && strcmp(*word, "--"); word++) {
		const char *value = option_value(*word, "--output=");

		if (!strcmp(*word, "--help") || !strcmp(*word, "-h")) {
			fputs(usage, stdout);
			exit(0);
		}
		if (value && *value)
			options->output = value;
		else if (!strcmp(*word, "--tests"))
			options->tests = true;
		else if (**word == '-')
			refuse("unknown option '%s'; --help tells which there are; Bazel's own come "
			       "last, behind --",
			       *word);
		else
			add_suite(options, *word);
	}
	for (word += *word ? 1 : 0; *word; word++) {
		if (**word != '-')
			refuse("'%s' stands behind --, where Bazel's options do; put it before it",
			       *word);
		add_word(&options->bazel_options, *word);
	}
	if (!options->suites.count)
		refuse("no tests are named; name some: bazel run //kvm_lab:coverage -- "
		       "//kvm_tests/...");
}
