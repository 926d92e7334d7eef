// SPDX-License-Identifier: MIT
/* Other programs, run by a test. */
#include "tst_cmd.h"

#include <spawn.h>
#include <stdbool.h>
#include <sys/wait.h>

#include "host/ltp/blocked.h"
#include "host/ltp/modules.h"
#include "tst_module.h"

/* A redirection: to a descriptor, or to a path where that is not NULL. */
struct target {
	const char *path;
	int fd; /* -1: none */
};

/* Where a message is about, and what. */
struct command {
	const char *file;
	int line;
	const char *const *argv;
	int flags;
};

static int spawn(pid_t *pid, const struct command *command, const struct target targets[2])
{
	posix_spawn_file_actions_t actions;
	int i, err = 0;

	posix_spawn_file_actions_init(&actions);
	for (i = 0; i < 2 && !err; i++) {
		const int fd = STDOUT_FILENO + i;

		if (targets[i].path)
			err = posix_spawn_file_actions_addopen(&actions, fd, targets[i].path,
							       O_CREAT | O_WRONLY | O_TRUNC, 0644);
		else if (targets[i].fd >= 0)
			err = posix_spawn_file_actions_adddup2(&actions, targets[i].fd, fd);
	}
	if (!err)
		err = posix_spawnp(pid, command->argv[0], &actions, NULL,
				   (char *const *)command->argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return err;
}

/* Whether a program of that name can be found, as posix_spawnp() looks for it. */
static bool is_there(const char *name)
{
	const char *path = getenv("PATH"), *next;
	char candidate[PATH_MAX];

	if (strchr(name, '/'))
		return access(name, F_OK) == 0;
	for (; path; path = next ? next + 1 : NULL) {
		int len;

		next = strchr(path, ':');
		len = next ? (int)(next - path) : (int)strlen(path);
		if (snprintf(candidate, sizeof(candidate), "%.*s%s%s", len, path, len ? "/" : "",
			     name) < (int)sizeof(candidate) &&
		    access(candidate, X_OK) == 0)
			return true;
	}
	return false;
}

/* What the library can do of modprobe itself. Returns false for what it can't. */
static bool do_modprobe(const char *const argv[])
{
	const bool removes = argv[1] && (!strcmp(argv[1], "-r") || !strcmp(argv[1], "--remove"));
	const char *const *rest = argv + 1 + removes;
	bool is_present;

	if (strcmp(argv[0], "modprobe") || !*rest || **rest == '-' || (removes && rest[1]))
		return false;
	is_present = tst_module_state(*rest) == MODULE_PRESENT;
	if (removes && is_present)
		tst_module_unload(*rest);
	else if (!removes && !is_present)
		tst_module_load(*rest, (char *const *)(rest + 1));
	return true;
}

static int wait_for(const struct command *command, pid_t pid)
{
	const char *name = command->argv[0];
	int status;

	{
		TST_BLOCKED_IN("tst_cmd()", command->file, command->line);
		while (waitpid(pid, &status, 0) < 0) {
			if (errno != EINTR)
				tst_brk_(command->file, command->line, TBROK | TERRNO,
					 "tst_cmd(\"%s\"): waitpid()", name);
		}
	}
	if (WIFSIGNALED(status))
		tst_brk_(command->file, command->line, TBROK,
			 "tst_cmd(\"%s\"): the program was ended by signal %d (%s)", name,
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
	return WEXITSTATUS(status);
}

static int run(const struct command *command, const struct target targets[2])
{
	const bool passes = command->flags & TST_CMD_PASS_RETVAL;
	const char *name = command->argv ? command->argv[0] : NULL;
	int err, status;
	pid_t pid;

	if (!name)
		tst_brk_(command->file, command->line, TBROK,
			 "tst_cmd(argv): argv names no program; it is a list of strings that ends "
			 "with NULL");
	if (!is_there(name)) {
		if (do_modprobe(command->argv))
			return 0;
		if (command->flags & TST_CMD_TCONF_ON_MISSING)
			tst_brk_(command->file, command->line, TCONF,
				 "there is no program %s on PATH", name);
		if (passes)
			return TST_CMD_MISSING;
		tst_brk_(command->file, command->line, TBROK,
			 "tst_cmd(\"%s\"): there is no such program on PATH; "
			 "TST_CMD_TCONF_ON_MISSING skips the test then",
			 name);
	}
	fflush(stdout);
	err = spawn(&pid, command, targets);
	if (err && passes)
		return TST_CMD_NOT_EXECUTED;
	if (err) {
		errno = err;
		tst_brk_(command->file, command->line, TBROK | TERRNO,
			 "tst_cmd(\"%s\"): the program can't be executed, or its output not be "
			 "redirected",
			 name);
	}
	status = wait_for(command, pid);
	if (status && !passes)
		tst_brk_(command->file, command->line, TBROK,
			 "tst_cmd(\"%s\"): the program ended with exit status %d; "
			 "TST_CMD_PASS_RETVAL would return it",
			 name, status);
	return status;
}

int tst_cmd_(const char *file, int line, const char *const argv[], const char *stdout_path,
	     const char *stderr_path, int flags)
{
	const struct command command = {file, line, argv, flags};
	const struct target targets[2] = {{stdout_path, -1}, {stderr_path, -1}};

	return run(&command, targets);
}

int tst_cmd_fds_(const char *file, int line, const char *const argv[], int stdout_fd, int stderr_fd,
		 int flags)
{
	const struct command command = {file, line, argv, flags};
	const struct target targets[2] = {{NULL, stdout_fd}, {NULL, stderr_fd}};

	return run(&command, targets);
}
