/* SPDX-License-Identifier: MIT */
/* What the library asks of an architecture; each arch folder answers. */
#ifndef RINGSIDE_GUEST_LIB_ARCH_H
#define RINGSIDE_GUEST_LIB_ARCH_H

#include <stdint.h>

/** Leaves the virtual machine; returns when the host resumes it. */
void arch_halt(void);

/** Tells the CPU that a busy loop is waiting for another one's store. */
void arch_relax(void);

/** Start of the memory behind the payload, and end of the RAM that is mapped. */
uintptr_t arch_heap_start(void);
uintptr_t arch_heap_end(void);

/**
 * Ends the payload with TBROK at an instruction instead of a source line: the
 * host knows the line, and the calls that led to it.
 */
void break_at_address(uintptr_t address, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));

#endif /* RINGSIDE_GUEST_LIB_ARCH_H */
