/* SPDX-License-Identifier: MIT */
/* What kvm_try() and kvm_call_user() leave for the interrupt handler. */
#ifndef RINGSIDE_GUEST_X86_TRY_H
#define RINGSIDE_GUEST_X86_TRY_H

#ifndef __ASSEMBLER__

#include "kvm_x86.h"

/** One call of kvm_try() or kvm_call_user(), on its caller's stack. */
struct try_record {
	unsigned long sp; /* try.S finds the caller's registers there; first, for try.S */
	unsigned long cs, flags; /* to go on with */
	struct try_record *outer; /* the call around this one */
	_Bool is_user; /* kvm_call_user() */
	struct kvm_fault fault;
};

/** Calls func(arg) and returns, as it also does after an exception in func (try.S). */
void try_call(struct try_record *record, void (*func)(void *arg), void *arg);

/**
 * The same at CPL 3, with the stack pointer user_sp; what gets through to CPL 0
 * runs on the stack that kernel_sp, a field of the TSS, is made to point to.
 */
void try_call_user(struct try_record *record, void (*func)(void *arg), void *arg, uintptr_t user_sp,
		   void *kernel_sp, unsigned int user_cs, unsigned int user_ds);

/** The way back from both: needs the record's sp in BX. */
extern const char try_end[];

/** The instruction at CPL 3 that ends kvm_call_user(): it faults. */
extern const char try_user_end[];

/** Makes record the innermost one of the running CPU; its outer one again. */
void begin_try(struct try_record *record);
void leave_try(struct try_record *record);

/** CPU cpu has left them all. */
void forget_tries(unsigned int cpu);

#endif /* __ASSEMBLER__ */

#endif /* RINGSIDE_GUEST_X86_TRY_H */
