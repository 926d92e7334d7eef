/* SPDX-License-Identifier: MIT */
/*
 * Nested guests with Intel's Virtual Machine Extensions (VMX).
 *
 *	kvm_set_vmx_state(1);
 *	vm = kvm_create_vmx_vcpu(guest_main, 1);
 *	kvm_vmx_vmrun(vm);
 *	if (kvm_vmx_vmread(VMX_VMCS_EXIT_REASON) != VMX_EXIT_HLT) ...
 *
 * The nested guest shares everything with the payload but its registers: page
 * tables, GDT, IDT, memory. Its guest_main() ends by returning; the returned
 * value is in regs.rax, as 32 bits, and the exit is VMX_EXIT_HLT.
 *
 * All names of sections and appendices are those of Intel's Software
 * Developer's Manual (SDM), Volume 3.
 */
#ifndef RINGSIDE_GUEST_KVM_X86_VMX_H
#define RINGSIDE_GUEST_KVM_X86_VMX_H

#include "kvm_x86.h"

/* CPUID_GET_MODEL_INFO, ECX: Volume 2 "CPUID - CPU Identification". */
#define CPUID_MODEL_VMX (1 << 5)
#define CPUID_MODEL_SMX (1 << 6)

/* Capability registers: Appendix A "VMX Capability Reporting Facility". */
#define MSR_IA32_VMX_BASIC 0x480
#define MSR_IA32_VMX_PINX_MASK 0x481
#define MSR_IA32_VMX_EXECCTL_MASK 0x482
#define MSR_IA32_VMX_EXITCTL_MASK 0x483
#define MSR_IA32_VMX_ENTRYCTL_MASK 0x484
#define MSR_IA32_VMX_MISC 0x485
#define MSR_IA32_VMX_CR0_FIXED0 0x486
#define MSR_IA32_VMX_CR0_FIXED1 0x487
#define MSR_IA32_VMX_CR4_FIXED0 0x488
#define MSR_IA32_VMX_CR4_FIXED1 0x489
#define MSR_IA32_VMX_VMCS_ENUM 0x48a
#define MSR_IA32_VMX_EXECCTL2_MASK 0x48b
#define MSR_IA32_VMX_EPT_VPID_CAP 0x48c
/* The "true" masks, which exist if IA32_VMXBASIC_USELESS_CTL_MASKS is set. */
#define MSR_IA32_VMX_PINX_MASK2 0x48d
#define MSR_IA32_VMX_EXECCTL_MASK2 0x48e
#define MSR_IA32_VMX_EXITCTL_MASK2 0x48f
#define MSR_IA32_VMX_ENTRYCTL_MASK2 0x490
#define MSR_IA32_VMX_EXECCTL3_MASK 0x492

/* MSR_IA32_VMX_BASIC */
#define IA32_VMXBASIC_USELESS_CTL_MASKS (1ULL << 55)

/* MSR_IA32_FEATURE_CONTROL: "Enabling and Entering VMX Operation". */
#define IA32FC_LOCK (1 << 0)
#define IA32FC_VMXON_SMX (1 << 1)
#define IA32FC_VMXON_NORMAL (1 << 2)

/* What kvm_vmx_read_vmctl_mask() can be asked for. */
#define VMX_CTLMASK_PINX 0
#define VMX_CTLMASK_EXECCTL 1
#define VMX_CTLMASK_EXECCTL2 2
#define VMX_CTLMASK_EXECCTL3 3
#define VMX_CTLMASK_EXITCTL 4
#define VMX_CTLMASK_ENTRYCTL 5
#define VMX_CTLMASK_MAX 6 /* first number that is none */

/*
 * Fields of a VMCS: Appendix B "Field Encoding in VMCS". Bits 13 and 14 say
 * how wide a field is; bit 0 selects the upper half of one that has 64 bits.
 */
#define VMX_VMCSFIELD_16BIT 0x0000
#define VMX_VMCSFIELD_64BIT 0x2000
#define VMX_VMCSFIELD_32BIT 0x4000
#define VMX_VMCSFIELD_NATURAL 0x6000
#define VMX_VMCSFIELD_SIZE_MASK 0x6000

/* 16 bits */
#define VMX_VMCS_VPID 0x0
#define VMX_VMCS_GUEST_ES 0x800
#define VMX_VMCS_GUEST_CS 0x802
#define VMX_VMCS_GUEST_SS 0x804
#define VMX_VMCS_GUEST_DS 0x806
#define VMX_VMCS_GUEST_FS 0x808
#define VMX_VMCS_GUEST_GS 0x80a
#define VMX_VMCS_GUEST_LDTR 0x80c
#define VMX_VMCS_GUEST_TR 0x80e
#define VMX_VMCS_GUEST_INTR 0x810
#define VMX_VMCS_HOST_ES 0xc00
#define VMX_VMCS_HOST_CS 0xc02
#define VMX_VMCS_HOST_SS 0xc04
#define VMX_VMCS_HOST_DS 0xc06
#define VMX_VMCS_HOST_FS 0xc08
#define VMX_VMCS_HOST_GS 0xc0a
#define VMX_VMCS_HOST_TR 0xc0c

/* 64 bits */
#define VMX_VMCS_IO_BITMAP_A_POINTER 0x2000
#define VMX_VMCS_IO_BITMAP_B_POINTER 0x2002
#define VMX_VMCS_MSR_BITMAP_POINTER 0x2004
#define VMX_VMCS_VMEXIT_MSR_STORE_POINTER 0x2006
#define VMX_VMCS_VMEXIT_MSR_LOAD_POINTER 0x2008
#define VMX_VMCS_VMENTRY_MSR_LOAD_POINTER 0x200a
#define VMX_VMCS_TSC_OFFSET 0x2010
#define VMX_VMCS_VIRT_APIC_POINTER 0x2012
#define VMX_VMCS_VIRT_APIC_BASE 0x2014
#define VMX_VMCS_EPT_POINTER 0x201a
#define VMX_VMCS_VMREAD_BITMAP_POINTER 0x2026
#define VMX_VMCS_VMWRITE_BITMAP_POINTER 0x2028
#define VMX_VMCS_GUEST_PHYS_ADDR 0x2400
#define VMX_VMCS_LINK_POINTER 0x2800
#define VMX_VMCS_GUEST_DEBUGCTL 0x2802
#define VMX_VMCS_GUEST_PAT 0x2804
#define VMX_VMCS_GUEST_EFER 0x2806
#define VMX_VMCS_HOST_PAT 0x2c00
#define VMX_VMCS_HOST_EFER 0x2c02

/* 32 bits: control */
#define VMX_VMCS_VMPINX_CTL 0x4000
#define VMX_VMCS_VMEXEC_CTL 0x4002
#define VMX_VMCS_EXCEPTION_BITMAP 0x4004
#define VMX_VMCS_PAGEFAULT_MASK 0x4006
#define VMX_VMCS_PAGEFAULT_MATCH 0x4008
#define VMX_VMCS_CR3_TARGET_COUNT 0x400a
#define VMX_VMCS_VMEXIT_CTL 0x400c
#define VMX_VMCS_VMEXIT_MSR_STORE 0x400e
#define VMX_VMCS_VMEXIT_MSR_LOAD 0x4010
#define VMX_VMCS_VMENTRY_CTL 0x4012
#define VMX_VMCS_VMENTRY_MSR_LOAD 0x4014
#define VMX_VMCS_VMENTRY_INTR 0x4016
#define VMX_VMCS_VMENTRY_EXC 0x4018
#define VMX_VMCS_VMENTRY_INST_LEN 0x401a
#define VMX_VMCS_TPR_THRESHOLD 0x401c
#define VMX_VMCS_VMEXEC_CTL2 0x401e

/* 32 bits: the last exit, read-only */
#define VMX_VMCS_VMINST_ERROR 0x4400
#define VMX_VMCS_EXIT_REASON 0x4402
#define VMX_VMCS_VMEXIT_INTR_INFO 0x4404
#define VMX_VMCS_VMEXIT_INTR_ERRNO 0x4406
#define VMX_VMCS_IDTVEC_INFO 0x4408
#define VMX_VMCS_IDTVEC_ERRNO 0x440a
#define VMX_VMCS_VMEXIT_INST_LEN 0x440c
#define VMX_VMCS_VMEXIT_INST_INFO 0x440e

/* 32 bits: state */
#define VMX_VMCS_GUEST_ES_LIMIT 0x4800
#define VMX_VMCS_GUEST_CS_LIMIT 0x4802
#define VMX_VMCS_GUEST_SS_LIMIT 0x4804
#define VMX_VMCS_GUEST_DS_LIMIT 0x4806
#define VMX_VMCS_GUEST_FS_LIMIT 0x4808
#define VMX_VMCS_GUEST_GS_LIMIT 0x480a
#define VMX_VMCS_GUEST_LDTR_LIMIT 0x480c
#define VMX_VMCS_GUEST_TR_LIMIT 0x480e
#define VMX_VMCS_GUEST_GDTR_LIMIT 0x4810
#define VMX_VMCS_GUEST_IDTR_LIMIT 0x4812
#define VMX_VMCS_GUEST_ES_ACCESS 0x4814
#define VMX_VMCS_GUEST_CS_ACCESS 0x4816
#define VMX_VMCS_GUEST_SS_ACCESS 0x4818
#define VMX_VMCS_GUEST_DS_ACCESS 0x481a
#define VMX_VMCS_GUEST_FS_ACCESS 0x481c
#define VMX_VMCS_GUEST_GS_ACCESS 0x481e
#define VMX_VMCS_GUEST_LDTR_ACCESS 0x4820
#define VMX_VMCS_GUEST_TR_ACCESS 0x4822
#define VMX_VMCS_GUEST_INTR_STATE 0x4824
#define VMX_VMCS_GUEST_ACT_STATE 0x4826
#define VMX_VMCS_GUEST_SMBASE 0x4828
#define VMX_VMCS_GUEST_SYSENTER_CS 0x482a
#define VMX_VMCS_HOST_SYSENTER_CS 0x4c00

/* Natural width: that of the CPU's registers */
#define VMX_VMCS_CR0_MASK 0x6000
#define VMX_VMCS_CR4_MASK 0x6002
#define VMX_VMCS_CR0_READ_SHADOW 0x6004
#define VMX_VMCS_CR4_READ_SHADOW 0x6006
#define VMX_VMCS_EXIT_QUALIFICATION 0x6400
#define VMX_VMCS_GUEST_LINEAR_ADDR 0x640a
#define VMX_VMCS_GUEST_CR0 0x6800
#define VMX_VMCS_GUEST_CR3 0x6802
#define VMX_VMCS_GUEST_CR4 0x6804
#define VMX_VMCS_GUEST_ES_BASE 0x6806
#define VMX_VMCS_GUEST_CS_BASE 0x6808
#define VMX_VMCS_GUEST_SS_BASE 0x680a
#define VMX_VMCS_GUEST_DS_BASE 0x680c
#define VMX_VMCS_GUEST_FS_BASE 0x680e
#define VMX_VMCS_GUEST_GS_BASE 0x6810
#define VMX_VMCS_GUEST_LDTR_BASE 0x6812
#define VMX_VMCS_GUEST_TR_BASE 0x6814
#define VMX_VMCS_GUEST_GDTR_BASE 0x6816
#define VMX_VMCS_GUEST_IDTR_BASE 0x6818
#define VMX_VMCS_GUEST_DR7 0x681a
#define VMX_VMCS_GUEST_RSP 0x681c
#define VMX_VMCS_GUEST_RIP 0x681e
#define VMX_VMCS_GUEST_RFLAGS 0x6820
#define VMX_VMCS_GUEST_DEBUG_EXC 0x6822
#define VMX_VMCS_GUEST_SYSENTER_ESP 0x6824
#define VMX_VMCS_GUEST_SYSENTER_EIP 0x6826
#define VMX_VMCS_HOST_CR0 0x6c00
#define VMX_VMCS_HOST_CR3 0x6c02
#define VMX_VMCS_HOST_CR4 0x6c04
#define VMX_VMCS_HOST_FS_BASE 0x6c06
#define VMX_VMCS_HOST_GS_BASE 0x6c08
#define VMX_VMCS_HOST_TR_BASE 0x6c0a
#define VMX_VMCS_HOST_GDTR_BASE 0x6c0c
#define VMX_VMCS_HOST_IDTR_BASE 0x6c0e
#define VMX_VMCS_HOST_SYSENTER_ESP 0x6c10
#define VMX_VMCS_HOST_SYSENTER_EIP 0x6c12
#define VMX_VMCS_HOST_RSP 0x6c14
#define VMX_VMCS_HOST_RIP 0x6c16

/* VMX_VMCS_VMEXEC_CTL: "Processor-Based VM-Execution Controls". */
#define VMX_INTERCEPT_HLT (1 << 7)
#define VMX_EXECCTL_TPR_SHADOW (1 << 21)
#define VMX_EXECCTL_IO_BITMAP (1 << 25)
#define VMX_EXECCTL_MSR_BITMAP (1 << 28)
#define VMX_EXECCTL_ENABLE_CTL3 (1 << 17)
#define VMX_EXECCTL_ENABLE_CTL2 (1U << 31)

/* VMX_VMCS_VMEXEC_CTL2: the secondary ones. */
#define VMX_EXECCTL2_VIRT_APIC (1 << 0)
#define VMX_EXECCTL2_EPT (1 << 1)
#define VMX_EXECCTL2_VIRT_X2APIC (1 << 4)
#define VMX_EXECCTL2_VPID (1 << 5)
#define VMX_EXECCTL2_VIRT_APIC_REG (1 << 8)
#define VMX_EXECCTL2_VIRT_INTR (1 << 9)
#define VMX_EXECCTL2_SHADOW_VMCS (1 << 14)

/* VMX_VMCS_VMEXIT_CTL: "VM-Exit Controls". */
#define VMX_EXITCTL_SAVE_DR (1 << 2)
#define VMX_EXITCTL_X64 (1 << 9)
#define VMX_EXITCTL_SAVE_EFER (1 << 20)
#define VMX_EXITCTL_LOAD_EFER (1 << 21)

/* VMX_VMCS_VMENTRY_CTL: "VM-Entry Controls". */
#define VMX_ENTRYCTL_LOAD_DR (1 << 2)
#define VMX_ENTRYCTL_X64 (1 << 9)
#define VMX_ENTRYCTL_LOAD_EFER (1 << 15)

/* kvm_vmcs.version: this is a shadow VMCS ("Shadow VMCS"). */
#define VMX_SHADOW_VMCS 0x80000000

/* What VMX_VMCS_LINK_POINTER and kvm_vmx_vmptrst() hold when there is no VMCS. */
#define VMX_INVALID_VMCS 0xffffffffffffffffULL

/* VMX_VMCS_EXIT_REASON, bits 0-15: Appendix C "VMX Basic Exit Reasons". */
#define VMX_EXIT_EXCEPTION 0
#define VMX_EXIT_EXTERNAL_INTR 1
#define VMX_EXIT_TRIPLE_FAULT 2
#define VMX_EXIT_INIT 3
#define VMX_EXIT_SIPI 4
#define VMX_EXIT_INTR_WINDOW 7
#define VMX_EXIT_NMI_WINDOW 8
#define VMX_EXIT_TASK_SWITCH 9
#define VMX_EXIT_CPUID 10
#define VMX_EXIT_GETSEC 11
#define VMX_EXIT_HLT 12
#define VMX_EXIT_INVD 13
#define VMX_EXIT_INVLPG 14
#define VMX_EXIT_RDPMC 15
#define VMX_EXIT_RDTSC 16
#define VMX_EXIT_RSM 17
#define VMX_EXIT_VMCALL 18
#define VMX_EXIT_VMCLEAR 19
#define VMX_EXIT_VMLAUNCH 20
#define VMX_EXIT_VMPTRLD 21
#define VMX_EXIT_VMPTRST 22
#define VMX_EXIT_VMREAD 23
#define VMX_EXIT_VMRESUME 24
#define VMX_EXIT_VMWRITE 25
#define VMX_EXIT_VMXOFF 26
#define VMX_EXIT_VMXON 27
#define VMX_EXIT_CR_ACCESS 28
#define VMX_EXIT_DR_ACCESS 29
#define VMX_EXIT_IO 30
#define VMX_EXIT_RDMSR 31
#define VMX_EXIT_WRMSR 32
#define VMX_EXIT_BAD_GUEST_STATE 33
#define VMX_EXIT_BAD_MSR_LOAD 34
#define VMX_EXIT_MWAIT 36
#define VMX_EXIT_MONITOR_TRAP 37
#define VMX_EXIT_MONITOR 39
#define VMX_EXIT_PAUSE 40
#define VMX_EXIT_ENTRY_MACHINE_CHECK 41
#define VMX_EXIT_TPR_THRESHOLD 43
#define VMX_EXIT_APIC_ACCESS 44
#define VMX_EXIT_VIRT_EOI 45
#define VMX_EXIT_GDTR_IDTR 46
#define VMX_EXIT_LDTR_TR 47
#define VMX_EXIT_EPT_VIOLATION 48
#define VMX_EXIT_EPT_MISCONFIG 49
#define VMX_EXIT_INVEPT 50
#define VMX_EXIT_RDTSCP 51
#define VMX_EXIT_TIMER 52
#define VMX_EXIT_INVVPID 53
#define VMX_EXIT_WBINVD 54
#define VMX_EXIT_XSETBV 55
#define VMX_EXIT_APIC_WRITE 56
#define VMX_EXIT_RDRAND 57
#define VMX_EXIT_INVPCID 58
#define VMX_EXIT_VMFUNC 59
#define VMX_EXIT_ENCLS 60
#define VMX_EXIT_RDSEED 61
#define VMX_EXIT_PML_FULL 62
#define VMX_EXIT_XSAVES 63
#define VMX_EXIT_XRSTORS 64
#define VMX_EXIT_FAILED_ENTRY 0x80000000 /* bit 31: the guest never ran */

/* EPT entries: SDM Vol. 3 "The Extended Page Table Mechanism (EPT)". */
#define EPT_READ (1 << 0)
#define EPT_WRITE (1 << 1)
#define EPT_EXECUTE (1 << 2)
#define EPT_MEMORY_TYPE_UC (0 << 3) /* of a page */
#define EPT_MEMORY_TYPE_WC (1 << 3)
#define EPT_MEMORY_TYPE_WT (4 << 3)
#define EPT_MEMORY_TYPE_WP (5 << 3)
#define EPT_MEMORY_TYPE_WB (6 << 3)
#define EPT_IGNORE_PAT (1 << 6)
#define EPT_LARGE (1 << 7) /* a page, not a table */
#define EPT_ACCESSED (1 << 8)
#define EPT_DIRTY (1 << 9)
#define EPT_EXECUTE_USER (1 << 10) /* with mode-based execute control */
#define EPT_SUPPRESS_VE (1ull << 63)

/* The EPT pointer: SDM Vol. 3 "Extended-Page-Table Pointer (EPTP)". */
#define EPTP_MEMORY_TYPE_UC 0
#define EPTP_MEMORY_TYPE_WB 6
#define EPTP_PAGE_WALK_4 (3 << 3) /* one less than the levels */
#define EPTP_PAGE_WALK_5 (4 << 3)
#define EPTP_ACCESSED_DIRTY (1 << 6)

/* SDM Vol. 3 "Exit Qualification for EPT Violations". */
#define EPT_VIOLATION_READ (1 << 0) /* what was tried */
#define EPT_VIOLATION_WRITE (1 << 1)
#define EPT_VIOLATION_FETCH (1 << 2)
#define EPT_VIOLATION_READABLE (1 << 3) /* what the entries allow */
#define EPT_VIOLATION_WRITABLE (1 << 4)
#define EPT_VIOLATION_EXECUTABLE (1 << 5)
#define EPT_VIOLATION_LINEAR_VALID (1 << 7)
#define EPT_VIOLATION_TRANSLATED (1 << 8) /* not while walking the guest's tables */

/** A virtual machine control structure: "Format of the VMCS Region". */
struct kvm_vmcs {
	uint32_t version; /* revision identifier, and VMX_SHADOW_VMCS */
	uint32_t abort;
	uint8_t data[4088]; /* the CPU's own; read by kvm_vmx_vmread() */
};

/** A nested guest's CPU. */
struct kvm_vmx_vcpu {
	struct kvm_vmcs *vmcs;
	/*
	 * General registers, loaded at an entry and stored at the exit. rsp lives
	 * in the VMCS: here, it is a copy that kvm_vmx_vmrun() makes at the exit.
	 */
	struct kvm_regs64 regs;
	int launched; /* whether the VMCS has to be resumed, not launched */
};

/** Non-zero if the CPU has VMX: CPUID leaf 1, ECX, bit 5. */
int kvm_is_vmx_supported(void);

/**
 * Enters VMX operation (enabled is not 0) or leaves it: VMXON, VMXOFF and what
 * they need in CR0, CR4 and IA32_FEATURE_CONTROL ("Enabling and Entering VMX
 * Operation"). Does nothing if that is the state already. Ends the test with
 * TCONF if the CPU has no VMX or its firmware, the host, disabled it.
 */
void kvm_set_vmx_state(int enabled);

/**
 * Allocates a VMCS on the heap: one page, page-aligned, zero but for the CPU's
 * revision identifier. Never NULL. kvm_vmx_vmclear() makes it usable.
 */
struct kvm_vmcs *kvm_alloc_vmcs(void);

/**
 * Fills a guest's segment register in the current VMCS from descriptor number
 * gdt_id of kvm_gdt; the other arguments are the register's four fields
 * (VMX_VMCS_GUEST_*). A descriptor that is not present becomes an unusable
 * segment. Code and data segments count as accessed, a TSS as busy: an entry
 * demands it ("Checks on Guest Segment Registers"). gdt_id has to be below
 * KVM_GDT_SIZE (else TBROK).
 */
void kvm_vmcs_copy_gdt_descriptor(unsigned int gdt_id, unsigned long vmcs_selector,
				  unsigned long vmcs_flags, unsigned long vmcs_limit,
				  unsigned long vmcs_baseaddr);

/**
 * The bits of a control field, VMX_CTLMASK_*, that the CPU supports: the lower
 * 32 bits have to be set, the upper 32 may be set (Appendix A). Of the tertiary
 * controls (VMX_CTLMASK_EXECCTL3), all 64 may be set. 0 if the CPU does not
 * have the field. TBROK for an unknown ctl_id. The CPU has to have VMX.
 */
uint64_t kvm_vmx_read_vmctl_mask(unsigned int ctl_id);

/**
 * Makes a new virtual machine of cpu and its VMCS. ss is the stack segment's
 * index in kvm_gdt, as kvm_create_stack_descriptor() returns it; rsp is the stack
 * pointer's initial value, a multiple of 16. The guest calls guest_main().
 *
 * The other segment registers, control registers, GDTR and IDTR are those of
 * the current CPU. HLT is intercepted. If another VMCS is the current one, it
 * stays so; otherwise cpu's is, for kvm_vmx_vmwrite() to change.
 */
void kvm_init_vmx_vcpu(struct kvm_vmx_vcpu *cpu, uint16_t ss, void *rsp, int (*guest_main)(void));

/**
 * Allocates a nested CPU with a VMCS that kvm_init_vmx_vcpu() prepared for
 * guest_main. With alloc_stack, it gets a stack of 8 KiB (or of kvm_test's
 * payload_stack_size) with a page below it that is not mapped, in the payload's own
 * stack segment; without, stack segment and pointer are the caller's to set. Never
 * NULL.
 */
struct kvm_vmx_vcpu *kvm_create_vmx_vcpu(int (*guest_main)(void), int alloc_stack);

/**
 * Makes cpu's VMCS the current one and sets its host state to that of the
 * current CPU: where an exit leads to, but for RSP and RIP, which
 * kvm_vmx_vmlaunch() and kvm_vmx_vmresume() set.
 */
void kvm_vmx_activate_vcpu(struct kvm_vmx_vcpu *cpu);

/**
 * Starts the nested guest, or continues it where it stopped, until it stops.
 * Its VMCS is then the current one: VMX_VMCS_EXIT_REASON says why. If the CPU
 * refuses the entry, the test ends with TBROK and the CPU's reason.
 * Floating-point state is not switched. A nested guest continued after
 * VMX_EXIT_HLT stops there again, unless VMX_VMCS_GUEST_RIP is moved.
 *
 * A nested guest that dies of an unhandled exception ends the whole test, with
 * the same report as in the payload.
 */
void kvm_vmx_vmrun(struct kvm_vmx_vcpu *cpu);

/*
 * The instructions: SDM Vol. 3 "VMX Instruction Reference". Those without a
 * return value of their own end the test with TBROK if the CPU refuses them.
 */

/** VMCLEAR: writes buf back to memory and makes it inactive, not launched, not current. */
void kvm_vmx_vmclear(struct kvm_vmcs *buf);

/** VMPTRLD: makes buf the current VMCS. */
void kvm_vmx_vmptrld(struct kvm_vmcs *buf);

/** VMPTRST: address of the current VMCS, or VMX_INVALID_VMCS. */
uint64_t kvm_vmx_vmptrst(void);

/** VMREAD: a field (VMX_VMCS_*) of the current VMCS, all 64 bits on i386 too. */
uint64_t kvm_vmx_vmread(unsigned long var_id);

/** VMWRITE: sets a field of the current VMCS, all 64 bits on i386 too. */
void kvm_vmx_vmwrite(unsigned long var_id, uint64_t value);

/**
 * VMLAUNCH and VMRESUME of the current VMCS, with buf's general registers; the
 * host state has to be set, see kvm_vmx_activate_vcpu(). Return 0 after an
 * exit (also that of a failed entry), another value if the CPU refused the
 * instruction, see kvm_vmx_inst_errno(). They leave buf->launched alone.
 */
int kvm_vmx_vmlaunch(struct kvm_vmx_vcpu *buf);
int kvm_vmx_vmresume(struct kvm_vmx_vcpu *buf);

/** Number of the last VMX instruction error; -1 if there is no current VMCS that could tell. */
int kvm_vmx_inst_errno(void);

/** A VMX instruction error in words: "VM Instruction Error Numbers". Never NULL. */
const char *kvm_vmx_inst_strerr(int vmx_errno);

/** The last VMX instruction error in words. Never NULL. */
const char *kvm_vmx_inst_err(void);

#endif /* RINGSIDE_GUEST_KVM_X86_VMX_H */
