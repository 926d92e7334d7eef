/* SPDX-License-Identifier: MIT */
/* Finding and starting Bazel; see bazel.h. */
#include "machines/bazel/bazel.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* They would name our runfiles to what Bazel runs. */
static const char *const runfiles_variables[] = {
	"RUNFILES_DIR",
	"RUNFILES_MANIFEST_FILE",
	"RUNFILES_MANIFEST_ONLY",
};

static bool is_program(const char *path)
{
	struct stat status;

	return !stat(path, &status) && S_ISREG(status.st_mode) && !access(path, X_OK);
}

static char *find_on_path(const char *name)
{
	const char *path = getenv("PATH");

	while (path && *path) {
		int size = (int)strcspn(path, ":");
		char *program;

		if (asprintf(&program, "%.*s/%s", size, path, name) < 0)
			return NULL;
		if (size && is_program(program))
			return program;
		free(program);
		path += size;
		path += *path == ':';
	}
	return NULL;
}

const char *bazel_find(struct bazel *bazel)
{
	const char *workspace = getenv("BUILD_WORKSPACE_DIRECTORY");
	const char *folder = getenv("BUILD_WORKING_DIRECTORY");

	if (!workspace || !*workspace)
		return "cannot tell the workspace; start this with 'bazel run'";
	bazel->workspace = strdup(workspace);
	bazel->folder = strdup(folder && *folder ? folder : workspace);
	if (!bazel->workspace || !bazel->folder ||
	    asprintf(&bazel->program, "%s/bazelw", workspace) < 0)
		return "out of memory";
	if (is_program(bazel->program))
		return NULL;
	free(bazel->program);
	bazel->program = find_on_path("bazelisk");
	if (!bazel->program)
		bazel->program = find_on_path("bazel");
	return bazel->program ? NULL
			      : "found no Bazel: neither ./bazelw in the workspace nor bazelisk or "
				"bazel on PATH; put one of them there";
}

static void become(const struct bazel *bazel, const struct arguments *arguments, int output,
		   int errors, bool alone, pid_t parent)
{
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(127); /* it died before the line above */
	if (alone)
		setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	for (size_t i = 0; i < sizeof(runfiles_variables) / sizeof(*runfiles_variables); i++)
		unsetenv(runfiles_variables[i]);
	if ((output >= 0 && dup2(output, STDOUT_FILENO) < 0) ||
	    (errors >= 0 && dup2(errors, STDERR_FILENO) < 0))
		_exit(127);
	if (chdir(bazel->folder)) {
		dprintf(STDERR_FILENO, "cannot enter %s: %s\n", bazel->folder, strerror(errno));
		_exit(127);
	}
	execv(bazel->program, arguments->list);
	dprintf(STDERR_FILENO, "cannot run %s: %s\n", bazel->program, strerror(errno));
	_exit(127);
}

pid_t bazel_start(const struct bazel *bazel, const struct arguments *arguments, int output,
		  int errors, bool alone)
{
	pid_t parent = getpid();
	pid_t child = fork();

	if (!child)
		become(bazel, arguments, output, errors, alone, parent);
	return child;
}

int bazel_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 127;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
