/* SPDX-License-Identifier: MIT */
/*
 * What the payload and the controllers of the local APIC's tests know together: the
 * guest does what the controller tells it, step by step.
 */
#ifndef RINGSIDE_KVM_TESTS_APIC_H
#define RINGSIDE_KVM_TESTS_APIC_H

#include <stdint.h>

#define APIC_MAX_STEPS 32
#define APIC_MAX_TAKEN 64

enum apic_action {
	APIC_LOAD, /* value = memory at address */
	APIC_STORE,
	APIC_RDMSR, /* address is the MSR */
	APIC_WRMSR,
	APIC_OUT, /* a byte to a port */
	APIC_CPUID_1_EDX,
	APIC_TAKE, /* lets waiting interrupts in, then shuts the door again */
	APIC_WAIT, /* until value interrupts have been taken */
	APIC_SPIN, /* for value ticks of the time-stamp counter, with interrupts disabled */
	APIC_RDTSC,
	APIC_HYPERCALL, /* its number is address, its arguments are in hypercall_args */
};

/* An i386 guest by itself would give it half the alignment that the controller expects. */
struct __attribute__((aligned(8))) apic_step {
	uint64_t address;
	uint64_t value; /* to write, or what was read */
	uint32_t action;
	int32_t fault; /* the exception's vector; -1: none */
};

#endif /* RINGSIDE_KVM_TESTS_APIC_H */
