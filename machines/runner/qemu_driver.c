/* SPDX-License-Identifier: MIT */
/* Machines that QEMU emulates. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machines/qemu/qemu.h"
#include "machines/runner/driver.h"
#include "machines/runner/message.h"

/* How long QEMU may take for one step of restoring, in milliseconds. */
#define RESTORE_MS 60000

static int fail(struct running *run, const char *what, const char *why)
{
	snprintf(run->error, sizeof(run->error), "%s: %s", what, why);
	return -1;
}

static struct qemu_config config_of(const struct machine_description *machine)
{
	return (struct qemu_config){
		.root = machine->root,
		.cpu = machine->cpu,
		.cpus = machine->cpus,
		.memory_mb = machine->memory_mb,
	};
}

static int start(struct running *run, const struct machine_description *machine)
{
	const struct qemu_config config = config_of(machine);
	struct qemu *qemu = calloc(1, sizeof(*qemu));
	int result;

	if (!qemu)
		return fail(run, "cannot start QEMU", "out of memory");
	run->private = qemu;
	result = qemu_start(qemu, &config, NULL);
	run->pid = qemu->pid;
	run->console = qemu->console;
	run->channel = qemu->channel;
	run->errors = qemu->errors;
	run->control = qemu->qmp.fd;
	return result ? fail(run, "cannot start QEMU", strerror(errno)) : 0;
}

static int open_snapshot(struct running *run, const struct machine_description *machine,
			 const char *name)
{
	char *path = format_text("%s/%s", machine->snapshot, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fail(run, path, strerror(errno));
	free(path);
	return fd;
}

static int restore(struct running *run, const struct machine_description *machine)
{
	const struct qemu_config config = config_of(machine);
	struct qemu *qemu = run->private;
	int state = open_snapshot(run, machine, "state");
	int ram = state < 0 ? -1 : open_snapshot(run, machine, "ram");
	int result = -1;

	if (ram >= 0) {
		result = qemu_restore(qemu, &config, state, ram, RESTORE_MS);
		if (result)
			fail(run, "QEMU", qemu->qmp.line);
	}
	if (state >= 0)
		close(state);
	if (ram >= 0)
		close(ram);
	return result;
}

static void on_control(struct running *run)
{
	struct qemu *qemu = run->private;

	/* Errors can only be replies, and none is awaited: an empty line is the end. */
	if (qmp_receive(&qemu->qmp) < 0 && !*qemu->qmp.line) {
		close(qemu->qmp.fd);
		qemu->qmp.fd = -1;
		run->control = -1;
	}
}

static const char *why_off(const struct running *run, int wait_status)
{
	const struct qemu *qemu = run->private;

	if (!strcmp(qemu->qmp.stop_reason, "guest-reset"))
		return "it reset itself, as after a triple fault or a reboot";
	if (!strcmp(qemu->qmp.stop_reason, "guest-shutdown"))
		return "it was powered off from inside";
	if (WIFSIGNALED(wait_status))
		return WTERMSIG(wait_status) == SIGKILL ? "QEMU was killed" : "QEMU crashed";
	return NULL;
}

static void end(struct running *run)
{
	struct qemu *qemu = run->private;

	if (qemu) {
		/* What the runner closed, or waited for, is not ours any more. */
		qemu->pid = run->pid;
		qemu->console = run->console;
		qemu->channel = run->channel;
		qemu->errors = run->errors;
		qemu_end(qemu);
		free(qemu);
	}
}

const struct driver qemu_driver = {
	.name = "qemu",
	.start = start,
	.restore = restore,
	.on_control = on_control,
	.why_off = why_off,
	.end = end,
};
