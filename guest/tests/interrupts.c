// SPDX-License-Identifier: MIT
/*
 * Interrupt callbacks: what they get, and that returning 0 resumes.
 *
 * The interrupts are faults of instructions that every KVM can run; each
 * callback steps over the faulting instruction by changing what it depends on.
 */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "check.h"
#include "kvm_x86.h"

#define UNKNOWN_MSR 0xdead0000

struct record {
	int count;
	uintptr_t ip;
	unsigned long error_code;
};

/* The divisor of the division that faults; volatile, since a callback mends it. */
static volatile uint32_t divisor;

static int mend_divisor(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	struct record *record = userdata;

	record->count++;
	record->ip = kvm_get_interrupt_ip(ifrm);
	record->error_code = errcode;
	divisor = 7;
	return 0;
}

static uint32_t divide(uint32_t dividend, uintptr_t *ip)
{
	uint32_t quotient, remainder;

	asm volatile("mov $1f, %2\n"
		     "1:	divl %3\n"
		     : "=a"(quotient), "=d"(remainder), "=&r"(*ip)
		     : "m"(divisor), "a"(dividend), "d"(0)
		     : "cc", "memory");
	return quotient;
}

static void check_resume(void)
{
	struct record record = {0, 0, 1};
	uintptr_t ip;

	tst_set_interrupt_callback(INTR_ZERODIV, mend_divisor, &record);
	divisor = 0;
	CHECK_EQ(divide(700, &ip), 100);
	CHECK_EQ(record.count, 1);
	CHECK_EQ(record.ip, ip);
	CHECK_EQ(record.error_code, 0);

	/* Once more: nothing of the first one is left over. */
	divisor = 0;
	CHECK_EQ(divide(77, &ip), 11);
	CHECK_EQ(record.count, 2);
}

/* The registers of the interrupted code come back as they were. */
static void check_registers(void)
{
	struct record record = {0};
	unsigned long b, s, d;
	unsigned long a = 700, rest = 0;

	tst_set_interrupt_callback(INTR_ZERODIV, mend_divisor, &record);
	divisor = 0;
	asm volatile("divl %[divisor]"
		     : "+a"(a), "+d"(rest), "=b"(b), "=S"(s), "=D"(d)
		     : [divisor] "m"(divisor), "b"(0x11111111), "S"(0x22222222), "D"(0x33333333)
		     : "cc", "memory");
	CHECK_EQ(record.count, 1);
	CHECK_EQ(b, 0x11111111);
	CHECK_EQ(s, 0x22222222);
	CHECK_EQ(d, 0x33333333);
	CHECK_EQ(a, 100);
}

/* Ends the test where the fault's error code is what it should be: rdmsr can't be mended. */
static int finish(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	const struct record *record = userdata;

	CHECK_EQ(errcode, 0);
	CHECK_EQ(kvm_get_interrupt_ip(ifrm) >= record->ip, 1);
	tst_res(TPASS, "a callback can end the test with kvm_exit()");
	kvm_exit();
}

static int nested(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	uintptr_t ip;

	divisor = 0;
	CHECK_EQ(divide(49, &ip), 7);
	return finish(userdata, ifrm, errcode);
}

static int never(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	tst_brk(TFAIL, "a callback was called that another one had replaced");
	return 0;
}

static void check_names(void)
{
	CHECK(INTERRUPT_COUNT >= 32);
	CHECK(tst_interrupt_names[INTR_PAGE_FAULT] != NULL);
	CHECK(strlen(tst_interrupt_names[INTR_GPF]) > 0);
}

void main(void)
{
	struct record record = {0, (uintptr_t)kvm_rdmsr, 0};

	check_names();
	check_resume();
	check_registers();
	tst_set_interrupt_callback(INTR_GPF, never, NULL);
	tst_set_interrupt_callback(INTR_GPF, nested, &record);
	kvm_rdmsr(UNKNOWN_MSR);
	tst_res(TFAIL, "reading an MSR that does not exist raised nothing");
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
