// SPDX-License-Identifier: MIT
/* VM entries with one thing in the VMCS changed, one a case: vmentry_states.h. */
#include "guest_case.h"
#include "kvm_x86_vmx.h"
#include "vmentry_states.h"

#define UNUSED __attribute__((unused))

/* Controls without a name in the library: SDM Vol. 3 "VM-Execution Control Fields" and on. */
#define PIN_VIRTUAL_NMIS (1u << 5)
#define EXEC_NMI_WINDOW (1u << 22)
#define EXEC2_UNRESTRICTED_GUEST (1u << 7)
#define EXEC2_PML (1u << 17)
#define EXIT_LOAD_PAT (1u << 19)
#define EXIT_SAVE_TIMER (1u << 22)
#define ENTRY_LOAD_PAT (1u << 14)
#define FIELD_PML_ADDRESS 0x200e
#define SELECTOR_TI 4

/* "Format of the VM-Entry Interruption-Information Field": valid, type, vector. */
#define EVENT(type, vector) (1u << 31 | (type) << 8 | (vector))
#define EVENT_ERROR_CODE (1u << 11)

/* "VM Instruction Error Numbers" */
#define ERROR_CONTROL_FIELD 7
#define ERROR_HOST_STATE 8

/* "Format of an MSR Entry" */
struct msr_entry {
	uint32_t index, reserved;
	uint64_t value;
};

static volatile unsigned int runs;

static int guest_main(void)
{
	runs++;
	return 0;
}

static void put(unsigned long field, uint64_t value)
{
	kvm_vmx_vmwrite(field, value);
}

UNUSED static void set(unsigned long field, uint64_t bits)
{
	put(field, kvm_vmx_vmread(field) | bits);
}

UNUSED static void clear(unsigned long field, uint64_t bits)
{
	put(field, kvm_vmx_vmread(field) & ~bits);
}

/* Switches controls on; without them, there is nothing to check. */
static void need_control(unsigned long field, unsigned int mask, uint32_t bits)
{
	if (bits & ~(uint32_t)(kvm_vmx_read_vmctl_mask(mask) >> 32))
		tst_brk(TCONF, "the CPU does not have the controls %#x of field %#lx", bits, field);
	set(field, bits);
}

UNUSED static void need(uint32_t bits)
{
	need_control(VMX_VMCS_VMEXEC_CTL, VMX_CTLMASK_EXECCTL, bits);
}

UNUSED static void need2(uint32_t bits)
{
	need(VMX_EXECCTL_ENABLE_CTL2);
	put(VMX_VMCS_VMEXEC_CTL2, (uint32_t)kvm_vmx_read_vmctl_mask(VMX_CTLMASK_EXECCTL2));
	need_control(VMX_VMCS_VMEXEC_CTL2, VMX_CTLMASK_EXECCTL2, bits);
}

UNUSED static void need_pin(uint32_t bits)
{
	need_control(VMX_VMCS_VMPINX_CTL, VMX_CTLMASK_PINX, bits);
}

UNUSED static void need_exit(uint32_t bits)
{
	need_control(VMX_VMCS_VMEXIT_CTL, VMX_CTLMASK_EXITCTL, bits);
}

UNUSED static void need_entry(uint32_t bits)
{
	need_control(VMX_VMCS_VMENTRY_CTL, VMX_CTLMASK_ENTRYCTL, bits);
}

/* Clears one of the bits that the CPU demands. */
UNUSED static void clear_required(unsigned long field, unsigned int mask)
{
	const uint32_t required = kvm_vmx_read_vmctl_mask(mask);

	if (!required)
		tst_brk(TCONF, "the CPU demands no bit of field %#lx", field);
	clear(field, required & -required);
}

/* Sets one of the bits that the CPU does not have. */
UNUSED static void set_unknown(unsigned long field, unsigned int mask)
{
	const uint32_t unknown = ~(uint32_t)(kvm_vmx_read_vmctl_mask(mask) >> 32);

	if (!unknown)
		tst_brk(TCONF, "the CPU has all bits of field %#lx", field);
	set(field, unknown & -unknown);
}

UNUSED static uint64_t page(void)
{
	return (uintptr_t)memzero(tst_heap_alloc_aligned(PAGESIZE, PAGESIZE), PAGESIZE);
}

UNUSED static uint64_t shadow_vmcs(void)
{
	struct kvm_vmcs *vmcs = kvm_alloc_vmcs();

	vmcs->version |= VMX_SHADOW_VMCS;
	return (uintptr_t)vmcs;
}

/* CPUID 8000_0008H EAX[7:0]: how many bits a physical address has. */
UNUSED static uint64_t physical_end(void)
{
	struct kvm_cpuid cpuid;

	kvm_get_cpuid(CPUID_GET_ADDRESS_SIZES, 0, &cpuid);
	return BIT64(cpuid.eax & 0xff);
}

UNUSED static uint64_t efer(void)
{
	return kvm_rdmsr(MSR_EFER);
}

/* "Miscellaneous Data": IA32_VMX_MISC[24:16] */
UNUSED static unsigned int cr3_targets(void)
{
	return kvm_rdmsr(MSR_IA32_VMX_MISC) >> 16 & 0x1ff;
}

/* IA32_VMX_MISC[8:6]: the activity states 1 to 3 that there are. */
UNUSED static unsigned int without_activity(unsigned int state)
{
	if (kvm_rdmsr(MSR_IA32_VMX_MISC) >> (5 + state) & 1)
		tst_brk(TCONF, "the CPU has activity state %u", state);
	return state;
}

/* An MSR-load area of three entries; the second is the one in question. */
UNUSED static void load_msr(uint32_t msr, uint32_t reserved, uint64_t value)
{
	struct msr_entry *entries = (void *)(uintptr_t)page();

	entries[0] = (struct msr_entry){MSR_STAR, 0, 0x0013001000000000};
	entries[1] = (struct msr_entry){msr, reserved, value};
	entries[2] = entries[0];
	put(VMX_VMCS_VMENTRY_MSR_LOAD, 3);
	put(VMX_VMCS_VMENTRY_MSR_LOAD_POINTER, (uintptr_t)entries);
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
#endif
