/* SPDX-License-Identifier: MIT */
/* Task-state segments: SDM Vol. 3 "Task-State Segment (TSS)", "TSS in 64-bit Mode". */
#ifndef RINGSIDE_GUEST_X86_TSS_H
#define RINGSIDE_GUEST_X86_TSS_H

#include "kvm_x86.h"

/** CPU 0's (start.S). */
extern uint8_t kvm_tss[];

#ifdef __i386__
/** Of the task for double faults; its first field is the interrupted task's selector. */
extern volatile uint16_t kvm_double_fault_tss[];
#endif

/** The TSS of CPU cpu, whose result slot is mapped. */
void *cpu_tss(unsigned int cpu);

#endif /* RINGSIDE_GUEST_X86_TSS_H */
