/* SPDX-License-Identifier: MIT */
/* What the library asks of an architecture; each arch folder answers. */
#ifndef RINGSIDE_GUEST_LIB_ARCH_H
#define RINGSIDE_GUEST_LIB_ARCH_H

#include <stdint.h>

/** Halts the CPU: for good, until the host resumes it, or until an interrupt. */
void arch_halt(void);

/** Leaves the virtual machine with a KVM_DOORBELL_* value; returns when the host resumes it. */
void arch_ring_doorbell(uint32_t value);

/** Tells the CPU that a busy loop is waiting for another one's store. */
void arch_relax(void);

/** The running CPU's number, as a register has it that start code has set. */
unsigned int arch_cpu(void);

/** Maps the result slot of CPU cpu, if it is not mapped yet. */
void arch_map_slot(unsigned int cpu);

/** Has CPU cpu begin at its start code, where KVM has the interrupt controllers. */
void arch_start_cpu(unsigned int cpu);

/** Has the running CPU, which is not the first, begin anew: run_cpu_functions(), an empty stack. */
void arch_restart_cpu(unsigned int cpu) __attribute__((noreturn));

/** Start of the memory behind the payload. */
uintptr_t arch_heap_start(void);

/**
 * Ends the payload with TBROK at an instruction instead of a source line: the
 * host knows the line, and the calls that led to it.
 */
void break_at_address(uintptr_t address, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));

#endif /* RINGSIDE_GUEST_LIB_ARCH_H */
