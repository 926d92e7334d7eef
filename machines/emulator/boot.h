/* SPDX-License-Identifier: MIT */
/*
 * What the programs that make snapshots have in common: a machine boots until its init
 * says that it is ready, and a failure shows what the console said last.
 */
#ifndef RINGSIDE_MACHINES_EMULATOR_BOOT_H
#define RINGSIDE_MACHINES_EMULATOR_BOOT_H

#include <getopt.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>

#include "machines/emulator/console.h"

/* The machine of this program. */
struct boot {
	struct console console;
	bool ready; /* init has said so */
	char error[CONSOLE_LINE]; /* why init gave up, or "" */
	char release[CONSOLE_LINE]; /* the kernel's */
	void (*explain)(FILE *file); /* prints what the emulator itself has said, or NULL */
	void (*end)(void); /* ends the emulator */
};

extern struct boot boot;

/** boot_die() - say why there is no snapshot, end the emulator and exit with 1 */
void boot_die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/**
 * boot_options() - read the command line; dies when an option is missing
 * @argc: main()'s
 * @argv: main()'s
 * @options: for getopt_long(), each with an argument and a value of its own from 1 up
 * @values: by that value; holds the defaults, and gets what is given
 */
void boot_options(int argc, char **argv, const struct option *options, const char **values);

/** boot_number() - the number in an option's argument, from 1 up; dies if it is none */
unsigned int boot_number(const char *option, const char *text);

/** boot_begin() - the machine is started now, and has so many seconds to be ready */
void boot_begin(unsigned int seconds);

/** boot_wait() - poll() without a limit; dies when the machine's time is over */
void boot_wait(struct pollfd *events, nfds_t count);

/** boot_read_console() - take in what there is; whether there may come more */
bool boot_read_console(int console);

/** boot_read_channel() - the same for the channel: init tells that it is ready, or why not */
bool boot_read_channel(int channel);

/** boot_check_init() - die if init has given up */
void boot_check_init(void);

/** boot_make_folder() - make the folder of the snapshot, if it is not there */
void boot_make_folder(const char *folder);

/** boot_create() - a descriptor for writing a new file in a folder */
int boot_create(const char *folder, const char *name);

/** boot_write_release() - the kernel's release, in a file of that name */
void boot_write_release(const char *folder);

#endif /* RINGSIDE_MACHINES_EMULATOR_BOOT_H */
