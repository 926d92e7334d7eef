/* SPDX-License-Identifier: MIT */
/* Stacks with a page below them that is not mapped. */
#ifndef RINGSIDE_GUEST_X86_STACK_H
#define RINGSIDE_GUEST_X86_STACK_H

#include "kvm_x86.h"

/* What kvm_test(payload_stack_size = ...) says: bytes of every stack. */
extern const char kvm_stack_size[];

/** Allocates a stack; owner says whose it is. Returns the address behind it. */
void *alloc_stack(const char *owner);

/** Whether addr lies in the page below a stack. */
_Bool is_guard_page(uintptr_t addr);

/**
 * Ends the test with TBROK: the instruction at ip has touched addr, for which
 * is_guard_page() is true. The text registers stands behind the message.
 */
void report_stack_overflow(uintptr_t addr, uintptr_t ip, const char *registers)
	__attribute__((noreturn));

#endif /* RINGSIDE_GUEST_X86_STACK_H */
