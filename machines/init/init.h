/* SPDX-License-Identifier: MIT */
/*
 * The first program of an emulated machine, in parts: what it says and how it ends
 * (machine.c), the channel to the host (host.h), kernel modules (modules.c) and
 * their counters (counters.c), taking a job in and bringing its files out (files.c),
 * running its program (run.c, program.h), and what comes when (main.c).
 */
#ifndef RINGSIDE_MACHINES_INIT_INIT_H
#define RINGSIDE_MACHINES_INIT_INIT_H

#include <stddef.h>

#include "machines/channel/channel.h"

/* What lets tests reload modules: tst_module_reload(). */
#define RELOAD_PERMISSION "RINGSIDE_RELOAD_MODULES"

/* A job, as the host has sent it. */
struct job {
	char **arguments; /* argv[], NULL-terminated */
	size_t argument_count;
	char **environment; /* envp[], NULL-terminated */
	size_t environment_count;
	char **collect; /* paths to bring out */
	size_t collect_count;
	char *directory; /* where to run, or NULL */
	char **files; /* paths of those that it has brought along */
	size_t file_count;
	char **modules; /* file names of modules to load anew */
	size_t module_count;
	struct channel_connect connect; /* with what the program is connected */
};

/** say() - one line on the machine's console, which a failure shows */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** die() - say why the machine can't go on, to the host if it listens, and end it */
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/**
 * fix_kernel() - what to do about a system call that the kernel hasn't
 * @options: the kernel's options behind it: "CONFIG_INOTIFY_USER"
 *
 * Return: the end of a message that names them, or "" if errno has another
 * reason; until the next call.
 */
const char *fix_kernel(const char *options);

/** required_setting() - what the kernel's command line has set, or die */
const char *required_setting(const char *name);

/** mount_first() - what every kernel has to have: devtmpfs, proc, sysfs */
void mount_first(void);

/**
 * wait_for_clock() - let the kernel measure the TSC's rate for good
 *
 * KVM keeps the rate that it finds when it is loaded, where the TSC is not invariant.
 */
void wait_for_clock(void);

/** make_root() - the file systems that a program expects; leaves the initramfs */
void make_root(void);

/** clear_free_memory() - zeros where there was something: a smaller snapshot */
void clear_free_memory(void);

/** load_modules() - load what /modules/list names, in its order */
void load_modules(void);

/**
 * replace_modules() - unload modules and load what is in their files now
 * @names: the files' names; those of modules that this machine has not are passed over
 * @count: how many
 *
 * They get the parameters that the machine's own had.
 */
void replace_modules(char *const *names, size_t count);

/** module_file() - the path of the file that a module was loaded from; the caller frees it */
char *module_file(const char *module);

/**
 * keep_counters() - leave the counters of instrumented modules among the job's outputs
 *
 * Of the modules that came with the job, if they are loaded. Without
 * TEST_UNDECLARED_OUTPUTS_DIR in the job's environment, none.
 */
void keep_counters(const struct job *job);

/** offer_modules() - have their files where a test that reloads one looks for them, below @root */
void offer_modules(const char *root);

/** wake_up() - set the clock, and have other random numbers than the snapshot */
void wake_up(const struct channel_wake_up *head);

/** take_job() - receive a job up to its end; files are unpacked where they say */
void take_job(struct job *job);

/**
 * run_program() - run the job's program, connected with the host, to its end
 *
 * What else it has left running is killed.
 *
 * Return: as waitpid() has it.
 */
int run_program(const struct job *job);

/** bring_out() - send the files that the job left behind */
void bring_out(const struct job *job);

#endif /* RINGSIDE_MACHINES_INIT_INIT_H */
