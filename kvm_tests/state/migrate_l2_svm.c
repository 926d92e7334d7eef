// SPDX-License-Identifier: MIT
/*
 * Live migration of a hypervisor in the guest (SVM), at each exit of its nested guest
 * and its own: KVM_GET_NESTED_STATE and KVM_SET_NESTED_STATE while L2 is active.
 */
#include "kvm_test.h"

#include "migration.h"

#ifdef COMPILE_PAYLOAD

#include "kvm_x86_svm.h"
#include "nested_work.h"

void main(void)
{
	struct kvm_svm_vcpu *vm;

	kvm_init_svm();
	vm = kvm_create_svm_vcpu(nested_main, 1);
	for (unsigned int round = 0; round < NESTED_ROUNDS; round++) {
		kvm_svm_vmrun(vm);
		if (vm->vmcb->exitcode != SVM_EXIT_HLT)
			tst_brk(TFAIL, "round %u: the nested guest stopped with exit code %#llx",
				round, (unsigned long long)vm->vmcb->exitcode);
		vm->vmcb->rip++;
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
