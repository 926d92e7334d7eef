// SPDX-License-Identifier: MIT
/* Code that may fault, and what callbacks can change of the interrupted code. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "check.h"
#include "kvm_x86.h"

#define UNKNOWN_MSR 0xdead0000
#define UNMAPPED 0x90000000u

#ifdef __x86_64__
#define SP "rsp"
#define SI "rsi"
#else
#define SP "esp"
#define SI "esi"
#endif

static volatile int steps;

static void do_nothing(void *arg)
{
	*(volatile int *)arg = 1;
}

static void raise_bad_opcode(void *arg)
{
	volatile char space[512];

	space[0] = 1;
	steps++;
	asm volatile("ud2");
	steps += space[0] * 100;
}

static void divide_by_zero(void *arg)
{
	unsigned int zero = 0;

	asm volatile("divl %0" : : "r"(zero), "a"(0), "d"(0) : "cc");
}

static void write_there(void *arg)
{
	*(volatile int *)arg = 1;
}

static void nest(void *arg)
{
	struct kvm_fault *inner = arg;

	*inner = kvm_try(raise_bad_opcode, NULL);
	steps += 10;
	divide_by_zero(NULL);
}

static void spoil_flags(void *arg)
{
	asm volatile("std; sti; nop; ud2");
}

static unsigned long flags(void)
{
	unsigned long value;

	asm volatile("pushf; pop %0" : "=r"(value));
	return value;
}

static void check_try(void)
{
	struct kvm_fault fault, inner = {0};
	int ran = 0;

	fault = kvm_try(do_nothing, &ran);
	CHECK_EQ(ran, 1);
	CHECK_EQ(fault.vector, -1);
	CHECK_EQ(fault.errcode, 0);
	CHECK_EQ(fault.address, 0);

	fault = kvm_try(raise_bad_opcode, NULL);
	CHECK_EQ(fault.vector, INTR_BAD_OPCODE);
	CHECK_EQ(fault.errcode, 0);
	CHECK_EQ(fault.address, 0);
	CHECK_EQ(steps, 1);

	fault = kvm_try(nest, &inner);
	CHECK_EQ(inner.vector, INTR_BAD_OPCODE);
	CHECK_EQ(fault.vector, INTR_ZERODIV);
	CHECK_EQ(steps, 12);

	/* A thousand times: nothing is left on the stack. */
	for (int i = 0; i < 1000; i++)
		kvm_try(raise_bad_opcode, NULL);
	CHECK_EQ(steps, 1012);

	kvm_try(spoil_flags, NULL);
	CHECK_EQ(flags() & (RFLAGS_DF | RFLAGS_IF), 0);
}

static void check_page_fault(void)
{
	struct kvm_cregs cregs;
	struct kvm_fault fault;

	kvm_read_cregs(&cregs);
	if (!(cregs.cr0 & CR0_PG)) {
		tst_res(TINFO, "no paging, no page faults");
		return;
	}
	fault = kvm_try(write_there, (void *)UNMAPPED);
	CHECK_EQ(fault.vector, INTR_PAGE_FAULT);
	CHECK_EQ(fault.errcode, 2);
	CHECK_EQ(fault.address, UNMAPPED);
}

static void check_msrs(void)
{
	uint64_t value = 0x1234;
	struct kvm_fault fault = kvm_safe_rdmsr(UNKNOWN_MSR, &value);

	CHECK_EQ(fault.vector, INTR_GPF);
	CHECK_EQ(fault.errcode, 0);
	CHECK_EQ(value, 0x1234);
	CHECK_EQ(kvm_safe_wrmsr(UNKNOWN_MSR, 1).vector, INTR_GPF);
	CHECK_EQ(kvm_safe_wrmsr(MSR_SYSENTER_ESP, 0x5678).vector, -1);
	CHECK_EQ(kvm_safe_rdmsr(MSR_SYSENTER_ESP, &value).vector, -1);
	CHECK_EQ(value, 0x5678);
}

/* What a callback sees, and what it is to change. */
struct change {
	int count;
	uintptr_t ip, sp;
	unsigned long flags;
	uint16_t cs;
	uintptr_t new_sp;
};

static int skip(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	struct change *change = userdata;

	change->count++;
	change->ip = kvm_get_interrupt_ip(ifrm);
	change->sp = kvm_get_interrupt_sp(ifrm);
	change->cs = kvm_get_interrupt_cs(ifrm);
	change->flags = kvm_get_interrupt_flags(ifrm);
	kvm_set_interrupt_ip(ifrm, change->ip + 2); /* UD2's length */
	kvm_set_interrupt_flags(ifrm, change->flags | 1); /* carry */
	kvm_set_interrupt_cs(ifrm, change->cs);
	if (change->new_sp)
		kvm_set_interrupt_sp(ifrm, change->new_sp);
	return 0;
}

static void check_frame(void)
{
	static unsigned long other_stack[64];
	struct change change = {0};
	struct kvm_sregs sregs;
	uintptr_t ip, sp, sp_after;
	unsigned char carry;

	tst_set_interrupt_callback(INTR_BAD_OPCODE, skip, &change);
	asm volatile("mov $1f, %0\n"
		     "	mov %%" SP ", %1\n"
		     "	clc\n"
		     "1:	ud2\n"
		     "	setc %2\n"
		     : "=&r"(ip), "=&r"(sp), "=q"(carry)
		     :
		     : "cc", "memory");
	kvm_read_sregs(&sregs);
	CHECK_EQ(change.count, 1);
	CHECK_EQ(change.ip, ip);
	CHECK_EQ(change.sp, sp);
	CHECK_EQ(change.cs, sregs.cs);
	CHECK_EQ(change.flags & 1, 0);
	CHECK_EQ(carry, 1);

	change.new_sp = (uintptr_t)&other_stack[32];
	asm volatile("mov %%" SP ", %%" SI "\n"
		     "	ud2\n"
		     "	mov %%" SP ", %0\n"
		     "	mov %%" SI ", %%" SP "\n"
		     : "=&r"(sp_after)
		     :
		     : SI, "cc", "memory");
	CHECK_EQ(sp_after, change.new_sp);
	CHECK_EQ(change.count, 2);

	/* kvm_try() is nearer than a callback. */
	CHECK_EQ(kvm_try(raise_bad_opcode, NULL).vector, INTR_BAD_OPCODE);
	CHECK_EQ(change.count, 2);
	tst_set_interrupt_callback(INTR_BAD_OPCODE, NULL, NULL);
}

static void check_instructions(void)
{
	uint64_t before = kvm_rdtsc(), after = kvm_rdtsc();

	CHECK(after > before);
	CHECK(kvm_cpuid_has(X86_FEATURE_TSC));
	CHECK(kvm_cpuid_has(X86_FEATURE_PAE));
	CHECK(!kvm_cpuid_has(KVM_CPUID_BIT(0x80000001, 0, KVM_CPUID_ECX, 10) + 0x00fe0000));
	kvm_invlpg((uintptr_t)main);
	CHECK(!(flags() & RFLAGS_IF));
	kvm_enable_interrupts();
	CHECK(flags() & RFLAGS_IF);
	kvm_disable_interrupts();
	CHECK(!(flags() & RFLAGS_IF));
}

void main(void)
{
	check_try();
	check_page_fault();
	check_msrs();
	check_frame();
	check_instructions();
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
