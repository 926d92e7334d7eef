/* SPDX-License-Identifier: MIT */
/*
 * The counters of a kernel module that Clang has instrumented, read while it is
 * loaded. Needs root.
 */
#ifndef RINGSIDE_MACHINES_COUNTERS_COUNTERS_H
#define RINGSIDE_MACHINES_COUNTERS_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where Clang keeps them: uint64_t of -fprofile-instr-generate, for reports; */
#define COUNTERS_OF_LINES "__llvm_prf_cnts"

/* uint8_t of -fsanitize-coverage=inline-8bit-counters, which begin anew after 255. */
#define COUNTERS_OF_EDGES "__sancov_cntrs"

struct counters {
	int memory; /* /proc/kcore */
	off_t offset; /* of the first one in it */
	size_t size; /* of all, in bytes */
};

/**
 * counters_present() - whether a module is loaded and has counters
 * @module: its name, as in /sys/module
 * @section: COUNTERS_OF_*
 */
bool counters_present(const char *module, const char *section);

/**
 * counters_open() - find the counters of a loaded module
 * @counters: to be filled in; counters_close() it
 * @module: its name, as in /sys/module
 * @section: COUNTERS_OF_*
 * @path: the file that it was loaded from, which tells how many there are
 *
 * Return: NULL, or what is wrong; until the next call.
 */
const char *counters_open(struct counters *counters, const char *module, const char *section,
			  const char *path);

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

#ifdef __cplusplus
}
#endif

#endif /* RINGSIDE_MACHINES_COUNTERS_COUNTERS_H */
