// SPDX-License-Identifier: MIT
/*
 * A nested guest has a time stamp counter of its own: the hypervisor's, multiplied and
 * moved. SDM Vol. 3, "Changes to Instruction Behavior in VMX Non-Root Operation" (RDTSC),
 * "TSC Multiplier". Behind the exit, and
 * behind an entry that has failed, the hypervisor has its own again.
 */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "vmx_scenario.h"

/* SDM Vol. 3, "Processor-Based VM-Execution Controls" */
#define EXEC_TSC_OFFSETTING (1u << 3)
#define EXEC_RDTSC_EXITING (1u << 12)
#define EXEC2_TSC_SCALING (1u << 25)
#define FIELD_TSC_MULTIPLIER 0x2032

#define MULTIPLIER_FRACTION 48 /* bits of it */
#define TIMES 64
#define OFFSET (1ull << 60)

/* Seconds on any CPU, and much less than what a counter that runs TIMES as fast is ahead. */
#define MOMENT (1ull << 33)

static volatile uint64_t seen;

static int guest_main(void)
{
	seen = kvm_rdtsc();
	asm volatile("vmcall" : : : "memory");
	return 0;
}

/* A guest with a counter that is so many times the hypervisor's, and moved. */
static struct kvm_vmx_vcpu *new_guest(uint64_t times, uint64_t offset)
{
	struct kvm_vmx_vcpu *vm = vmx_scenario_create(
		guest_main, EXEC_TSC_OFFSETTING | VMX_EXECCTL_ENABLE_CTL2, EXEC2_TSC_SCALING);

	kvm_vmx_vmwrite(VMX_VMCS_VMEXEC_CTL,
			kvm_vmx_vmread(VMX_VMCS_VMEXEC_CTL) & ~(uint64_t)EXEC_RDTSC_EXITING);
	kvm_vmx_vmwrite(FIELD_TSC_MULTIPLIER, times << MULTIPLIER_FRACTION);
	kvm_vmx_vmwrite(VMX_VMCS_TSC_OFFSET, offset);
	return vm;
}

static void run_guest(uint64_t times, uint64_t offset)
{
	struct kvm_vmx_vcpu *vm = new_guest(times, offset);
	const uint64_t before = kvm_rdtsc();
	uint64_t after, behind;

	kvm_vmx_vmrun(vm);
	after = kvm_rdtsc();
	behind = kvm_rdtsc();
	if (kvm_vmx_vmread(VMX_VMCS_EXIT_REASON) != VMX_EXIT_VMCALL)
		tst_brk(TFAIL, "exit reason %llu",
			(unsigned long long)kvm_vmx_vmread(VMX_VMCS_EXIT_REASON));
	if (seen - offset < before * times || seen - offset > after * times)
		tst_res(TFAIL, "the nested guest sees %llu, %llu times %llu to %llu and %#llx",
			(unsigned long long)seen, (unsigned long long)times,
			(unsigned long long)before, (unsigned long long)after,
			(unsigned long long)offset);
	else if (after - before > MOMENT || behind - after > MOMENT)
		tst_res(TFAIL, "the hypervisor's counter goes from %llu to %llu and %llu",
			(unsigned long long)before, (unsigned long long)after,
			(unsigned long long)behind);
	else
		tst_res(TPASS, "the counter is multiplied by %llu and moved by %#llx",
			(unsigned long long)times, (unsigned long long)offset);
}

/* "VM-Entry Controls for MSRs": FS.BASE is not loaded so, and the entry fails late. */
static void fail_to_enter(void)
{
	static struct {
		uint32_t index, reserved;
		uint64_t value;
	} __attribute__((aligned(16))) area = {.index = MSR_FS_BASE};
	const uint64_t refused = VMX_EXIT_FAILED_ENTRY | VMX_EXIT_BAD_MSR_LOAD;
	struct kvm_vmx_vcpu *vm = new_guest(TIMES, OFFSET);

	kvm_vmx_vmwrite(VMX_VMCS_VMENTRY_MSR_LOAD_POINTER, (uintptr_t)&area);
	kvm_vmx_vmwrite(VMX_VMCS_VMENTRY_MSR_LOAD, 1);
	kvm_vmx_activate_vcpu(vm);
	if (kvm_vmx_vmlaunch(vm) || kvm_vmx_vmread(VMX_VMCS_EXIT_REASON) != refused)
		tst_brk(TFAIL, "exit reason %#llx, not %#llx of an entry that fails",
			(unsigned long long)kvm_vmx_vmread(VMX_VMCS_EXIT_REASON),
			(unsigned long long)refused);
}

void main(void)
{
	kvm_set_vmx_state(1);
	if (!vmx_scenario_supported(EXEC_TSC_OFFSETTING | VMX_EXECCTL_ENABLE_CTL2,
				    EXEC2_TSC_SCALING))
		tst_brk(TCONF, "the CPU does not multiply nested guests' TSC");
	run_guest(TIMES, OFFSET);
	fail_to_enter();
	run_guest(1, 0);
}

#else /* COMPILE_PAYLOAD */

static void run(void)
{
	static struct tst_kvm_instance vm;

	tst_kvm_create(&vm, NULL);
	tst_kvm_run_instance(&vm, 0);
	tst_kvm_destroy_instance(&vm);
}

static struct tst_test test = {
	.test_all = run,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
