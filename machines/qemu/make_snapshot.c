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
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "machines/emulator/boot.h"
#include "machines/qemu/qemu.h"

/* How long one step of saving may take, in milliseconds. */
#define SAVE_MS 60000

static struct qemu qemu = {.console = -1, .channel = -1, .errors = -1, .ram = -1, .qmp.fd = -1};
static char errors[4096]; /* what QEMU itself said */
static size_t errors_used;

static void explain(FILE *file)
{
	if (errors_used)
		fprintf(file, "  QEMU said:\n%.*s", (int)errors_used, errors);
}

static void end_qemu(void)
{
	qemu_end(&qemu);
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

/* Follows the machine until init is ready. */
static void wait_until_ready(void)
{
	while (!boot.ready) {
		struct pollfd events[] = {
			{.fd = qemu.console, .events = POLLIN},
			{.fd = qemu.errors, .events = POLLIN},
			{.fd = qemu.channel, .events = POLLIN},
		};
		bool is_off;

		boot_wait(events, 3);
		if (events[1].revents)
			read_errors();
		if (events[2].revents && !boot_read_channel(qemu.channel)) {
			close(qemu.channel);
			qemu.channel = -1;
		}
		is_off = events[0].revents && !boot_read_console(qemu.console);
		boot_check_init();
		if (is_off && console_contains(&boot.console, "Kernel panic"))
			boot_die("the machine's kernel panicked while booting");
		if (is_off)
			boot_die("the machine went off while booting");
	}
}

static void take_snapshot(const char *folder)
{
	int state, ram;

	boot_make_folder(folder);
	state = boot_create(folder, "state");
	ram = boot_create(folder, "ram");
	if (qemu_save(&qemu, state, ram, SAVE_MS))
		boot_die("cannot take the snapshot: %s", qemu.qmp.line);
	if (close(state) || close(ram))
		boot_die("cannot write the snapshot to %s: %s", folder, strerror(errno));
	boot_write_release(folder);
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

	boot.explain = explain;
	boot.end = end_qemu;
	boot_options(argc, argv, options, values);
	boot_begin(boot_number("timeout", values[OPTION_TIMEOUT]));
	if (qemu_start(&qemu,
		       &(struct qemu_config){
			       .root = values[OPTION_ROOT],
			       .cpu = values[OPTION_CPU],
			       .cpus = boot_number("cpus", values[OPTION_CPUS]),
			       .memory_mb = boot_number("memory", values[OPTION_MEMORY]),
		       },
		       &(struct qemu_boot){
			       .kernel = values[OPTION_KERNEL],
			       .initrd = values[OPTION_INITRD],
			       .command_line = values[OPTION_APPEND],
		       }))
		boot_die("cannot start QEMU: %s", strerror(errno));
	wait_until_ready();
	take_snapshot(values[OPTION_OUTPUT]);
	qemu_end(&qemu);
	return 0;
}
