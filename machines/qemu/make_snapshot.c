/* SPDX-License-Identifier: MIT */
/*
 * Boots a machine in QEMU and takes its snapshot when init is ready.
 *
 * usage: make_snapshot --root FOLDER --cpu MODEL --cpus N --memory MB
 *                      --kernel FILE --initrd FILE [--append TEXT]
 *                      [--timeout SECONDS] --output FOLDER
 *
 * The output folder gets the files state, ram, and release (the kernel's).
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "machines/emulator/console.h"
#include "machines/job/job.h"
#include "machines/qemu/qemu.h"

/* How long one step of saving may take, in milliseconds. */
#define SAVE_MS 60000

/* What init has said so far. */
struct progress {
	bool ready;
	char error[CONSOLE_LINE];
	char release[CONSOLE_LINE];
};

static struct qemu qemu = {.console = -1, .stream = -1, .errors = -1, .ram = -1, .qmp.fd = -1};
static struct console console;
static char errors[4096]; /* what QEMU itself said */
static size_t errors_used;

static void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

static void die(const char *format, ...)
{
	va_list list;

	fputs("make_snapshot: ", stderr);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputs("\n", stderr);
	if (errors_used)
		fprintf(stderr, "  QEMU said:\n%.*s", (int)errors_used, errors);
	if (console.count) {
		fputs("  the last lines of the machine's console:\n", stderr);
		console_print_end(&console, stderr);
	}
	qemu_end(&qemu);
	exit(1);
}

static void on_init(void *context, const char *text)
{
	struct progress *progress = context;

	if (!strncmp(text, "Linux ", 6))
		snprintf(progress->release, sizeof(progress->release), "%s", text + 6);
	else if (!strcmp(text, "ready"))
		progress->ready = true;
	else if (!strncmp(text, "error: ", 7))
		snprintf(progress->error, sizeof(progress->error), "%s", text + 7);
}

static void read_errors(void)
{
	char text[1024];
	ssize_t got = read(qemu.errors, text, sizeof(text));

	if (got <= 0) {
		close(qemu.errors);
		qemu.errors = -1;
		return;
	}
	if ((size_t)got > sizeof(errors) - errors_used)
		got = (ssize_t)(sizeof(errors) - errors_used);
	memcpy(errors + errors_used, text, (size_t)got);
	errors_used += (size_t)got;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

/* Follows the console until init is ready. */
static void wait_until_ready(struct progress *progress, int seconds)
{
	int64_t end = now_ms() + seconds * 1000ll;

	while (!progress->ready) {
		struct pollfd events[] = {
			{.fd = qemu.console, .events = POLLIN},
			{.fd = qemu.errors, .events = POLLIN},
		};
		int64_t left = end - now_ms();
		char text[4096];
		ssize_t got;

		if (*progress->error)
			die("the machine does not come up: %s", progress->error);
		if (left <= 0)
			die("the machine was not ready within %d s: it hangs while booting",
			    seconds);
		if (poll(events, 2, (int)left) < 0 && errno != EINTR)
			die("poll: %s", strerror(errno));
		if (events[1].revents)
			read_errors();
		if (!events[0].revents)
			continue;
		got = read(qemu.console, text, sizeof(text));
		if (got > 0)
			console_add(&console, text, (size_t)got);
		else if (*progress->error)
			continue;
		else if (console_contains(&console, "Kernel panic"))
			die("the machine's kernel panicked while booting");
		else
			die("the machine went off while booting");
	}
}

static int create(const char *folder, const char *name)
{
	char path[4096];
	int fd;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >= sizeof(path))
		die("--output: path too long");
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		die("cannot create %s: %s", path, strerror(errno));
	return fd;
}

static void take_snapshot(const char *folder, const struct progress *progress)
{
	int state, ram, release;

	if (mkdir(folder, 0755) && errno != EEXIST)
		die("cannot make %s: %s", folder, strerror(errno));
	state = create(folder, "state");
	ram = create(folder, "ram");
	release = create(folder, "release");
	if (qemu_save(&qemu, state, ram, SAVE_MS))
		die("cannot take the snapshot: %s", qemu.qmp.line);
	if (dprintf(release, "%s\n", progress->release) < 0 || close(state) || close(ram) ||
	    close(release))
		die("cannot write the snapshot to %s: %s", folder, strerror(errno));
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
	OPTION_ROOT = 1,
	OPTION_CPU,
	OPTION_CPUS,
	OPTION_MEMORY,
	OPTION_KERNEL,
	OPTION_INITRD,
	OPTION_APPEND,
	OPTION_TIMEOUT,
	OPTION_OUTPUT,
};

static const struct option options[] = {
	{"root", required_argument, NULL, OPTION_ROOT},
	{"cpu", required_argument, NULL, OPTION_CPU},
	{"cpus", required_argument, NULL, OPTION_CPUS},
	{"memory", required_argument, NULL, OPTION_MEMORY},
	{"kernel", required_argument, NULL, OPTION_KERNEL},
	{"initrd", required_argument, NULL, OPTION_INITRD},
	{"append", required_argument, NULL, OPTION_APPEND},
	{"timeout", required_argument, NULL, OPTION_TIMEOUT},
	{"output", required_argument, NULL, OPTION_OUTPUT},
	{0},
};

int main(int argc, char **argv)
{
	const char *values[OPTION_OUTPUT + 1] = {[OPTION_APPEND] = "", [OPTION_TIMEOUT] = "120"};
	struct progress progress = {0};
	int drive, option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			return 1;
		values[option] = optarg;
	}
	for (const struct option *o = options; o->name; o++)
		if (!values[o->val])
			die("--%s is missing", o->name);

	drive = memfd_create("drive", MFD_CLOEXEC);
	if (drive < 0 || ftruncate(drive, JOB_DRIVE_SIZE))
		die("cannot make a drive in memory: %s", strerror(errno));
	if (qemu_start(&qemu,
		       &(struct qemu_config){
			       .root = values[OPTION_ROOT],
			       .cpu = values[OPTION_CPU],
			       .cpus = number("cpus", values[OPTION_CPUS]),
			       .memory_mb = number("memory", values[OPTION_MEMORY]),
		       },
		       drive,
		       &(struct qemu_boot){
			       .kernel = values[OPTION_KERNEL],
			       .initrd = values[OPTION_INITRD],
			       .command_line = values[OPTION_APPEND],
		       }))
		die("cannot start QEMU: %s", strerror(errno));

	console.on_init = on_init;
	console.context = &progress;
	wait_until_ready(&progress, (int)number("timeout", values[OPTION_TIMEOUT]));
	take_snapshot(values[OPTION_OUTPUT], &progress);
	qemu_end(&qemu);
	return 0;
}
