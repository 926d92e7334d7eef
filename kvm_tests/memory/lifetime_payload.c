// SPDX-License-Identifier: MIT
/* A short life: some pages, and an interrupt. */
#include "guest_case.h"
#include "kvm_x86.h"
#include "kvm_x86_apic.h"

#define VECTOR 0x40
#define PAGES 40

static volatile uint32_t interrupts;
static unsigned char pages[PAGES * PAGESIZE] __attribute__((aligned(PAGESIZE)));

static int count(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	interrupts++;
	return 0;
}

GUEST_CASE(live)
{
	tst_set_interrupt_callback(VECTOR, count, NULL);
	for (unsigned int i = 0; i < PAGES; i++)
		pages[i * PAGESIZE]++;
	kvm_enable_apic();
	kvm_enable_interrupts();
	kvm_send_ipi(0, VECTOR);
	while (!interrupts)
		;
}
