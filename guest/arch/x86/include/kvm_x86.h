/* SPDX-License-Identifier: MIT */
/*
 * x86 payloads: CPU structures, registers, interrupts.
 *
 * "SDM" is Intel's Software Developer's Manual, "APM" AMD's Architecture
 * Programmer's Manual; sections are given by name.
 */
#ifndef RINGSIDE_GUEST_KVM_X86_H
#define RINGSIDE_GUEST_KVM_X86_H

#include <stddef.h>
#include <stdint.h>

#include "kvm_x86_apic.h"
#include "kvm_x86_bits.h"

struct kvm_interrupt_frame; /* kvm_test.h */

#define PAGESIZE 0x1000
#define PAGESIZE_2M 0x200000
#define PAGESIZE_1G 0x40000000

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
#define SEGTYPE_TASK_GATE 0x05
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
#define CPUID_GET_ADDRESS_SIZES 0x80000008
#define CPUID_GET_SVM_FEATURES 0x8000000a

/*
 * CPUID's feature bits, for kvm_cpuid_has(): SDM Vol. 2 "CPUID", APM Vol. 3
 * "Obtaining Processor Information Via the CPUID Instruction". A feature without
 * a name here is KVM_CPUID_BIT(leaf, subleaf, register, bit).
 */
#define KVM_CPUID_EAX 0
#define KVM_CPUID_EBX 1
#define KVM_CPUID_ECX 2
#define KVM_CPUID_EDX 3
#define KVM_CPUID_BIT(leaf, subleaf, reg, bit) \
	(((leaf) & 0x80000000u) | ((leaf) & 0xffu) << 16 | (subleaf) << 8 | (reg) << 5 | (bit))

#define X86_FEATURE_FPU KVM_CPUID_BIT(1, 0, KVM_CPUID_EDX, 0)
#define X86_FEATURE_TSC KVM_CPUID_BIT(1, 0, KVM_CPUID_EDX, 4)
#define X86_FEATURE_MSR KVM_CPUID_BIT(1, 0, KVM_CPUID_EDX, 5)
#define X86_FEATURE_PAE KVM_CPUID_BIT(1, 0, KVM_CPUID_EDX, 6)
#define X86_FEATURE_APIC KVM_CPUID_BIT(1, 0, KVM_CPUID_EDX, 9)
#define X86_FEATURE_SEP KVM_CPUID_BIT(1, 0, KVM_CPUID_EDX, 11)
#define X86_FEATURE_PGE KVM_CPUID_BIT(1, 0, KVM_CPUID_EDX, 13)
#define X86_FEATURE_PAT KVM_CPUID_BIT(1, 0, KVM_CPUID_EDX, 16)
#define X86_FEATURE_PSE36 KVM_CPUID_BIT(1, 0, KVM_CPUID_EDX, 17)
#define X86_FEATURE_CLFLUSH KVM_CPUID_BIT(1, 0, KVM_CPUID_EDX, 19)
#define X86_FEATURE_MMX KVM_CPUID_BIT(1, 0, KVM_CPUID_EDX, 23)
#define X86_FEATURE_FXSR KVM_CPUID_BIT(1, 0, KVM_CPUID_EDX, 24)
#define X86_FEATURE_SSE KVM_CPUID_BIT(1, 0, KVM_CPUID_EDX, 25)
#define X86_FEATURE_SSE2 KVM_CPUID_BIT(1, 0, KVM_CPUID_EDX, 26)
#define X86_FEATURE_SSE3 KVM_CPUID_BIT(1, 0, KVM_CPUID_ECX, 0)
#define X86_FEATURE_MONITOR KVM_CPUID_BIT(1, 0, KVM_CPUID_ECX, 3)
#define X86_FEATURE_VMX KVM_CPUID_BIT(1, 0, KVM_CPUID_ECX, 5)
#define X86_FEATURE_SMX KVM_CPUID_BIT(1, 0, KVM_CPUID_ECX, 6)
#define X86_FEATURE_PCID KVM_CPUID_BIT(1, 0, KVM_CPUID_ECX, 17)
#define X86_FEATURE_X2APIC KVM_CPUID_BIT(1, 0, KVM_CPUID_ECX, 21)
#define X86_FEATURE_TSC_DEADLINE KVM_CPUID_BIT(1, 0, KVM_CPUID_ECX, 24)
#define X86_FEATURE_XSAVE KVM_CPUID_BIT(1, 0, KVM_CPUID_ECX, 26)
#define X86_FEATURE_OSXSAVE KVM_CPUID_BIT(1, 0, KVM_CPUID_ECX, 27)
#define X86_FEATURE_AVX KVM_CPUID_BIT(1, 0, KVM_CPUID_ECX, 28)
#define X86_FEATURE_RDRAND KVM_CPUID_BIT(1, 0, KVM_CPUID_ECX, 30)
#define X86_FEATURE_HYPERVISOR KVM_CPUID_BIT(1, 0, KVM_CPUID_ECX, 31)
#define X86_FEATURE_ARAT KVM_CPUID_BIT(6, 0, KVM_CPUID_EAX, 2)
#define X86_FEATURE_FSGSBASE KVM_CPUID_BIT(7, 0, KVM_CPUID_EBX, 0)
#define X86_FEATURE_TSC_ADJUST KVM_CPUID_BIT(7, 0, KVM_CPUID_EBX, 1)
#define X86_FEATURE_SMEP KVM_CPUID_BIT(7, 0, KVM_CPUID_EBX, 7)
#define X86_FEATURE_INVPCID KVM_CPUID_BIT(7, 0, KVM_CPUID_EBX, 10)
#define X86_FEATURE_AVX512F KVM_CPUID_BIT(7, 0, KVM_CPUID_EBX, 16)
#define X86_FEATURE_SMAP KVM_CPUID_BIT(7, 0, KVM_CPUID_EBX, 20)
#define X86_FEATURE_UMIP KVM_CPUID_BIT(7, 0, KVM_CPUID_ECX, 2)
#define X86_FEATURE_PKU KVM_CPUID_BIT(7, 0, KVM_CPUID_ECX, 3)
#define X86_FEATURE_SHSTK KVM_CPUID_BIT(7, 0, KVM_CPUID_ECX, 7)
#define X86_FEATURE_LA57 KVM_CPUID_BIT(7, 0, KVM_CPUID_ECX, 16)
#define X86_FEATURE_PKS KVM_CPUID_BIT(7, 0, KVM_CPUID_ECX, 31)
#define X86_FEATURE_IBT KVM_CPUID_BIT(7, 0, KVM_CPUID_EDX, 20)
#define X86_FEATURE_SPEC_CTRL KVM_CPUID_BIT(7, 0, KVM_CPUID_EDX, 26)
#define X86_FEATURE_ARCH_CAPABILITIES KVM_CPUID_BIT(7, 0, KVM_CPUID_EDX, 29)
#define X86_FEATURE_XSAVEOPT KVM_CPUID_BIT(0xd, 1, KVM_CPUID_EAX, 0)
#define X86_FEATURE_XSAVES KVM_CPUID_BIT(0xd, 1, KVM_CPUID_EAX, 3)
#define X86_FEATURE_SVM KVM_CPUID_BIT(0x80000001, 0, KVM_CPUID_ECX, 2)
#define X86_FEATURE_SYSCALL KVM_CPUID_BIT(0x80000001, 0, KVM_CPUID_EDX, 11)
#define X86_FEATURE_NX KVM_CPUID_BIT(0x80000001, 0, KVM_CPUID_EDX, 20)
#define X86_FEATURE_PDPE1GB KVM_CPUID_BIT(0x80000001, 0, KVM_CPUID_EDX, 26)
#define X86_FEATURE_RDTSCP KVM_CPUID_BIT(0x80000001, 0, KVM_CPUID_EDX, 27)
#define X86_FEATURE_LM KVM_CPUID_BIT(0x80000001, 0, KVM_CPUID_EDX, 29)
#define X86_FEATURE_INVARIANT_TSC KVM_CPUID_BIT(0x80000007, 0, KVM_CPUID_EDX, 8)
#define X86_FEATURE_NPT KVM_CPUID_BIT(0x8000000a, 0, KVM_CPUID_EDX, 0)
#define X86_FEATURE_LBR_VIRTUALIZATION KVM_CPUID_BIT(0x8000000a, 0, KVM_CPUID_EDX, 1)
#define X86_FEATURE_NRIP_SAVE KVM_CPUID_BIT(0x8000000a, 0, KVM_CPUID_EDX, 3)
#define X86_FEATURE_VGIF KVM_CPUID_BIT(0x8000000a, 0, KVM_CPUID_EDX, 16)

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
 * Has the interrupted code go on at ip: for a callback that steps over the
 * instruction, or returns 0 to somewhere else.
 */
void kvm_set_interrupt_ip(struct kvm_interrupt_frame *ifrm, uintptr_t ip);

/** The interrupted code's flags (RFLAGS_*). */
unsigned long kvm_get_interrupt_flags(const struct kvm_interrupt_frame *ifrm);

/** Has the interrupted code go on with other flags. */
void kvm_set_interrupt_flags(struct kvm_interrupt_frame *ifrm, unsigned long flags);

/** The interrupted code's code segment; its lower two bits are the privilege level. */
uint16_t kvm_get_interrupt_cs(const struct kvm_interrupt_frame *ifrm);

/**
 * Has the interrupted code go on in another code segment of the same privilege
 * level (else TBROK). That takes an IRET, which KVM's instruction emulator lacks.
 */
void kvm_set_interrupt_cs(struct kvm_interrupt_frame *ifrm, uint16_t cs);

/** The interrupted code's stack pointer. */
uintptr_t kvm_get_interrupt_sp(const struct kvm_interrupt_frame *ifrm);

/**
 * Has the interrupted code go on with another stack pointer. Three words below it
 * are overwritten; a stack pointer for which these would lie among the interrupted
 * registers, right below the old one, ends the test with TBROK.
 */
void kvm_set_interrupt_sp(struct kvm_interrupt_frame *ifrm, uintptr_t sp);

/*
 * Interrupts from outside: vectors 32 to 255, with tst_set_interrupt_callback().
 * Set the callback before the interrupt can come.
 */

/** STI: interrupts reach the running CPU from the next instruction but one. */
void kvm_enable_interrupts(void);

/** CLI: they wait. */
void kvm_disable_interrupts(void);

/**
 * STI and HLT as one: enables interrupts and waits for one; none can slip in
 * between. Returns, with interrupts enabled, when one has been handled. Where KVM
 * has no interrupt controllers, the HLT leaves the virtual machine (kvm_yield()).
 */
void kvm_wait_interrupt(void);

/*
 * Code that may fault.
 */

/** An exception: SDM Vol. 3 "Exception and Interrupt Reference". */
struct kvm_fault {
	int vector; /* INTR_*; -1: none */
	unsigned long errcode; /* the CPU's error code; 0 for a vector without one */
	uintptr_t address; /* of a page fault: CR2; else 0 */
};

/**
 * Runs func(arg). An exception in it ends it, whatever it was doing, and is
 * returned; stack and flags are the caller's again, and memory stays as func left
 * it. No callback sees the exception; interrupts from outside, NMI and machine
 * check go to theirs as ever. Calls can be nested: the innermost one gets it. A
 * stack overflow is reported as such, and not returned.
 */
struct kvm_fault kvm_try(void (*func)(void *arg), void *arg);

/** kvm_rdmsr() within kvm_try(): *value is written if there was no exception. */
struct kvm_fault kvm_safe_rdmsr(unsigned int msr, uint64_t *value);

/** kvm_wrmsr() within kvm_try(). */
struct kvm_fault kvm_safe_wrmsr(unsigned int msr, uint64_t value);

/**
 * kvm_try() at privilege level 3, with a stack of its own and the caller's flags.
 * Results and the end of the payload can be reported from there (tst_res(),
 * kvm_exit()); any other port, and what is privileged, faults. From the first call
 * on, all memory that the payload started with is open to CPL 3 (PTE_USER), so
 * CR4.SMEP and CR4.SMAP have to be off; pages of kvm_map() are as their flags say.
 * Two descriptors of kvm_gdt are taken. FS and GS come back with base 0. Not from
 * CPL 3 (TBROK), nor in a nested guest. Its IRET needs requires = ["native"].
 */
struct kvm_fault kvm_call_user(void (*func)(void *arg), void *arg);

/**
 * Physical address that a page table entry refers to, a table or a page, or 0
 * if it is not present. Whether it is a pointer depends on the mapping.
 */
uintptr_t kvm_get_page_address_pae(const struct page_table_entry_pae *entry);

/*
 * Page tables: those in CR3, with four or five levels on x86_64 and PAE paging's
 * three on i386 (else TBROK; so too where CR0.PG is clear). CPUs may change them at
 * the same time. What the running CPU has cached is forgotten; another CPU does it
 * itself (kvm_invlpg(), kvm_set_cr3()). New tables come from the heap and stay. All
 * tables have to lie below the payload header's mapped_end. SDM Vol. 3 "Paging", APM
 * Vol. 2 "Page Translation and Protection".
 */

/**
 * Maps the page at virt to phys, in place of what was mapped there.
 *
 * page_size is 0x1000, 0x200000 or, on x86_64, 0x40000000 bytes, of which virt and
 * phys are multiples; where the CPU has no pages of 1 GiB, the test ends with
 * TCONF. flags are the entry's other bits (PTE_WRITABLE, PTE_USER, PTE_NX, …);
 * PTE_PRESENT and PTE_LARGE are set by themselves. Entries above it are writable and
 * open to CPL 3: the page's own flags decide. A larger page around virt is split into
 * ones that map what it did. What can't be an address or a flag ends the test with
 * TBROK.
 */
void kvm_map(uintptr_t virt, uint64_t phys, size_t page_size, uint64_t flags);

/**
 * Unmaps the page_size bytes at virt, whatever maps them; a larger page is split.
 * Nothing happens where nothing is mapped. Sizes as in kvm_map().
 */
void kvm_unmap(uintptr_t virt, size_t page_size);

/**
 * The entry that maps virt, to read and change, and in *level, unless level is
 * NULL, its table's level: 1 for a page of 4 KiB, 2 for 2 MiB, 3 for 1 GiB. NULL
 * where nothing is mapped. After a change: kvm_invlpg().
 */
uint64_t *kvm_find_pte(uintptr_t virt, unsigned int *level);

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

/**
 * Whether CPUID reports a feature: X86_FEATURE_*, or KVM_CPUID_BIT(). No for a
 * leaf beyond the highest one.
 */
_Bool kvm_cpuid_has(uint32_t feature);

/** Reads the time-stamp counter (RDTSC). */
uint64_t kvm_rdtsc(void);

/** Reads an extended control register; 0 is XCR0. Without CR4.OSXSAVE it raises #UD. */
uint64_t kvm_xgetbv(unsigned int index);

/** Writes an extended control register; what the CPU refuses raises #GP. */
void kvm_xsetbv(unsigned int index, uint64_t value);

/** Forgets what the running CPU's TLB knows of the page at addr (INVLPG). */
void kvm_invlpg(uintptr_t addr);

/** Reads 8, 16 or 32 bits from an I/O port. */
uint8_t kvm_in8(uint16_t port);
uint16_t kvm_in16(uint16_t port);
uint32_t kvm_in32(uint16_t port);

/** Writes 8, 16 or 32 bits to an I/O port. KVM_DOORBELL_PORT is the library's. */
void kvm_out8(uint16_t port, uint8_t value);
void kvm_out16(uint16_t port, uint16_t value);
void kvm_out32(uint16_t port, uint32_t value);

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

/* It includes this header, for those who include that one alone. */
#include "kvm_test.h"

#endif /* RINGSIDE_GUEST_KVM_X86_H */
