// SPDX-License-Identifier: MIT
/* The functions of a test that needs nothing special. */
#include "host/ltp/report.h"
#include "host/ltp/suite.h"
#include "host/ltp/vm.h"

static struct tst_kvm_instance vm = {.vm_fd = -1, .vcpu_fd = -1};
static bool run_again; /* the next run is followed by another one */
static bool kept; /* the last run's machine, with a snapshot of before, is for the next one */

void tst_kvm_needs_result(const struct tst_kvm_instance *inst)
{
	if (!inst->vm->results)
		lib_brk(TBROK, "the payload ended without a result; it must call tst_res() or "
			       "tst_brk() with TPASS, TFAIL, TBROK, TWARN or TCONF before main() "
			       "returns");
}

void tst_kvm_setup(void)
{
	/* The first run makes the virtual machine. */
}

void tst_kvm_run_again(bool again)
{
	run_again = again;
}

/* A machine that has run nothing: a new one, or the last run's, as it was. */
static void begin(bool again)
{
	const bool reset = kept;

	/* If this breaks, the next run makes another machine. */
	kept = false;
	if (reset) {
		tst_kvm_reset(&vm);
		vm.vm->results = 0;
		return;
	}
	tst_kvm_create_instance(&vm, DEFAULT_RAM_SIZE);
	if (again)
		tst_kvm_snapshot(&vm);
}

void tst_kvm_run(void)
{
	const bool again = run_again;

	run_again = false;
	begin(again);
	tst_kvm_run_instance(&vm, 0);
	tst_kvm_needs_result(&vm);
	if (!again)
		tst_kvm_destroy_instance(&vm);
	kept = again;
	tst_free_all();
}

void tst_kvm_cleanup(void)
{
	if (tst_vm_of(&vm))
		tst_kvm_destroy_instance(&vm);
	kept = false;
}
