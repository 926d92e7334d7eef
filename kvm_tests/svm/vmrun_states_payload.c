// SPDX-License-Identifier: MIT
/* VMRUN of a VMCB with one thing changed, one a case: vmrun_states.h. */
#include "guest_case.h"
#include "kvm_x86_svm.h"
#include "vmrun_states.h"

/* What no CPU stores as an exit code: what the exit must overwrite, all of it. */
#define NO_EXIT 0x5a5a5a5a5a5a5a5a

static volatile unsigned int runs;

static int guest_main(void)
{
	runs++;
	return 0;
}

/* CPUID Fn8000_0008 EAX[7:0]: how many bits a physical address has. */
__attribute__((unused)) static uint64_t physical_end(void)
{
	struct kvm_cpuid cpuid;

	kvm_get_cpuid(CPUID_GET_ADDRESS_SIZES, 0, &cpuid);
	return BIT64(cpuid.eax & 0xff);
}

__attribute__((unused)) static void intercept(struct kvm_vmcb *vmcb, unsigned int id,
					      unsigned int state)
{
	kvm_vmcb_set_intercept(vmcb, id, state);
}

static uint64_t run(void (*change)(struct kvm_vmcb *vmcb))
{
	struct kvm_svm_vcpu *vm = kvm_create_svm_vcpu(guest_main, 1);

	runs = 0;
	change(vm->vmcb);
	vm->vmcb->exitcode = NO_EXIT;
	kvm_svm_vmrun(vm);
	return vm->vmcb->exitcode;
}

static void change_nothing(struct kvm_vmcb *vmcb)
{
	(void)vmcb;
}

/* A VMCB of our own that isn't accepted would make every state look illegal. */
static void check_unchanged(const char *when)
{
	const uint64_t exitcode = run(change_nothing);

	if (exitcode != SVM_EXIT_HLT || runs != 1) {
		tst_brk(TBROK, "%s, an unchanged VMCB ran %u times, exit code %#llx", when, runs,
			(unsigned long long)exitcode);
	}
}

static void check_refused(const char *name, void (*change)(struct kvm_vmcb *vmcb),
			  unsigned int tries)
{
	uint64_t exitcode = NO_EXIT;

	kvm_init_svm();
	check_unchanged("before");
	for (unsigned int i = 0; i < tries; i++) {
		exitcode = run(change);
		if (!runs)
			break;
	}
	if (runs)
		tst_res(TFAIL, "%s: VMRUN has started the guest, exit code %#llx", name,
			(unsigned long long)exitcode);
	else if (exitcode != SVM_EXIT_INVALID)
		tst_res(TFAIL, "%s: exit code %#llx, expected VMEXIT_INVALID, %#llx", name,
			(unsigned long long)exitcode, (unsigned long long)SVM_EXIT_INVALID);
	else
		tst_res(TPASS, "%s: refused", name);
	check_unchanged("afterwards");
}

static void check_illegal(const char *name, void (*change)(struct kvm_vmcb *vmcb))
{
	check_refused(name, change, 1);
}

/*
 * KVM may have to look after its host first, and then loses an event that it can't inject: not
 * each time.
 */
static void check_illegal_event(const char *name, void (*change)(struct kvm_vmcb *vmcb))
{
	check_refused(name, change, 10);
}

static void check_legal(const char *name, void (*change)(struct kvm_vmcb *vmcb))
{
	uint64_t exitcode;

	kvm_init_svm();
	exitcode = run(change);
	if (exitcode == SVM_EXIT_HLT && runs == 1)
		tst_res(TPASS, "%s: the guest ran", name);
	else
		tst_res(TFAIL, "%s: the guest ran %u times, exit code %#llx", name, runs,
			(unsigned long long)exitcode);
}

#define CASE(check, name, statement)                     \
	static void change_##name(struct kvm_vmcb *vmcb) \
	{                                                \
		statement;                               \
	}                                                \
	GUEST_CASE(name)                                 \
	{                                                \
		check(#name, change_##name);             \
	}
#define ILLEGAL(name, statement) CASE(check_illegal, name, statement)
#define ILLEGAL_EVENT(name, statement) CASE(check_illegal_event, name, statement)
#define LEGAL(name, statement) CASE(check_legal, name, statement)

ILLEGAL_STATES(ILLEGAL)
ILLEGAL_EVENTS(ILLEGAL_EVENT)
#ifdef __x86_64__
ILLEGAL_STATES_OF_LONG_MODE(ILLEGAL)
#endif
ILLEGAL_STATES_OF_NESTED_PAGING(ILLEGAL)
LEGAL_STATES(LEGAL)
