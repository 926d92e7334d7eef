/* SPDX-License-Identifier: MIT */
/* The payload's header and its CPUs' slots, as the library sees them. */
#ifndef RINGSIDE_GUEST_LIB_CPU_H
#define RINGSIDE_GUEST_LIB_CPU_H

#include "guest/lib/arch.h"
#include "kvm_test.h"

/* From the architecture's start code. */
extern const volatile struct kvm_payload_header kvm_payload_entry;

/** KVM_PAYLOAD_* flags that the host has set. */
static inline uint32_t payload_flags(void)
{
	return kvm_payload_entry.flags;
}

/** tst_cpu(), in less time where there is one CPU. */
static inline unsigned int running_cpu(void)
{
	return kvm_payload_entry.cpus == 1 ? 0 : tst_cpu();
}

/** The result slot of CPU cpu, which must be mapped. */
static inline volatile struct tst_kvm_result *result_slot(unsigned int cpu)
{
	return (volatile struct tst_kvm_result *)((uintptr_t)KVM_RESULT_BASEADDR -
						  (uintptr_t)cpu * KVM_RESULT_SIZE);
}

/** What CPU cpu is to do; its slot must be mapped. */
static inline volatile struct kvm_cpu_control *cpu_control(unsigned int cpu)
{
	return (volatile struct kvm_cpu_control *)((uintptr_t)result_slot(cpu) +
						   KVM_CPU_CONTROL_OFFSET);
}

/**
 * A CPU other than the first, once its architecture's state is complete: runs
 * the function in its control block, reports its end, and does so again when
 * the host runs it on with another one.
 */
void run_cpu_functions(unsigned int cpu) __attribute__((noreturn));

#endif /* RINGSIDE_GUEST_LIB_CPU_H */
