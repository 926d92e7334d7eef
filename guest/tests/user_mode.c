// SPDX-License-Identifier: MIT
/* Code at privilege level 3: SDM Vol. 3 "Privilege Levels". */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "check.h"
#include "kvm_x86.h"

#define SUPERVISOR_PAGE 0x90000000u
#define USER_PAGE 0x90001000u

struct seen {
	uint16_t cs;
	unsigned int cpu;
	int count;
};

static void look(void *arg)
{
	struct seen *seen = arg;
	struct kvm_sregs sregs;

	kvm_read_sregs(&sregs);
	seen->cs = sregs.cs;
	seen->cpu = tst_cpu();
	seen->count++;
	tst_res(TPASS, "a result from CPL 3: %s", "it arrives");
}

static void execute_cli(void *arg)
{
	asm volatile("cli");
}

static void read_there(void *arg)
{
	(void)*(volatile int *)arg;
}

static void write_port(void *arg)
{
	kvm_out8((uintptr_t)arg, 0);
}

static void try_inside(void *arg)
{
	struct kvm_fault *fault = arg;

	*fault = kvm_try(execute_cli, NULL);
}

static void recurse(void *arg)
{
	struct kvm_fault *fault = arg;

	*fault = kvm_call_user(execute_cli, NULL);
}

static void check_faults(void)
{
	struct kvm_fault fault;
	void *page = tst_heap_alloc_aligned(PAGESIZE, PAGESIZE);

	fault = kvm_call_user(execute_cli, NULL);
	CHECK_EQ(fault.vector, INTR_GPF);
	CHECK_EQ(fault.errcode, 0);

	kvm_map(SUPERVISOR_PAGE, (uintptr_t)page, PAGESIZE, PTE_WRITABLE);
	kvm_map(USER_PAGE, (uintptr_t)page, PAGESIZE, PTE_WRITABLE | PTE_USER);
	fault = kvm_call_user(read_there, (void *)SUPERVISOR_PAGE);
	CHECK_EQ(fault.vector, INTR_PAGE_FAULT);
	CHECK_EQ(fault.errcode, 5); /* present, user */
	CHECK_EQ(fault.address, SUPERVISOR_PAGE);
	CHECK_EQ(kvm_call_user(read_there, (void *)USER_PAGE).vector, -1);
	CHECK_EQ(kvm_try(read_there, (void *)SUPERVISOR_PAGE).vector, -1);

	/* Neighbours of the doorbell, and what lies beyond the bitmap. */
	CHECK_EQ(kvm_call_user(write_port, (void *)(KVM_DOORBELL_PORT - 1ul)).vector, INTR_GPF);
	CHECK_EQ(kvm_call_user(write_port, (void *)(KVM_DOORBELL_PORT + 4ul)).vector, INTR_GPF);
	CHECK_EQ(kvm_call_user(write_port, (void *)0xfffful).vector, INTR_GPF);
}

void main(void)
{
	struct seen seen = {0};
	struct kvm_sregs before, after;
	struct kvm_fault fault = {0};

	kvm_read_sregs(&before);
	fault = kvm_call_user(look, &seen);
	kvm_read_sregs(&after);
	CHECK_EQ(fault.vector, -1);
	CHECK_EQ(seen.count, 1);
	CHECK_EQ(seen.cs & 3, 3);
	CHECK_EQ(seen.cpu, 0);
	CHECK(!memcmp(&before, &after, sizeof(before)));

	for (int i = 0; i < 100; i++)
		kvm_call_user(execute_cli, NULL);
	check_faults();

	/* kvm_try() works there, kvm_call_user() has no need to. */
	CHECK_EQ(kvm_call_user(try_inside, &fault).vector, -1);
	CHECK_EQ(fault.vector, INTR_GPF);
	(void)recurse;
	kvm_call_user((void (*)(void *))kvm_exit, NULL);
	tst_res(TFAIL, "kvm_exit() at CPL 3 did not end the payload");
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
