// SPDX-License-Identifier: MIT
/* CPUs that halt, wait for their start, die, or are interrupted by the controller. */
#include "guest_case.h"
#include "kvm_x86.h"
#include "vcpu.h"

GUEST_SHARED uint32_t seen_vectors[256];
GUEST_SHARED uint32_t nmis;
GUEST_SHARED uint32_t nmis_in_handler;
GUEST_SHARED uint32_t counter;
GUEST_SHARED uint32_t stop;

static int count(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	seen_vectors[(uintptr_t)userdata]++;
	return 0;
}

static int count_nmi(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	nmis++;
	return 0;
}

/*
 * Gives KVM, which CPUID leads to, some opportunities to deliver what is pending.
 * None is needed where events come between any two instructions.
 */
static void wait_a_while(const volatile uint32_t *events, uint32_t number)
{
	struct kvm_cpuid cpuid;

	for (unsigned int i = 0; i < 100 && *events < number; i++)
		kvm_get_cpuid(0, 0, &cpuid);
}

/* Halts with interrupts disabled: an NMI alone can wake. */
GUEST_CASE(halt_for_nmi)
{
	tst_set_interrupt_callback(INTR_NMI, count_nmi, NULL);
	kvm_yield();
	asm volatile("cli; hlt" : : : "memory");
	if (nmis == 1)
		tst_res(TPASS, "the NMI woke the CPU");
	else
		tst_res(TFAIL, "%u NMIs", nmis);
}

/* The controller halts the CPU, and wakes it with an NMI. */
GUEST_CASE(nmi_while_halted)
{
	tst_set_interrupt_callback(INTR_NMI, count_nmi, NULL);
	kvm_yield();
	wait_a_while(&nmis, 1);
	if (nmis == 1)
		tst_res(TPASS, "the NMI woke the CPU");
	else
		tst_res(TFAIL, "%u NMIs", nmis);
}

/* SDM Vol. 3 "Handling Multiple NMIs": blocked until IRET, and one is kept. */
static int serve_nmi(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	const uint32_t before = ++nmis;

	if (before == 1)
		kvm_yield(); /* the controller sends another */
	nmis_in_handler += nmis - before;
	return 0;
}

GUEST_CASE(nmi_in_nmi)
{
	tst_set_interrupt_callback(INTR_NMI, serve_nmi, NULL);
	kvm_yield();
	wait_a_while(&nmis, 2);
	kvm_yield();
}

/* Without an irqchip: the controller looks for a time at which the CPU takes interrupts. */
GUEST_CASE(open_window)
{
	tst_set_interrupt_callback(VECTOR, count, (void *)VECTOR);
	kvm_yield();
	counter = 1;
	kvm_enable_interrupts();
	wait_a_while(&seen_vectors[VECTOR], 1);
	counter = 2;
	kvm_disable_interrupts();
	kvm_yield();
}

/* CPU 1 dies of a triple fault: no gate for the fault, none for the double fault. */
GUEST_CPU(die, arg)
{
	struct {
		uint16_t limit;
		uintptr_t base;
	} __attribute__((packed)) no_idt = {0, 0};

	asm volatile("lidt %0; ud2" : : "m"(no_idt));
}

/* And CPU 0 goes on. */
GUEST_CASE(outlive)
{
	while (!stop)
		counter++;
	tst_res(TPASS, "CPU 0 goes on");
}

/* Halts with interrupts enabled, for the controller to look at; then once more. */
GUEST_CASE(halt)
{
	kvm_enable_apic();
	tst_set_interrupt_callback(VECTOR, count, (void *)VECTOR);
	kvm_yield();
	asm volatile("sti; hlt; cli" : : : "memory");
	tst_res(TPASS, "the CPU is awake");
}

/* CPU 1, whose thread is the controller's own, gets INIT and a startup IPI. */
GUEST_CASE(start_by_ipi)
{
	kvm_enable_apic();
	kvm_send_ipi(1, APIC_ICR_INIT | APIC_ICR_ASSERT);
	kvm_yield();
	kvm_send_ipi(1, APIC_ICR_STARTUP | APIC_ICR_ASSERT | STARTUP_PAGE);
	kvm_yield();
}

/* Registers for KVM_CAP_SYNC_REGS: adds what the controller has put into a register. */
GUEST_CASE(add_in_register)
{
	unsigned long value = 0x1111;

	asm volatile("out %%al, %%dx\n\t"
		     "add $1, %0"
		     : "+b"(value)
		     : "a"(0), "d"(DEVICE_PORT)
		     : "memory", "cc");
	counter = value;
}
