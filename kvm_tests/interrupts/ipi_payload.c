// SPDX-License-Identifier: MIT
/*
 * Interrupts from CPU to CPU: SDM Vol. 3 "Issuing Interprocessor Interrupts",
 * APM Vol. 2 "Interprocessor Interrupts (IPI)".
 */
#include "guest_case.h"
#include "kvm_x86.h"

#define MAX_CPUS 16
#define ROUNDS 10
#define FIRST_VECTOR 0x40 /* CPU n sends FIRST_VECTOR + n */

GUEST_SHARED uint32_t use_x2apic;
GUEST_SHARED uint32_t rounds;

static volatile unsigned int received[MAX_CPUS][MAX_CPUS]; /* by receiver and sender */
static volatile unsigned int nmis[MAX_CPUS];
static struct tst_barrier barrier;

static int count(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	received[tst_cpu()][(uintptr_t)userdata]++;
	kvm_end_of_interrupt();
	return 0;
}

static int count_nmi(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	nmis[tst_cpu()]++;
	return 0;
}

static void enable_apic(void)
{
	if (use_x2apic)
		kvm_enable_x2apic();
	else
		kvm_enable_apic();
	if (kvm_apic_id() != tst_cpu())
		tst_brk(TFAIL, "CPU %u has APIC ID %u", tst_cpu(), kvm_apic_id());
}

/* On each CPU; the first sets the handlers before the others can send. */
static void begin(void)
{
	if (!tst_cpu()) {
		for (uintptr_t sender = 0; sender < tst_cpus(); sender++)
			tst_set_interrupt_callback(FIRST_VECTOR + sender, count, (void *)sender);
		tst_set_interrupt_callback(INTR_NMI, count_nmi, NULL);
	}
	enable_apic();
	tst_wait_barrier(&barrier, tst_cpus());
}

/* Sleeps until the counter is at least that high; the interrupt that makes it so wakes. */
static void wait_for(const volatile unsigned int *counter, unsigned int value)
{
	kvm_disable_interrupts();
	while (*counter < value) {
		kvm_wait_interrupt();
		kvm_disable_interrupts();
	}
}

/* Two CPUs: each answers each interrupt with one, so none may get lost or come twice. */
static void play_ping_pong(unsigned int self)
{
	const unsigned int other = !self;

	begin();
	for (unsigned int round = 1; round <= rounds; round++) {
		if (!self)
			kvm_send_ipi(other, FIRST_VECTOR + self);
		wait_for(&received[self][other], round);
		if (self)
			kvm_send_ipi(other, FIRST_VECTOR + self);
	}
	if (received[self][other] == rounds && received[self][self] == 0)
		tst_res(TPASS, "CPU %u got its %u interrupts", self, rounds);
	else
		tst_res(TFAIL, "CPU %u got %u interrupts, not %u, and %u of its own", self,
			received[self][other], rounds, received[self][self]);
}

GUEST_CASE(ping)
{
	play_ping_pong(0);
	tst_join_cpu(1);
}

GUEST_CPU(pong, arg)
{
	play_ping_pong(1);
}

/* Each CPU sends to each other one, with its own vector, and gets from each. */
static void send_to_each(void)
{
	const unsigned int self = tst_cpu();

	for (unsigned int cpu = 0; cpu < tst_cpus(); cpu++) {
		if (cpu != self)
			kvm_send_ipi(cpu, FIRST_VECTOR + self);
	}
}

static void send_to_all_but_self(void)
{
	kvm_send_ipi(0, APIC_ICR_OTHERS | (FIRST_VECTOR + tst_cpu()));
}

static void exchange(void (*send)(void))
{
	const unsigned int self = tst_cpu();
	unsigned int wrong = 0;

	begin();
	for (unsigned int round = 1; round <= ROUNDS; round++) {
		send();
		for (unsigned int cpu = 0; cpu < tst_cpus(); cpu++) {
			if (cpu != self)
				wait_for(&received[self][cpu], round);
		}
		/* An interrupt of the next round must not meet one of this round. */
		tst_wait_barrier(&barrier, tst_cpus());
	}
	for (unsigned int cpu = 0; cpu < tst_cpus(); cpu++)
		wrong += received[self][cpu] != (cpu == self ? 0 : ROUNDS);
	if (wrong)
		tst_res(TFAIL, "CPU %u: wrong numbers of interrupts from %u CPUs", self, wrong);
	else
		tst_res(TPASS, "CPU %u got %u interrupts from each other one", self, ROUNDS);
}

GUEST_CPU(each_to_each_cpu, arg)
{
	exchange(send_to_each);
}

GUEST_CPU(all_but_self_cpu, arg)
{
	exchange(send_to_all_but_self);
}

static void join_all(void)
{
	for (unsigned int cpu = 1; cpu < tst_cpus(); cpu++)
		tst_join_cpu(cpu);
}

GUEST_CASE(each_to_each)
{
	each_to_each_cpu(NULL);
	join_all();
}

GUEST_CASE(all_but_self)
{
	all_but_self_cpu(NULL);
	join_all();
}

/* To itself: by shorthand, and by its own ID. An interrupt that is to come comes here. */
GUEST_CASE(self)
{
	begin();
	kvm_send_ipi(0, APIC_ICR_SELF | FIRST_VECTOR);
	wait_for(&received[0][0], 1);
	kvm_send_ipi(kvm_apic_id(), FIRST_VECTOR);
	wait_for(&received[0][0], 2);
	kvm_send_ipi(0, APIC_ICR_ALL | FIRST_VECTOR);
	wait_for(&received[0][0], 3);
	tst_res(TPASS, "all three came");
}

/* Nothing arrives while interrupts are disabled; then the highest vector comes first. */
static volatile unsigned int order[2], arrived;

static int note_order(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	if (arrived < ARRAY_SIZE(order))
		order[arrived] = (uintptr_t)userdata;
	arrived++;
	kvm_end_of_interrupt();
	return 0;
}

/* SDM Vol. 3 "Interrupt, Task, and Processor Priority". */
GUEST_CASE(priority)
{
	begin();
	tst_set_interrupt_callback(0x51, note_order, (void *)0x51);
	tst_set_interrupt_callback(0x62, note_order, (void *)0x62);
	kvm_disable_interrupts();
	kvm_send_ipi(0, APIC_ICR_SELF | 0x51);
	kvm_send_ipi(0, APIC_ICR_SELF | 0x62);
	if (arrived)
		tst_brk(TFAIL, "%u interrupts came while they were disabled", arrived);
	wait_for(&arrived, 2);
	if (arrived == 2 && order[0] == 0x62 && order[1] == 0x51)
		tst_res(TPASS, "the higher vector came first");
	else
		tst_res(TFAIL, "%u interrupts came, first vector %#x, then %#x", arrived, order[0],
			order[1]);
}

/* SDM Vol. 3 "Task and Processor Priorities": a class not above the TPR's has to wait. */
GUEST_CASE(task_priority)
{
	begin();
	tst_set_interrupt_callback(0x51, note_order, (void *)0x51);
	tst_set_interrupt_callback(0x62, note_order, (void *)0x62);
	kvm_write_apic(APIC_REG_TPR, 0x50);
	if (kvm_read_apic(APIC_REG_PPR) != 0x50)
		tst_res(TFAIL, "with TPR 0x50, PPR is %#x", kvm_read_apic(APIC_REG_PPR));
	kvm_send_ipi(0, APIC_ICR_SELF | 0x51);
	kvm_send_ipi(0, APIC_ICR_SELF | 0x62);
	wait_for(&arrived, 1);
	kvm_enable_interrupts();
	asm volatile("nop");
	kvm_disable_interrupts();
	if (arrived != 1 || order[0] != 0x62)
		tst_brk(TFAIL, "with TPR 0x50, %u interrupts came, first vector %#x", arrived,
			order[0]);
	kvm_write_apic(APIC_REG_TPR, 0);
	wait_for(&arrived, 2);
	if (order[1] == 0x51)
		tst_res(TPASS, "vector 0x51 waited for the TPR");
	else
		tst_res(TFAIL, "vector %#x came second", order[1]);
}

/* SDM Vol. 3 "Delivery Mode": an NMI needs neither vector nor end of interrupt. */
GUEST_CASE(nmi_sender)
{
	begin();
	kvm_send_ipi(1, APIC_ICR_NMI);
	tst_join_cpu(1);
	if (nmis[1] == 1 && nmis[0] == 0)
		tst_res(TPASS, "the other CPU got one NMI");
	else
		tst_res(TFAIL, "%u NMIs here, %u on the other CPU", nmis[0], nmis[1]);
}

GUEST_CPU(nmi_receiver, arg)
{
	begin();
	while (!nmis[1])
		asm volatile("pause");
}
