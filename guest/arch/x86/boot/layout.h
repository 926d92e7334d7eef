/* SPDX-License-Identifier: MIT */
/* Numbers that the start code in assembly and the C code share. */
#ifndef RINGSIDE_GUEST_X86_LAYOUT_H
#define RINGSIDE_GUEST_X86_LAYOUT_H

#include "kvm_abi.h"
#include "kvm_x86_bits.h"

/* Segment selectors: positions in kvm_gdt. */
#define KVM_CS32 0x08
#define KVM_DS 0x10
#define KVM_CS64 0x18
#define KVM_TSS 0x20

#ifdef __x86_64__
#define KVM_CS KVM_CS64
#define PAYLOAD_ARCH KVM_PAYLOAD_ARCH_X86_64
#define KVM_IDT_ENTRY_BYTES 16
#else
#define KVM_CS KVM_CS32
#define PAYLOAD_ARCH KVM_PAYLOAD_ARCH_I386
#define KVM_IDT_ENTRY_BYTES 8
#endif

/* Bytes of kvm_gdt: the public part, then each CPU's TSS in two descriptors. */
#define KVM_GDT_BYTES ((KVM_GDT_SIZE + 2 * KVM_MAX_CPUS) * 8)

/* Selector of the TSS of CPU cpu, which is not the first: the number is in it. */
#define KVM_TSS_OF(cpu) ((KVM_GDT_SIZE + 2 * (cpu)) * 8)

/* A TSS without an I/O permission bitmap: SDM Vol. 3 "Task Management". */
#define KVM_TSS_BYTES 104
#define KVM_TSS_IO_MAP 102 /* the field that says where that would be */

/* Fields of a TSS that point to stacks. */
#ifdef __x86_64__
#define KVM_TSS_SP0 4
#define KVM_TSS_IST1 36 /* for double faults */
#else
#define KVM_TSS_SP0 4
#define KVM_TSS_SS0 8
#endif

/* Pages below and above a stack that is not the first CPU's. */
#define KVM_STACK_EXTRA_BYTES (3 * 0x1000)

/* The software's bit in a page table entry: part of a page that was split. */
#define PTE_SPLIT (1 << 11)

/* End of what is mapped one to one. */
#define KVM_MAPPED_END 0x80000000

/*
 * Each CPU but the first has an area of its own, in this order from its end: a
 * page for its TSS, a page as the stack for double faults, the stack, and a page
 * that is not mapped. How large stacks are, the linker knows (kvm_stack_size).
 */

/* The task that handles double faults on i386: CPU 0 has no TSS in this place. */
#define KVM_DOUBLE_FAULT_TSS KVM_TSS_OF(0)

#define X86_EXCEPTION_COUNT 32
#define KVM_IDT_BYTES (X86_INTR_COUNT * KVM_IDT_ENTRY_BYTES)

/* Vectors' entry points: blocks of four bytes for each, then two jumps (vectors.S). */
#define KVM_VECTORS_IN_BLOCK 32
#define KVM_VECTOR_BLOCK_BYTES (KVM_VECTORS_IN_BLOCK * 4 + 16)
#define KVM_VECTOR_STUB_IN_BLOCK(vector) ((vector) % KVM_VECTORS_IN_BLOCK * 4)
#define KVM_VECTOR_STUB(vector)                                     \
	((vector) / KVM_VECTORS_IN_BLOCK * KVM_VECTOR_BLOCK_BYTES + \
	 KVM_VECTOR_STUB_IN_BLOCK(vector))

#endif /* RINGSIDE_GUEST_X86_LAYOUT_H */
