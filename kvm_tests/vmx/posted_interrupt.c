// SPDX-License-Identifier: MIT
/*
 * A posted interrupt wakes a nested guest that has halted: SDM Vol. 3, "Posted-Interrupt
 * Processing". The notification that it is there is an interrupt of the hypervisor's own
 * timer; another timer stops a guest that is not woken.
 *
 * KVM took the interrupt out of the descriptor when it entered the guest, and did not look
 * there to see whether it has to: fixed by 27c4fa42b11a.
 */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "kvm_x86_apic.h"
#include "kvm_x86_vmx.h"

#define NOTIFICATION 0x40
#define POSTED 0x51
/* 0.1 s and 10 s on an emulated machine: the guest is at rest long before. */
#define TICKS 2000000
#define TICKS_MAX 200000000

/* SDM Vol. 3, "Pin-Based VM-Execution Controls" and its kin. */
#define PIN_EXTERNAL_INTERRUPTS (1u << 0)
#define PIN_PREEMPTION_TIMER (1u << 6)
#define PIN_POSTED_INTERRUPTS (1u << 7)
#define EXIT_ACKNOWLEDGE (1u << 15)
#define FIELD_NOTIFICATION_VECTOR 0x0002
#define FIELD_DESCRIPTOR 0x2016
#define FIELD_PREEMPTION_TIMER 0x482e
#define PREEMPTION_TIMER_RATE 0x1f /* of MSR_IA32_VMX_MISC: a bit of the TSC */

/* "Posted-Interrupt Descriptor" */
struct descriptor {
	uint32_t requests[8]; /* a bit for each vector */
	uint32_t outstanding;
	uint32_t unused[7];
} __attribute__((aligned(64)));

static volatile struct descriptor descriptor;
static volatile unsigned int woken;

static int wake(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	(void)userdata;
	(void)ifrm;
	(void)errcode;
	woken++;
	return 0;
}

static int guest_main(void)
{
	kvm_disable_interrupts();
	while (!woken) {
		kvm_wait_interrupt();
		kvm_disable_interrupts();
	}
	asm volatile("vmcall" : : : "memory");
	return 0;
}

static void add_control(unsigned long field, unsigned int mask, uint32_t bits)
{
	if (bits & ~(uint32_t)(kvm_vmx_read_vmctl_mask(mask) >> 32))
		tst_brk(TCONF, "the CPU does not have the controls %#x of field %#lx", bits, field);
	kvm_vmx_vmwrite(field, kvm_vmx_vmread(field) | bits);
}

static void virtualize_interrupts(void)
{
	add_control(VMX_VMCS_VMPINX_CTL, VMX_CTLMASK_PINX,
		    PIN_EXTERNAL_INTERRUPTS | PIN_PREEMPTION_TIMER | PIN_POSTED_INTERRUPTS);
	add_control(VMX_VMCS_VMEXEC_CTL, VMX_CTLMASK_EXECCTL,
		    VMX_EXECCTL_TPR_SHADOW | VMX_EXECCTL_ENABLE_CTL2);
	add_control(VMX_VMCS_VMEXEC_CTL2, VMX_CTLMASK_EXECCTL2, VMX_EXECCTL2_VIRT_INTR);
	add_control(VMX_VMCS_VMEXIT_CTL, VMX_CTLMASK_EXITCTL, EXIT_ACKNOWLEDGE);
	kvm_vmx_vmwrite(VMX_VMCS_VMEXEC_CTL,
			kvm_vmx_vmread(VMX_VMCS_VMEXEC_CTL) & ~(uint64_t)VMX_INTERCEPT_HLT);
	kvm_vmx_vmwrite(VMX_VMCS_VIRT_APIC_POINTER,
			(uintptr_t)memzero(tst_heap_alloc_aligned(PAGESIZE, PAGESIZE), PAGESIZE));
	kvm_vmx_vmwrite(FIELD_NOTIFICATION_VECTOR, NOTIFICATION);
	kvm_vmx_vmwrite(FIELD_DESCRIPTOR, (uintptr_t)&descriptor);
	kvm_vmx_vmwrite(FIELD_PREEMPTION_TIMER,
			TICKS_MAX >> (kvm_rdmsr(MSR_IA32_VMX_MISC) & PREEMPTION_TIMER_RATE));
}

void main(void)
{
	struct kvm_vmx_vcpu *vm;
	unsigned long long reason;

	kvm_set_vmx_state(1);
	kvm_enable_apic();
	tst_set_interrupt_callback(POSTED, wake, NULL);
	vm = kvm_create_vmx_vcpu(guest_main, 1);
	kvm_vmx_vmptrld(vm->vmcs);
	virtualize_interrupts();
	descriptor.requests[POSTED / 32] = 1u << POSTED % 32;
	descriptor.outstanding = 1;
	kvm_start_tsc_deadline(kvm_rdtsc() + TICKS, NOTIFICATION);
	kvm_vmx_vmrun(vm);

	reason = kvm_vmx_vmread(VMX_VMCS_EXIT_REASON);
	if (reason == VMX_EXIT_TIMER)
		tst_res(TFAIL, "the nested guest sleeps on, with %u interrupts", woken);
	else if (reason != VMX_EXIT_VMCALL || woken != 1)
		tst_res(TFAIL, "exit reason %llu after %u interrupts", reason, woken);
	else
		tst_res(TPASS, "the posted interrupt has woken the nested guest");
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
			{"linux-git", "27c4fa42b11a"},
			{},
		},
};

#endif /* COMPILE_PAYLOAD */
