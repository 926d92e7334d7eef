// SPDX-License-Identifier: MIT
/* RDTSCP on a CPU that has none, by a hypervisor and by its nested guest. */
#include "guest_case.h"
#include "kvm_x86_svm.h"

static void rdtscp(void *arg)
{
	(void)arg;
	asm volatile("rdtscp" : : : "eax", "ecx", "edx");
}

static int guest_main(void)
{
	rdtscp(NULL);
	return 0;
}

GUEST_CASE(unsupported)
{
	const uint64_t invalid_opcode = SVM_EXIT_EXCEPTION + INTR_BAD_OPCODE;
	struct kvm_svm_vcpu *vm;

	if (kvm_try(rdtscp, NULL).vector != INTR_BAD_OPCODE)
		tst_brk(TBROK, "the hypervisor can execute RDTSCP");
	kvm_init_svm();
	vm = kvm_create_svm_vcpu(guest_main, 1);
	kvm_vmcb_set_intercept(vm->vmcb, SVM_INTERCEPT_RDTSCP, 1);
	kvm_vmcb_set_intercept(vm->vmcb, (unsigned int)invalid_opcode, 1);
	kvm_svm_vmrun(vm);
	if (vm->vmcb->exitcode == invalid_opcode)
		tst_res(TPASS, "RDTSCP raises #UD");
	else
		tst_res(TFAIL, "RDTSCP: exit code %#llx, expected %#llx",
			(unsigned long long)vm->vmcb->exitcode, (unsigned long long)invalid_opcode);
}
