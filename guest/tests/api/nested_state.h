/* SPDX-License-Identifier: MIT */
/* A CPU state whose registers all differ, for nested guests that take it over. */
#ifndef RINGSIDE_GUEST_TESTS_API_NESTED_STATE_H
#define RINGSIDE_GUEST_TESTS_API_NESTED_STATE_H

#include "kvm_x86.h"

#ifdef __x86_64__ /* more than a descriptor holds */
#define STATE_FS_BASE 0x112340000
#define STATE_GS_BASE 0x223450000
#else
#define STATE_FS_BASE 0x12340000
#define STATE_GS_BASE 0x23450000
#endif
#define STATE_LDT_BASE 0x3456000
#define STATE_CR2 0x4567000
#define STATE_SYSENTER_CS 0x28
#define STATE_SYSENTER_ESP 0x5678000
#define STATE_SYSENTER_EIP 0x6789000

/* The first of the GDT's descriptors that nobody has: ES, DS, FS, GS, LDT. */
#define STATE_FIRST_DESCRIPTOR 20

struct nested_state {
	struct kvm_sregs sregs; /* as set */
	uint16_t ldt;
	struct kvm_sregs before;
};

static inline void nested_state_load(uint16_t es, uint16_t ds, uint16_t fs, uint16_t gs,
				     uint16_t ldt)
{
	asm volatile("mov %0, %%es" : : "r"((unsigned int)es));
	asm volatile("mov %0, %%ds" : : "r"((unsigned int)ds));
	asm volatile("mov %0, %%fs" : : "r"((unsigned int)fs));
	asm volatile("mov %0, %%gs" : : "r"((unsigned int)gs));
	asm volatile("lldt %0" : : "r"(ldt));
}

static inline void nested_state_set(struct nested_state *state)
{
	const unsigned int data = SEGTYPE_RWDATA | SEGFLAG_PRESENT | SEGFLAG_32BIT |
				  SEGFLAG_PAGE_LIMIT,
			   first = STATE_FIRST_DESCRIPTOR;

	kvm_read_sregs(&state->before);
	kvm_set_segment_descriptor(&kvm_gdt[first], 0, 0xfffff, data);
	kvm_set_segment_descriptor(&kvm_gdt[first + 1], 0, 0xfffff, data);
	kvm_set_segment_descriptor(&kvm_gdt[first + 2], (uint32_t)STATE_FS_BASE, 0xfffff, data);
	kvm_set_segment_descriptor(&kvm_gdt[first + 3], (uint32_t)STATE_GS_BASE, 0xfffff, data);
	kvm_set_segment_descriptor(&kvm_gdt[first + 4], STATE_LDT_BASE, 0x7f,
				   SEGTYPE_LDT | SEGFLAG_PRESENT);
	state->ldt = (first + 4) << 3;
	nested_state_load(first << 3, (first + 1) << 3, (first + 2) << 3, (first + 3) << 3,
			  state->ldt);
#ifdef __x86_64__
	kvm_wrmsr(MSR_FS_BASE, STATE_FS_BASE);
	kvm_wrmsr(MSR_GS_BASE, STATE_GS_BASE);
#endif
	asm volatile("mov %0, %%cr2" : : "r"((unsigned long)STATE_CR2));
	kvm_wrmsr(MSR_SYSENTER_CS, STATE_SYSENTER_CS);
	kvm_wrmsr(MSR_SYSENTER_ESP, STATE_SYSENTER_ESP);
	kvm_wrmsr(MSR_SYSENTER_EIP, STATE_SYSENTER_EIP);
	kvm_read_sregs(&state->sregs);
}

static inline void nested_state_restore(const struct nested_state *state)
{
	nested_state_load(state->before.es, state->before.ds, state->before.fs, state->before.gs,
			  0);
	memset(&kvm_gdt[STATE_FIRST_DESCRIPTOR], 0, 6 * sizeof(kvm_gdt[0]));
}

/* Whether the last signal to the host is still in the result page. */
static inline _Bool signal_is_there(void)
{
	return ((volatile struct tst_kvm_result *)KVM_RESULT_BASEADDR)->result == KVM_TSYNC;
}

#endif /* RINGSIDE_GUEST_TESTS_API_NESTED_STATE_H */
