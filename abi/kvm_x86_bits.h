/* SPDX-License-Identifier: MIT */
/*
 * Bits of x86 registers and sizes of tables, for C and assembly on both sides.
 *
 * "SDM" is Intel's Software Developer's Manual, "APM" AMD's Architecture
 * Programmer's Manual; sections are given by name.
 */
#ifndef RINGSIDE_ABI_KVM_X86_BITS_H
#define RINGSIDE_ABI_KVM_X86_BITS_H

/* Number of descriptors in kvm_gdt. */
#define KVM_GDT_SIZE 32

/* Number of interrupt vectors. */
#define X86_INTR_COUNT 256

/* MSR: APM Vol. 2 "MSR Cross-Reference". */
#define MSR_EFER 0xc0000080

/* EFER: APM Vol. 2 "Extended Feature Enable Register (EFER)". */
#define EFER_SCE (1 << 0) /* SYSCALL and SYSRET */
#define EFER_LME (1 << 8) /* long mode enabled */
#define EFER_LMA (1 << 10) /* long mode active; read-only */
#define EFER_NXE (1 << 11) /* no-execute pages */
#define EFER_SVME (1 << 12) /* SVM instructions */

/* CR0 and CR4: SDM Vol. 3 "Control Registers". */
#define CR0_PE (1 << 0)
#define CR0_MP (1 << 1)
#define CR0_EM (1 << 2)
#define CR0_TS (1 << 3)
#define CR0_ET (1 << 4)
#define CR0_NE (1 << 5)
#define CR0_WP (1 << 16)
#define CR0_AM (1 << 18)
#define CR0_NW (1 << 29)
#define CR0_CD (1 << 30)
#define CR0_PG (1U << 31)

#define CR4_VME (1 << 0)
#define CR4_PVI (1 << 1)
#define CR4_TSD (1 << 2)
#define CR4_DE (1 << 3)
#define CR4_PSE (1 << 4)
#define CR4_PAE (1 << 5)
#define CR4_MCE (1 << 6)
#define CR4_PGE (1 << 7)
#define CR4_PCE (1 << 8)
#define CR4_OSFXSR (1 << 9)
#define CR4_OSXMMEXCPT (1 << 10)
#define CR4_UMIP (1 << 11)
#define CR4_LA57 (1 << 12)
#define CR4_VMXE (1 << 13)
#define CR4_SMXE (1 << 14)
#define CR4_FSGSBASE (1 << 16)
#define CR4_PCIDE (1 << 17)
#define CR4_OSXSAVE (1 << 18)
#define CR4_KL (1 << 19)
#define CR4_SMEP (1 << 20)
#define CR4_SMAP (1 << 21)
#define CR4_PKE (1 << 22)
#define CR4_CET (1 << 23)
#define CR4_PKS (1 << 24)

/* RFLAGS: SDM Vol. 1 "EFLAGS Register". */
#define RFLAGS_CF (1 << 0) /* carry */
#define RFLAGS_FIXED (1 << 1) /* always 1 */
#define RFLAGS_PF (1 << 2) /* parity */
#define RFLAGS_AF (1 << 4) /* auxiliary carry */
#define RFLAGS_ZF (1 << 6) /* zero */
#define RFLAGS_SF (1 << 7) /* sign */
#define RFLAGS_TF (1 << 8) /* single step */
#define RFLAGS_IF (1 << 9) /* interrupts enabled */
#define RFLAGS_DF (1 << 10) /* direction: down */
#define RFLAGS_OF (1 << 11) /* overflow */
#define RFLAGS_NT (1 << 14) /* nested task */
#define RFLAGS_RF (1 << 16) /* resume: no breakpoint at the next instruction */
#define RFLAGS_VM (1 << 17) /* virtual-8086 mode */
#define RFLAGS_AC (1 << 18) /* alignment check; with SMAP, access control */
/* What instructions tell of their result. */
#define RFLAGS_STATUS (RFLAGS_CF | RFLAGS_PF | RFLAGS_AF | RFLAGS_ZF | RFLAGS_SF | RFLAGS_OF)

/* Error codes of page faults: SDM Vol. 3 "Page-Fault Exceptions". */
#define PF_PRESENT (1 << 0) /* a present page forbids the access */
#define PF_WRITE (1 << 1) /* the access is a write */
#define PF_USER (1 << 2) /* by code at CPL 3 */
#define PF_RESERVED (1 << 3) /* an entry has a reserved bit */
#define PF_FETCH (1 << 4) /* the fetch of an instruction */

/* What DR6 and DR7 hold after a reset: SDM Vol. 3 "Debug Registers". */
#define DR6_INIT 0xffff0ff0
#define DR7_INIT 0x400

/* Page table entries: SDM Vol. 3 "Paging". */
#define PTE_PRESENT (1 << 0)
#define PTE_WRITABLE (1 << 1)
#define PTE_USER (1 << 2)
#define PTE_WRITE_THROUGH (1 << 3)
#define PTE_CACHE_DISABLE (1 << 4)
#define PTE_ACCESSED (1 << 5)
#define PTE_DIRTY (1 << 6)
#define PTE_LARGE (1 << 7) /* a page, not a table: in page directories and above */
#define PTE_PAT (1 << 7) /* in page tables */
#define PTE_GLOBAL (1 << 8)
#define PTE_PAT_LARGE (1 << 12) /* of a large page */
#define PTE_NX (1ull << 63) /* no execution */

#endif /* RINGSIDE_ABI_KVM_X86_BITS_H */
