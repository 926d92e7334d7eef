// SPDX-License-Identifier: MIT
/*
 * The virtual APIC of a nested guest in x2APIC mode must neither be mixed up
 * with its hypervisor's APIC nor give access to the host's: CVE-2019-3887.
 *
 * With "virtualize x2APIC mode", RDMSR and WRMSR of the x2APIC's registers
 * access the virtual-APIC page (SDM Vol. 3 "Virtualizing MSR-Based APIC
 * Accesses"): the task priority always, the others, for reading, with
 * "APIC-register virtualization". Two bugs in KVM, on a nested guest's behalf:
 *
 * - It intercepted reads of the task priority and answered with that of the
 *   hypervisor's APIC. Fixed by c73f4c998e1f.
 * - It took over the hypervisor's MSR bitmap for these registers even with
 *   "virtualize x2APIC mode" off, once the guest had written to
 *   IA32_SPEC_CTRL: the nested guest read the registers of the host's APIC.
 *   Fixed by acff78477b9b.
 *
 * A kernel with the first bug fails the read of the task priority. With the
 * second, the nested guest's last read, of the APIC's version, returns a value
 * on a host in x2APIC mode. The guest's APIC is not in that mode, so it has to
 * raise #GP.
 */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "vmx_scenario.h"

/* SDM Vol. 3 "x2APIC Register Address Space" */
#define MSR_X2APIC_BASE 0x800
#define MSR_X2APIC_VERSION 0x803
#define MSR_X2APIC_TPR 0x808
#define MSR_X2APIC_LDR 0x80d
#define APIC_TPR 0x80

#define MSR_IA32_SPEC_CTRL 0x48
#define CPUID_GET_STRUCTURED_FEATURES 0x7
#define CPUID_FEATURE_SPEC_CTRL (1 << 26) /* EDX */
#define SPEC_CTRL_IBRS (1 << 0)

#define INTR_INFO_VECTOR 0xff

#define EXEC_CONTROLS (VMX_EXECCTL_TPR_SHADOW | VMX_EXECCTL_MSR_BITMAP | VMX_EXECCTL_ENABLE_CTL2)

#define TPR_INITIAL 0x50
#define TPR_WRITTEN 0x70
#define TPR_LOW 0x20
#define TPR_THRESHOLD 4 /* compared with the upper four bits */
#define PATTERN 0x00c0de00u

static uint8_t *apic_page, *msr_bitmap;

static unsigned int guest_msr;
static uint64_t guest_first, guest_second;

static int guest_read(void)
{
	guest_first = kvm_rdmsr(guest_msr);
	return 0;
}

static int guest_read_write_read(void)
{
	guest_first = kvm_rdmsr(MSR_X2APIC_TPR);
	kvm_wrmsr(MSR_X2APIC_TPR, TPR_WRITTEN);
	guest_second = kvm_rdmsr(MSR_X2APIC_TPR);
	return 0;
}

static int guest_lower_tpr(void)
{
	kvm_wrmsr(MSR_X2APIC_TPR, TPR_LOW);
	guest_first = 1;
	return 0;
}

static uint32_t *apic_reg(unsigned int offset)
{
	return (uint32_t *)(apic_page + offset);
}

/* An MSR bitmap without a bit set: no access to an MSR below 2000h exits. */
static struct kvm_vmx_vcpu *new_scenario(int (*guest_main)(void), uint32_t exec2)
{
	struct kvm_vmx_vcpu *vm = vmx_scenario_create(guest_main, EXEC_CONTROLS, exec2);

	memzero(msr_bitmap, PAGESIZE);
	memzero(apic_page, PAGESIZE);
	*apic_reg(APIC_TPR) = TPR_INITIAL;
	kvm_vmx_vmwrite(VMX_VMCS_MSR_BITMAP_POINTER, (uintptr_t)msr_bitmap);
	kvm_vmx_vmwrite(VMX_VMCS_VIRT_APIC_POINTER, (uintptr_t)apic_page);
	kvm_vmx_vmwrite(VMX_VMCS_TPR_THRESHOLD, 0);
	guest_first = guest_second = 0;
	return vm;
}

static int has_value(const char *what, uint64_t actual, uint64_t expected)
{
	if (actual == expected)
		return 1;
	tst_res(TFAIL, "%s is %#llx, expected %#llx", what, (unsigned long long)actual,
		(unsigned long long)expected);
	return 0;
}

static void check_tpr(void)
{
	struct kvm_vmx_vcpu *vm = new_scenario(guest_read_write_read, VMX_EXECCTL2_VIRT_X2APIC);

	if (vmx_scenario_run("Task priority", vm, VMX_EXIT_HLT) &
	    has_value("The task priority that the nested guest read", guest_first, TPR_INITIAL) &
	    has_value("The task priority that it read back", guest_second, TPR_WRITTEN) &
	    has_value("The task priority in the virtual-APIC page", *apic_reg(APIC_TPR),
		      TPR_WRITTEN))
		tst_res(TPASS, "The task priority lives in the virtual-APIC page");
}

static void check_threshold(void)
{
	struct kvm_vmx_vcpu *vm = new_scenario(guest_lower_tpr, VMX_EXECCTL2_VIRT_X2APIC);

	kvm_vmx_vmwrite(VMX_VMCS_TPR_THRESHOLD, TPR_THRESHOLD);
	if (vmx_scenario_run("Threshold", vm, VMX_EXIT_TPR_THRESHOLD) &&
	    has_value("The task priority in the virtual-APIC page", *apic_reg(APIC_TPR), TPR_LOW) &&
	    has_value("What the nested guest did after its WRMSR", guest_first, 0))
		tst_res(TPASS, "A task priority below the threshold exits");
}

static void check_intercept(void)
{
	struct kvm_vmx_vcpu *vm = new_scenario(guest_read, VMX_EXECCTL2_VIRT_X2APIC);

	guest_msr = MSR_X2APIC_TPR;
	msr_bitmap[MSR_X2APIC_TPR / 8] |= 1 << MSR_X2APIC_TPR % 8;
	if (vmx_scenario_run("Intercepted read", vm, VMX_EXIT_RDMSR))
		tst_res(TPASS, "The hypervisor's MSR bitmap goes before the virtual-APIC page");
}

static void check_registers(void)
{
	static const unsigned int registers[] = {MSR_X2APIC_VERSION, MSR_X2APIC_LDR};
	const uint32_t exec2 = VMX_EXECCTL2_VIRT_X2APIC | VMX_EXECCTL2_VIRT_APIC_REG;
	struct kvm_vmx_vcpu *vm;

	if (!vmx_scenario_supported(EXEC_CONTROLS, exec2)) {
		tst_res(TINFO, "The CPU's VMX has no APIC-register virtualization: not checked");
		return;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(registers); i++) {
		vm = new_scenario(guest_read, exec2);
		guest_msr = registers[i];
		*apic_reg((guest_msr - MSR_X2APIC_BASE) * 16) = PATTERN + i;
		if (!vmx_scenario_run("Register read", vm, VMX_EXIT_HLT) ||
		    !has_value("The register that the nested guest read", guest_first, PATTERN + i))
			return;
	}
	tst_res(TPASS, "With APIC-register virtualization, reads come from the virtual-APIC page");
}

/* The bug shows only after the guest has got access to this register. */
static void write_spec_ctrl(void)
{
	struct kvm_cpuid cpuid;

	kvm_get_cpuid(CPUID_GET_INPUT_RANGE & ~0x80000000, 0, &cpuid);
	if (cpuid.eax < CPUID_GET_STRUCTURED_FEATURES)
		return;
	kvm_get_cpuid(CPUID_GET_STRUCTURED_FEATURES, 0, &cpuid);
	if (!(cpuid.edx & CPUID_FEATURE_SPEC_CTRL))
		return;
	kvm_wrmsr(MSR_IA32_SPEC_CTRL, SPEC_CTRL_IBRS);
	kvm_wrmsr(MSR_IA32_SPEC_CTRL, 0);
}

static void check_leak(const char *name, uint32_t exec2)
{
	struct kvm_vmx_vcpu *vm;
	unsigned int vector;

	if (!vmx_scenario_supported(EXEC_CONTROLS, exec2)) {
		tst_res(TINFO, "%s: the CPU's VMX does not have this: not checked", name);
		return;
	}
	vm = new_scenario(guest_read, exec2);
	guest_msr = MSR_X2APIC_VERSION;
	kvm_vmx_vmwrite(VMX_VMCS_EXCEPTION_BITMAP, 1 << INTR_GPF);
	kvm_vmx_vmrun(vm);
	if (kvm_vmx_vmread(VMX_VMCS_EXIT_REASON) == VMX_EXIT_HLT) {
		tst_res(TFAIL, "%s: the nested guest read %#llx from an APIC that is not its own",
			name, (unsigned long long)guest_first);
		return;
	}
	vector = kvm_vmx_vmread(VMX_VMCS_VMEXIT_INTR_INFO) & INTR_INFO_VECTOR;
	if (kvm_vmx_vmread(VMX_VMCS_EXIT_REASON) == VMX_EXIT_EXCEPTION && vector == INTR_GPF) {
		tst_res(TPASS, "%s: a register that is not virtualized raises #GP", name);
	} else {
		tst_res(TFAIL, "%s: exit reason %llu with vector %u, expected exception %u", name,
			(unsigned long long)kvm_vmx_vmread(VMX_VMCS_EXIT_REASON), vector, INTR_GPF);
	}
}

void main(void)
{
	kvm_set_vmx_state(1);
	if (!vmx_scenario_supported(EXEC_CONTROLS, VMX_EXECCTL2_VIRT_X2APIC))
		tst_brk(TCONF, "The CPU's VMX has no virtualization of the x2APIC mode");
	apic_page = tst_heap_alloc_aligned(PAGESIZE, PAGESIZE);
	msr_bitmap = tst_heap_alloc_aligned(PAGESIZE, PAGESIZE);

	check_tpr();
	check_threshold();
	check_intercept();
	check_registers();
	write_spec_ctrl();
	check_leak("Virtualized task priority only", VMX_EXECCTL2_VIRT_X2APIC);
	check_leak("APIC-register virtualization without x2APIC mode", VMX_EXECCTL2_VIRT_APIC_REG);
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
	.supported_archs = (const char *const[]){"x86_64", NULL},
	.tags =
		(const struct tst_tag[]){
			{"linux-git", "c73f4c998e1f"},
			{"linux-git", "acff78477b9b"},
			{"CVE", "2019-3887"},
			{},
		},
};

#endif /* COMPILE_PAYLOAD */
