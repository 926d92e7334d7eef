/* SPDX-License-Identifier: MIT */
/* Which KVM a test met: what a verdict depends on and no test says, in every test.xml. */
#ifndef RINGSIDE_REPORT_PROPERTIES_H
#define RINGSIDE_REPORT_PROPERTIES_H

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Variables of the environment by which the launcher says it; without them, it is the host. */
#define PROPERTY_MACHINE_VARIABLE "RINGSIDE_MACHINE"
#define PROPERTY_MODULES_VARIABLE "RINGSIDE_KVM_MODULES"

/*
 * Values of "kvm_modules": whose KVM it is. That of the computer; of a pinned kernel's own
 * modules; of a kernel or modules that somebody has named.
 */
#define MODULES_HOST "host"
#define MODULES_PINNED "pinned"
#define MODULES_OTHER "other"

/**
 * property_each() - name what is known of this kernel's KVM
 * @take: called for each: "machine", "kernel", "kvm_modules", "kvm_amd.npt", ...
 * @context: for @take
 */
void property_each(void (*take)(void *context, const char *name, const char *value), void *context);

/** property_put() - write one <property> */
void property_put(FILE *file, const char *name, const char *value);

/** property_put_all() - write <properties> with all of property_each() */
void property_put_all(FILE *file);

/**
 * property_add() - add property_put_all() to each test suite of a test.xml
 * @path: the file; what is none, or no regular one, stays as it is
 *
 * Return: 0, or -1 with errno, and the file may be cut off then.
 */
int property_add(const char *path);

#ifdef __cplusplus
}
#endif

#endif /* RINGSIDE_REPORT_PROPERTIES_H */
