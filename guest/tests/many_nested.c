// SPDX-License-Identifier: MIT
/* As many nested CPUs as RAM has room for: each with a stack, and all of them run. */
#include "kvm_test.h"

#define CPUS 2000

#ifdef COMPILE_PAYLOAD

#ifdef NESTED_SVM
#include "kvm_x86_svm.h"

typedef struct kvm_svm_vcpu nested_cpu;

#define init() kvm_init_svm()
#define create(func) kvm_create_svm_vcpu(func, 1)
#define run(cpu) kvm_svm_vmrun(cpu)
#define returned(cpu) ((cpu)->vmcb->exitcode == SVM_EXIT_HLT ? (uint32_t)(cpu)->vmcb->rax : 0)
#else
#include "kvm_x86_vmx.h"

typedef struct kvm_vmx_vcpu nested_cpu;

#define init() kvm_set_vmx_state(1)
#define create(func) kvm_create_vmx_vcpu(func, 1)
#define run(cpu) kvm_vmx_vmrun(cpu)
#define returned(cpu) \
	(kvm_vmx_vmread(VMX_VMCS_EXIT_REASON) == VMX_EXIT_HLT ? (uint32_t)(cpu)->regs.rax : 0)
#endif

static nested_cpu *cpus[CPUS];
static int next;

/* Uses its stack, and says which one it is. */
static int count(void)
{
	volatile int number = ++next;

	return number;
}

void main(void)
{
	int i;

	init();
	for (i = 0; i < CPUS; i++)
		cpus[i] = create(count);
	for (i = 0; i < CPUS; i++) {
		run(cpus[i]);
		if (returned(cpus[i]) != (uint32_t)i + 1)
			tst_brk(TFAIL, "nested CPU %d returned %u", i, returned(cpus[i]));
	}
	tst_res(TPASS, "%d nested CPUs ran", CPUS);
}

#else /* COMPILE_PAYLOAD */

static void run(void)
{
	static struct tst_kvm_instance vm;

	tst_kvm_create_instance(&vm, 96 << 20);
	tst_kvm_run_instance(&vm, 0);
	tst_kvm_destroy_instance(&vm);
}

static struct tst_test test = {
	.test_all = run,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
