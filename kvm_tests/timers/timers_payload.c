// SPDX-License-Identifier: MIT
/*
 * Timers that interrupt: the local APIC's (SDM Vol. 3 "APIC Timer", "TSC-Deadline
 * Mode") and the PIT's first counter (Intel 8254 data sheet), through the I/O APIC.
 */
#include "guest_case.h"
#include "kvm_x86.h"

#define VECTOR 0x45
#define TICKS 100000u /* of the APIC's timer, and of the time-stamp counter */

#define DIVIDE_BY_16 0x3

#define PIT_PIN 0 /* by default, interrupt n is at pin n of the I/O APIC */
#define PIT_COUNTER_0 0x40
#define PIT_CONTROL 0x43
#define PIT_COUNT_LOW_HIGH 0x30
#define PIT_MODE_0 0x0 /* interrupt on terminal count */
#define PIT_MODE_2 0x4 /* rate generator */
#define PIT_HZ 1193182u
#define PIC_MASTER_DATA 0x21
#define PIC_SLAVE_DATA 0xa1

GUEST_SHARED uint32_t use_x2apic;

static volatile unsigned int seen;
static volatile uint64_t seen_tsc, deadline;

static int count(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	seen_tsc = kvm_rdtsc();
	seen++;
	kvm_end_of_interrupt();
	return 0;
}

static void begin(void)
{
	kvm_out8(PIC_MASTER_DATA, 0xff);
	kvm_out8(PIC_SLAVE_DATA, 0xff);
	tst_set_interrupt_callback(VECTOR, count, NULL);
	if (use_x2apic)
		kvm_enable_x2apic();
	else
		kvm_enable_apic();
	kvm_write_apic(APIC_REG_TIMER_DIVIDE, APIC_TIMER_DIVIDE_BY_1);
}

static void wait_for(unsigned int number)
{
	kvm_disable_interrupts();
	while (seen < number) {
		kvm_wait_interrupt();
		kvm_disable_interrupts();
	}
}

/* Lets time pass with interrupts enabled. */
static void let_pass(uint64_t ticks)
{
	const uint64_t end = kvm_rdtsc() + ticks;

	kvm_enable_interrupts();
	while (kvm_rdtsc() < end)
		asm volatile("pause");
	kvm_disable_interrupts();
}

static void expect_no_more(unsigned int number, const char *what)
{
	let_pass(20 * TICKS);
	if (seen == number)
		tst_res(TPASS, "%s: %u interrupts", what, seen);
	else
		tst_res(TFAIL, "%s: %u interrupts, not %u", what, seen, number);
}

GUEST_CASE(tsc_deadline)
{
	uint64_t left;

	begin();
	for (unsigned int i = 1; i <= 3; i++) {
		deadline = kvm_rdtsc() + TICKS;
		kvm_start_tsc_deadline(deadline, VECTOR);
		wait_for(i);
		if (seen_tsc < deadline)
			tst_brk(TFAIL, "the interrupt came %llu ticks early",
				(unsigned long long)(deadline - seen_tsc));
		left = kvm_rdmsr(MSR_IA32_TSC_DEADLINE);
		if (left)
			tst_brk(TFAIL, "after its interrupt the timer is armed for %#llx",
				(unsigned long long)left);
	}
	expect_no_more(3, "armed three times");
}

/* "If the deadline has passed already, an interrupt comes at once." */
GUEST_CASE(tsc_deadline_passed)
{
	begin();
	kvm_start_tsc_deadline(kvm_rdtsc() - 1, VECTOR);
	wait_for(1);
	kvm_start_tsc_deadline(1, VECTOR);
	wait_for(2);
	expect_no_more(2, "deadlines in the past");
}

/* Writing 0 disarms; so does leaving the mode. */
GUEST_CASE(tsc_deadline_disarmed)
{
	begin();
	kvm_disable_interrupts();
	kvm_start_tsc_deadline(kvm_rdtsc() + 1000 * TICKS, VECTOR);
	if (!kvm_rdmsr(MSR_IA32_TSC_DEADLINE))
		tst_brk(TFAIL, "the armed timer reads as disarmed");
	kvm_wrmsr(MSR_IA32_TSC_DEADLINE, 0);
	kvm_start_tsc_deadline(kvm_rdtsc() + 1000 * TICKS, VECTOR);
	kvm_write_apic(APIC_REG_LVT_TIMER, VECTOR);
	if (kvm_rdmsr(MSR_IA32_TSC_DEADLINE))
		tst_res(TFAIL, "another mode did not disarm the timer");
	let_pass(1000 * TICKS);
	expect_no_more(0, "disarmed before");
}

/* In the other modes the MSR reads 0, and writes to it are ignored. */
GUEST_CASE(tsc_deadline_other_mode)
{
	begin();
	kvm_write_apic(APIC_REG_LVT_TIMER, VECTOR);
	kvm_wrmsr(MSR_IA32_TSC_DEADLINE, kvm_rdtsc() + 1);
	if (kvm_rdmsr(MSR_IA32_TSC_DEADLINE))
		tst_res(TFAIL, "in one-shot mode, the deadline is %#llx",
			(unsigned long long)kvm_rdmsr(MSR_IA32_TSC_DEADLINE));
	expect_no_more(0, "a deadline in one-shot mode");
}

/* And the other way round: in TSC-deadline mode, the initial count is not in use. */
GUEST_CASE(tsc_deadline_no_count)
{
	begin();
	kvm_write_apic(APIC_REG_LVT_TIMER, APIC_LVT_TSC_DEADLINE | VECTOR);
	kvm_write_apic(APIC_REG_TIMER_INITIAL, TICKS);
	if (kvm_read_apic(APIC_REG_TIMER_CURRENT))
		tst_res(TFAIL, "the current count is %#x", kvm_read_apic(APIC_REG_TIMER_CURRENT));
	expect_no_more(0, "a count in TSC-deadline mode");
}

GUEST_CASE(one_shot)
{
	uint32_t before, after;

	begin();
	kvm_disable_interrupts();
	kvm_write_apic(APIC_REG_LVT_TIMER, VECTOR);
	kvm_write_apic(APIC_REG_TIMER_INITIAL, 100 * TICKS);
	before = kvm_read_apic(APIC_REG_TIMER_CURRENT);
	after = kvm_read_apic(APIC_REG_TIMER_CURRENT);
	if (before > 100 * TICKS || after > before || !after)
		tst_res(TFAIL, "the count goes from %u by %u to %u", 100 * TICKS, before, after);
	kvm_write_apic(APIC_REG_TIMER_INITIAL, TICKS);
	wait_for(1);
	if (kvm_read_apic(APIC_REG_TIMER_CURRENT))
		tst_res(TFAIL, "the count is over, and reads %u",
			kvm_read_apic(APIC_REG_TIMER_CURRENT));
	if (kvm_read_apic(APIC_REG_TIMER_INITIAL) != TICKS)
		tst_res(TFAIL, "the initial count has become %u",
			kvm_read_apic(APIC_REG_TIMER_INITIAL));
	expect_no_more(1, "one shot");
}

/* A count of 0 stops the timer. */
GUEST_CASE(one_shot_stopped)
{
	begin();
	kvm_disable_interrupts();
	kvm_write_apic(APIC_REG_LVT_TIMER, VECTOR);
	kvm_write_apic(APIC_REG_TIMER_INITIAL, 1000 * TICKS);
	kvm_write_apic(APIC_REG_TIMER_INITIAL, 0);
	if (kvm_read_apic(APIC_REG_TIMER_CURRENT))
		tst_res(TFAIL, "the stopped timer's count is %u",
			kvm_read_apic(APIC_REG_TIMER_CURRENT));
	let_pass(1000 * TICKS);
	expect_no_more(0, "stopped");
}

/* The timer counts, and its interrupt is masked. */
GUEST_CASE(one_shot_masked)
{
	begin();
	kvm_write_apic(APIC_REG_LVT_TIMER, APIC_LVT_MASKED | VECTOR);
	kvm_write_apic(APIC_REG_TIMER_INITIAL, TICKS);
	while (kvm_read_apic(APIC_REG_TIMER_CURRENT))
		asm volatile("pause");
	expect_no_more(0, "masked");
}

GUEST_CASE(periodic)
{
	begin();
	kvm_write_apic(APIC_REG_TIMER_DIVIDE, DIVIDE_BY_16);
	kvm_write_apic(APIC_REG_LVT_TIMER, APIC_LVT_PERIODIC | VECTOR);
	kvm_write_apic(APIC_REG_TIMER_INITIAL, 5 * TICKS);
	wait_for(5);
	kvm_write_apic(APIC_REG_TIMER_INITIAL, 0);
	kvm_enable_interrupts(); /* one that came meanwhile */
	asm volatile("nop");
	kvm_disable_interrupts();
	expect_no_more(seen, "stopped after five");
}

static void set_pit(unsigned int mode, uint16_t count)
{
	volatile uint32_t *ioapic = (volatile uint32_t *)IOAPIC_BASE_ADDRESS;

	kvm_map(IOAPIC_BASE_ADDRESS, IOAPIC_BASE_ADDRESS, PAGESIZE,
		PTE_WRITABLE | PTE_CACHE_DISABLE);
	ioapic[0] = 0x10 + 2 * PIT_PIN + 1;
	ioapic[4] = 0;
	ioapic[0] = 0x10 + 2 * PIT_PIN;
	ioapic[4] = VECTOR;
	kvm_out8(PIT_CONTROL, PIT_COUNT_LOW_HIGH | mode);
	kvm_out8(PIT_COUNTER_0, count & 0xff);
	kvm_out8(PIT_COUNTER_0, count >> 8);
}

GUEST_CASE(pit_periodic)
{
	begin();
	set_pit(PIT_MODE_2, PIT_HZ / 100);
	wait_for(5);
	tst_res(TPASS, "five interrupts of the PIT");
}

GUEST_CASE(pit_one_shot)
{
	begin();
	set_pit(PIT_MODE_0, PIT_HZ / 1000);
	wait_for(1);
	expect_no_more(1, "the PIT's one shot");
}
