/* SPDX-License-Identifier: MIT */
/* What a test asks of the machine that it runs on, and what there is. */
#ifndef RINGSIDE_MACHINES_RUNNER_REQUIREMENT_H
#define RINGSIDE_MACHINES_RUNNER_REQUIREMENT_H

#include <stdbool.h>
#include <stddef.h>

/* Sets of requirements, as bits. */
enum requirement {
	REQUIRE_KVM = 1 << 0, /* a usable /dev/kvm: what every test needs */
	REQUIRE_NATIVE = 1 << 1, /* guest code runs on the CPU, not in KVM's emulator */
	REQUIRE_SMP = 1 << 2, /* two CPUs or more */
	REQUIRE_SVM = 1 << 3, /* nested AMD virtualization */
	REQUIRE_VMX = 1 << 4, /* nested Intel virtualization */
};

/**
 * requirement_parse() - the bit of a requirement's name
 *
 * Return: the bit, or 0 for an unknown name.
 */
unsigned int requirement_parse(const char *name);

/**
 * requirement_list() - a set in words
 * @set: bits
 * @text: where to, at least 64 bytes
 *
 * Return: @text, such as "SVM, SMP".
 */
const char *requirement_list(unsigned int set, char *text);

/* What probe_host() found. */
struct probe {
	unsigned int provides; /* bits */
	char problem[256]; /* why there is no usable /dev/kvm; else empty */
};

/**
 * probe_host() - find out by trying what the local KVM offers
 * @wanted: bits that matter; a dearer probe is made only for one of these
 * @probe: to be filled in
 *
 * KVM_GET_SUPPORTED_CPUID names SVM and VMX only where KVM would nest them.
 * Whether guest code runs natively is found out by running some.
 */
void probe_host(unsigned int wanted, struct probe *probe);

/**
 * probe_native() - whether the local KVM runs guest code on the CPU
 * @kvm: an open /dev/kvm
 *
 * Runs two guests of a few instructions that an in-kernel emulator gets
 * wrong: a breakpoint in long mode, and the switch to PAE paging.
 */
bool probe_native(int kvm);

#endif /* RINGSIDE_MACHINES_RUNNER_REQUIREMENT_H */
