/* SPDX-License-Identifier: MIT */
/*
 * What VMRUN has to say to a VMCB: a model of APM Vol. 2 15.5.1, "Canonicalization and
 * Consistency Checks", and of 15.20, "Event Injection".
 */
#ifndef RINGSIDE_KVM_TESTS_FUZZ_VMRUN_RULES_H
#define RINGSIDE_KVM_TESTS_FUZZ_VMRUN_RULES_H

#include "kvm_x86_svm.h"

enum verdict {
	REFUSED, /* VMEXIT_INVALID */
	ENTERED,
	EITHER /* the manual does not say */
};

/** What this CPU has, read once: CPUID is an exit. */
struct vmrun_cpu {
	uint64_t physical_end; /* first address that is none */
	uint64_t cr4, efer; /* bits that may be set */
};

void vmrun_read_cpu(struct vmrun_cpu *cpu);

/** The verdict, and in *rule what it comes from. */
enum verdict vmrun_judge(const struct vmrun_cpu *cpu, const struct kvm_vmcb *vmcb,
			 const char **rule);

#endif /* RINGSIDE_KVM_TESTS_FUZZ_VMRUN_RULES_H */
