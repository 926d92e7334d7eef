/* SPDX-License-Identifier: MIT */
/* Machines that Bochs emulates. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machines/bochs/bochs.h"
#include "machines/job/job.h"
#include "machines/runner/driver.h"
#include "machines/runner/message.h"

static int fail(struct running *run, const char *what)
{
	snprintf(run->error, sizeof(run->error), "%s: %s", what, strerror(errno));
	return -1;
}

static int prepare(struct running *run, const struct machine_description *machine)
{
	run->drive = memfd_create("drive", MFD_CLOEXEC);
	if (run->drive < 0 || ftruncate(run->drive, JOB_DRIVE_SIZE))
		return fail(run, "cannot make the drive in memory");
	return 0;
}

/* Job and result are streams in this machine: each gets a position of its own. */
static int open_drive(const struct running *run, int flags, uint64_t position)
{
	char *path = format_text("/proc/self/fd/%d", run->drive);
	int fd = open(path, flags | O_CLOEXEC);

	free(path);
	if (fd >= 0 && lseek(fd, (off_t)position, SEEK_SET) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static int restore(struct running *run, const struct machine_description *machine)
{
	struct bochs *bochs = calloc(1, sizeof(*bochs));
	int job = open_drive(run, O_RDONLY, 0);
	int result = open_drive(run, O_WRONLY, JOB_RESULT_OFFSET);
	int status = -1;

	if (!bochs || job < 0 || result < 0)
		fail(run, "cannot open the drive");
	else if (bochs_restore(bochs, machine->root, job, result, machine->snapshot))
		fail(run, "cannot start Bochs");
	else
		status = 0;
	if (job >= 0)
		close(job);
	if (result >= 0)
		close(result);
	if (bochs) {
		run->private = bochs;
		run->pid = bochs->pid;
		run->console = bochs->console;
		run->stream = bochs->stream;
	}
	return status;
}

static void on_control(struct running *run)
{
	/* There is no such descriptor. */
}

static const char *why_off(const struct running *run, int wait_status)
{
	if (WIFSIGNALED(wait_status))
		return WTERMSIG(wait_status) == SIGKILL ? "Bochs was killed" : "Bochs crashed";
	switch (WEXITSTATUS(wait_status)) {
	case BOCHS_OFF:
		return "it was powered off from inside";
	case BOCHS_RESET:
		return "it reset itself, as after a reboot";
	case BOCHS_PANIC:
		return "Bochs ended it, as after a triple fault or a power-off from inside";
	default:
		return NULL;
	}
}

static void end(struct running *run)
{
	struct bochs *bochs = run->private;

	if (bochs) {
		/* What the runner closed, or waited for, is not ours any more. */
		bochs->pid = run->pid;
		bochs->console = run->console;
		bochs->stream = run->stream;
		bochs_end(bochs);
		free(bochs);
	}
	if (run->drive >= 0)
		close(run->drive);
}

const struct driver bochs_driver = {
	.name = "bochs",
	.prepare = prepare,
	.restore = restore,
	.on_control = on_control,
	.why_off = why_off,
	.end = end,
};
