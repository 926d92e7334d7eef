/* SPDX-License-Identifier: MIT */
/* What nested guests have in common, whichever way the CPU runs them. */
#ifndef RINGSIDE_GUEST_X86_NESTED_H
#define RINGSIDE_GUEST_X86_NESTED_H

/* struct kvm_regs64, for nested.S; asserted in nested.c. */
#define REGS_RAX 0
#define REGS_RBX 8
#define REGS_RCX 16
#define REGS_RDX 24
#define REGS_RDI 32
#define REGS_RSI 40
#define REGS_RBP 48
#define REGS_R8 64
#define REGS_R9 72
#define REGS_R10 80
#define REGS_R11 88
#define REGS_R12 96
#define REGS_R13 104
#define REGS_R14 112
#define REGS_R15 120

#ifndef __ASSEMBLER__

#include "kvm_x86.h"

/** A segment as CPUs keep it in their registers: limit counts bytes. */
struct nested_segment {
	uint64_t base;
	uint32_t limit;
	unsigned int flags; /* SEGTYPE_*, SEGFLAG_*; 0 if not present */
};

/** Reads descriptor number gdt_id of kvm_gdt; TBROK in function's name if there is none. */
struct nested_segment nested_read_segment(const char *function, unsigned int gdt_id);

/** Base addresses of the FS or GS segment in use, whose selector is given. */
uint64_t nested_fs_base(uint16_t selector);
uint64_t nested_gs_base(uint16_t selector);

/** Selector in the LDT register. */
uint16_t nested_ldt_selector(void);

/**
 * Allocates a stack with a guard page below it. Returns the address behind it, and
 * the number of its segment's descriptor in kvm_gdt, one that all share, in *ss.
 */
void *nested_alloc_stack(uint16_t *ss);

/**
 * A nested guest has ended at ip for a fault that it could not be told of, and its
 * CR2 is address: if that is a guard page, the test ends with TBROK.
 */
void nested_check_shutdown(uintptr_t address, uintptr_t ip);

/** Where nested guests start (nested.S): calls the function in RAX, then halts for good. */
void nested_guest_entry(void);

#endif /* __ASSEMBLER__ */

#endif /* RINGSIDE_GUEST_X86_NESTED_H */
