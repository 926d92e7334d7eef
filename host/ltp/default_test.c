// SPDX-License-Identifier: MIT
/* The functions of a test that needs nothing special. */
#include "host/ltp/report.h"
#include "host/ltp/vm.h"

static struct tst_kvm_instance vm = {.vm_fd = -1, .vcpu_fd = -1};

void tst_kvm_needs_result(const struct tst_kvm_instance *inst)
{
	if (!inst->vm->results)
		lib_brk(TBROK, "the payload ended without a result; it must call tst_res() or "
			       "tst_brk() with TPASS, TFAIL, TBROK, TWARN or TCONF before main() "
			       "returns");
}

void tst_kvm_setup(void)
{
	/* Each run makes a virtual machine of its own: they cannot be reset. */
}

void tst_kvm_run(void)
{
	tst_kvm_create_instance(&vm, DEFAULT_RAM_SIZE);
	tst_kvm_run_instance(&vm, 0);
	tst_kvm_needs_result(&vm);
	tst_kvm_destroy_instance(&vm);
	tst_free_all();
}

void tst_kvm_cleanup(void)
{
	if (tst_vm_of(&vm))
		tst_kvm_destroy_instance(&vm);
}
