/* SPDX-License-Identifier: MIT */
/* A nested guest's EPT: its physical addresses are the hypervisor's, but where a test wants it. */
#ifndef RINGSIDE_KVM_TESTS_VMX_EPT_TABLES_H
#define RINGSIDE_KVM_TESTS_VMX_EPT_TABLES_H

#include "vmentry_changes.h"

/* SDM Vol. 3, A.10: IA32_VMX_EPT_VPID_CAP. */
#define CAP_EXECUTE_ONLY BIT64(0)
#define CAP_1G_PAGES BIT64(17)
#define CAP_ACCESSED_DIRTY BIT64(21)

#define EPT_ALL (EPT_READ | EPT_WRITE | EPT_EXECUTE)
#define EPT_ADDRESS 0x000ffffffffff000
/* Marked already, so that the guest's own stack and data are in no log. */
#define EPT_PAGE (EPT_ALL | EPT_MEMORY_TYPE_WB | EPT_ACCESSED | EPT_DIRTY)

#define FIELD_GUEST_PDPTE0 0x280a

static inline uint64_t *ept_table(uint64_t address)
{
	return (uint64_t *)(uintptr_t)(address & EPT_ADDRESS);
}

/* In place of a large page, a table of pages of the next size. */
static inline void ept_split(uint64_t *entry, unsigned int level)
{
	const uint64_t size = BIT64(12 + 9 * (level - 2)), table = page();

	for (unsigned int i = 0; i < 512; i++)
		ept_table(table)[i] = (*entry & ~(uint64_t)(level == 2 ? EPT_LARGE : 0)) + i * size;
	*entry = table | EPT_ALL | EPT_ACCESSED;
}

/* The entry of a level for a guest-physical address; tables on the way are made. */
static inline uint64_t *ept_entry(uint64_t root, uint64_t address, unsigned int level)
{
	uint64_t table = root, *entry;

	for (unsigned int l = 4;; l--) {
		entry = &ept_table(table)[address >> (12 + 9 * (l - 1)) & 511];
		if (l == level)
			return entry;
		if (*entry & EPT_LARGE)
			ept_split(entry, l);
		else if (!*entry)
			*entry = page() | EPT_ALL | EPT_ACCESSED;
		table = *entry;
	}
}

static inline void need_ept_capability(uint64_t bits)
{
	if (bits & ~kvm_rdmsr(MSR_IA32_VMX_EPT_VPID_CAP))
		tst_brk(TCONF, "the CPU's EPT does not have the capabilities %#llx",
			(unsigned long long)bits);
}

/* The first 4 GiB, as they are. Returns the root. */
static inline uint64_t ept_identity(void)
{
	const uint64_t root = page();

	need_ept_capability(CAP_1G_PAGES);
	for (uint64_t address = 0; address < BIT64(32); address += BIT64(30))
		*ept_entry(root, address, 3) = address | EPT_LARGE | EPT_PAGE;
	return root;
}

static inline uint64_t eptp_of(uint64_t root)
{
	return root | EPTP_MEMORY_TYPE_WB | EPTP_PAGE_WALK_4;
}

/* 27.3.2.4: with PAE paging under an EPT, a guest's PDPTEs come from the VMCS. */
static inline void put_pdptes(void)
{
#ifndef __x86_64__
	const uint64_t *pdpt = (uint64_t *)(uintptr_t)(kvm_vmx_vmread(VMX_VMCS_GUEST_CR3) & ~31ul);

	for (unsigned int i = 0; i < 4; i++)
		put(FIELD_GUEST_PDPTE0 + 2 * i, pdpt[i]);
#endif
}

/* Has the current VMCS use it. */
static inline void enable_ept(uint64_t eptp)
{
	need2(VMX_EXECCTL2_EPT);
	put(VMX_VMCS_EPT_POINTER, eptp);
	put_pdptes();
}

/* "INVEPT — Invalidate Translations Derived from EPT" */
#define INVEPT_SINGLE 1
#define INVEPT_GLOBAL 2

static inline void invept(unsigned long type, uint64_t eptp)
{
	const struct {
		uint64_t eptp, reserved;
	} descriptor = {eptp, 0};
	_Bool failed;

	asm volatile("invept %1, %2" : "=@ccbe"(failed) : "m"(descriptor), "r"(type) : "memory");
	if (failed)
		tst_brk(TFAIL, "INVEPT of type %lu: %s", type, kvm_vmx_inst_err());
}

#endif /* RINGSIDE_KVM_TESTS_VMX_EPT_TABLES_H */
