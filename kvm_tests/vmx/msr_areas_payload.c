// SPDX-License-Identifier: MIT
/* VM exits with areas of MSRs, one case each: msr_areas.h. */
#include "exit_checks.h"
#include "guest_case.h"
#include "msr_areas.h"
#include "vmentry_changes.h"

#define MSR_TSC 0x10

#define ENTRIES 3

GUEST_SHARED uint32_t entered, came_back;

static uint64_t guest_tsc;

static int guest_main(void)
{
	entered = 1;
	guest_tsc = kvm_rdtsc();
	step = 1;
	return 0;
}

static struct kvm_vmx_vcpu *new_guest(void)
{
	struct kvm_vmx_vcpu *vm;

	kvm_set_vmx_state(1);
	vm = kvm_create_vmx_vcpu(guest_main, 1);
	kvm_vmx_vmptrld(vm->vmcs);
	step = 0;
	return vm;
}

/* All entries are of STAR at first. */
static struct msr_entry *new_area(unsigned long pointer, unsigned long count)
{
	struct msr_entry *entries = (void *)(uintptr_t)page();

	for (unsigned int i = 0; i < ENTRIES; i++)
		entries[i] = (struct msr_entry){MSR_STAR, 0, 0x0013001000000000};
	put(pointer, (uintptr_t)entries);
	put(count, ENTRIES);
	return entries;
}

static struct msr_entry *store_area(void)
{
	return new_area(VMX_VMCS_VMEXIT_MSR_STORE_POINTER, VMX_VMCS_VMEXIT_MSR_STORE);
}

static struct msr_entry *load_area(void)
{
	return new_area(VMX_VMCS_VMEXIT_MSR_LOAD_POINTER, VMX_VMCS_VMEXIT_MSR_LOAD);
}

static struct msr_entry *entry_load_area(void)
{
	return new_area(VMX_VMCS_VMENTRY_MSR_LOAD_POINTER, VMX_VMCS_VMENTRY_MSR_LOAD);
}

/* The entry loads, the exit stores, and only then loads: 28.4, 28.6. The last one counts. */
GUEST_CASE(EachInItsTurn)
{
	const uint64_t of_guest = 0x0023001800000000, of_host = 0x0033002000000000;
	struct kvm_vmx_vcpu *vm = new_guest();
	struct msr_entry *stored = store_area();

	kvm_wrmsr(MSR_SYSENTER_CS, 0x28);
	stored[1].index = MSR_SYSENTER_CS;
	put(VMX_VMCS_GUEST_SYSENTER_CS, 0x38);
	entry_load_area()[ENTRIES - 1].value = of_guest;
	load_area()[ENTRIES - 1].value = of_host;
	kvm_vmx_vmrun(vm);
	if (stopped(__func__, "at its end", VMX_EXIT_HLT, 1) &&
	    has(__func__, "the first stored value", stored[0].value, of_guest) &&
	    has(__func__, "the second stored value", stored[1].value, 0x38) &&
	    has(__func__, "the third stored value", stored[2].value, of_guest) &&
	    has(__func__, "the hypervisor's MSR", kvm_rdmsr(MSR_STAR), of_host))
		tst_res(TPASS, "the guest's MSRs are stored, the hypervisor's loaded");
}

GUEST_CASE(TimeStampCounter)
{
	struct kvm_vmx_vcpu *vm = new_guest();
	struct msr_entry *stored = store_area();
	uint64_t after;

	stored[1].index = MSR_TSC;
	kvm_vmx_vmrun(vm);
	after = kvm_rdtsc();
	if (!stopped(__func__, "at its end", VMX_EXIT_HLT, 1))
		return;
	if (stored[1].value < guest_tsc || stored[1].value > after) {
		tst_res(TFAIL,
			"stored %#llx, the guest read %#llx before, the hypervisor %#llx after",
			(unsigned long long)stored[1].value, (unsigned long long)guest_tsc,
			(unsigned long long)after);
		return;
	}

	/* One that is no longer asked for is left alone. */
	stored[1].value = 0;
	put(VMX_VMCS_VMEXIT_MSR_STORE, 1);
	kvm_vmx_vmrun(vm);
	if (stopped(__func__, "again", VMX_EXIT_HLT, 1) &&
	    has(__func__, "what is behind the area", stored[1].value, 0))
		tst_res(TPASS, "the time of the exit is stored");
}

/* 28.6: as by WRMSR, and behind what the exit loads by its controls. */
GUEST_CASE(ExtendedFeatures)
{
	const uint64_t before = efer();
	struct kvm_vmx_vcpu *vm = new_guest();
	struct msr_entry *loaded = load_area();

	loaded[1].index = MSR_EFER;
	loaded[1].value = before ^ EFER_SCE;
	kvm_vmx_vmrun(vm);
	if (stopped(__func__, "at its end", VMX_EXIT_HLT, 1) &&
	    has(__func__, "EFER", efer(), before ^ EFER_SCE))
		tst_res(TPASS, "the exit has loaded EFER");
}

static void check_abort(struct msr_entry *(*area)(void), struct msr_entry entry)
{
	struct kvm_vmx_vcpu *vm = new_guest();

	area()[1] = entry;
	kvm_vmx_vmrun(vm);
	came_back = 1;
}

#define STORE store_area
#define LOAD load_area
#define ABORT(name, area, msr, reserved, value)                                    \
	GUEST_CASE(name)                                                           \
	{                                                                          \
		check_abort(area, (struct msr_entry){(msr), (reserved), (value)}); \
	}

ABORT_CASES(ABORT)
