/* SPDX-License-Identifier: MIT */
/* Machines that Bochs emulates. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "machines/bochs/bochs.h"
#include "machines/runner/driver.h"

static int start(struct running *run, const struct machine_description *machine)
{
	struct bochs *bochs = calloc(1, sizeof(*bochs));

	run->private = bochs;
	if (!bochs || bochs_restore(bochs, machine->root, machine->snapshot)) {
		snprintf(run->error, sizeof(run->error), "cannot start Bochs: %s", strerror(errno));
		return -1;
	}
	run->pid = bochs->pid;
	run->console = bochs->console;
	run->channel = bochs->channel;
	return 0;
}

static int restore(struct running *run, const struct machine_description *machine)
{
	/* Bochs does it when it starts. */
	return 0;
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
		bochs->channel = run->channel;
		bochs_end(bochs);
		free(bochs);
	}
}

const struct driver bochs_driver = {
	.name = "bochs",
	.start = start,
	.restore = restore,
	.on_control = on_control,
	.why_off = why_off,
	.end = end,
};
