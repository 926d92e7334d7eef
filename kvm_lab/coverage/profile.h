/* SPDX-License-Identifier: MIT */
/*
 * A module's counters, made into a profile that llvm-profdata reads. Clang's own runtime
 * would write such a file; a module has none, so this takes what the runtime knows from
 * the module's file.
 */
#ifndef RINGSIDE_KVM_LAB_COVERAGE_PROFILE_H
#define RINGSIDE_KVM_LAB_COVERAGE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct profile {
	char *path; /* of the module's file */
	unsigned char *file; /* mapped */
	size_t file_size;
	unsigned char *records; /* __llvm_prf_data: a record for each function */
	size_t record_count;
	const unsigned char *names; /* __llvm_prf_names */
	size_t names_size;
	uint64_t *counters; /* __llvm_prf_cnts: sums of what was added */
	size_t counter_count;
};

/**
 * profile_open() - read what an instrumented module says of its counters, which begin at 0
 * @profile: to be filled in; profile_close() it, whatever comes out
 * @path: its .ko file, or another object that "ld -r" has made; absolute
 *
 * Return: NULL, or what is wrong; until the next call.
 */
const char *profile_open(struct profile *profile, const char *path);

/**
 * profile_add() - add the counters of one run
 * @profile: from profile_open()
 * @path: a file with the module's section __llvm_prf_cnts as it was in memory
 *
 * Return: NULL, or what is wrong; until the next call.
 */
const char *profile_add(struct profile *profile, const char *path);

/** profile_is_empty() - whether nothing has counted */
bool profile_is_empty(const struct profile *profile);

/** profile_write() - write a raw profile of the LLVM that this is built with; false with errno */
bool profile_write(const struct profile *profile, const char *path);

/** profile_clear() - begin at 0 again */
void profile_clear(struct profile *profile);

/** profile_close() - let go of the file */
void profile_close(struct profile *profile);

#endif /* RINGSIDE_KVM_LAB_COVERAGE_PROFILE_H */
