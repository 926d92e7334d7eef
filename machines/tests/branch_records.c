/* SPDX-License-Identifier: MIT */
/*
 * The last branch as a guest's own record has it, over an exit to the host, which takes
 * branches of its own: APM Vol. 2, "Control-Transfer Recording MSRs", "LBR Virtualization".
 */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "kvm_x86.h"

#define MSR_DEBUG_CONTROL 0x1d9
#define MSR_LAST_BRANCH_FROM 0x1db
#define MSR_LAST_BRANCH_TO 0x1dc
#define RECORD_BRANCHES 1

/* Takes a branch, leaves the guest, and stops the record: WRMSR is behind the branch. */
asm(".text\n"
    "take_branch:\n"
    "	xorl %edx, %edx\n"
    "	movl $0x1d9, %ecx\n"
    "	movl $1, %eax\n"
    "	wrmsr\n"
    "branch:\n"
    "	jmp target\n"
    "	ud2\n"
    "target:\n"
    "	outb %al, $0x80\n"
    "	xorl %eax, %eax\n"
    "	wrmsr\n"
    "	ret\n");
extern const char branch[], target[];
void take_branch(void);

static void check(const char *name, uint32_t msr, uint64_t expected)
{
	const unsigned long long actual = kvm_rdmsr(msr);

	tst_res(actual == expected ? TPASS : TFAIL, "%s: %#llx, expected %#llx", name, actual,
		(unsigned long long)expected);
}

void main(void)
{
	kvm_wrmsr(MSR_DEBUG_CONTROL, RECORD_BRANCHES);
	check("debug control, on", MSR_DEBUG_CONTROL, RECORD_BRANCHES);
	take_branch();
	check("debug control, off", MSR_DEBUG_CONTROL, 0);
	check("the last branch's address", MSR_LAST_BRANCH_FROM, (uintptr_t)branch);
	check("where it led", MSR_LAST_BRANCH_TO, (uintptr_t)target);
}

#else /* COMPILE_PAYLOAD */

static int ignore(struct tst_kvm_vcpu *vcpu, void *arg)
{
	(void)vcpu;
	(void)arg;
	return 0;
}

static void run(void)
{
	static struct tst_kvm_instance vm;

	tst_kvm_create(&vm, NULL);
	tst_kvm_on_exit(&vm, KVM_EXIT_IO, ignore, NULL);
	tst_kvm_run_instance(&vm, 0);
	tst_kvm_destroy_instance(&vm);
}

static struct tst_test test = {
	.test_all = run,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
