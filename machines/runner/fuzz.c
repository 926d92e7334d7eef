/* SPDX-License-Identifier: MIT */
/* See fuzz.h. */
#include "machines/runner/fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machines/runner/message.h"

/* The rule sets the one (rules/kvm_fuzz_test.bzl), host/fuzz reads the other. */
#define RULE_VARIABLE "RINGSIDE_FUZZ"
#define ON_VARIABLE "RINGSIDE_FUZZ_ON"

#define OUTPUT_VARIABLE "TEST_UNDECLARED_OUTPUTS_DIR"

/* In the workspace; git ignores bazel-*. */
#define FOLDER "bazel-fuzz"

/* In s, eleven days: parts of the machine take no timeout for no test. */
#define NEVER "1000000"

static void set(const char *name, const char *value)
{
	if (setenv(name, value, 1))
		die("out of memory");
}

static void make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
		if (slash)
			*slash = '\0';
		if (mkdir(path, 0777) && errno != EEXIST)
			die("cannot make %s: %s. Fix: make the workspace writable", path,
			    strerror(errno));
		if (!slash)
			return;
		*slash = '/';
	}
}

void prepare_fuzzing(void)
{
	const char *workspace = getenv("BUILD_WORKSPACE_DIRECTORY"); /* bazel run */
	const char *test = getenv("TEST_BINARY"); /* its path in the workspace */
	char *output;

	if (!getenv(RULE_VARIABLE) || !workspace || !test)
		return;
	output = format_text("%s/" FOLDER "/%s", workspace, test);
	make_folders(output);
	set(OUTPUT_VARIABLE, output);
	set(ON_VARIABLE, "1");
	set("TEST_TIMEOUT", NEVER);
	free(output);
}

bool is_fuzzing(void)
{
	return getenv(ON_VARIABLE);
}

void leave_pipe(void)
{
	struct stat status;
	int terminal;

	if (fstat(STDOUT_FILENO, &status) || !S_ISFIFO(status.st_mode))
		return;
	terminal = open("/dev/tty", O_WRONLY | O_NOCTTY | O_CLOEXEC);
	if (terminal < 0)
		terminal = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (terminal < 0)
		return;
	dup2(terminal, STDOUT_FILENO);
	dup2(terminal, STDERR_FILENO);
	close(terminal);
}

char *kept_corpus(void)
{
	char *folder;

	if (!is_fuzzing())
		return NULL;
	folder = format_text("%s/corpus", getenv(OUTPUT_VARIABLE));
	if (!access(folder, R_OK | X_OK))
		return folder;
	free(folder);
	return NULL;
}
