// SPDX-License-Identifier: MIT
/* A nested guest in each iteration: SVM is off again when the next one begins. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "kvm_x86.h"
#include "kvm_x86_svm.h"

static volatile int nested_ran;

static int guest_main(void)
{
	nested_ran++;
	return 0;
}

void main(void)
{
	const uint64_t efer = kvm_rdmsr(MSR_EFER);
	struct kvm_svm_vcpu *vm;

	kvm_init_svm();
	vm = kvm_create_svm_vcpu(guest_main, 1);
	kvm_svm_vmrun(vm);
	if (vm->vmcb->exitcode == SVM_EXIT_HLT && nested_ran == 1 && !(efer & EFER_SVME))
		tst_res(TPASS, "the nested guest ran once and halted");
	else
		tst_res(TFAIL, "exit code %#llx, %d run(s), EFER was %#llx",
			(unsigned long long)vm->vmcb->exitcode, nested_ran,
			(unsigned long long)efer);
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
