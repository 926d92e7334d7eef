// SPDX-License-Identifier: MIT
/* A nested guest on a KVM whose module was loaded with another parameter. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "kvm_x86_svm.h"

static int guest_main(void)
{
	return 0;
}

void main(void)
{
	struct kvm_svm_vcpu *vm;

	kvm_init_svm();
	vm = kvm_create_svm_vcpu(guest_main, 1);
	kvm_svm_vmrun(vm);
	if (vm->vmcb->exitcode == SVM_EXIT_HLT)
		tst_res(TPASS, "the nested guest ran, with shadow pages");
	else
		tst_res(TFAIL, "exit code %#llx", (unsigned long long)vm->vmcb->exitcode);
}

#else /* COMPILE_PAYLOAD */

#include "tst_cmd.h"
#include "tst_module.h"

static void load(const char *parameter)
{
	const char *const remove[] = {"modprobe", "-r", "kvm_amd", NULL};
	const char *const insert[] = {"modprobe", "kvm_amd", parameter, NULL};

	tst_cmd(remove, NULL, NULL, TST_CMD_TCONF_ON_MISSING);
	tst_cmd(insert, NULL, NULL, TST_CMD_TCONF_ON_MISSING);
}

static void setup(void)
{
	load("npt=0");
	if (tst_read_bool_sys_param("/sys/module/kvm_amd/parameters/npt"))
		tst_brk(TBROK, "kvm_amd has nested paging all the same");
}

static void cleanup(void)
{
	tst_kvm_cleanup();
	load("npt=1");
}

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = setup,
	.cleanup = cleanup,
	.needs_root = 1,
};

#endif /* COMPILE_PAYLOAD */
