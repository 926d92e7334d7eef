// SPDX-License-Identifier: MIT
/* The payload "functions" of guest.h. */
#include "guest.h"
#include "kvm_test.h"
#include "kvm_x86.h"

/* Found by name: nothing here calls it. */
#define CALLABLE __attribute__((used)) static

volatile uint64_t count;
uint8_t pages[GUEST_PAGES][GUEST_PAGE_SIZE] __attribute__((aligned(GUEST_PAGE_SIZE)));

CALLABLE void do_nothing(uint64_t times)
{
	(void)times;
}

CALLABLE void report(uint64_t times)
{
	while (times--)
		tst_res(TPASS, "Hello, world!");
}

CALLABLE void touch_pages(uint64_t times)
{
	for (;;) {
		for (uint64_t i = 0; i < times; i++)
			pages[i][0]++;
		kvm_yield();
	}
}

static volatile uint64_t received[2], ready;

static int count_interrupt(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	(void)userdata;
	(void)ifrm;
	(void)errcode;
	received[tst_cpu()]++;
	kvm_end_of_interrupt();
	return 0;
}

/* Sends an interrupt for each that has come. */
static void answer(void *arg)
{
	const uint64_t times = *(uint64_t *)arg;

	kvm_enable_apic();
	kvm_enable_interrupts();
	ready = 1;
	for (uint64_t i = 1; i <= times; i++) {
		while (received[1] < i)
			;
		kvm_send_ipi(0, GUEST_VECTOR);
	}
}

CALLABLE void ping(uint64_t times)
{
	tst_set_interrupt_callback(GUEST_VECTOR, count_interrupt, NULL);
	kvm_enable_apic();
	tst_start_cpu(1, answer, &times);
	kvm_enable_interrupts();
	while (!ready)
		;
	for (uint64_t i = 1; i <= times; i++) {
		kvm_send_ipi(1, GUEST_VECTOR);
		while (received[0] < i)
			;
	}
	tst_join_cpu(1);
}

void main(void)
{
	void (*func)(uint64_t) = (void (*)(uint64_t))(uintptr_t)tst_arg();

	/* tst_kvm_run() says nothing. */
	if (func)
		func(count);
	else
		report(1);
}
