// SPDX-License-Identifier: MIT
/*
 * Without LBR virtualization, a nested guest and its hypervisor have the same branch records,
 * and what the guest switches on is on for the hypervisor: APM Vol. 2, "LBR Virtualization",
 * "Control-Transfer Recording MSRs".
 *
 * At the guest's exit, KVM took the records over only if the hypervisor had switched them on
 * before. It then believed them on, and nothing was recorded: fixed by 8a4821412cf2.
 */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "kvm_x86_svm.h"

#define MSR_DEBUG_CONTROL 0x1d9
#define MSR_LAST_BRANCH_FROM 0x1db
#define MSR_LAST_BRANCH_TO 0x1dc
#define RECORD_BRANCHES 1

/* Takes a branch, and stops the record. */
asm(".text\n"
    "take_branch:\n"
    "	xorl %edx, %edx\n"
    "	xorl %eax, %eax\n"
    "	movl $0x1d9, %ecx\n"
    "branch:\n"
    "	jmp target\n"
    "	ud2\n"
    "target:\n"
    "	wrmsr\n"
    "	ret\n");
extern const char branch[], target[];
void take_branch(void);

static int guest_main(void)
{
	kvm_wrmsr(MSR_DEBUG_CONTROL, RECORD_BRANCHES);
	return 0;
}

void main(void)
{
	struct kvm_svm_vcpu *vm;
	unsigned long long control, from, to;

	kvm_init_svm();
	vm = kvm_create_svm_vcpu(guest_main, 1);
	kvm_svm_vmrun(vm);
	if (vm->vmcb->exitcode != SVM_EXIT_HLT)
		tst_brk(TBROK, "exit code %#llx", (unsigned long long)vm->vmcb->exitcode);
	control = kvm_rdmsr(MSR_DEBUG_CONTROL);
	take_branch();
	from = kvm_rdmsr(MSR_LAST_BRANCH_FROM);
	to = kvm_rdmsr(MSR_LAST_BRANCH_TO);
	tst_res(control == RECORD_BRANCHES && from == (uintptr_t)branch && to == (uintptr_t)target
			? TPASS
			: TFAIL,
		"debug control %#llx, the last branch from %#llx to %#llx, expected %#lx to %#lx",
		control, from, to, (unsigned long)(uintptr_t)branch,
		(unsigned long)(uintptr_t)target);
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
	.tags =
		(struct tst_tag[]){
			{"linux-git", "8a4821412cf2"},
			{},
		},
};

#endif /* COMPILE_PAYLOAD */
