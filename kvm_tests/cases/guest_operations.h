/* SPDX-License-Identifier: MIT */
/* What nested guests do that their hypervisor may intercept, on both vendors' CPUs. */
#ifndef RINGSIDE_KVM_TESTS_GUEST_OPERATIONS_H
#define RINGSIDE_KVM_TESTS_GUEST_OPERATIONS_H

#include "kvm_x86.h"

#define UNMAPPED 0xd0000000ul
/* A data segment without its present bit: prepare_absent_segment(). */
#define ABSENT_DESCRIPTOR 29
#define ABSENT_SELECTOR (ABSENT_DESCRIPTOR << 3)
#define BEYOND_GDT 0xfff8

static inline void prepare_absent_segment(void)
{
	kvm_set_segment_descriptor(&kvm_gdt[ABSENT_DESCRIPTOR], 0, 0xfff, SEGTYPE_RWDATA);
}

/* For kvm_try(). */
static inline void breakpoint(void *arg)
{
	(void)arg;
	asm volatile("int3");
}

static inline void invalid_opcode(void *arg)
{
	(void)arg;
	asm volatile("ud2");
}

static inline void load_absent_segment(void *arg)
{
	(void)arg;
	asm volatile("mov %0, %%gs" : : "r"(ABSENT_SELECTOR));
}

static inline void load_absent_stack(void *arg)
{
	(void)arg;
	asm volatile("mov %0, %%ss" : : "r"(ABSENT_SELECTOR));
}

static inline void load_segment_beyond_gdt(void *arg)
{
	(void)arg;
	asm volatile("mov %0, %%gs" : : "r"(BEYOND_GDT));
}

static inline void write_unmapped(void *arg)
{
	(void)arg;
	asm volatile("movb %%al, (%0)" : : "r"(UNMAPPED + 0x123) : "memory");
}

/* With any port: their memory faults first. */
static inline void output_from_unmapped(void *arg)
{
	uintptr_t address = UNMAPPED + 0x123;

	(void)arg;
	asm volatile("outsb" : "+S"(address) : "d"(0x80) : "memory");
}

static inline void input_to_unmapped(void *arg)
{
	uintptr_t address = UNMAPPED + 0x123;

	(void)arg;
	asm volatile("insb" : "+D"(address) : "d"(0x80) : "memory");
}

static inline void cpuid(void)
{
	struct kvm_cpuid buf;

	kvm_get_cpuid(0, 0, &buf);
}

/* Through EAX, which Intel's exit qualification names. */
static inline void toggle_cr0(unsigned long bits)
{
	unsigned long value;

	asm volatile("mov %%cr0, %0" : "=r"(value));
	asm volatile("mov %0, %%cr0" : : "a"(value ^ bits) : "memory");
}

#endif /* RINGSIDE_KVM_TESTS_GUEST_OPERATIONS_H */
