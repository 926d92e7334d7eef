/* SPDX-License-Identifier: MIT */
/*
 * What VMLAUNCH and VMRESUME have to say to a VMCS: a model of Intel SDM Vol. 3, chapter 27
 * "VM Entries", 27.2 to 27.4, for a hypervisor in 64-bit mode and outside SMM.
 */
#ifndef RINGSIDE_KVM_TESTS_FUZZ_VMENTRY_RULES_H
#define RINGSIDE_KVM_TESTS_FUZZ_VMENTRY_RULES_H

#include "kvm_x86_vmx.h"

#define BIT64(n) (1ull << (n))

/* Fields without a name in the library: SDM Vol. 3, Appendix B. */
#define FIELD_POSTED_VECTOR 0x0002
#define FIELD_PML_ADDRESS 0x200e
#define FIELD_POSTED_DESCRIPTOR 0x2016
#define FIELD_VMFUNC_CONTROLS 0x2018
#define FIELD_EPTP_LIST 0x2024
#define FIELD_TSC_MULTIPLIER 0x2032
#define FIELD_GUEST_PDPTE0 0x280a
#define FIELD_TIMER_VALUE 0x482e

/* What is flipped of an address: its offset in a page, and what is above all memory. */
#define ADDRESS 0
#define ALL_16 0xffffull
#define ALL_32 0xffffffffull
#define ALL_64 (~0ull)
/* No memory of the hypervisor or its guest is there. */
#define UPPER_HALF 0xffffffff00000000ull
/* Pages of the payload are a user's, too: with these, it would not go on. */
#define HOST_CR4_BITS (~(uint64_t)(CR4_SMEP | CR4_SMAP | CR4_LA57))

/*
 * The fields that the rules are about, and which of their bits are flipped:
 *
 *	FIELD(name, encoding, bits)
 *
 * A field that is not flipped has no rule, or what it leads to could not be told: the
 * hypervisor would have another RIP. New ones belong at the end: inputs name them by
 * their numbers.
 */
#define VMENTRY_SEGMENT(FIELD, name)                                 \
	FIELD(name, VMX_VMCS_GUEST_##name, ALL_16)                   \
	FIELD(name##_BASE, VMX_VMCS_GUEST_##name##_BASE, UPPER_HALF) \
	FIELD(name##_LIMIT, VMX_VMCS_GUEST_##name##_LIMIT, ALL_32)   \
	FIELD(name##_ACCESS, VMX_VMCS_GUEST_##name##_ACCESS, ALL_32)

#define VMENTRY_FIELDS(FIELD)                                              \
	FIELD(PIN, VMX_VMCS_VMPINX_CTL, ALL_32)                            \
	FIELD(EXEC, VMX_VMCS_VMEXEC_CTL, ALL_32)                           \
	FIELD(EXEC2, VMX_VMCS_VMEXEC_CTL2, ALL_32)                         \
	FIELD(EXIT, VMX_VMCS_VMEXIT_CTL, ALL_32)                           \
	FIELD(ENTRY, VMX_VMCS_VMENTRY_CTL, ALL_32)                         \
	FIELD(CR3_TARGETS, VMX_VMCS_CR3_TARGET_COUNT, ALL_32)              \
	FIELD(IO_BITMAP_A, VMX_VMCS_IO_BITMAP_A_POINTER, ADDRESS)          \
	FIELD(IO_BITMAP_B, VMX_VMCS_IO_BITMAP_B_POINTER, ADDRESS)          \
	FIELD(MSR_BITMAP, VMX_VMCS_MSR_BITMAP_POINTER, ADDRESS)            \
	FIELD(VIRTUAL_APIC, VMX_VMCS_VIRT_APIC_POINTER, ADDRESS)           \
	FIELD(APIC_ACCESS, VMX_VMCS_VIRT_APIC_BASE, ADDRESS)               \
	FIELD(TPR_THRESHOLD, VMX_VMCS_TPR_THRESHOLD, ALL_32)               \
	FIELD(POSTED_VECTOR, FIELD_POSTED_VECTOR, ALL_16)                  \
	FIELD(POSTED_DESCRIPTOR, FIELD_POSTED_DESCRIPTOR, ADDRESS)         \
	FIELD(VPID, VMX_VMCS_VPID, ALL_16)                                 \
	FIELD(EPTP, VMX_VMCS_EPT_POINTER, ADDRESS)                         \
	FIELD(PML, FIELD_PML_ADDRESS, ADDRESS)                             \
	FIELD(VMFUNC, FIELD_VMFUNC_CONTROLS, ALL_64)                       \
	FIELD(EPTP_LIST, FIELD_EPTP_LIST, ADDRESS)                         \
	FIELD(VMREAD_BITMAP, VMX_VMCS_VMREAD_BITMAP_POINTER, ADDRESS)      \
	FIELD(VMWRITE_BITMAP, VMX_VMCS_VMWRITE_BITMAP_POINTER, ADDRESS)    \
	FIELD(EXIT_STORE, VMX_VMCS_VMEXIT_MSR_STORE_POINTER, ADDRESS)      \
	FIELD(EXIT_STORE_COUNT, VMX_VMCS_VMEXIT_MSR_STORE, MSR_COUNT_BITS) \
	FIELD(EXIT_LOAD, VMX_VMCS_VMEXIT_MSR_LOAD_POINTER, ADDRESS)        \
	FIELD(EXIT_LOAD_COUNT, VMX_VMCS_VMEXIT_MSR_LOAD, MSR_COUNT_BITS)   \
	FIELD(ENTRY_LOAD, VMX_VMCS_VMENTRY_MSR_LOAD_POINTER, ADDRESS)      \
	FIELD(ENTRY_LOAD_COUNT, VMX_VMCS_VMENTRY_MSR_LOAD, MSR_COUNT_BITS) \
	FIELD(EVENT, VMX_VMCS_VMENTRY_INTR, ALL_32)                        \
	FIELD(EVENT_ERROR, VMX_VMCS_VMENTRY_EXC, ALL_32)                   \
	FIELD(EVENT_LENGTH, VMX_VMCS_VMENTRY_INST_LEN, ALL_32)             \
	FIELD(HOST_CR0, VMX_VMCS_HOST_CR0, ALL_64)                         \
	FIELD(HOST_CR3, VMX_VMCS_HOST_CR3, ADDRESS)                        \
	FIELD(HOST_CR4, VMX_VMCS_HOST_CR4, HOST_CR4_BITS)                  \
	FIELD(HOST_ES, VMX_VMCS_HOST_ES, ALL_16)                           \
	FIELD(HOST_CS, VMX_VMCS_HOST_CS, ALL_16)                           \
	FIELD(HOST_SS, VMX_VMCS_HOST_SS, ALL_16)                           \
	FIELD(HOST_DS, VMX_VMCS_HOST_DS, ALL_16)                           \
	FIELD(HOST_FS, VMX_VMCS_HOST_FS, ALL_16)                           \
	FIELD(HOST_GS, VMX_VMCS_HOST_GS, ALL_16)                           \
	FIELD(HOST_TR, VMX_VMCS_HOST_TR, ALL_16)                           \
	FIELD(HOST_FS_BASE, VMX_VMCS_HOST_FS_BASE, UPPER_HALF)             \
	FIELD(HOST_GS_BASE, VMX_VMCS_HOST_GS_BASE, UPPER_HALF)             \
	FIELD(HOST_TR_BASE, VMX_VMCS_HOST_TR_BASE, UPPER_HALF)             \
	FIELD(HOST_GDTR_BASE, VMX_VMCS_HOST_GDTR_BASE, UPPER_HALF)         \
	FIELD(HOST_IDTR_BASE, VMX_VMCS_HOST_IDTR_BASE, UPPER_HALF)         \
	FIELD(HOST_SYSENTER_ESP, VMX_VMCS_HOST_SYSENTER_ESP, ALL_64)       \
	FIELD(HOST_SYSENTER_EIP, VMX_VMCS_HOST_SYSENTER_EIP, ALL_64)       \
	FIELD(HOST_EFER, VMX_VMCS_HOST_EFER, ALL_64)                       \
	FIELD(HOST_PAT, VMX_VMCS_HOST_PAT, ALL_64)                         \
	FIELD(CR0, VMX_VMCS_GUEST_CR0, ALL_64)                             \
	FIELD(CR3, VMX_VMCS_GUEST_CR3, ADDRESS)                            \
	FIELD(CR4, VMX_VMCS_GUEST_CR4, ALL_64)                             \
	FIELD(DR7, VMX_VMCS_GUEST_DR7, ALL_64)                             \
	FIELD(RIP, VMX_VMCS_GUEST_RIP, UPPER_HALF)                         \
	FIELD(RFLAGS, VMX_VMCS_GUEST_RFLAGS, ALL_64)                       \
	FIELD(DEBUGCTL, VMX_VMCS_GUEST_DEBUGCTL, ALL_64)                   \
	FIELD(EFER, VMX_VMCS_GUEST_EFER, ALL_64)                           \
	FIELD(PAT, VMX_VMCS_GUEST_PAT, ALL_64)                             \
	FIELD(SYSENTER_ESP, VMX_VMCS_GUEST_SYSENTER_ESP, ALL_64)           \
	FIELD(SYSENTER_EIP, VMX_VMCS_GUEST_SYSENTER_EIP, ALL_64)           \
	VMENTRY_SEGMENT(FIELD, ES)                                         \
	VMENTRY_SEGMENT(FIELD, CS)                                         \
	VMENTRY_SEGMENT(FIELD, SS)                                         \
	VMENTRY_SEGMENT(FIELD, DS)                                         \
	VMENTRY_SEGMENT(FIELD, FS)                                         \
	VMENTRY_SEGMENT(FIELD, GS)                                         \
	VMENTRY_SEGMENT(FIELD, LDTR)                                       \
	VMENTRY_SEGMENT(FIELD, TR)                                         \
	FIELD(GDTR_BASE, VMX_VMCS_GUEST_GDTR_BASE, UPPER_HALF)             \
	FIELD(GDTR_LIMIT, VMX_VMCS_GUEST_GDTR_LIMIT, ALL_32)               \
	FIELD(IDTR_BASE, VMX_VMCS_GUEST_IDTR_BASE, UPPER_HALF)             \
	FIELD(IDTR_LIMIT, VMX_VMCS_GUEST_IDTR_LIMIT, ALL_32)               \
	FIELD(ACTIVITY, VMX_VMCS_GUEST_ACT_STATE, ALL_32)                  \
	FIELD(INTERRUPTIBILITY, VMX_VMCS_GUEST_INTR_STATE, ALL_32)         \
	FIELD(PENDING_DEBUG, VMX_VMCS_GUEST_DEBUG_EXC, ALL_64)             \
	FIELD(LINK_POINTER, VMX_VMCS_LINK_POINTER, ALL_64)                 \
	FIELD(PDPTE0, FIELD_GUEST_PDPTE0, ALL_64)                          \
	FIELD(PDPTE1, FIELD_GUEST_PDPTE0 + 2, ALL_64)                      \
	FIELD(PDPTE2, FIELD_GUEST_PDPTE0 + 4, ALL_64)                      \
	FIELD(PDPTE3, FIELD_GUEST_PDPTE0 + 6, ALL_64)

/* The areas of MSRs have eight entries; how many are used is flipped. */
#define MSR_COUNT_BITS 7

#define VMENTRY_FIELD_NUMBER(name, encoding, bits) VMENTRY_##name,
enum vmentry_field {
	VMENTRY_FIELDS(VMENTRY_FIELD_NUMBER) VMENTRY_FIELD_COUNT
};

/** A field: its encoding, and the bits that are flipped; ADDRESS stands for an address's. */
struct vmentry_field_info {
	unsigned long encoding;
	uint64_t bits;
};

extern const struct vmentry_field_info vmentry_fields[VMENTRY_FIELD_COUNT];

/** An entry of an MSR area: 25.8.2. */
struct vmentry_msr {
	uint32_t index, reserved;
	uint64_t value;
};

/** What this CPU has, read once. */
struct vmentry_cpu {
	uint64_t physical_end; /* first address that is none */
	uint64_t pin, exec, exec2, exit, entry; /* kvm_vmx_read_vmctl_mask() */
	uint64_t cr0_fixed0, cr0_fixed1, cr4_fixed0, cr4_fixed1;
	uint64_t misc, ept, efer; /* capabilities; bits of EFER that may be set */
	uint32_t revision; /* of its VMCSs */
	int has_sgx, has_rtm, may_omit_error_code;
};

/* What can come of an entry, as a set. */
enum vmentry_outcome {
	VMENTRY_ENTERED = 1 << 0,
	VMENTRY_BAD_CONTROLS = 1 << 1, /* VMfailValid, error 7 */
	VMENTRY_BAD_HOST = 1 << 2, /* VMfailValid, error 8 */
	VMENTRY_BAD_GUEST = 1 << 3, /* exit reason 33, qualification 0 */
	VMENTRY_BAD_PDPTE = 1 << 4, /* the same, 2 */
	VMENTRY_BAD_NMI = 1 << 5, /* 3 */
	VMENTRY_BAD_LINK = 1 << 6, /* 4 */
	VMENTRY_BAD_MSR = 1 << 7, /* exit reason 34 */
};

struct vmentry_verdict {
	unsigned int outcomes; /* those that the manual allows */
	const char *rule; /* the first one that is broken, or that says too little */
	unsigned int bad_msr; /* number of the entry at fault, from 1 on */
};

void vmentry_read_cpu(struct vmentry_cpu *cpu);

/**
 * Judges the fields' values, and what they point to: the area of MSRs to load, the virtual
 * APIC's TPR, page-directory pointers. Memory is where its addresses are.
 */
struct vmentry_verdict vmentry_judge(const struct vmentry_cpu *cpu, const uint64_t *fields);

#endif /* RINGSIDE_KVM_TESTS_FUZZ_VMENTRY_RULES_H */
