// SPDX-License-Identifier: MIT
/* VM entries with one thing in the VMCS changed, one a case: vmentry_states.h. */
#include "guest_case.h"
#include "vmentry_changes.h"

/* "VM Instruction Error Numbers" */
#define ERROR_CONTROL_FIELD 7
#define ERROR_HOST_STATE 8

static volatile unsigned int runs;

static int guest_main(void)
{
	runs++;
	return 0;
}

/* Enters a new guest; whether the instruction was accepted. */
static _Bool enter(void (*change)(void))
{
	struct kvm_vmx_vcpu *vm = kvm_create_vmx_vcpu(guest_main, 1);

	runs = 0;
	kvm_vmx_activate_vcpu(vm);
	change();
	return !kvm_vmx_vmlaunch(vm);
}

static void change_nothing(void)
{
}

/* A VMCS of our own that isn't accepted would make every state look illegal. */
static void check_unchanged(const char *when)
{
	if (!enter(change_nothing))
		tst_brk(TBROK, "%s, an unchanged VMCS is refused: %s", when, kvm_vmx_inst_err());
	if (kvm_vmx_vmread(VMX_VMCS_EXIT_REASON) != VMX_EXIT_HLT || runs != 1) {
		tst_brk(TBROK, "%s, an unchanged VMCS ran %u times, exit reason %#llx", when, runs,
			(unsigned long long)kvm_vmx_vmread(VMX_VMCS_EXIT_REASON));
	}
}

/* The CPU refuses the instruction and says why. */
static void check_refused(const char *name, void (*change)(void), int error)
{
	kvm_set_vmx_state(1);
	check_unchanged("before");
	if (enter(change)) {
		tst_res(TFAIL, "%s: accepted; the guest ran %u times, exit reason %#llx", name,
			runs, (unsigned long long)kvm_vmx_vmread(VMX_VMCS_EXIT_REASON));
	} else if (kvm_vmx_inst_errno() != error) {
		tst_res(TFAIL, "%s: refused with error %d (%s), expected %d", name,
			kvm_vmx_inst_errno(), kvm_vmx_inst_err(), error);
	} else {
		tst_res(TPASS, "%s: refused, %s", name, kvm_vmx_inst_err());
	}
	check_unchanged("afterwards");
}

/* The entry fails while it loads the guest: an exit of its own kind. */
static void check_failed(const char *name, void (*change)(void), unsigned int reason,
			 uint64_t qualification)
{
	const uint64_t expected = VMX_EXIT_FAILED_ENTRY | reason;

	kvm_set_vmx_state(1);
	check_unchanged("before");
	if (!enter(change)) {
		tst_res(TFAIL, "%s: the instruction is refused, error %d (%s)", name,
			kvm_vmx_inst_errno(), kvm_vmx_inst_err());
	} else if (runs) {
		tst_res(TFAIL, "%s: the guest ran, exit reason %#llx", name,
			(unsigned long long)kvm_vmx_vmread(VMX_VMCS_EXIT_REASON));
	} else if (kvm_vmx_vmread(VMX_VMCS_EXIT_REASON) != expected ||
		   kvm_vmx_vmread(VMX_VMCS_EXIT_QUALIFICATION) != qualification) {
		tst_res(TFAIL, "%s: exit reason %#llx, qualification %llu; expected %#llx and %llu",
			name, (unsigned long long)kvm_vmx_vmread(VMX_VMCS_EXIT_REASON),
			(unsigned long long)kvm_vmx_vmread(VMX_VMCS_EXIT_QUALIFICATION),
			(unsigned long long)expected, (unsigned long long)qualification);
	} else {
		tst_res(TPASS, "%s: the entry fails", name);
	}
	check_unchanged("afterwards");
}

static void check_legal(const char *name, void (*change)(void))
{
	kvm_set_vmx_state(1);
	if (!enter(change))
		tst_res(TFAIL, "%s: refused, %s", name, kvm_vmx_inst_err());
	else if (kvm_vmx_vmread(VMX_VMCS_EXIT_REASON) != VMX_EXIT_HLT || runs != 1)
		tst_res(TFAIL, "%s: the guest ran %u times, exit reason %#llx", name, runs,
			(unsigned long long)kvm_vmx_vmread(VMX_VMCS_EXIT_REASON));
	else
		tst_res(TPASS, "%s: the guest ran", name);
}

#define CASE(name, statement, check)    \
	static void change_##name(void) \
	{                               \
		statement;              \
	}                               \
	GUEST_CASE(name)                \
	{                               \
		check;                  \
	}
#define CONTROL(name, statement) \
	CASE(name, statement, check_refused(#name, change_##name, ERROR_CONTROL_FIELD))
#define HOST(name, statement) \
	CASE(name, statement, check_refused(#name, change_##name, ERROR_HOST_STATE))
#define GUEST(name, statement) \
	CASE(name, statement, check_failed(#name, change_##name, VMX_EXIT_BAD_GUEST_STATE, 0))
#define LINK_POINTER(name, statement) \
	CASE(name, statement, check_failed(#name, change_##name, VMX_EXIT_BAD_GUEST_STATE, 4))
#define PAGE_DIRECTORY(name, statement) \
	CASE(name, statement, check_failed(#name, change_##name, VMX_EXIT_BAD_GUEST_STATE, 2))
#define MSR_LOAD(name, statement) \
	CASE(name, statement, check_failed(#name, change_##name, VMX_EXIT_BAD_MSR_LOAD, 2))
#define LEGAL(name, statement) CASE(name, statement, check_legal(#name, change_##name))

ILLEGAL_CONTROLS(CONTROL)
ILLEGAL_CONTROLS_OF_EPT(CONTROL)
ILLEGAL_HOST_STATES(HOST)
ILLEGAL_GUEST_STATES(GUEST)
ILLEGAL_LINK_POINTERS(LINK_POINTER)
ILLEGAL_MSR_LOADS(MSR_LOAD)
LEGAL_STATES(LEGAL)
#ifdef __x86_64__
ILLEGAL_HOST_STATES_OF_64_BITS(HOST)
ILLEGAL_GUEST_STATES_OF_64_BITS(GUEST)
#else
ILLEGAL_HOST_STATES_OF_32_BITS(HOST)
ILLEGAL_PAGE_DIRECTORIES_OF_32_BITS(PAGE_DIRECTORY)
#endif
