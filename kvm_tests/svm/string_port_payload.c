// SPDX-License-Identifier: MIT
/* A nested guest reads a port into memory; its hypervisor's I/O map has no bit set. */
#include "guest_case.h"
#include "kvm_x86_svm.h"

/* Nothing is there but the controller. */
#define PORT 0x80

/* "I/O Permissions Map": 12 KiB. */
GUEST_SHARED uint8_t io_map[3 * PAGESIZE] __attribute__((aligned(PAGESIZE)));
GUEST_SHARED uint8_t received;

/* Without REP, whose end is an execution of the instruction by itself. */
static int guest_main(void)
{
	uintptr_t di = (uintptr_t)&received;

	asm volatile("insb" : "+D"(di) : "d"((uint16_t)PORT) : "memory");
	return 0;
}

GUEST_CASE(read_port)
{
	struct kvm_svm_vcpu *vm;

	kvm_init_svm();
	vm = kvm_create_svm_vcpu(guest_main, 1);
	vm->vmcb->iopm_base_addr = (uintptr_t)io_map;
	kvm_vmcb_set_intercept(vm->vmcb, SVM_INTERCEPT_IOIO, 1);
	kvm_svm_vmrun(vm);
	if (vm->vmcb->exitcode == SVM_EXIT_HLT)
		tst_res(TPASS, "the nested guest has its data and goes on");
	else
		tst_res(TFAIL, "exit code %#llx: the access is intercepted after it was made",
			(unsigned long long)vm->vmcb->exitcode);
}
