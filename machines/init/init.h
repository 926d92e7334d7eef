/* SPDX-License-Identifier: MIT */
/*
 * The first program of an emulated machine, in five parts: what it says and
 * how it ends (machine.c), kernel modules (modules.c) and their counters
 * (counters.c), taking a job in and bringing its files out (files.c), and
 * running it (main.c).
 */
#ifndef RINGSIDE_MACHINES_INIT_INIT_H
#define RINGSIDE_MACHINES_INIT_INIT_H

#include "machines/job/job.h"

/* A job, as taken from the drive. */
struct job {
	char **arguments; /* argv[], NULL-terminated */
	size_t argument_count;
	char **environment; /* envp[], NULL-terminated */
	size_t environment_count;
	char **collect; /* paths to bring out */
	size_t collect_count;
	char *directory; /* where to run, or NULL */
	char **modules; /* file names of modules to load anew */
	size_t module_count;
};

/*
 * The environment's variable that tells a test a descriptor: a byte can be
 * read from it when the test's time is nearly over. The machine's own clock is
 * not the one that Bazel looks at.
 */
#define TIME_VARIABLE "RINGSIDE_TIME_FD"

/** say() - one line on the machine's console, which the runner follows */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** die() - say why the machine can't go on, and switch it off */
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/**
 * fix_kernel() - what to do about a system call that the kernel hasn't
 * @options: the kernel's options behind it: "CONFIG_INOTIFY_USER"
 *
 * Return: the end of a message that names them, or "" if errno has another
 * reason; until the next call.
 */
const char *fix_kernel(const char *options);

/** switch_off() - end the machine at once; its files are not needed any more */
void switch_off(void) __attribute__((noreturn));

/** announce_ready() - tell whoever takes the snapshot that it can be taken now */
void announce_ready(void);

/** mount_first() - what every kernel has to have: devtmpfs, proc, sysfs */
void mount_first(void);

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

/** wait_for_device() - wait until a device node exists; dies after @seconds */
void wait_for_device(const char *path, int seconds);

/** tell_time() - tell a test that its time is nearly over, by its descriptor's other end */
void tell_time(int time);

/** take_job() - read the drive's records; files are unpacked where they say */
void take_job(int drive, const struct job_header *header, struct job *job);

/** bring_out() - write the files that the job left behind, and how it ended */
void bring_out(int drive, const struct job_header *header, const struct job *job, int wait_status);

#endif /* RINGSIDE_MACHINES_INIT_INIT_H */
