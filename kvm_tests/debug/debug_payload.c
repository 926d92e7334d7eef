// SPDX-License-Identifier: MIT
/* Code for the controller to stop in; its labels are symbols of the payload. */
#include "debug.h"
#include "guest_case.h"
#include "kvm_x86.h"

GUEST_SHARED uint32_t watched[2];
GUEST_SHARED uint32_t result;
GUEST_SHARED uint32_t debug_exceptions;

static int count_debug(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	debug_exceptions++;
	return 0;
}

/* Instructions of known places, one a label: nothing but registers. */
GUEST_CASE(steps)
{
	unsigned long value = 0;

	tst_set_interrupt_callback(INTR_DEBUG, count_debug, NULL);
	kvm_yield();
	asm volatile(".globl step0, step1, step2, step3, step4\n"
		     "step0: mov $1, %0\n"
		     "step1: add $2, %0\n"
		     "step2: jmp step3\n\t"
		     "ud2\n"
		     "step3: add $4, %0\n"
		     "step4: nop\n"
		     : "+r"(value)
		     :
		     : "cc", "memory");
	result = value;
	kvm_yield();
}

/* Reads and writes of the watched words. */
GUEST_CASE(watch)
{
	uint32_t value = 0;

	tst_set_interrupt_callback(INTR_DEBUG, count_debug, NULL);
	kvm_yield();
	asm volatile(".globl touch_none, touch_read, touch_write, touch_end\n"
		     "touch_none: movl $1, %2\n"
		     "touch_read: movl %1, %0\n"
		     "touch_write: movl $7, %1\n"
		     "touch_end: nop\n"
		     : "+r"(value), "+m"(watched[0]), "+m"(watched[1]));
	result = value;
	kvm_yield();
}

/* The instruction that is stopped at is an access to a device. */
GUEST_CASE(device)
{
	uint32_t value = 0;

	kvm_yield();
	asm volatile(".globl device_read, device_end\n"
		     "device_read: movl %1, %0\n"
		     "device_end: nop\n"
		     : "=r"(value)
		     : "m"(*(volatile uint32_t *)DEVICE_ADDRESS));
	result = value;
	kvm_yield();
}
