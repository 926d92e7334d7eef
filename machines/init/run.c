/* SPDX-License-Identifier: MIT */
/* Running the job's program, and ending what it leaves. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "machines/init/host.h"
#include "machines/init/program.h"

/* Comes along where programs want a shell. */
#define BUSYBOX "/bin/busybox"

/* How long a process may take to die of SIGKILL, in seconds. */
#define DEATH_SECONDS 10

/* Of the kernel's taint: it has oopsed (admin-guide/tainted-kernels). */
#define TAINT_DIE (1UL << 7)

static bool has_oopsed(void)
{
	FILE *file = fopen("/proc/sys/kernel/tainted", "re");
	unsigned long taint = 0;

	if (!file || fscanf(file, "%lu", &taint) != 1)
		taint = 0;
	if (file)
		fclose(file);
	return taint & TAINT_DIE;
}

/*
 * Ends what the job has left. A process that has oopsed in the kernel may stay for ever:
 * the runner reads of the oops on the console, and the job's results are of use.
 */
static void end_processes(void)
{
	const struct timespec limit = {.tv_sec = DEATH_SECONDS};
	sigset_t death;

	sigemptyset(&death);
	sigaddset(&death, SIGCHLD);
	sigprocmask(SIG_BLOCK, &death, NULL);
	kill(-1, SIGKILL);
	for (;;) {
		pid_t ended = waitpid(-1, NULL, WNOHANG);

		if (ended < 0 && errno == ECHILD)
			return;
		if (ended || sigtimedwait(&death, NULL, &limit) >= 0 || errno == EINTR)
			continue;
		if (has_oopsed())
			return;
		die("a process that the test has left does not die of SIGKILL within %d s: it "
		    "hangs in the kernel",
		    DEATH_SECONDS);
	}
}

static int wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("cannot wait for the program: %s", strerror(errno));
	return status;
}

/* Has links to each of busybox' tools beside it, if it came along. */
static void install_tools(void)
{
	pid_t pid;

	if (access(BUSYBOX, X_OK))
		return;
	pid = fork();
	if (!pid) {
		execl(BUSYBOX, "busybox", "--install", "-s", "/bin", NULL);
		_exit(127);
	}
	if (pid < 0 || wait_for(pid))
		die("cannot install the tools of " BUSYBOX " in /bin");
}

int run_program(const struct job *job)
{
	struct program program = {
		.connection = job->connect.connection,
		.input = -1,
		.output = -1,
		.error = -1,
		.time = -1,
	};
	const uint32_t running = CHANNEL_RUNNING;
	int status;

	if (!job->argument_count)
		die("the job names no program");
	/* A program need not read to the end. */
	signal(SIGPIPE, SIG_IGN);
	install_tools();
	/* What a program has printed is to be out before it does something worse. */
	setpriority(PRIO_PROCESS, 0, -20);
	start_program(&program, job);
	host_send(CHANNEL_STAGE, &running, sizeof(running));
	relay(&program);
	status = wait_for(program.pid);
	end_processes();
	/* Nobody is left who could write more. */
	drain(&program);
	return status;
}
