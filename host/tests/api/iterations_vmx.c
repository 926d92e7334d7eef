// SPDX-License-Identifier: MIT
/* A nested guest in each iteration: VMX is off again when the next one begins. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "kvm_x86.h"
#include "kvm_x86_vmx.h"

static volatile int nested_ran;

static int guest_main(void)
{
	nested_ran++;
	return 0;
}

void main(void)
{
	struct kvm_vmx_vcpu *vm;
	uint64_t reason;

	kvm_set_vmx_state(1);
	vm = kvm_create_vmx_vcpu(guest_main, 1);
	kvm_vmx_vmrun(vm);
	reason = kvm_vmx_vmread(VMX_VMCS_EXIT_REASON);
	if (reason == VMX_EXIT_HLT && nested_ran == 1)
		tst_res(TPASS, "the nested guest ran once and halted");
	else
		tst_res(TFAIL, "exit reason %#llx, %d run(s)", (unsigned long long)reason,
			nested_ran);
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
