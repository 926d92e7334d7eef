/* SPDX-License-Identifier: MIT */
/*
 * Nested guests with AMD's Secure Virtual Machine (SVM).
 *
 *	kvm_init_svm();
 *	vm = kvm_create_svm_vcpu(guest_main, 1);
 *	kvm_svm_vmrun(vm);
 *	if (vm->vmcb->exitcode != SVM_EXIT_HLT) ...
 *
 * The nested guest shares everything with the payload but its registers: page
 * tables, GDT, IDT, memory. Its guest_main() ends by returning; the returned
 * value is in vmcb->rax, as 32 bits, and the exit is SVM_EXIT_HLT.
 *
 * All names of sections are those of AMD's Architecture Programmer's Manual
 * (APM), Volume 2, if no other volume is given.
 */
#ifndef RINGSIDE_GUEST_KVM_X86_SVM_H
#define RINGSIDE_GUEST_KVM_X86_SVM_H

#include "kvm_x86.h"

/* CPUID_GET_SVM_FEATURES, EDX: Volume 3 "Function 8000_000Ah - SVM Features". */
#define SVM_CPUID_NESTED_PAGING (1 << 0)
#define SVM_CPUID_LBR_VIRT (1 << 1)
#define SVM_CPUID_LOCK (1 << 2)
#define SVM_CPUID_NRIP_SAVE (1 << 3)
#define SVM_CPUID_TSC_RATE_MSR (1 << 4)
#define SVM_CPUID_VMCB_CLEAN (1 << 5)
#define SVM_CPUID_FLUSH_ASID (1 << 6)
#define SVM_CPUID_DECODE_ASSIST (1 << 7)
#define SVM_CPUID_PAUSE_FILTER (1 << 10)
#define SVM_CPUID_PAUSE_THRESHOLD (1 << 12)
#define SVM_CPUID_AVIC (1 << 13)
#define SVM_CPUID_VMSAVE_VIRT (1 << 15)
#define SVM_CPUID_VGIF (1 << 16)
#define SVM_CPUID_GMET (1 << 17)
#define SVM_CPUID_X2AVIC (1 << 18)
#define SVM_CPUID_SSSCHECK (1 << 19)
#define SVM_CPUID_SPEC_CTRL (1 << 20)
#define SVM_CPUID_ROGPT (1 << 21)
#define SVM_CPUID_HOST_MCE_OVERRIDE (1 << 23)
#define SVM_CPUID_TLBI_CTL (1 << 24)
#define SVM_CPUID_NMI_VIRT (1 << 25)
#define SVM_CPUID_IBS_VIRT (1 << 26)

/*
 * What a nested guest can be stopped at: positions in kvm_vmcb.intercepts
 * (Appendix B "Layout of VMCB"). An intercept has the number of its exit code.
 */
#define SVM_INTERCEPT_INTR 0x60
#define SVM_INTERCEPT_NMI 0x61
#define SVM_INTERCEPT_SMI 0x62
#define SVM_INTERCEPT_INIT 0x63
#define SVM_INTERCEPT_VINTR 0x64
#define SVM_INTERCEPT_CR0_SEL_WRITE 0x65
#define SVM_INTERCEPT_IDTR_READ 0x66
#define SVM_INTERCEPT_GDTR_READ 0x67
#define SVM_INTERCEPT_LDTR_READ 0x68
#define SVM_INTERCEPT_TR_READ 0x69
#define SVM_INTERCEPT_IDTR_WRITE 0x6a
#define SVM_INTERCEPT_GDTR_WRITE 0x6b
#define SVM_INTERCEPT_LDTR_WRITE 0x6c
#define SVM_INTERCEPT_TR_WRITE 0x6d
#define SVM_INTERCEPT_RDTSC 0x6e
#define SVM_INTERCEPT_RDPMC 0x6f
#define SVM_INTERCEPT_PUSHF 0x70
#define SVM_INTERCEPT_POPF 0x71
#define SVM_INTERCEPT_CPUID 0x72
#define SVM_INTERCEPT_RSM 0x73
#define SVM_INTERCEPT_IRET 0x74
#define SVM_INTERCEPT_SWINT 0x75
#define SVM_INTERCEPT_INVD 0x76
#define SVM_INTERCEPT_PAUSE 0x77
#define SVM_INTERCEPT_HLT 0x78
#define SVM_INTERCEPT_INVLPG 0x79
#define SVM_INTERCEPT_INVLPGA 0x7a
#define SVM_INTERCEPT_IOIO 0x7b
#define SVM_INTERCEPT_MSR 0x7c
#define SVM_INTERCEPT_TASK_SWITCH 0x7d
#define SVM_INTERCEPT_FERR_FREEZE 0x7e
#define SVM_INTERCEPT_SHUTDOWN 0x7f
#define SVM_INTERCEPT_VMRUN 0x80
#define SVM_INTERCEPT_VMMCALL 0x81
#define SVM_INTERCEPT_VMLOAD 0x82
#define SVM_INTERCEPT_VMSAVE 0x83
#define SVM_INTERCEPT_STGI 0x84
#define SVM_INTERCEPT_CLGI 0x85
#define SVM_INTERCEPT_SKINIT 0x86
#define SVM_INTERCEPT_RDTSCP 0x87
#define SVM_INTERCEPT_ICEBP 0x88
#define SVM_INTERCEPT_WBINVD 0x89
#define SVM_INTERCEPT_MONITOR 0x8a
#define SVM_INTERCEPT_MWAIT 0x8b
#define SVM_INTERCEPT_MWAIT_ARMED 0x8c
#define SVM_INTERCEPT_XSETBV 0x8d
#define SVM_INTERCEPT_RDPRU 0x8e
#define SVM_INTERCEPT_EFER_WRITE_TRAP 0x8f
#define SVM_INTERCEPT_MAX 0xa7 /* first number that is none */

/* Why the nested guest stopped, kvm_vmcb.exitcode: Appendix C "SVM Intercept Exit Codes". */
#define SVM_EXIT_EXCEPTION 0x40 /* and the vector, up to 0x5f */
#define SVM_EXIT_INTR 0x60
#define SVM_EXIT_NMI 0x61
#define SVM_EXIT_SMI 0x62
#define SVM_EXIT_INIT 0x63
#define SVM_EXIT_VINTR 0x64
#define SVM_EXIT_CR0_SEL_WRITE 0x65
#define SVM_EXIT_IDTR_READ 0x66
#define SVM_EXIT_GDTR_READ 0x67
#define SVM_EXIT_LDTR_READ 0x68
#define SVM_EXIT_TR_READ 0x69
#define SVM_EXIT_IDTR_WRITE 0x6a
#define SVM_EXIT_GDTR_WRITE 0x6b
#define SVM_EXIT_LDTR_WRITE 0x6c
#define SVM_EXIT_TR_WRITE 0x6d
#define SVM_EXIT_RDTSC 0x6e
#define SVM_EXIT_RDPMC 0x6f
#define SVM_EXIT_PUSHF 0x70
#define SVM_EXIT_POPF 0x71
#define SVM_EXIT_CPUID 0x72
#define SVM_EXIT_RSM 0x73
#define SVM_EXIT_IRET 0x74
#define SVM_EXIT_SWINT 0x75
#define SVM_EXIT_INVD 0x76
#define SVM_EXIT_PAUSE 0x77
#define SVM_EXIT_HLT 0x78
#define SVM_EXIT_INVLPG 0x79
#define SVM_EXIT_INVLPGA 0x7a
#define SVM_EXIT_IOIO 0x7b
#define SVM_EXIT_MSR 0x7c
#define SVM_EXIT_TASK_SWITCH 0x7d
#define SVM_EXIT_FERR_FREEZE 0x7e
#define SVM_EXIT_SHUTDOWN 0x7f
#define SVM_EXIT_VMRUN 0x80
#define SVM_EXIT_VMMCALL 0x81
#define SVM_EXIT_VMLOAD 0x82
#define SVM_EXIT_VMSAVE 0x83
#define SVM_EXIT_STGI 0x84
#define SVM_EXIT_CLGI 0x85
#define SVM_EXIT_SKINIT 0x86
#define SVM_EXIT_RDTSCP 0x87
#define SVM_EXIT_ICEBP 0x88
#define SVM_EXIT_WBINVD 0x89
#define SVM_EXIT_MONITOR 0x8a
#define SVM_EXIT_MWAIT 0x8b
#define SVM_EXIT_MWAIT_ARMED 0x8c
#define SVM_EXIT_XSETBV 0x8d
#define SVM_EXIT_RDPRU 0x8e
#define SVM_EXIT_EFER_WRITE_TRAP 0x8f
#define SVM_EXIT_NPF 0x400
#define SVM_EXIT_AVIC_INCOMPLETE_IPI 0x401
#define SVM_EXIT_AVIC_NOACCEL 0x402
#define SVM_EXIT_VMGEXIT 0x403
#define SVM_EXIT_INVALID ((uint64_t)-1) /* VMRUN refused the VMCB */

/* kvm_vmcb.virt_intr_ctl: bits 24-31 of the VMCB's field at 060h. */
#define SVM_INTR_MASKING (1 << 0)
#define SVM_INTR_VGIF (1 << 1)
#define SVM_INTR_VNMI (1 << 2)
#define SVM_INTR_X2AVIC (1 << 6)
#define SVM_INTR_AVIC (1 << 7)

/**
 * A segment register in a VMCB: "VMCB State Save Area". attrib holds the flags
 * of kvm_set_segment_descriptor(); limit counts bytes.
 */
struct kvm_vmcb_descriptor {
	uint16_t selector;
	uint16_t attrib;
	uint32_t limit;
	uint64_t base;
};

/**
 * A virtual machine control block: Appendix B "Layout of VMCB". unused_NNN is
 * what the manual reserves, or has no use for here, from offset NNNh on.
 */
struct kvm_vmcb {
	/* Control area; kvm_vmcb_set_intercept() is for the first field. */
	uint8_t intercepts[24];
	uint8_t unused_018[0x03c - 0x018];
	uint16_t pause_filter_threshold;
	uint16_t pause_filter_count;
	uint64_t iopm_base_addr;
	uint64_t msrpm_base_addr;
	uint64_t tsc_offset;
	uint32_t guest_asid;
	uint32_t tlb_control;
	uint8_t virtual_tpr;
	uint8_t virtual_irq;
	uint8_t virt_intr_prio : 4;
	uint8_t virt_ignore_tpr : 1;
	uint8_t unused_062 : 3;
	uint8_t virt_intr_ctl;
	uint8_t virt_intr_vector;
	uint8_t unused_065[0x068 - 0x065];
	uint64_t interrupt_shadow;
	uint64_t exitcode;
	uint64_t exitinfo1;
	uint64_t exitinfo2;
	uint64_t exit_int_info;
	uint64_t enable_nested_paging;
	uint64_t avic_bar;
	uint64_t ghcb_gpa;
	uint64_t event_injection;
	uint64_t nested_cr3;
	uint64_t virt_ext; /* virtualization of LBR (bit 0), of VMLOAD and VMSAVE (1) */
	uint32_t vmcb_clean;
	uint8_t unused_0c4[0x0c8 - 0x0c4];
	uint64_t next_rip;
	uint8_t instr_len;
	uint8_t instr_bytes[15];
	uint64_t avic_backing_page;
	uint8_t unused_0e8[0x0f0 - 0x0e8];
	uint64_t avic_logical_ptr;
	uint64_t avic_physical_ptr;
	uint8_t unused_100[0x108 - 0x100];
	uint64_t vmsa_pa;
	uint64_t vmgexit_rax;
	uint8_t vmgexit_cpl;
	uint8_t unused_119[0x400 - 0x119];

	/* State save area */
	struct kvm_vmcb_descriptor es, cs, ss, ds, fs, gs;
	struct kvm_vmcb_descriptor gdtr, ldtr, idtr, tr;
	uint8_t unused_4a0[0x4cb - 0x4a0];
	uint8_t cpl;
	uint8_t unused_4cc[0x4d0 - 0x4cc];
	uint64_t efer;
	uint8_t unused_4d8[0x548 - 0x4d8];
	uint64_t cr4;
	uint64_t cr3;
	uint64_t cr0;
	uint64_t dr7;
	uint64_t dr6;
	uint64_t rflags;
	uint64_t rip;
	uint8_t unused_580[0x5d8 - 0x580];
	uint64_t rsp;
	uint64_t s_cet;
	uint64_t ssp;
	uint64_t isst_addr;
	uint64_t rax;
	uint64_t star;
	uint64_t lstar;
	uint64_t cstar;
	uint64_t sfmask;
	uint64_t kernel_gs_base;
	uint64_t sysenter_cs;
	uint64_t sysenter_esp;
	uint64_t sysenter_eip;
	uint64_t cr2;
	uint8_t unused_648[0x668 - 0x648];
	uint64_t guest_pat;
	uint8_t unused_670[0x1000 - 0x670];
};

/* Nested page tables have the format of the others: APM Vol. 2 "Nested Paging". */
#define NPT_PRESENT PTE_PRESENT
#define NPT_WRITABLE PTE_WRITABLE
#define NPT_USER PTE_USER /* the nested guest's accesses are those of a user */
#define NPT_ACCESSED PTE_ACCESSED
#define NPT_DIRTY PTE_DIRTY
#define NPT_LARGE PTE_LARGE
#define NPT_NX PTE_NX

/* EXITINFO1 of a nested page fault: APM Vol. 2 "Nested versus Guest Page Faults, Fault Ordering". */
#define NPF_PRESENT (1 << 0)
#define NPF_WRITE (1 << 1)
#define NPF_USER (1 << 2)
#define NPF_RESERVED (1 << 3)
#define NPF_FETCH (1 << 4)
#define NPF_FINAL (1ull << 32) /* at the guest's final physical address */
#define NPF_TABLE_WALK (1ull << 33) /* while walking the guest's tables */

/** A nested guest's CPU. */
struct kvm_svm_vcpu {
	struct kvm_vmcb *vmcb;
	/*
	 * General registers, loaded by kvm_svm_vmrun() and stored at the exit.
	 * rax and rsp live in the VMCB: here, they are copies made at the exit.
	 */
	struct kvm_regs64 regs;
};

/** Non-zero if the CPU has SVM: CPUID Fn8000_0001 ECX, bit 2. */
int kvm_is_svm_supported(void);

/** Non-zero if SVM is enabled: EFER.SVME. */
int kvm_get_svm_state(void);

/**
 * Enables (enabled is not 0) or disables SVM. Ends the test with TCONF if the
 * CPU has no SVM or its firmware, the host, disabled it: VM_CR.SVMDIS.
 */
void kvm_set_svm_state(int enabled);

/**
 * Enables SVM and gives the CPU a page to save its own state in (VM_HSAVE_PA),
 * which VMRUN needs. Ends the test with TCONF like kvm_set_svm_state().
 */
void kvm_init_svm(void);

/** Allocates a VMCB on the heap: one page, page-aligned, zero. Never NULL. */
struct kvm_vmcb *kvm_alloc_vmcb(void);

/**
 * Fills dst, a segment register in a VMCB, from descriptor number gdt_id of
 * kvm_gdt; with zeros if that is not present. gdt_id has to be below
 * KVM_GDT_SIZE (else TBROK).
 */
void kvm_vmcb_copy_gdt_descriptor(struct kvm_vmcb_descriptor *dst, unsigned int gdt_id);

/**
 * Makes the nested guest stop (state is not 0) or not stop at SVM_INTERCEPT_id.
 * id has to be below SVM_INTERCEPT_MAX (else TBROK).
 */
void kvm_vmcb_set_intercept(struct kvm_vmcb *vmcb, unsigned int id, unsigned int state);

/**
 * Makes a new virtual machine of a VMCB. asid, its address space, must not be
 * 0 (VMRUN would refuse it). ss is the stack segment's index in kvm_gdt, as
 * kvm_create_stack_descriptor() returns it; rsp is the stack pointer's initial
 * value, a multiple of 16. The guest calls guest_main().
 *
 * The other segment registers, control registers, EFER, GDTR and IDTR are
 * those of the current CPU. VMRUN (which the hardware demands), VMSAVE, HLT and
 * shutdown are intercepted. What else the test set in the control area stays, but for
 * pending events.
 */
void kvm_init_guest_vmcb(struct kvm_vmcb *vmcb, uint32_t asid, uint16_t ss, void *rsp,
			 int (*guest_main)(void));

/**
 * Allocates a nested CPU with a VMCB that kvm_init_guest_vmcb() prepared for
 * guest_main, address space 1. With alloc_stack, it gets a stack of 8 KiB (or of
 * kvm_test's payload_stack_size) with a page below it that is not mapped, in the
 * payload's own stack segment; without, vmcb->ss and vmcb->rsp are 0 and the
 * caller's to set. Never NULL.
 */
struct kvm_svm_vcpu *kvm_create_svm_vcpu(int (*guest_main)(void), int alloc_stack);

/**
 * Starts the nested guest, or continues it where it stopped, until it stops:
 * "VMRUN Instruction". The reason is in vmcb->exitcode; SVM_EXIT_INVALID says
 * that the CPU did not accept the VMCB. What VMLOAD and VMSAVE handle is
 * switched as well; floating-point state is not. A nested guest continued
 * after SVM_EXIT_HLT stops there again, unless vmcb->rip is moved.
 *
 * A nested guest that dies of an unhandled exception ends the whole test, with
 * the same report as in the payload.
 */
void kvm_svm_vmrun(struct kvm_svm_vcpu *cpu);

/** VMLOAD: loads FS, GS, TR, LDTR and the MSRs that belong to them from a VMCB. */
void kvm_svm_vmload(struct kvm_vmcb *buf);

/** VMSAVE: stores into a VMCB what kvm_svm_vmload() loads. */
void kvm_svm_vmsave(struct kvm_vmcb *buf);

#endif /* RINGSIDE_GUEST_KVM_X86_SVM_H */
