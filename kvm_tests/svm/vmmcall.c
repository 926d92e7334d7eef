// SPDX-License-Identifier: MIT
/*
 * VMMCALL is an invalid opcode unless it is intercepted: APM Vol. 3, "VMMCALL". A
 * nested guest whose hypervisor does not intercept it has to get #UD, and KVM must not
 * take it for a hypercall to itself: CVE-2026-46076.
 *
 * KVM let the CPU raise that #UD, but takes each #UD for itself first, to replace
 * another vendor's VMCALL by VMMCALL; so it replaced VMMCALL by VMMCALL and had the
 * nested guest execute it anew, for ever. With Hyper-V's nested TLB flush, it executed
 * the hypercall instead. Fixed by 33d3617a52f9 and c36991c6f8d2.
 *
 * The nested guest executes VMMCALL with the number of a hypercall that KVM knows. An
 * interrupt of the hypervisor's timer stops one that does not get on.
 */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "kvm_x86_apic.h"
#include "kvm_x86_svm.h"

#define VECTOR 0x40
/* Ten thousand times of what the nested guest needs: 1 s on an emulated machine. */
#define TICKS 20000000

#define KVM_HC_VAPIC_POLL_IRQ 1

static struct kvm_fault fault;
static unsigned long answer;

static void vmmcall(void *arg)
{
	(void)arg;
	asm volatile("vmmcall" : "=a"(answer) : "a"(KVM_HC_VAPIC_POLL_IRQ) : "memory");
}

static int guest_main(void)
{
	fault = kvm_try(vmmcall, NULL);
	return 0;
}

void main(void)
{
	struct kvm_svm_vcpu *vm;

	kvm_init_svm();
	kvm_enable_apic();
	vm = kvm_create_svm_vcpu(guest_main, 1);
	vm->vmcb->rflags |= RFLAGS_IF;
	kvm_vmcb_set_intercept(vm->vmcb, SVM_INTERCEPT_INTR, 1);
	kvm_start_tsc_deadline(kvm_rdtsc() + TICKS, VECTOR);
	kvm_svm_vmrun(vm);

	if (vm->vmcb->exitcode == SVM_EXIT_INTR)
		tst_res(TFAIL, "the nested guest neither gets past VMMCALL nor a fault");
	else if (vm->vmcb->exitcode != SVM_EXIT_HLT)
		tst_res(TFAIL, "exit code %#llx", (unsigned long long)vm->vmcb->exitcode);
	else if (fault.vector == -1)
		tst_res(TFAIL, "VMMCALL is done and returns %#lx", answer);
	else if (fault.vector != INTR_BAD_OPCODE)
		tst_res(TFAIL, "VMMCALL raised exception %d", fault.vector);
	else
		tst_res(TPASS, "VMMCALL raised #UD");
}

#else /* COMPILE_PAYLOAD */

static void run(void)
{
	static struct tst_kvm_instance vm;
	const struct tst_kvm_config config = {.irqchip = TST_KVM_KERNEL_IRQCHIP};

	tst_kvm_create(&vm, &config);
	tst_kvm_run_instance(&vm, 0);
	tst_kvm_destroy_instance(&vm);
}

static struct tst_test test = {
	.test_all = run,
	.cleanup = tst_kvm_cleanup,
	.tags =
		(struct tst_tag[]){
			{"linux-git", "33d3617a52f9"},
			{"linux-git", "c36991c6f8d2"},
			{"CVE", "2026-46076"},
			{},
		},
};

#endif /* COMPILE_PAYLOAD */
