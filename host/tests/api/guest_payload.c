// SPDX-License-Identifier: MIT
/* The tasks of guest.h. */
#include "guest.h"
#include "kvm_test.h"
#include "kvm_x86.h"

static volatile struct guest_page *const page = (volatile struct guest_page *)GUEST_ADDRESS;

static void spin(uint32_t task)
{
	while (page->task == task)
		page->progress++;
}

static void halt(void)
{
	while (page->task == GUEST_HALT) {
		page->progress++;
		kvm_yield();
	}
}

static void wait_twice(void)
{
	tst_wait_host((void *)GUEST_FIRST_DATA);
	page->progress = 1;
	tst_wait_host((void *)GUEST_SECOND_DATA);
	page->progress = 2;
}

/* No function of the library would say such things. */
static void say(void)
{
	struct tst_kvm_result *result = (struct tst_kvm_result *)KVM_RESULT_BASEADDR;

	if (page->fill)
		memset(result->message, page->fill, KVM_RESULT_MESSAGE_SIZE);
	result->file_addr = page->file_addr;
	result->lineno = page->lineno;
	*(volatile int32_t *)&result->result = page->result;
	asm volatile("outl %0, %w1"
		     :
		     : "a"(KVM_DOORBELL_RESULT), "d"(KVM_DOORBELL_PORT)
		     : "memory");
}

static void triple_fault(void)
{
	struct {
		uint16_t limit;
		uintptr_t base;
	} __attribute__((packed)) none = {0};

	asm volatile("lidt %0\n"
		     "ud2"
		     :
		     : "m"(none));
}

void main(void)
{
	switch (page->task) {
	case GUEST_SILENT:
		return;
	case GUEST_INFORM:
		tst_res(TINFO, "the guest has nothing to say");
		return;
	case GUEST_SPIN:
		tst_signal_host((void *)GUEST_FIRST_DATA);
		spin(GUEST_SPIN);
		break;
	case GUEST_SPIN_SILENTLY:
		spin(GUEST_SPIN_SILENTLY);
		break;
	case GUEST_WAIT_TWICE:
		wait_twice();
		break;
	case GUEST_SIGNAL_AND_YIELD:
		tst_signal_host((void *)GUEST_FIRST_DATA);
		kvm_yield();
		break;
	case GUEST_HALT:
		halt();
		break;
	case GUEST_SAY:
		say();
		break;
	case GUEST_MMIO_READ:
		(void)*(volatile uint32_t *)GUEST_MMIO;
		break;
	case GUEST_PORT_WRITE:
		asm volatile("outb %%al, %%dx" : : "a"(0x5a), "d"(GUEST_PORT));
		break;
	case GUEST_SIGNAL_AND_FAULT:
		tst_signal_host((void *)GUEST_FIRST_DATA);
		triple_fault();
		break;
	case GUEST_TRIPLE_FAULT:
		triple_fault();
		break;
	}
	tst_res(TPASS, "the guest is done");
}
