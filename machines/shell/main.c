/* SPDX-License-Identifier: MIT */
/*
 * The shell into an emulated machine: what "bazel run //machines:amd" starts.
 *
 * usage: amd [LABEL]... [--] [COMMAND [ARGUMENT]...]
 *
 * Starts the machine from its snapshot, with the tests that the labels name
 * among its programs, and runs the command in it, or a shell. Its exit status
 * is the command's. See docs/machines.md.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machines/runner/description.h"
#include "machines/runner/emulated.h"
#include "machines/runner/message.h"
#include "machines/runner/transfer.h"
#include "machines/shell/connection.h"
#include "machines/shell/tests.h"

/* In the machine. */
#define BUSYBOX "/bin/busybox"
#define HOME "/root"

/* What is behind the shell. */
struct shell {
	struct test_description files; /* controller: busybox */
	struct machine_description machine;
	struct shell_tests tests;
	char **command; /* NULL-terminated; empty for a shell */
};

static void write_environment(const struct shell *shell, struct outbox *outbox)
{
	const char *terminal = getenv("TERM");
	char *variables[] = {
		format_text("PATH=%s", tests_path(&shell->tests)),
		format_text("TERM=%s", terminal ? terminal : "dumb"),
		format_text("PS1=%s:\\w\\$ ", shell->machine.name),
		format_text("HOME=%s", HOME),
		format_text("USER=root"),
		format_text("RUNFILES_DIR=%s", TESTS_RUNFILES),
		format_text("TEST_SRCDIR=%s", TESTS_RUNFILES),
		format_text("TEST_TMPDIR=/tmp"),
	};

	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++) {
		outbox_text(outbox, CHANNEL_ENVIRONMENT, variables[i]);
		free(variables[i]);
	}
}

/* Where Bazel runs tests: in the runfiles, in the main repository's folder. */
static char *make_directory(const struct shell *shell)
{
	char here[4096];
	char *name = getcwd(here, sizeof(here)) ? strrchr(here, '/') : NULL;
	const char suffix[] = ".runfiles";

	/* That is where it runs this program, too. */
	if (!shell->tests.count || !name || (size_t)(name - here) < sizeof(suffix) ||
	    strncmp(name - strlen(suffix), suffix, strlen(suffix)))
		return format_text("%s", HOME);
	return format_text("%s%s", TESTS_RUNFILES, name);
}

static void write_program(const struct shell *shell, struct outbox *outbox)
{
	char *directory = make_directory(shell);
	char *busybox = runfile(&shell->files, shell->files.controller);

	outbox_tree(outbox, busybox, BUSYBOX);
	outbox_text(outbox, CHANNEL_FOLDER, HOME);
	outbox_text(outbox, CHANNEL_FOLDER, directory);
	outbox_text(outbox, CHANNEL_DIRECTORY, directory);
	if (!*shell->command)
		outbox_text(outbox, CHANNEL_ARGUMENT, "sh");
	for (char **word = shell->command; *word; word++)
		outbox_text(outbox, CHANNEL_ARGUMENT, *word);
	free(directory);
	free(busybox);
}

static void write_shell(void *context, struct outbox *outbox)
{
	const struct shell *shell = context;

	write_environment(shell, outbox);
	write_program(shell, outbox);
	write_modules(outbox, &shell->files, &shell->machine);
	tests_write(&shell->tests, outbox);
	connection_write(outbox);
}

static char *make_greeting(const struct shell *shell)
{
	const struct shell_tests *tests = &shell->tests;
	char *text = format_text("ringside: machine %s, Linux %s; leave with \"exit\", end the "
				 "machine with Ctrl-]\n",
				 shell->machine.name, shell->machine.kernel);
	char *longer;

	if (*shell->command)
		return NULL;
	if (!tests->count)
		return format_text("%sringside: no tests are in it; to have some, name them: "
				   "bazel run ... -- //package:test //package/...\n",
				   text);
	for (size_t i = 0; i < tests->count; i++) {
		longer = format_text("%s%s%s", text,
				     i ? " " : "ringside: tests in it: ", tests->list[i].name);
		free(text);
		text = longer;
	}
	return format_text("%s\nringside: to run one: %s\n", text, tests->list[0].name);
}

/*
 * Whether a word in front of the command is a label: of a repository or package,
 * or, with a ':' or "..." in it, relative to the folder in which Bazel was called.
 * A program's path begins with a single '/', and few names of programs have those.
 */
static bool is_label(const char *word)
{
	const size_t size = strlen(word);

	if (word[0] == '@' || !strncmp(word, "//", 2))
		return true;
	if (word[0] == '/' || word[0] == '-' || strpbrk(word, " ="))
		return false;
	return strchr(word, ':') || !strcmp(word, "...") ||
	       (size > 4 && !strcmp(word + size - 4, "/..."));
}

static const char usage[] =
	"usage: bazel run MACHINE -- [LABEL]... [--] [COMMAND [ARGUMENT]...]\n"
	"\n"
	"Runs a command, or else a shell, in an emulated machine. The tests that the labels\n"
	"name (//package:test, //package/..., :test), and static programs\n"
	"(//package:program), are built and found in it under /tests/<package>/<name>, and\n"
	"on PATH.\n";

int main(int argc, char **argv)
{
	struct shell shell = {0};
	struct dialogue dialogue = {
		.program = "the shell",
		.context = &shell,
		.write_job = write_shell,
	};
	size_t labels = 0;

	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		fputs(usage, stdout);
		return 0;
	}
	while (argv[1 + labels] && is_label(argv[1 + labels]))
		labels++;
	shell.command = argv + 1 + labels;
	if (*shell.command && !strcmp(*shell.command, "--"))
		shell.command++;
	else if (*shell.command && **shell.command == '-')
		die("unknown option '%s'\n%s", *shell.command, usage);
	if (*shell.command)
		dialogue.program = "the command";

	read_test_description(argv[0], &shell.files);
	read_machine_description(&shell.files, &shell.machine);
	connection_prepare(&dialogue);
	if (labels)
		tests_build(argv + 1, labels, &shell.tests);
	connection_greet(make_greeting(&shell));
	return run_interactive(&shell.machine, &dialogue);
}
