/* SPDX-License-Identifier: MIT */
/*
 * x86 payloads: CPU structures, registers, interrupts.
 *
 * "SDM" is Intel's Software Developer's Manual, "APM" AMD's Architecture
 * Programmer's Manual; sections are given by name.
 */
#ifndef RINGSIDE_GUEST_KVM_X86_H
#define RINGSIDE_GUEST_KVM_X86_H

#include "kvm_test.h"
#include "kvm_x86_apic.h"
#include "kvm_x86_bits.h"

#define PAGESIZE 0x1000

/* Exception vectors: SDM Vol. 3 "Exception and Interrupt Reference", APM Vol. 2 "Vectors". */
#define INTR_ZERODIV 0
#define INTR_DEBUG 1
#define INTR_NMI 2
#define INTR_BREAKPOINT 3
#define INTR_OVERFLOW 4
#define INTR_BOUND_RANGE_EXC 5
#define INTR_BAD_OPCODE 6
#define INTR_DEVICE_ERROR 7
#define INTR_DOUBLE_FAULT 8
#define INTR_INVALID_TSS 10
#define INTR_SEGFAULT 11
#define INTR_STACK_FAULT 12
#define INTR_GPF 13
#define INTR_PAGE_FAULT 14
#define INTR_FPU_ERROR 16
#define INTR_ALIGNMENT_ERROR 17
#define INTR_MACHINE_CHECK 18
#define INTR_SIMD_ERROR 19
#define INTR_VIRT_ERROR 20
#define INTR_CPE 21
#define INTR_HV_INJECTION 28
#define INTR_VMM_COMM 29
#define INTR_SECURITY_ERROR 30

/* Segment types, with the bit that tells code and data from system segments: SDM Vol. 3 "Segment Descriptors". */
#define SEGTYPE_LDT 0x02
#define SEGTYPE_TSS 0x09
#define SEGTYPE_TSS_BUSY 0x0b
#define SEGTYPE_CALL_GATE 0x0c
#define SEGTYPE_INTR_GATE 0x0e
#define SEGTYPE_TRAP_GATE 0x0f
#define SEGTYPE_RODATA 0x10
#define SEGTYPE_RWDATA 0x12
#define SEGTYPE_STACK 0x16
#define SEGTYPE_CODE 0x1a
#define SEGTYPE_MASK 0x1f

/* Segment flags: bits 0-7 are the descriptor's byte 5, bits 8-11 the upper half of byte 6. */
#define SEGFLAG_NSYSTEM 0x10
#define SEGFLAG_PRESENT 0x80
#define SEGFLAG_CODE64 0x200
#define SEGFLAG_32BIT 0x400
#define SEGFLAG_PAGE_LIMIT 0x800

/* CPUID leaves: APM Vol. 3 "Obtaining Processor Information Via the CPUID Instruction". */
#define CPUID_GET_MODEL_INFO 0x1
#define CPUID_GET_INPUT_RANGE 0x80000000
#define CPUID_GET_EXT_FEATURES 0x80000001
#define CPUID_GET_SVM_FEATURES 0x8000000a

/* Model-specific registers: SDM Vol. 4, APM Vol. 2 "MSR Cross-Reference". */
#define MSR_IA32_FEATURE_CONTROL 0x3a
#define MSR_SYSENTER_CS 0x174
#define MSR_SYSENTER_ESP 0x175
#define MSR_SYSENTER_EIP 0x176
#define MSR_STAR 0xc0000081
#define MSR_LSTAR 0xc0000082
#define MSR_CSTAR 0xc0000083
#define MSR_SFMASK 0xc0000084
#define MSR_FS_BASE 0xc0000100
#define MSR_GS_BASE 0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102
#define MSR_VM_CR 0xc0010114
#define MSR_VM_HSAVE_PA 0xc0010117

/* VM_CR: APM Vol. 2 "VM_CR MSR (C001_0114h)". */
#define VM_CR_DPD (1 << 0)
#define VM_CR_R_INIT (1 << 1)
#define VM_CR_DIS_A20M (1 << 2)
#define VM_CR_LOCK (1 << 3)
#define VM_CR_SVMDIS (1 << 4)

/** A gate of the IDT: SDM Vol. 3 "IDT Descriptors", "64-Bit Mode IDT". */
struct intr_descriptor {
	uint16_t offset_lo;
	uint16_t selector;
	uint8_t ist;
	uint8_t flags;
#ifdef __x86_64__
	uint64_t offset_hi; /* bits 16-63; the upper 16 bits of the field are 0 */
	uint16_t padding;
#else
	uint16_t offset_hi;
#endif
} __attribute__((packed));

/** A descriptor of the GDT: SDM Vol. 3 "Segment Descriptors". */
struct segment_descriptor {
	unsigned int limit_lo : 16;
	unsigned int baseaddr_lo : 24;
	unsigned int flags_lo : 8;
	unsigned int limit_hi : 4;
	unsigned int flags_hi : 4;
	unsigned int baseaddr_hi : 8;
} __attribute__((packed));

/** A double-size system descriptor of 64-bit mode: SDM Vol. 3 "TSS Descriptor in 64-bit mode". */
struct segment_descriptor64 {
	unsigned int limit_lo : 16;
	unsigned int baseaddr_lo : 24;
	unsigned int flags_lo : 8;
	unsigned int limit_hi : 4;
	unsigned int flags_hi : 4;
	uint64_t baseaddr_hi : 40;
	uint32_t reserved;
} __attribute__((packed));

/** An entry of a page table, in PAE and 64-bit paging: SDM Vol. 3 "Paging". */
struct page_table_entry_pae {
	unsigned int present : 1;
	unsigned int writable : 1;
	unsigned int user_access : 1;
	unsigned int write_through : 1;
	unsigned int disable_cache : 1;
	unsigned int accessed : 1;
	unsigned int dirty : 1;
	unsigned int page_type : 1;
	unsigned int global : 1;
	unsigned int padding : 3;
	uint64_t address : 40; /* bits 12-51 of the physical address */
	unsigned int padding2 : 7;
	unsigned int prot_key : 4;
	unsigned int noexec : 1;
} __attribute__((packed));

/** What CPUID returns. */
struct kvm_cpuid {
	unsigned int eax, ebx, ecx, edx;
};

/** Control registers. */
struct kvm_cregs {
	unsigned long cr0, cr2, cr3, cr4;
};

/** Segment selectors. */
struct kvm_sregs {
	uint16_t cs, ds, es, fs, gs, ss, tr;
};

/** General registers of a nested guest. */
struct kvm_regs64 {
	uint64_t rax, rbx, rcx, rdx, rdi, rsi, rbp, rsp;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
};

/**
 * The root of the page tables that the payload starts with: the PML4 table on
 * x86_64, the page-directory-pointer table on i386. The lower 2 GiB are mapped
 * in 2 MiB pages.
 */
extern struct page_table_entry_pae kvm_pagetable[];

/** The interrupt descriptor table in use. */
extern struct intr_descriptor kvm_idt[X86_INTR_COUNT];

/** The global descriptor table in use. */
extern struct segment_descriptor kvm_gdt[KVM_GDT_SIZE];

/** Instruction pointer of the interrupted code: at its cause or behind it, as the vector has it. */
uintptr_t kvm_get_interrupt_ip(const struct kvm_interrupt_frame *ifrm);

/**
 * Physical address that a page table entry refers to, a table or a page, or 0
 * if it is not present. Whether it is a pointer depends on the mapping.
 */
uintptr_t kvm_get_page_address_pae(const struct page_table_entry_pae *entry);

/**
 * Fills a segment descriptor: base address (32 bits in a single-size one),
 * limit of at most 0xfffff in bytes or, with SEGFLAG_PAGE_LIMIT, pages (else
 * TBROK), and flags (SEGTYPE_* | SEGFLAG_*). In 64-bit mode, a system
 * descriptor takes the place of two: dst needs room for both.
 */
void kvm_set_segment_descriptor(struct segment_descriptor *dst, uint64_t baseaddr, uint32_t limit,
				unsigned int flags);

/** The reverse of kvm_set_segment_descriptor(); each pointer but src may be NULL. */
void kvm_parse_segment_descriptor(struct segment_descriptor *src, uint64_t *baseaddr,
				  uint32_t *limit, unsigned int *flags);

/**
 * Index of the first descriptor of a table of size descriptors that is not
 * present and no second half of another, past the null descriptor; -1 if
 * there is none.
 */
int kvm_find_free_descriptor(const struct segment_descriptor *table, size_t size);

/**
 * Registers a stack segment in a free descriptor of table, which has tabsize
 * descriptors: base 0, expanding down, limited to what lies at stack_base and
 * above. stack_base is the stack's lowest address, at the start of a page.
 * Returns the descriptor's index; ends the test with TBROK if table is full.
 */
unsigned int kvm_create_stack_descriptor(struct segment_descriptor *table, size_t tabsize,
					 void *stack_base);

/** Executes CPUID with eax and ecx and stores what it returns in buf. */
void kvm_get_cpuid(unsigned int eax, unsigned int ecx, struct kvm_cpuid *buf);

/** Reads the control registers into buf. */
void kvm_read_cregs(struct kvm_cregs *buf);

/** Reads the segment selectors and the task register into buf. */
void kvm_read_sregs(struct kvm_sregs *buf);

/** Writes a control register. What the CPU refuses raises #GP. */
void kvm_set_cr0(unsigned long val);
void kvm_set_cr3(unsigned long val);
void kvm_set_cr4(unsigned long val);

/** Reads a model-specific register; one that does not exist raises #GP. */
uint64_t kvm_rdmsr(unsigned int msr);

/** Writes a model-specific register; what the CPU refuses raises #GP. */
void kvm_wrmsr(unsigned int msr, uint64_t value);

#endif /* RINGSIDE_GUEST_KVM_X86_H */
