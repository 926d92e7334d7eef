/* SPDX-License-Identifier: MIT */
/*
 * The first program of an emulated machine: loads KVM, waits for a job on the
 * drive, runs it, brings its results out and switches the machine off.
 *
 * The snapshot is taken while it waits. Settings come as environment
 * variables, which is what the kernel makes of unknown words on its command
 * line: ringside_drive, ringside_stream (devices), ringside_ready_port and
 * ringside_exit_port (I/O ports, where the emulator has such), ringside_provides
 * (the capabilities that the machine is declared to have, with commas between).
 */
#include "machines/capabilities/capabilities.h"
#include "machines/init/init.h"
#include "machines/init/mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/random.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* What lets tests reload modules: tst_module_reload(). */
#define RELOAD_PERMISSION "RINGSIDE_RELOAD_MODULES"

/* How long a driver may take to find its device, in seconds. */
#define DEVICE_SECONDS 20

/* How long a process may take to die of SIGKILL, in seconds. */
#define DEATH_SECONDS 10

/* Of the kernel's taint: it has oopsed (admin-guide/tainted-kernels). */
#define TAINT_DIE (1UL << 7)

/* How often the drive is looked at for a job, in nanoseconds. */
#define JOB_POLL_NS 1000000

static const char *required_setting(const char *name)
{
	const char *value = getenv(name);

	if (!value)
		die("the kernel's command line does not set %s", name);
	return value;
}

static void check_kvm(void)
{
	struct utsname name;
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	uname(&name);
	if (fd < 0)
		die("no /dev/kvm on Linux %s (%s): this kernel has KVM neither built in nor among "
		    "the modules given. Fix: a kernel with CONFIG_KVM, and CONFIG_KVM_AMD or "
		    "CONFIG_KVM_INTEL",
		    name.release, strerror(errno));
	close(fd);
	say("Linux %s", name.release);
}

/* What a machine is declared to offer, tests are sent there for: it must have it. */
static void check_capabilities(void)
{
	const char *provides = getenv("ringside_provides");
	capability_set declared = 0, lacking;
	char *names, list[CAPABILITY_LIST_SIZE];
	struct probe probe;

	if (!provides)
		return;
	names = strdup(provides);
	if (!names)
		die("out of memory");
	for (char *name = strtok(names, ","); name; name = strtok(NULL, ",")) {
		capability_set capability = capability_parse(name);

		if (!capability)
			die("this machine is declared to provide '%s', which is no capability",
			    name);
		declared |= capability;
	}
	free(names);
	probe_kvm(declared, &probe);
	if (*probe.problem)
		die("%s", probe.problem);
	lacking = declared & ~probe.provides;
	if (!lacking)
		return;
	/* One of them, and how to see for oneself. */
	die("this machine is declared to provide what it lacks: %s (%s)",
	    capability_list(lacking, list), capability_how(lacking & -lacking));
}

static void wait_for_job(int drive, struct job_header *header)
{
	const struct timespec interval = {.tv_nsec = JOB_POLL_NS};

	for (;;) {
		if (job_read_block(drive, 0, header, sizeof(*header)))
			die("cannot read the drive: %s", strerror(errno));
		if (!memcmp(header->magic, JOB_MAGIC, sizeof(header->magic)))
			return;
		/* A drive's contents change without an event. */
		nanosleep(&interval, NULL);
	}
}

/* A snapshot's clock and random numbers are those of its making. */
static void wake_up(const struct job_header *header)
{
	const struct timespec now = {
		.tv_sec = (time_t)header->seconds,
		.tv_nsec = header->nanoseconds,
	};
	_Alignas(struct rand_pool_info) unsigned char
		space[sizeof(struct rand_pool_info) + sizeof(header->seed)];
	struct rand_pool_info *entropy = (struct rand_pool_info *)space;
	int fd = open("/dev/urandom", O_RDWR | O_CLOEXEC);

	entropy->entropy_count = 8 * sizeof(header->seed);
	entropy->buf_size = sizeof(header->seed);
	memcpy(entropy->buf, header->seed, sizeof(header->seed));
	if (fd < 0 || ioctl(fd, RNDADDENTROPY, entropy) || ioctl(fd, RNDRESEEDCRNG))
		die("cannot seed the random numbers: %s", strerror(errno));
	close(fd);
	if (clock_settime(CLOCK_REALTIME, &now))
		die("cannot set the clock: %s%s", strerror(errno),
		    fix_kernel("CONFIG_POSIX_TIMERS"));
}

static int open_stream(void)
{
	const char *path = required_setting("ringside_stream");
	struct termios settings;
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		die("cannot open %s: %s. Fix: a kernel with CONFIG_VIRTIO_CONSOLE, built in or as a "
		    "module",
		    path, strerror(errno));
	/* Where it is a terminal, bytes have to pass as they are. */
	if (!tcgetattr(fd, &settings)) {
		cfmakeraw(&settings);
		tcsetattr(fd, TCSANOW, &settings);
	}
	return fd;
}

void tell_time(int time)
{
	if (write(time, "!", 1) < 0)
		say("cannot tell the test that its time is over: %s", strerror(errno));
}

/* Whether the job is a test of which Bazel knows when it has to be over. */
static bool has_timeout(const struct job *job)
{
	for (size_t i = 0; i < job->environment_count; i++)
		if (!strncmp(job->environment[i], "TEST_TIMEOUT=", 13))
			return true;
	return false;
}

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

static void become_job(const struct job *job, int stream, int time)
{
	int null = open("/dev/null", O_RDONLY);
	char number[16];

	setsid();
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(stream, STDOUT_FILENO) < 0 ||
	    dup2(stream, STDERR_FILENO) < 0)
		_exit(126);
	if (job->directory && chdir(job->directory)) {
		dprintf(STDERR_FILENO, "cannot enter %s: %s\n", job->directory, strerror(errno));
		_exit(126);
	}
	/* This machine is the test's own. */
	environ = job->environment;
	setenv(RELOAD_PERMISSION, "1", 0);
	if (time >= 0) {
		fcntl(time, F_SETFD, 0);
		snprintf(number, sizeof(number), "%d", time);
		setenv(TIME_VARIABLE, number, 1);
	}
	execve(job->arguments[0], job->arguments, environ);
	dprintf(STDERR_FILENO, "cannot run %s: %s\n", job->arguments[0], strerror(errno));
	_exit(127);
}

/* Passes the host's word on that the time is nearly over, until the child has ended. */
static void relay_time(int stream, pid_t child, int time)
{
	struct pollfd events[] = {
		{.fd = (int)syscall(SYS_pidfd_open, child, 0), .events = POLLIN},
		{.fd = stream, .events = POLLIN},
	};

	if (events[0].fd < 0)
		die("cannot watch the test: %s", strerror(errno));
	while (!events[0].revents) {
		if (poll(events, 2, -1) < 0 && errno != EINTR)
			die("cannot watch the test: %s", strerror(errno));
		if (!events[1].revents)
			continue;
		if (events[1].revents & POLLIN)
			tell_time(time);
		events[1].fd = -1;
		events[1].revents = 0;
	}
	close(events[0].fd);
}

static int run_job(const struct job *job, bool has_mailbox)
{
	int ends[2] = {-1, -1}, time[2] = {-1, -1};
	int stream, status = 0, other;
	pid_t child, ended;

	if (!job->argument_count)
		die("the job names no program");
	if (!has_mailbox)
		stream = open_stream();
	else if (pipe2(ends, O_CLOEXEC))
		die("cannot make a pipe: %s", strerror(errno));
	else
		stream = ends[1];
	if (has_timeout(job) && pipe2(time, O_CLOEXEC))
		die("cannot make a pipe: %s", strerror(errno));
	child = fork();
	if (child < 0)
		die("cannot fork: %s", strerror(errno));
	if (!child)
		become_job(job, stream, time[0]);
	if (has_mailbox) {
		close(stream);
		stream = -1;
		mailbox_relay(ends[0], child, time[1]);
	} else if (time[1] >= 0) {
		relay_time(stream, child, time[1]);
	}
	/* Orphans come here too. */
	while ((ended = wait(&other)) != child)
		if (ended < 0 && errno != EINTR)
			die("cannot wait for the test: %s", strerror(errno));
	status = other;
	end_processes();
	if (stream >= 0) {
		tcdrain(stream);
		close(stream);
	}
	return status;
}

static int open_drive(void)
{
	const char *path = required_setting("ringside_drive");
	int drive;

	wait_for_device(path, DEVICE_SECONDS);
	drive = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (drive < 0)
		die("cannot open %s: %s", path, strerror(errno));
	return drive;
}

int main(void)
{
	bool has_mailbox = getenv("ringside_mailbox");
	struct job_header header;
	struct job job = {0};
	int drive = -1, status;

	mount_first();

	setenv(RELOAD_PERMISSION, "1", 0);
	load_modules();
	check_kvm();
	check_capabilities();
	if (has_mailbox)
		mailbox_open();
	else
		drive = open_drive();
	make_root();
	clear_free_memory();
	announce_ready();

	if (has_mailbox)
		drive = mailbox_take_job(&header);
	else
		wait_for_job(drive, &header);
	say("unpacking");
	wake_up(&header);
	take_job(drive, &header, &job);
	/* Where the drive lies in memory, what was unpacked need not be there twice. */
	if (has_mailbox)
		fallocate(drive, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
			  (off_t)header.result_offset);
	replace_modules(job.modules, job.module_count);
	say("running");
	status = run_job(&job, has_mailbox);
	say("collecting");
	keep_counters(&job);
	bring_out(drive, &header, &job, status);
	if (has_mailbox)
		mailbox_bring_out(drive, &header);
	say("done");
	switch_off();
}
