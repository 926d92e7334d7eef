/* SPDX-License-Identifier: MIT */
/* What the program is asked for on its command line. */
#ifndef RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_OPTIONS_H
#define RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPTION_LIST_MAX 64

/* Strings in the order in which they were given. */
struct option_list {
	const char *values[OPTION_LIST_MAX];
	size_t count;
};

struct options {
	const char *image; /* path of the file to boot */
	const char *append; /* behind the image's name on its command line; "" without */
	const char *cpu; /* as QEMU's -cpu has it: cpu_model.h */
	unsigned int cpus;
	uint64_t memory; /* bytes */
	double timeout; /* seconds until an image that goes on is ended */
	bool cpu_pm; /* the guest may halt and pause the CPU without leaving */
	struct option_list checks; /* FILE=VALUE, which has to hold here */
	struct option_list devices; /* QEMU's names of devices that the image wants */
	struct option_list environment; /* NAME=VALUE, the image's environment */
};

/**
 * read_options() - take the command line apart
 * @arguments: without the program's name; NULL behind the last
 * @options: filled in; its strings are the arguments'
 *
 * Return: NULL, or what is wrong, for the caller to free().
 */
char *read_options(char **arguments, struct options *options);

#endif /* RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_OPTIONS_H */
