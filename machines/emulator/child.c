/* SPDX-License-Identifier: MIT */
/* Starting and ending an emulator; see child.h. */
#include "machines/emulator/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

void add_argument(struct arguments *arguments, const char *format, ...)
{
	char **list = realloc(arguments->list, (arguments->count + 2) * sizeof(*list));
	va_list values;
	int size;

	if (!list)
		abort();
	arguments->list = list;
	va_start(values, format);
	size = vasprintf(&list[arguments->count], format, values);
	va_end(values);
	if (size < 0)
		abort();
	list[++arguments->count] = NULL;
}

void free_arguments(struct arguments *arguments)
{
	for (size_t i = 0; i < arguments->count; i++)
		free(arguments->list[i]);
	free(arguments->list);
	*arguments = (struct arguments){0};
}

/* In the child: errors go to its output, which the caller reads. */
static void become(const struct arguments *arguments, char *const environment[],
		   const char *directory, int output, const int *keep, size_t keep_count,
		   pid_t parent)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127); /* it died before the line above */
	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (size_t i = 0; i < keep_count; i++)
		fcntl(keep[i], F_SETFD, 0);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
	    dup2(output, STDERR_FILENO) < 0)
		_exit(127);
	if (directory && chdir(directory))
		dprintf(STDERR_FILENO, "cannot enter %s: %s\n", directory, strerror(errno));
	else if (execve(arguments->list[0], arguments->list, environment))
		dprintf(STDERR_FILENO, "cannot run %s: %s\n", arguments->list[0], strerror(errno));
	_exit(127);
}

pid_t start_child(const struct arguments *arguments, char *const environment[],
		  const char *directory, int output, const int *keep, size_t keep_count)
{
	pid_t parent = getpid();
	pid_t child = fork();

	if (!child)
		become(arguments, environment, directory, output, keep, keep_count, parent);
	if (child > 0)
		setpgid(child, child); /* whoever comes first */
	return child;
}

void end_child(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}
