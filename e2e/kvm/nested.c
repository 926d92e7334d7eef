// SPDX-License-Identifier: MIT
/* A nested guest halts each time that it is run, and goes on behind its HLT the next time. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "kvm_x86.h"
#include "kvm_x86_svm.h"

static volatile int steps;

static int count_up(void)
{
	steps = 1;
	asm volatile("hlt" ::: "memory");
	steps = 2;
	return 0;
}

void main(void)
{
	struct kvm_svm_vcpu *vm;
	int expected;

	kvm_init_svm();
	vm = kvm_create_svm_vcpu(count_up, 1);
	for (expected = 1; expected <= 2; expected++) {
		kvm_svm_vmrun(vm);
		if (vm->vmcb->exitcode != SVM_EXIT_HLT)
			tst_brk(TBROK, "unexpected exit %#llx",
				(unsigned long long)vm->vmcb->exitcode);
		if (steps != expected)
			tst_brk(TFAIL, "the nested guest is at step %d, not %d", steps, expected);
		vm->vmcb->rip++;
	}
	tst_res(TPASS, "the nested guest went on behind its HLT");
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
