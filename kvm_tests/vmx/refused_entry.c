// SPDX-License-Identifier: MIT
/*
 * A VM entry that is refused changes nothing: SDM Vol. 3, 27.1 and 27.2, VMfailValid passes
 * control to the next instruction. KVM leaves some of the checks of controls to the CPU,
 * which makes them when KVM has taken over the guest's state: it has to give back what it
 * took.
 */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "vmx_scenario.h"

/* 27.2.1.1: the TPR threshold has 4 bits. */
#define THRESHOLD_OF_5_BITS 0x10
#define ERROR_CONTROL_FIELD 7

#define ENTRY_LOAD_PAT (1u << 14)
#define MSR_PAT 0x277
#define PAT_OF_GUEST 0x0606060606060606
#define DR7_OF_GUEST (DR7_INIT | 0x55)
#define STAR_OF_GUEST 0x0023001800000000

/* "Format of an MSR Entry" */
static struct {
	uint32_t index, reserved;
	uint64_t value;
} load_at_entry[2] __attribute__((aligned(16))), load_at_exit[2] __attribute__((aligned(16)));

static struct registers {
	struct kvm_cregs cregs;
	unsigned long dr7;
	uint64_t efer, pat, star, sysenter_cs;
} before, after;

static volatile unsigned int runs;

static int guest_main(void)
{
	runs++;
	return 0;
}

static void read_registers(struct registers *regs)
{
	kvm_read_cregs(&regs->cregs);
	asm volatile("mov %%dr7, %0" : "=r"(regs->dr7));
	regs->efer = kvm_rdmsr(MSR_EFER);
	regs->pat = kvm_rdmsr(MSR_PAT);
	regs->star = kvm_rdmsr(MSR_STAR);
	regs->sysenter_cs = kvm_rdmsr(MSR_SYSENTER_CS);
}

static void load_msrs(void)
{
	for (unsigned int i = 0; i < 2; i++) {
		load_at_entry[i].index = load_at_exit[i].index = i ? MSR_STAR : MSR_SFMASK;
		load_at_entry[i].value = i ? STAR_OF_GUEST : kvm_rdmsr(MSR_SFMASK);
		load_at_exit[i].value = kvm_rdmsr(load_at_exit[i].index);
	}
	kvm_vmx_vmwrite(VMX_VMCS_VMENTRY_MSR_LOAD, 2);
	kvm_vmx_vmwrite(VMX_VMCS_VMENTRY_MSR_LOAD_POINTER, (uintptr_t)load_at_entry);
	kvm_vmx_vmwrite(VMX_VMCS_VMEXIT_MSR_LOAD, 2);
	kvm_vmx_vmwrite(VMX_VMCS_VMEXIT_MSR_LOAD_POINTER, (uintptr_t)load_at_exit);
}

/* A guest whose registers are others. */
static struct kvm_vmx_vcpu *new_guest(uint32_t threshold)
{
	struct kvm_vmx_vcpu *vm = vmx_scenario_create(guest_main, VMX_EXECCTL_TPR_SHADOW, 0);
	void *apic_page = memzero(tst_heap_alloc_aligned(PAGESIZE, PAGESIZE), PAGESIZE);

	kvm_vmx_vmwrite(VMX_VMCS_VIRT_APIC_POINTER, (uintptr_t)apic_page);
	kvm_vmx_vmwrite(VMX_VMCS_TPR_THRESHOLD, threshold);
	kvm_vmx_vmwrite(VMX_VMCS_VMENTRY_CTL, kvm_vmx_vmread(VMX_VMCS_VMENTRY_CTL) |
						      VMX_ENTRYCTL_LOAD_DR | ENTRY_LOAD_PAT |
						      VMX_ENTRYCTL_LOAD_EFER);
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_CR0, kvm_vmx_vmread(VMX_VMCS_GUEST_CR0) ^ CR0_AM);
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_CR4, kvm_vmx_vmread(VMX_VMCS_GUEST_CR4) ^ CR4_DE);
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_DR7, DR7_OF_GUEST);
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_EFER, kvm_rdmsr(MSR_EFER) ^ EFER_SCE);
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_PAT, PAT_OF_GUEST);
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_SYSENTER_CS, 0x1230);
	load_msrs();
	kvm_vmx_activate_vcpu(vm);
	return vm;
}

static _Bool is_same(const char *what, uint64_t actual, uint64_t expected)
{
	if (actual == expected)
		return 1;
	tst_res(TFAIL, "%s is %#llx after the entry, and was %#llx", what,
		(unsigned long long)actual, (unsigned long long)expected);
	return 0;
}

void main(void)
{
	_Bool good;

	kvm_set_vmx_state(1);
	if (!vmx_scenario_supported(VMX_EXECCTL_TPR_SHADOW, 0))
		tst_brk(TCONF, "The CPU's VMX has no TPR shadow");
	if (!vmx_scenario_run("A threshold of 4 bits", new_guest(0), VMX_EXIT_HLT) || runs != 1)
		tst_brk(TBROK, "the guest does not run where it may");
	kvm_wrmsr(MSR_EFER, kvm_rdmsr(MSR_EFER) & ~(uint64_t)EFER_SCE);
	kvm_wrmsr(MSR_PAT, 0x0007040600070406);

	read_registers(&before);
	if (!kvm_vmx_vmlaunch(new_guest(THRESHOLD_OF_5_BITS))) {
		tst_res(TFAIL, "the entry is accepted, the guest ran %u times", runs - 1);
		return;
	}
	read_registers(&after);
	good = is_same("the error's number", kvm_vmx_inst_errno(), ERROR_CONTROL_FIELD);
	good &= is_same("the number of runs", runs, 1);
	good &= is_same("CR0", after.cregs.cr0, before.cregs.cr0);
	good &= is_same("CR3", after.cregs.cr3, before.cregs.cr3);
	good &= is_same("CR4", after.cregs.cr4, before.cregs.cr4);
	good &= is_same("DR7", after.dr7, before.dr7);
	good &= is_same("EFER", after.efer, before.efer);
	good &= is_same("PAT", after.pat, before.pat);
	good &= is_same("STAR", after.star, before.star);
	good &= is_same("SYSENTER_CS", after.sysenter_cs, before.sysenter_cs);
	if (good)
		tst_res(TPASS, "a refused entry leaves the hypervisor as it was");
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
