/* SPDX-License-Identifier: MIT */
/* What KVM tells of an x86 CPU and machine (KVM API, by the ioctl's name). */
#ifndef RINGSIDE_HOST_ARCH_X86_STATE_H
#define RINGSIDE_HOST_ARCH_X86_STATE_H

#include "host/engine/arch.h"

struct arch_cpu_state {
	struct kvm_regs regs;
	struct kvm_sregs2 sregs; /* without SREGS2: as far as SREGS has it */
	struct kvm_xcrs xcrs;
	struct kvm_vcpu_events events;
	struct kvm_debugregs debugregs;
	struct kvm_mp_state mp_state;
	struct kvm_lapic_state lapic; /* zero without an irqchip */
	bool has_sregs2, has_xsave2, has_xcrs, has_lapic;
	bool has_tsc_offset; /* else the TSC is an MSR like others */
	uint64_t tsc_offset; /* of the guest's TSC from the host's */
	uint32_t tsc_khz;
	size_t xsave_size;
	unsigned char *xsave;
	struct kvm_msrs *msrs; /* those that can be read */
	struct kvm_nested_state *nested; /* NULL: this KVM does not tell it */
};

#define PIC_COUNT 2

struct arch_vm_state {
	struct kvm_clock_data clock;
	bool has_irqchip;
	struct kvm_irqchip pics[PIC_COUNT], ioapic;
	struct kvm_pit_state2 pit;
};

/* MSRs: SDM Vol. 4. */
#define MSR_IA32_TSC 0x10
#define MSR_IA32_TSC_DEADLINE 0x6e0

/* Whether the MSR goes on by itself, or says something of the host's time. */
bool x86_msr_passes(uint32_t msr);

/* The manual's name for an MSR, or NULL. */
const char *x86_msr_name(uint32_t msr);

#endif /* RINGSIDE_HOST_ARCH_X86_STATE_H */
