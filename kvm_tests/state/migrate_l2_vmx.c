// SPDX-License-Identifier: MIT
/*
 * Live migration of a hypervisor in the guest (VMX), at each exit of its nested guest
 * and its own: KVM_GET_NESTED_STATE and KVM_SET_NESTED_STATE while L2 is active.
 */
#include "kvm_test.h"

#include "migration.h"

#ifdef COMPILE_PAYLOAD

#include "kvm_x86_vmx.h"
#include "nested_work.h"

void main(void)
{
	struct kvm_vmx_vcpu *vm;

	kvm_set_vmx_state(1);
	vm = kvm_create_vmx_vcpu(nested_main, 1);
	for (unsigned int round = 0; round < NESTED_ROUNDS; round++) {
		kvm_vmx_vmrun(vm);
		if (kvm_vmx_vmread(VMX_VMCS_EXIT_REASON) != VMX_EXIT_HLT)
			tst_brk(TFAIL, "round %u: the nested guest stopped with exit reason %#llx",
				round, (unsigned long long)kvm_vmx_vmread(VMX_VMCS_EXIT_REASON));
		kvm_vmx_vmwrite(VMX_VMCS_GUEST_RIP, kvm_vmx_vmread(VMX_VMCS_GUEST_RIP) + 1);
		nested_pause();
	}
	tst_res(TPASS, "the nested guest has come to %#llx", (unsigned long long)nested_sum);
}

#else /* COMPILE_PAYLOAD */

static void run(void)
{
	const struct tst_kvm_config config = {0};

	migration_run(&config, 1);
}

static struct tst_test test = {
	.test_all = run,
	.cleanup = migration_cleanup,
	.timeout = 800,
	.supported_archs = (const char *const[]){"x86_64", NULL},
};

#endif /* COMPILE_PAYLOAD */
