// SPDX-License-Identifier: MIT
/* An interrupt that cannot be masked, sent by the controller. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "kvm_x86.h"

static volatile unsigned int count;

static int count_nmi(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	count++;
	return 0;
}

void main(void)
{
	tst_set_interrupt_callback(INTR_NMI, count_nmi, NULL);
	kvm_yield();
	if (count == 1)
		tst_res(TPASS, "the interrupt came while the CPU was out of the guest");
	else
		tst_res(TFAIL, "%u interrupts came", count);
}

#else /* COMPILE_PAYLOAD */

static struct tst_kvm_instance vm = {.vm_fd = -1};

static void run(void)
{
	const struct tst_kvm_config config = {.irqchip = TST_KVM_KERNEL_IRQCHIP};
	struct tst_kvm_vcpu *cpu;

	tst_kvm_create(&vm, &config);
	cpu = tst_kvm_vcpu(&vm, 0);
	if (tst_kvm_run_vcpu(cpu) != KVM_EXIT_HLT)
		tst_brk(TBROK, "%s", tst_kvm_describe_exit(cpu));
	tst_kvm_nmi(cpu);
	tst_kvm_run_instance(&vm, 0);
}

static void cleanup(void)
{
	tst_kvm_destroy_instance(&vm);
}

static struct tst_test test = {
	.test_all = run,
	.cleanup = cleanup,
};

#endif /* COMPILE_PAYLOAD */
