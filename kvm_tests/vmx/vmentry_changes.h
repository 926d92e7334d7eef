/* SPDX-License-Identifier: MIT */
/* What the statements of vmentry_states.h are made of: changes of the current VMCS. */
#ifndef RINGSIDE_KVM_TESTS_VMX_VMENTRY_CHANGES_H
#define RINGSIDE_KVM_TESTS_VMX_VMENTRY_CHANGES_H

#include "kvm_x86_vmx.h"
#include "vmentry_states.h"

/* Controls without a name in the library: SDM Vol. 3 "VM-Execution Control Fields" and on. */
#define PIN_EXTERNAL_INTERRUPTS (1u << 0)
#define PIN_VIRTUAL_NMIS (1u << 5)
#define PIN_POSTED_INTERRUPTS (1u << 7)
#define EXEC_NMI_WINDOW (1u << 22)
#define EXEC2_UNRESTRICTED_GUEST (1u << 7)
#define EXEC2_VMFUNC (1u << 13)
#define EXEC2_PML (1u << 17)
#define EXIT_ACKNOWLEDGE (1u << 15)
#define EXIT_LOAD_PAT (1u << 19)
#define EXIT_SAVE_TIMER (1u << 22)
#define ENTRY_LOAD_PAT (1u << 14)
#define FIELD_POSTED_VECTOR 0x0002
#define FIELD_PML_ADDRESS 0x200e
#define FIELD_POSTED_DESCRIPTOR 0x2016
#define FIELD_VMFUNC_CONTROLS 0x2018
#define FIELD_EPTP_LIST 0x2024
#define SELECTOR_TI 4

/* "Format of the VM-Entry Interruption-Information Field": valid, type, vector. */
#define EVENT(type, vector) (1u << 31 | (type) << 8 | (vector))
#define EVENT_ERROR_CODE (1u << 11)

/* A page-directory pointer that is present, with a bit that is reserved. */
#define PDPTE(bit) (1 | (bit))

/* "Format of an MSR Entry" */
struct msr_entry {
	uint32_t index, reserved;
	uint64_t value;
};

static inline void put(unsigned long field, uint64_t value)
{
	kvm_vmx_vmwrite(field, value);
}

static inline void set(unsigned long field, uint64_t bits)
{
	put(field, kvm_vmx_vmread(field) | bits);
}

static inline void clear(unsigned long field, uint64_t bits)
{
	put(field, kvm_vmx_vmread(field) & ~bits);
}

/* Switches controls on; without them, there is nothing to check. */
static inline void need_control(unsigned long field, unsigned int mask, uint32_t bits)
{
	if (bits & ~(uint32_t)(kvm_vmx_read_vmctl_mask(mask) >> 32))
		tst_brk(TCONF, "the CPU does not have the controls %#x of field %#lx", bits, field);
	set(field, bits);
}

static inline void need(uint32_t bits)
{
	need_control(VMX_VMCS_VMEXEC_CTL, VMX_CTLMASK_EXECCTL, bits);
}

static inline void need2(uint32_t bits)
{
	need(VMX_EXECCTL_ENABLE_CTL2);
	set(VMX_VMCS_VMEXEC_CTL2, (uint32_t)kvm_vmx_read_vmctl_mask(VMX_CTLMASK_EXECCTL2));
	need_control(VMX_VMCS_VMEXEC_CTL2, VMX_CTLMASK_EXECCTL2, bits);
}

static inline void need_pin(uint32_t bits)
{
	need_control(VMX_VMCS_VMPINX_CTL, VMX_CTLMASK_PINX, bits);
}

static inline void need_exit(uint32_t bits)
{
	need_control(VMX_VMCS_VMEXIT_CTL, VMX_CTLMASK_EXITCTL, bits);
}

static inline void need_entry(uint32_t bits)
{
	need_control(VMX_VMCS_VMENTRY_CTL, VMX_CTLMASK_ENTRYCTL, bits);
}

/* Clears one of the bits that the CPU demands. */
static inline void clear_required(unsigned long field, unsigned int mask)
{
	const uint32_t required = kvm_vmx_read_vmctl_mask(mask);

	if (!required)
		tst_brk(TCONF, "the CPU demands no bit of field %#lx", field);
	clear(field, required & -required);
}

/* Sets one of the bits that the CPU does not have. */
static inline void set_unknown(unsigned long field, unsigned int mask)
{
	const uint32_t unknown = ~(uint32_t)(kvm_vmx_read_vmctl_mask(mask) >> 32);

	if (!unknown)
		tst_brk(TCONF, "the CPU has all bits of field %#lx", field);
	set(field, unknown & -unknown);
}

static inline uint64_t page(void)
{
	return (uintptr_t)memzero(tst_heap_alloc_aligned(PAGESIZE, PAGESIZE), PAGESIZE);
}

static inline uint64_t page_with(uint64_t entry)
{
	const uint64_t address = page();

	*(uint64_t *)(uintptr_t)address = entry;
	return address;
}

static inline void use_ept(void)
{
	need2(VMX_EXECCTL2_EPT);
	put(VMX_VMCS_EPT_POINTER, page() | EPTP_MEMORY_TYPE_WB | EPTP_PAGE_WALK_4);
}

/* "Process posted interrupts", with all that it demands. */
static inline void post_interrupts(void)
{
	need_pin(PIN_EXTERNAL_INTERRUPTS | PIN_POSTED_INTERRUPTS);
	need_exit(EXIT_ACKNOWLEDGE);
	need(VMX_EXECCTL_TPR_SHADOW);
	put(VMX_VMCS_VIRT_APIC_POINTER, page());
	need2(VMX_EXECCTL2_VIRT_INTR);
	put(FIELD_POSTED_VECTOR, 0x40);
	put(FIELD_POSTED_DESCRIPTOR, page());
}

static inline uint64_t shadow_vmcs(void)
{
	struct kvm_vmcs *vmcs = kvm_alloc_vmcs();

	vmcs->version |= VMX_SHADOW_VMCS;
	return (uintptr_t)vmcs;
}

/* CPUID 8000_0008H EAX[7:0]: how many bits a physical address has. */
static inline uint64_t physical_end(void)
{
	struct kvm_cpuid cpuid;

	kvm_get_cpuid(CPUID_GET_ADDRESS_SIZES, 0, &cpuid);
	return BIT64(cpuid.eax & 0xff);
}

static inline uint64_t efer(void)
{
	return kvm_rdmsr(MSR_EFER);
}

/* "Miscellaneous Data": IA32_VMX_MISC[24:16] */
static inline unsigned int cr3_targets(void)
{
	return kvm_rdmsr(MSR_IA32_VMX_MISC) >> 16 & 0x1ff;
}

/* IA32_VMX_MISC[8:6]: the activity states 1 to 3 that there are. */
static inline unsigned int without_activity(unsigned int state)
{
	if (kvm_rdmsr(MSR_IA32_VMX_MISC) >> (5 + state) & 1)
		tst_brk(TCONF, "the CPU has activity state %u", state);
	return state;
}

/* An MSR-load area of three entries; the second is the one in question. */
static inline void load_msr(uint32_t msr, uint32_t reserved, uint64_t value)
{
	struct msr_entry *entries = (void *)(uintptr_t)page();

	entries[0] = (struct msr_entry){MSR_STAR, 0, 0x0013001000000000};
	entries[1] = (struct msr_entry){msr, reserved, value};
	entries[2] = entries[0];
	put(VMX_VMCS_VMENTRY_MSR_LOAD, 3);
	put(VMX_VMCS_VMENTRY_MSR_LOAD_POINTER, (uintptr_t)entries);
}

#endif /* RINGSIDE_KVM_TESTS_VMX_VMENTRY_CHANGES_H */
