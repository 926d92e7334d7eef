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
	REQUIRE_PAE = 1 << 5, /* 32-bit paging, as the architecture has it */
};

/* Room for the words of all of them. */
#define REQUIREMENT_LIST_SIZE 128

/**
 * requirement_parse() - the bit of a requirement's name
 *
 * Return: the bit, or 0 for an unknown name.
 */
unsigned int requirement_parse(const char *name);

/**
 * requirement_list() - a set in words
 * @set: bits
 * @text: where to, at least REQUIREMENT_LIST_SIZE bytes
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
 * What becomes of guest code is found out by running some.
 */
void probe_host(unsigned int wanted, struct probe *probe);

/**
 * probe_native() - whether the local KVM runs guest code on the CPU
 * @kvm: an open /dev/kvm
 *
 * Runs a guest with an instruction that the in-kernel emulator lacks: a
 * breakpoint in long mode.
 */
bool probe_native(int kvm);

/**
 * probe_pae() - whether the local KVM has 32-bit paging
 * @kvm: an open /dev/kvm
 *
 * Runs a guest that switches PAE paging on. The CPU must leave the
 * page-directory-pointer table as it is: QEMU's sets bits there that are
 * reserved (SDM Vol. 3, "PDPTE Registers"), and KVM takes no such table.
 */
bool probe_pae(int kvm);

#endif /* RINGSIDE_MACHINES_RUNNER_REQUIREMENT_H */
