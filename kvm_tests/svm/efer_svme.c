// SPDX-License-Identifier: MIT
/*
 * "The effect of turning off EFER.SVME while a guest is running is undefined; therefore,
 * the VMM should always prevent guests from writing EFER": APM Vol. 2, "Enabling SVM".
 * Whatever a KVM makes of it, the hypervisor must not run on with its guest's registers.
 *
 * KVM forgot the nested guest, and went on with its code as the hypervisor's, on the
 * hypervisor's segments and page tables. Since cdc69269b18a it shuts the CPU down.
 *
 * The nested guest, whose hypervisor lets it write EFER, clears EFER.SVME.
 */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "kvm_x86_svm.h"

static int guest_main(void)
{
	kvm_wrmsr(MSR_EFER, kvm_rdmsr(MSR_EFER) & ~(uint64_t)EFER_SVME);
	tst_res(TFAIL, "the nested guest goes on without SVM");
	return 0;
}

void main(void)
{
	struct kvm_svm_vcpu *vm;

	kvm_init_svm();
	vm = kvm_create_svm_vcpu(guest_main, 1);
	kvm_svm_vmrun(vm);
	tst_res(TFAIL, "the hypervisor goes on, exit code %#llx",
		(unsigned long long)vm->vmcb->exitcode);
}

#else /* COMPILE_PAYLOAD */

#include <signal.h>
#include <unistd.h>

#include "tst_safe_macros.h"

/* Some thousand times of what the guest needs to its end. */
#define SECONDS 2

/* Only has to interrupt KVM_RUN. */
static void ignore(int signal)
{
	(void)signal;
}

static void run(void)
{
	const struct sigaction action = {.sa_handler = ignore};
	static struct tst_kvm_instance vm;
	struct tst_kvm_vcpu *cpu;
	int reason;

	tst_kvm_create(&vm, NULL);
	cpu = tst_kvm_vcpu(&vm, 0);
	SAFE_SIGACTION(SIGALRM, &action, NULL);
	alarm(SECONDS);
	reason = tst_kvm_run_vcpu(cpu);
	alarm(0);
	if (reason == TST_KVM_INTERRUPTED)
		tst_res(TFAIL, "the CPU runs for ever on: %s", tst_kvm_describe_exit(cpu));
	else if (reason == KVM_EXIT_SHUTDOWN)
		tst_res(TPASS, "the CPU shuts down");
	else if (reason != TST_KVM_ENDED)
		tst_res(TFAIL, "the CPU does not shut down: %s", tst_kvm_describe_exit(cpu));
	tst_kvm_destroy_instance(&vm);
}

static struct tst_test test = {
	.test_all = run,
	.cleanup = tst_kvm_cleanup,
	.tags =
		(struct tst_tag[]){
			{"linux-git", "cdc69269b18a"},
			{},
		},
};

#endif /* COMPILE_PAYLOAD */
