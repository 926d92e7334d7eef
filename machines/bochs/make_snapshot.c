/* SPDX-License-Identifier: MIT */
/*
 * Boots a machine in Bochs; it saves its state when init is ready.
 *
 * usage: make_snapshot --bochs FILE --bios FILE --vgabios FILE --boot-rom FILE
 *                      --image FILE --cpu MODEL --cpu-khz KHZ --memory MB
 *                      [--timeout SECONDS] --output FOLDER
 *
 * The output folder gets what bochs.h calls a snapshot, and the file release
 * (the kernel's).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machines/bochs/bochs.h"
#include "machines/emulator/boot.h"

static struct bochs bochs = {.console = -1, .channel = -1};

static void end_bochs(void)
{
	bochs_end(&bochs);
}

/* Follows the machine to Bochs' own end. */
static void follow(void)
{
	struct pollfd events[] = {
		{.fd = bochs.console, .events = POLLIN},
		{.fd = bochs.channel, .events = POLLIN},
	};

	while (events[0].fd >= 0) {
		boot_wait(events, 2);
		if (events[1].revents && !boot_read_channel(bochs.channel))
			events[1].fd = -1;
		if (events[0].revents && !boot_read_console(bochs.console))
			events[0].fd = -1;
		boot_check_init();
	}
	while (events[1].fd >= 0 && boot_read_channel(bochs.channel))
		;
	boot_check_init();
}

static char *path_in(const char *folder, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", folder, name) < 0)
		boot_die("out of memory");
	return path;
}

static int open_input(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		boot_die("cannot open %s: %s", path, strerror(errno));
	return fd;
}

static void copy(const char *source, const char *folder, const char *name)
{
	int from = open_input(source), to = boot_create(folder, name);
	ssize_t got;

	while ((got = sendfile(to, from, NULL, 1 << 20)) > 0)
		;
	if (got < 0 || close(to))
		boot_die("cannot copy %s to %s: %s", source, folder, strerror(errno));
	close(from);
}

/* Whether Bochs ended because the state is saved; dies with the reason if not. */
static void check_end(const char *folder, const char *cpu)
{
	char *ram = path_in(folder, "ram");
	int status = 0;

	while (waitpid(bochs.pid, &status, 0) < 0 && errno == EINTR)
		;
	bochs.pid = 0;
	if (console_contains(&boot.console, "Kernel panic"))
		boot_die("the machine's kernel panicked while booting");
	if (WIFSIGNALED(status))
		boot_die("Bochs was ended by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	switch (WEXITSTATUS(status)) {
	case BOCHS_OFF:
		break;
	case BOCHS_RESET:
		boot_die("the machine was reset while booting");
	default:
		if (console_contains(&boot.console, "wrong value for parameter 'model'"))
			boot_die("Bochs has no CPU model '%s'", cpu);
		boot_die("Bochs ended with status %d", WEXITSTATUS(status));
	}
	/* Saved last of all. */
	if (access(ram, F_OK))
		boot_die("the machine went off while booting");
	free(ram);
}

enum {
	OPTION_BOCHS = 1,
	OPTION_BIOS,
	OPTION_VGABIOS,
	OPTION_BOOT_ROM,
	OPTION_IMAGE,
	OPTION_CPU,
	OPTION_CPU_KHZ,
	OPTION_MEMORY,
	OPTION_TIMEOUT,
	OPTION_OUTPUT,
};

static const struct option options[] = {
	{"bochs", required_argument, NULL, OPTION_BOCHS},
	{"bios", required_argument, NULL, OPTION_BIOS},
	{"vgabios", required_argument, NULL, OPTION_VGABIOS},
	{"boot-rom", required_argument, NULL, OPTION_BOOT_ROM},
	{"image", required_argument, NULL, OPTION_IMAGE},
	{"cpu", required_argument, NULL, OPTION_CPU},
	{"cpu-khz", required_argument, NULL, OPTION_CPU_KHZ},
	{"memory", required_argument, NULL, OPTION_MEMORY},
	{"timeout", required_argument, NULL, OPTION_TIMEOUT},
	{"output", required_argument, NULL, OPTION_OUTPUT},
	{0},
};

int main(int argc, char **argv)
{
	const char *values[OPTION_OUTPUT + 1] = {[OPTION_TIMEOUT] = "300"};
	const char *folder;
	char program[PATH_MAX];

	boot.end = end_bochs;
	boot_options(argc, argv, options, values);
	folder = values[OPTION_OUTPUT];
	boot_make_folder(folder);
	copy(values[OPTION_BIOS], folder, BOCHS_BIOS);
	copy(values[OPTION_VGABIOS], folder, BOCHS_VGABIOS);
	copy(values[OPTION_BOOT_ROM], folder, BOCHS_BOOT_ROM);
	/* Bochs runs in that folder: a relative path would mean another file. */
	if (!realpath(values[OPTION_BOCHS], program))
		boot_die("cannot find %s: %s", values[OPTION_BOCHS], strerror(errno));

	boot_begin(boot_number("timeout", values[OPTION_TIMEOUT]));
	if (bochs_boot(&bochs, program, values[OPTION_CPU],
		       boot_number("cpu-khz", values[OPTION_CPU_KHZ]),
		       boot_number("memory", values[OPTION_MEMORY]),
		       open_input(values[OPTION_IMAGE]), folder))
		boot_die("cannot start Bochs: %s", strerror(errno));
	follow();
	check_end(folder, values[OPTION_CPU]);
	boot_write_release(folder);
	bochs_end(&bochs);
	return 0;
}
