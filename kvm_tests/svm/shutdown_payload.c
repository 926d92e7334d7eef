// SPDX-License-Identifier: MIT
/* Nested guests that end in a triple fault, which their hypervisor does not intercept. */
#include "guest_case.h"
#include "kvm_x86_svm.h"

static int guest_main(void)
{
	static const struct {
		uint16_t limit;
		uintptr_t base;
	} __attribute__((packed)) no_idt;

	asm volatile("lidt %0; int3" : : "m"(no_idt));
	return 0;
}

static void run(_Bool intercepted)
{
	struct kvm_svm_vcpu *vm;

	kvm_init_svm();
	vm = kvm_create_svm_vcpu(guest_main, 1);
	kvm_vmcb_set_intercept(vm->vmcb, SVM_INTERCEPT_SHUTDOWN, intercepted);
	kvm_svm_vmrun(vm);
	if (vm->vmcb->exitcode == SVM_EXIT_SHUTDOWN)
		tst_res(TPASS, "the hypervisor goes on");
	else
		tst_res(TFAIL, "exit code %#llx", (unsigned long long)vm->vmcb->exitcode);
}

GUEST_CASE(intercepted)
{
	run(1);
}

GUEST_CASE(not_intercepted)
{
	run(0);
}
