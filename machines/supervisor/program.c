/* SPDX-License-Identifier: MIT */
/* See program.h. */
#include "machines/supervisor/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "machines/io/io.h"

/* Where a process finds its children: orphans of the program's come to us. */
#define CHILDREN "/proc/self/task/%d/children"

double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static char *problem(const char *what)
{
	char *text;

	if (asprintf(&text, "cannot %s: %s", what, strerror(errno)) < 0)
		exit(125);
	return text;
}

/* Passes on what there is; false when there is nothing, now or any more. */
static bool pass(int output, struct tap *tap)
{
	static char buffer[65536];
	ssize_t got = read(output, buffer, sizeof(buffer));

	if (got <= 0)
		return got < 0 && errno == EINTR;
	/* Where nobody reads, the verdict is still wanted. */
	(void)write_all(STDOUT_FILENO, buffer, (size_t)got);
	tap_add(tap, buffer, (size_t)got, now_s());
	return true;
}

static void become(char **command, int output, int failure)
{
	sigset_t none;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
	    dup2(output, STDERR_FILENO) >= 0)
		execv(command[0], command);
	if (write(failure, &errno, sizeof(errno)) < 0)
		_exit(126); /* that says it, too */
	_exit(127);
}

/* Kills what the program left; it has come to us, and what that leaves comes next. */
static unsigned int end_children(void)
{
	unsigned int count = 0;

	for (;;) {
		char path[64];
		int pid, found = 0;
		FILE *file;

		snprintf(path, sizeof(path), CHILDREN, (int)getpid());
		file = fopen(path, "re");
		while (file && fscanf(file, "%d", &pid) == 1) {
			kill(pid, SIGKILL);
			found++;
		}
		if (file)
			fclose(file);
		/* Each of them once: the dead can have been there before. */
		while ((pid = waitpid(-1, NULL, found ? 0 : WNOHANG)) > 0) {
			count++;
			if (--found <= 0)
				break;
		}
		if (pid <= 0)
			return count;
	}
}

static int watch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* Until the program ends, or we are told to end. */
static void follow(struct program *program, pid_t pid, int output, int signals, struct tap *tap)
{
	struct pollfd events[] = {
		{.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN},
		{.fd = output, .events = POLLIN},
		{.fd = signals, .events = POLLIN},
	};

	while (!events[0].revents && !program->signal) {
		if (poll(events, 3, -1) < 0)
			continue;
		if (events[1].revents && !pass(output, tap))
			events[1].fd = -1; /* it closed its output; its end is still to come */
		if (events[2].revents) {
			struct signalfd_siginfo info;

			program->signal = SIGTERM;
			if (read(signals, &info, sizeof(info)) == sizeof(info))
				program->signal = (int)info.ssi_signo;
			kill(pid, SIGKILL);
		}
	}
	close(events[0].fd);
}

struct program run_program(char **command, struct tap *tap)
{
	struct program program = {0};
	int output[2], failure[2], error, signals;
	pid_t pid;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signals = watch_signals();
	if (signals < 0 || pipe2(output, O_CLOEXEC) || pipe2(failure, O_CLOEXEC)) {
		program.problem = problem("make a pipe");
		return program;
	}
	tap->since = now_s();
	pid = fork();
	if (pid < 0) {
		program.problem = problem("fork");
		return program;
	}
	if (!pid)
		become(command, output[1], failure[1]);
	close(output[1]);
	close(failure[1]);
	if (read(failure[0], &error, sizeof(error)) == sizeof(error)) {
		errno = error;
		program.problem = problem("execute the program");
	}
	close(failure[0]);
	follow(&program, pid, output[0], signals, tap);
	while (waitpid(pid, &program.wait_status, 0) < 0 && errno == EINTR)
		;
	program.left_behind = end_children();
	/* Nobody writes any more. */
	fcntl(output[0], F_SETFL, O_NONBLOCK);
	while (pass(output[0], tap))
		;
	close(output[0]);
	close(signals);
	tap_end(tap, now_s());
	return program;
}
