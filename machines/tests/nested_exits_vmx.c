/* SPDX-License-Identifier: MIT */
/*
 * EPT violations of a nested guest, by what they say of themselves: SDM Vol. 3, "Exit
 * Qualification for EPT Violations". A walk of the guest's page tables is a read, and with
 * accessed and dirty flags for EPT a write as well.
 */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "kvm_x86_vmx.h"

#define EPT_FLAGS (1u << 21) /* of MSR_IA32_VMX_EPT_VPID_CAP: accessed and dirty flags */
#define ENTRIES (PAGESIZE / sizeof(uint64_t))
#define LARGE_PAGE (ENTRIES * PAGESIZE)
#define ALLOWED (EPT_READ | EPT_WRITE | EPT_EXECUTE)
#define PAGE (ALLOWED | EPT_MEMORY_TYPE_WB)

#define QUALIFICATION 0x1ffu /* that every CPU has */

static uint8_t data[PAGESIZE] __attribute__((aligned(PAGESIZE)));

static int write_data(void)
{
	*(volatile uint8_t *)data = 1;
	return 0;
}

static uint64_t *new_table(void)
{
	return memzero(tst_heap_alloc_aligned(PAGESIZE, PAGESIZE), PAGESIZE);
}

/* The first GiB as it is, without one page. */
static uint64_t make_ept(uint64_t hidden)
{
	uint64_t *level4 = new_table(), *level3 = new_table(), *level2 = new_table(),
		 *level1 = new_table();
	const uint64_t first = hidden / LARGE_PAGE * LARGE_PAGE;

	level4[0] = (uintptr_t)level3 | ALLOWED;
	level3[0] = (uintptr_t)level2 | ALLOWED;
	for (uint64_t i = 0; i < ENTRIES; i++) {
		level2[i] = i * LARGE_PAGE | PAGE | EPT_LARGE;
		level1[i] = (first + i * PAGESIZE) | PAGE;
	}
	level2[hidden / LARGE_PAGE] = (uintptr_t)level1 | ALLOWED;
	level1[(hidden - first) / PAGESIZE] = 0;
	return (uintptr_t)level4 | EPTP_MEMORY_TYPE_WB | EPTP_PAGE_WALK_4;
}

static void check(const char *name, uint64_t hidden, uint64_t flags, uint64_t expected)
{
	struct kvm_vmx_vcpu *cpu = kvm_create_vmx_vcpu(write_data, 1);
	uint64_t reason, address, qualification;

	kvm_vmx_vmptrld(cpu->vmcs);
	kvm_vmx_vmwrite(VMX_VMCS_VMEXEC_CTL,
			kvm_vmx_vmread(VMX_VMCS_VMEXEC_CTL) | VMX_EXECCTL_ENABLE_CTL2);
	kvm_vmx_vmwrite(VMX_VMCS_VMEXEC_CTL2, VMX_EXECCTL2_EPT);
	kvm_vmx_vmwrite(VMX_VMCS_EPT_POINTER, make_ept(hidden) | flags);
	kvm_vmx_vmrun(cpu);
	reason = kvm_vmx_vmread(VMX_VMCS_EXIT_REASON);
	address = kvm_vmx_vmread(VMX_VMCS_GUEST_PHYS_ADDR);
	qualification = kvm_vmx_vmread(VMX_VMCS_EXIT_QUALIFICATION) & QUALIFICATION;
	tst_res(reason == VMX_EXIT_EPT_VIOLATION && address / PAGESIZE == hidden / PAGESIZE &&
				qualification == expected
			? TPASS
			: TFAIL,
		"%s: exit reason %llu, address %#llx, qualification %#llx, expected %#llx", name,
		reason, address, qualification, expected);
}

void main(void)
{
	struct kvm_cregs cregs;

	kvm_set_vmx_state(1);
	kvm_read_cregs(&cregs);
	check("a write", (uintptr_t)data, 0,
	      EPT_VIOLATION_WRITE | EPT_VIOLATION_LINEAR_VALID | EPT_VIOLATION_TRANSLATED);
	check("a walk", cregs.cr3, 0, EPT_VIOLATION_READ | EPT_VIOLATION_LINEAR_VALID);
	if (kvm_rdmsr(MSR_IA32_VMX_EPT_VPID_CAP) & EPT_FLAGS)
		check("a walk, with accessed and dirty flags", cregs.cr3, EPTP_ACCESSED_DIRTY,
		      EPT_VIOLATION_READ | EPT_VIOLATION_WRITE | EPT_VIOLATION_LINEAR_VALID);
	else
		tst_res(TCONF, "the CPU has no accessed and dirty flags for EPT");
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
