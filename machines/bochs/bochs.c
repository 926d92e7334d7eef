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

/*
 * Runs Bochs in the folder, its console on a pipe: a socket has no path to open. It
 * reads @input, or what comes through the channel if that is -1.
 */
static int spawn(struct bochs *bochs, const struct arguments *arguments, int input,
		 const char *state, const char *folder)
{
	struct arguments environment = {0};
	int console[2], channel[2];

	*bochs = (struct bochs){.console = -1, .channel = -1};
	if (pipe2(console, O_CLOEXEC))
		return -1;
	bochs->console = console[0];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel)) {
		close(console[1]);
		return -1;
	}
	bochs->channel = channel[0];
	if (input < 0)
		input = channel[1];
	add_argument(&environment, "RINGSIDE_IN=%d", input);
	add_argument(&environment, "RINGSIDE_OUT=%d", channel[1]);
	if (state)
		add_argument(&environment, "RINGSIDE_STATE=%s", state);
	bochs->pid = start_child(arguments, environment.list, folder, console[1],
				 (const int[]){input, channel[1]}, 2);
	free_arguments(&environment);
	close(channel[1]);
	close(console[1]);
	return bochs->pid > 0 ? 0 : -1;
}

int bochs_boot(struct bochs *bochs, const char *program, const char *cpu, unsigned int cpu_khz,
	       unsigned int memory_mb, int image, const char *folder)
{
	struct arguments arguments = {0};
	int result;

	add_argument(&arguments, "%s", program);
	add_argument(&arguments, "-q");
	add_machine(&arguments, cpu, cpu_khz, memory_mb);
	result = spawn(bochs, &arguments, image, ".", folder);
	free_arguments(&arguments);
	return result;
}

int bochs_restore(struct bochs *bochs, const char *program, const char *folder)
{
	struct arguments arguments = {0};
	int result;

	add_argument(&arguments, "%s", program);
	add_argument(&arguments, "-q");
	add_argument(&arguments, "-r");
	add_argument(&arguments, ".");
	result = spawn(bochs, &arguments, -1, NULL, folder);
	free_arguments(&arguments);
	return result;
}

void bochs_end(struct bochs *bochs)
{
	end_child(bochs->pid);
	if (bochs->console >= 0)
		close(bochs->console);
	if (bochs->channel >= 0)
		close(bochs->channel);
	*bochs = (struct bochs){.console = -1, .channel = -1};
}
