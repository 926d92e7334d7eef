/* SPDX-License-Identifier: MIT */
/*
 * The counters of a kernel module that Clang has instrumented
 * (-fprofile-instr-generate), read while it is loaded. Needs root.
 */
#ifndef RINGSIDE_MACHINES_COUNTERS_COUNTERS_H
#define RINGSIDE_MACHINES_COUNTERS_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Where Clang keeps them, an array of uint64_t. */
#define COUNTERS_SECTION "__llvm_prf_cnts"

struct counters {
	int memory; /* /proc/kcore */
	off_t offset; /* of the first one in it */
	size_t size; /* of all, in bytes */
};

/** counters_present() - whether a module is loaded and has counters; @module as in /sys/module */
bool counters_present(const char *module);

/**
 * counters_open() - find the counters of a loaded module
 * @counters: to be filled in; counters_close() it
 * @module: its name, as in /sys/module
 * @path: the file that it was loaded from, which tells how many there are
 *
 * Return: NULL, or what is wrong; until the next call.
 */
const char *counters_open(struct counters *counters, const char *module, const char *path);

/**
 * counters_read() - take all counters as they are now
 * @counters: of a module that has been loaded ever since counters_open()
 * @values: counters->size bytes
 *
 * Return: false with errno.
 */
bool counters_read(const struct counters *counters, void *values);

/** counters_close() - let go of the kernel's memory */
void counters_close(struct counters *counters);

#endif /* RINGSIDE_MACHINES_COUNTERS_COUNTERS_H */
