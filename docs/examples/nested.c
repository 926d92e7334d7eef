// SPDX-License-Identifier: MIT
/* A guest inside the guest: AMD SVM runs it until it executes HLT. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "kvm_x86.h"
#include "kvm_x86_svm.h"

static volatile int nested_ran;

static int guest_main(void)
{
	nested_ran = 1;
	return 0;
}

void main(void)
{
	struct kvm_svm_vcpu *vm;

	kvm_init_svm();
	vm = kvm_create_svm_vcpu(guest_main, 1);
	kvm_svm_vmrun(vm);

	if (vm->vmcb->exitcode != SVM_EXIT_HLT)
		tst_brk(TBROK, "unexpected exit %#llx", (unsigned long long)vm->vmcb->exitcode);
	if (nested_ran)
		tst_res(TPASS, "the nested guest ran and halted");
	else
		tst_res(TFAIL, "the nested guest halted without having run");
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
