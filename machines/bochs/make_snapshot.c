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
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "machines/bochs/bochs.h"
#include "machines/emulator/console.h"

/* What init has said so far. */
struct progress {
	char error[CONSOLE_LINE];
	char release[CONSOLE_LINE];
};

static struct bochs bochs = {.console = -1, .stream = -1};
static struct console console;

static void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

static void die(const char *format, ...)
{
	va_list list;

	fputs("make_snapshot: ", stderr);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputs("\n", stderr);
	if (console.count || console.used) {
		fputs("  the last lines of the machine's console:\n", stderr);
		console_print_end(&console, stderr);
	}
	bochs_end(&bochs);
	exit(1);
}

static void on_init(void *context, const char *text)
{
	struct progress *progress = context;

	if (!strncmp(text, "Linux ", 6))
		snprintf(progress->release, sizeof(progress->release), "%s", text + 6);
	else if (!strncmp(text, "error: ", 7))
		snprintf(progress->error, sizeof(progress->error), "%s", text + 7);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

/* Follows the console to its end, which is Bochs' own. */
static void follow(int seconds)
{
	int64_t end = now_ms() + seconds * 1000ll;

	for (;;) {
		struct pollfd event = {.fd = bochs.console, .events = POLLIN};
		int64_t left = end - now_ms();
		char text[4096];
		ssize_t got;

		if (left <= 0)
			die("the machine was not ready within %d s: it hangs while booting, or "
			    "this computer is very busy",
			    seconds);
		if (poll(&event, 1, (int)left) < 0 && errno != EINTR)
			die("poll: %s", strerror(errno));
		if (!event.revents)
			continue;
		got = read(bochs.console, text, sizeof(text));
		if (got > 0)
			console_add(&console, text, (size_t)got);
		else if (!got || errno != EINTR)
			return;
	}
}

static char *path_in(const char *folder, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", folder, name) < 0)
		die("out of memory");
	return path;
}

static int open_input(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die("cannot open %s: %s", path, strerror(errno));
	return fd;
}

static void copy(const char *source, const char *folder, const char *name)
{
	char *path = path_in(folder, name);
	int from = open_input(source);
	int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	ssize_t got;

	if (to < 0)
		die("cannot create %s: %s", path, strerror(errno));
	while ((got = sendfile(to, from, NULL, 1 << 20)) > 0)
		;
	if (got < 0 || close(to))
		die("cannot copy %s to %s: %s", source, path, strerror(errno));
	close(from);
	free(path);
}

/* Whether Bochs ended because the state is saved; dies with the reason if not. */
static void check_end(const struct progress *progress, const char *folder, const char *cpu)
{
	char *ram = path_in(folder, "ram");
	int status = 0;

	while (waitpid(bochs.pid, &status, 0) < 0 && errno == EINTR)
		;
	bochs.pid = 0;
	if (*progress->error)
		die("the machine does not come up: %s", progress->error);
	if (console_contains(&console, "Kernel panic"))
		die("the machine's kernel panicked while booting");
	if (WIFSIGNALED(status))
		die("Bochs was ended by signal %d (%s)", WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	switch (WEXITSTATUS(status)) {
	case BOCHS_OFF:
		break;
	case BOCHS_RESET:
		die("the machine was reset while booting");
	default:
		if (console_contains(&console, "wrong value for parameter 'model'"))
			die("Bochs has no CPU model '%s'", cpu);
		die("Bochs ended with status %d", WEXITSTATUS(status));
	}
	/* Saved last of all. */
	if (access(ram, F_OK))
		die("the machine went off while booting");
	free(ram);
}

static void write_release(const struct progress *progress, const char *folder)
{
	char *path = path_in(folder, "release");
	FILE *file = fopen(path, "we");

	if (!file || fprintf(file, "%s\n", progress->release) < 0 || fclose(file))
		die("cannot write %s: %s", path, strerror(errno));
	free(path);
}

/* A value from 1 up, or the end. */
static unsigned int number(const char *option, const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (!*text || *end || !value || value > 1u << 20)
		die("--%s '%s' is no number from 1 to %u", option, text, 1u << 20);
	return (unsigned int)value;
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
	struct progress progress = {0};
	const char *folder;
	char program[PATH_MAX];
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			return 1;
		values[option] = optarg;
	}
	for (const struct option *o = options; o->name; o++)
		if (!values[o->val])
			die("--%s is missing", o->name);

	folder = values[OPTION_OUTPUT];
	if (mkdir(folder, 0755) && errno != EEXIST)
		die("cannot make %s: %s", folder, strerror(errno));
	copy(values[OPTION_BIOS], folder, BOCHS_BIOS);
	copy(values[OPTION_VGABIOS], folder, BOCHS_VGABIOS);
	copy(values[OPTION_BOOT_ROM], folder, BOCHS_BOOT_ROM);
	/* Bochs runs in that folder: a relative path would mean another file. */
	if (!realpath(values[OPTION_BOCHS], program))
		die("cannot find %s: %s", values[OPTION_BOCHS], strerror(errno));

	console.on_init = on_init;
	console.context = &progress;
	if (bochs_boot(&bochs, program, values[OPTION_CPU],
		       number("cpu-khz", values[OPTION_CPU_KHZ]),
		       number("memory", values[OPTION_MEMORY]), open_input(values[OPTION_IMAGE]),
		       folder))
		die("cannot start Bochs: %s", strerror(errno));
	follow((int)number("timeout", values[OPTION_TIMEOUT]));
	check_end(&progress, folder, values[OPTION_CPU]);
	write_release(&progress, folder);
	bochs_end(&bochs);
	return 0;
}
