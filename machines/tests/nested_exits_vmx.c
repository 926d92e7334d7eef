/* SPDX-License-Identifier: MIT */
/*
 * What a nested guest's exits tell. EPT violations: SDM Vol. 3, "Exit Qualification for EPT
 * Violations"; a walk of the guest's page tables is a read, and with accessed and dirty flags
 * for EPT a write as well. The time-stamp counter: "Time-Stamp Counter Offset and Multiplier";
 * what is stored at the exit is the hypervisor's.
 */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "kvm_x86_vmx.h"

#define EPT_FLAGS (1u << 21) /* of MSR_IA32_VMX_EPT_VPID_CAP: accessed and dirty flags */
#define ENTRIES (PAGESIZE / sizeof(uint64_t))
#define LARGE_PAGE (ENTRIES * PAGESIZE)
#define ALLOWED (EPT_READ | EPT_WRITE | EPT_EXECUTE)
#define PAGE (ALLOWED | EPT_MEMORY_TYPE_WB)

#define EXECCTL_TSC_OFFSET (1u << 3)
#define OFFSET (1ull << 48)
#define MSR_TSC 0x10

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

/* The first GiB as it is, but for one page. */
static uint64_t make_ept(uint64_t page, uint64_t allowed)
{
	uint64_t *level4 = new_table(), *level3 = new_table(), *level2 = new_table(),
		 *level1 = new_table();
	const uint64_t first = page / LARGE_PAGE * LARGE_PAGE;

	level4[0] = (uintptr_t)level3 | ALLOWED;
	level3[0] = (uintptr_t)level2 | ALLOWED;
	for (uint64_t i = 0; i < ENTRIES; i++) {
		level2[i] = i * LARGE_PAGE | PAGE | EPT_LARGE;
		level1[i] = (first + i * PAGESIZE) | PAGE;
	}
	level2[page / LARGE_PAGE] = (uintptr_t)level1 | ALLOWED;
	level1[(page - first) / PAGESIZE] = allowed ? page | EPT_MEMORY_TYPE_WB | allowed : 0;
	return (uintptr_t)level4 | EPTP_MEMORY_TYPE_WB | EPTP_PAGE_WALK_4;
}

/* In a nested guest with these tables, a page is not to be had, and it is told so. */
static void check(const char *name, uint64_t cr3, uint64_t eptp, uint64_t page, uint64_t expected)
{
	struct kvm_vmx_vcpu *cpu = kvm_create_vmx_vcpu(write_data, 1);
	uint64_t reason, address, qualification;

	kvm_vmx_vmptrld(cpu->vmcs);
	kvm_vmx_vmwrite(VMX_VMCS_VMEXEC_CTL,
			kvm_vmx_vmread(VMX_VMCS_VMEXEC_CTL) | VMX_EXECCTL_ENABLE_CTL2);
	kvm_vmx_vmwrite(VMX_VMCS_VMEXEC_CTL2, VMX_EXECCTL2_EPT);
	kvm_vmx_vmwrite(VMX_VMCS_EPT_POINTER, eptp);
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_CR3, cr3);
	kvm_vmx_vmrun(cpu);
	reason = kvm_vmx_vmread(VMX_VMCS_EXIT_REASON);
	address = kvm_vmx_vmread(VMX_VMCS_GUEST_PHYS_ADDR);
	qualification = kvm_vmx_vmread(VMX_VMCS_EXIT_QUALIFICATION) & QUALIFICATION;
	tst_res(reason == VMX_EXIT_EPT_VIOLATION && address / PAGESIZE == page / PAGESIZE &&
				qualification == expected
			? TPASS
			: TFAIL,
		"%s: exit reason %llu, address %#llx, qualification %#llx, expected %#llx", name,
		reason, address, qualification, expected);
}

static uint64_t guest_tsc;

static int read_tsc(void)
{
	guest_tsc = kvm_rdtsc();
	return 0;
}

static void check_tsc(void)
{
	struct kvm_vmx_vcpu *cpu = kvm_create_vmx_vcpu(read_tsc, 1);
	static struct {
		uint32_t index, reserved;
		uint64_t value;
	} stored __attribute__((aligned(16))) = {.index = MSR_TSC};
	uint64_t before, after;

	kvm_vmx_vmptrld(cpu->vmcs);
	kvm_vmx_vmwrite(VMX_VMCS_VMEXEC_CTL,
			kvm_vmx_vmread(VMX_VMCS_VMEXEC_CTL) | EXECCTL_TSC_OFFSET);
	kvm_vmx_vmwrite(VMX_VMCS_TSC_OFFSET, OFFSET);
	kvm_vmx_vmwrite(VMX_VMCS_VMEXIT_MSR_STORE, 1);
	kvm_vmx_vmwrite(VMX_VMCS_VMEXIT_MSR_STORE_POINTER, (uintptr_t)&stored);
	before = kvm_rdtsc();
	kvm_vmx_vmrun(cpu);
	after = kvm_rdtsc();
	tst_res(guest_tsc - OFFSET >= before && guest_tsc - OFFSET <= stored.value &&
				stored.value <= after
			? TPASS
			: TFAIL,
		"time-stamp counter: %#llx before the entry, %#llx in the guest, %#llx stored, "
		"%#llx after the exit",
		before, guest_tsc, stored.value, after);
}

/* The payload's uppermost table, as if nobody had used it. */
static uint64_t copy_tables(uint64_t cr3)
{
	uint64_t *copy = new_table();

	memcpy(copy, (void *)(uintptr_t)cr3, PAGESIZE);
	for (uint64_t i = 0; i < ENTRIES; i++)
		copy[i] &= ~(uint64_t)PTE_ACCESSED;
	return (uintptr_t)copy;
}

void main(void)
{
	const uint64_t read = EPT_VIOLATION_READ | EPT_VIOLATION_LINEAR_VALID;
	const uint64_t page = (uintptr_t)data;
	struct kvm_cregs cregs;
	uint64_t cr3, unused;

	kvm_set_vmx_state(1);
	kvm_read_cregs(&cregs);
	cr3 = cregs.cr3;
	unused = copy_tables(cr3);
	check("a write", cr3, make_ept(page, 0), page,
	      EPT_VIOLATION_WRITE | EPT_VIOLATION_LINEAR_VALID | EPT_VIOLATION_TRANSLATED);
	check("a walk", cr3, make_ept(cr3, 0), cr3, read);
	check("a walk that sets an accessed flag", unused, make_ept(unused, EPT_READ), unused,
	      read | EPT_VIOLATION_WRITE | EPT_VIOLATION_READABLE);
	if (kvm_rdmsr(MSR_IA32_VMX_EPT_VPID_CAP) & EPT_FLAGS)
		check("a walk, with accessed and dirty flags for EPT", cr3,
		      make_ept(cr3, 0) | EPTP_ACCESSED_DIRTY, cr3, read | EPT_VIOLATION_WRITE);
	else
		tst_res(TCONF, "the CPU has no accessed and dirty flags for EPT");
	check_tsc();
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
