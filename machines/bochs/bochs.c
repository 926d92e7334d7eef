/* SPDX-License-Identifier: MIT */
/* Bochs' command line and environment; see bochs.h. */
#include "machines/bochs/bochs.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "machines/bochs/boot_rom.h"
#include "machines/emulator/child.h"

/* When it is switched on, in seconds since 1970: always, so that it always boots the same way. */
#define MACHINE_EPOCH 946684800

static void add_machine(struct arguments *arguments, const char *cpu, unsigned int cpu_khz,
			unsigned int memory_mb)
{
	/* An empty configuration file; what follows is one, line by line. */
	add_argument(arguments, "-f");
	add_argument(arguments, "/dev/null");
	add_argument(arguments, "cpu: model=%s, ips=%u000, reset_on_triple_fault=0", cpu, cpu_khz);
	add_argument(arguments, "memory: guest=%u, host=%u", memory_mb, memory_mb);
	add_argument(arguments, "romimage: file=" BOCHS_BIOS);
	add_argument(arguments, "vgaromimage: file=" BOCHS_VGABIOS);
	add_argument(arguments, "optromimage1: file=" BOCHS_BOOT_ROM ", address=%#x",
		     BOOT_ROM_ADDRESS);
	/* Time passes with instructions, not with the host's clock. */
	add_argument(arguments, "clock: sync=none, time0=%d", MACHINE_EPOCH);
	add_argument(arguments, "vga: extension=none, realtime=0");
	add_argument(arguments, "floppya: type=none");
	add_argument(arguments, "ata0: enabled=0");
	add_argument(arguments, "ata1: enabled=0");
	add_argument(arguments, "parport1: enabled=0");
	add_argument(arguments, "speaker: enabled=0");
	/* A path that means the same when a state is restored. */
	add_argument(arguments, "com1: enabled=1, mode=file, dev=/proc/self/fd/%d", STDERR_FILENO);
	add_argument(arguments, "log: /proc/self/fd/%d", STDERR_FILENO);
	add_argument(arguments, "debug: action=ignore");
	add_argument(arguments, "info: action=ignore");
	add_argument(arguments, "error: action=ignore");
	add_argument(arguments, "panic: action=fatal");
}

/* An environment of few variables; what it holds is the caller's to free. */
static int set(char **variable, const char *name, int fd)
{
	return asprintf(variable, "%s=%d", name, fd) < 0 ? -1 : 0;
}

/* Runs Bochs in the folder, its output on a pipe: a socket has no path to open. */
static int spawn(struct bochs *bochs, const struct arguments *arguments, char *const environment[],
		 const char *folder, const int *keep, size_t keep_count)
{
	int pair[2];

	if (pipe2(pair, O_CLOEXEC))
		return -1;
	bochs->console = pair[0];
	bochs->pid = start_child(arguments, environment, folder, pair[1], keep, keep_count);
	close(pair[1]);
	return bochs->pid > 0 ? 0 : -1;
}

int bochs_boot(struct bochs *bochs, const char *program, const char *cpu, unsigned int cpu_khz,
	       unsigned int memory_mb, int image, const char *folder)
{
	struct arguments arguments = {0};
	char state[] = "RINGSIDE_STATE=.";
	char *environment[] = {state, NULL, NULL};
	int result = -1;

	*bochs = (struct bochs){.console = -1, .stream = -1};
	if (set(&environment[1], "RINGSIDE_JOB", image))
		return -1;
	add_argument(&arguments, "%s", program);
	add_argument(&arguments, "-q");
	add_machine(&arguments, cpu, cpu_khz, memory_mb);
	result = spawn(bochs, &arguments, environment, folder, &image, 1);
	free_arguments(&arguments);
	free(environment[1]);
	return result;
}

int bochs_restore(struct bochs *bochs, const char *program, int job, int result, const char *folder)
{
	struct arguments arguments = {0};
	char *environment[4] = {NULL};
	int pair[2];
	int keep[] = {job, result, -1};
	int status = -1;

	*bochs = (struct bochs){.console = -1, .stream = -1};
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -1;
	bochs->stream = pair[0];
	keep[2] = pair[1];
	add_argument(&arguments, "%s", program);
	add_argument(&arguments, "-q");
	add_argument(&arguments, "-r");
	add_argument(&arguments, ".");
	if (!set(&environment[0], "RINGSIDE_JOB", job) &&
	    !set(&environment[1], "RINGSIDE_RESULT", result) &&
	    !set(&environment[2], "RINGSIDE_STREAM", pair[1]))
		status = spawn(bochs, &arguments, environment, folder, keep, 3);
	close(pair[1]);
	free_arguments(&arguments);
	for (int i = 0; i < 3; i++)
		free(environment[i]);
	return status;
}

void bochs_end(struct bochs *bochs)
{
	end_child(bochs->pid);
	if (bochs->console >= 0)
		close(bochs->console);
	if (bochs->stream >= 0)
		close(bochs->stream);
	*bochs = (struct bochs){.console = -1, .stream = -1};
}
