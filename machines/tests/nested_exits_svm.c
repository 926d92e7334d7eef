/* SPDX-License-Identifier: MIT */
/*
 * LMSW of a nested guest: the intercept of selective writes to CR0 stops it whatever it
 * changes (APM Vol. 2, "Instruction Intercepts", CR0_SEL_WRITE), and MOV to CR0 not where
 * that is TS and MP alone.
 */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "kvm_x86_svm.h"

static unsigned long read_cr0(void)
{
	unsigned long value;

	asm volatile("mov %%cr0, %0" : "=r"(value));
	return value;
}

static int load_msw(void)
{
	asm volatile("lmsw %w0" : : "r"(read_cr0() ^ CR0_MP) : "memory");
	return 0;
}

static int move_to_cr0(void)
{
	asm volatile("mov %0, %%cr0" : : "r"(read_cr0() ^ CR0_MP) : "memory");
	return 0;
}

static void check(const char *name, int (*guest)(void), uint64_t expected)
{
	struct kvm_svm_vcpu *cpu = kvm_create_svm_vcpu(guest, 1);

	kvm_vmcb_set_intercept(cpu->vmcb, SVM_INTERCEPT_CR0_SEL_WRITE, 1);
	kvm_svm_vmrun(cpu);
	tst_res(cpu->vmcb->exitcode == expected ? TPASS : TFAIL,
		"%s that changes MP: exit code %#llx, expected %#llx", name, cpu->vmcb->exitcode,
		expected);
}

void main(void)
{
	kvm_init_svm();
	check("LMSW", load_msw, SVM_EXIT_CR0_SEL_WRITE);
	check("MOV to CR0", move_to_cr0, SVM_EXIT_HLT);
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
