// SPDX-License-Identifier: MIT
/*
 * The model of VM entries (vmentry_rules.h) says of each state in kvm_tests/vmx's table
 * what the table says, and that without entering it.
 */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "vmentry_changes.h"
#include "vmentry_rules.h"

/* Of the table's three MSRs to load, the one at fault. */
#define BAD_MSR 2

struct state {
	const char *name;
	void (*change)(void);
	unsigned int outcome;
};

#define CHANGE(name, statement)         \
	static void change_##name(void) \
	{                               \
		statement;              \
	}

#define VMENTRY_STATES(STATE)                  \
	ILLEGAL_CONTROLS(STATE)                \
	ILLEGAL_CONTROLS_OF_EPT(STATE)         \
	ILLEGAL_HOST_STATES(STATE)             \
	ILLEGAL_HOST_STATES_OF_64_BITS(STATE)  \
	ILLEGAL_GUEST_STATES(STATE)            \
	ILLEGAL_GUEST_STATES_OF_64_BITS(STATE) \
	ILLEGAL_LINK_POINTERS(STATE)           \
	ILLEGAL_MSR_LOADS(STATE)               \
	LEGAL_STATES(STATE)

VMENTRY_STATES(CHANGE)

#define CONTROL(name, statement) {#name, change_##name, VMENTRY_BAD_CONTROLS},
#define HOST(name, statement) {#name, change_##name, VMENTRY_BAD_HOST},
#define GUEST(name, statement) {#name, change_##name, VMENTRY_BAD_GUEST},
#define LINK_POINTER(name, statement) {#name, change_##name, VMENTRY_BAD_LINK},
#define MSR_LOAD(name, statement) {#name, change_##name, VMENTRY_BAD_MSR},
#define LEGAL(name, statement) {#name, change_##name, VMENTRY_ENTERED},

static const struct state states[] = {
	ILLEGAL_CONTROLS(CONTROL) ILLEGAL_CONTROLS_OF_EPT(CONTROL) ILLEGAL_HOST_STATES(HOST)
		ILLEGAL_HOST_STATES_OF_64_BITS(HOST) ILLEGAL_GUEST_STATES(GUEST)
			ILLEGAL_GUEST_STATES_OF_64_BITS(GUEST) ILLEGAL_LINK_POINTERS(LINK_POINTER)
				ILLEGAL_MSR_LOADS(MSR_LOAD) LEGAL_STATES(LEGAL)};

static int guest_main(void)
{
	return 0;
}

static struct vmentry_verdict judge_current(const struct vmentry_cpu *cpu)
{
	static uint64_t values[VMENTRY_FIELD_COUNT];

	for (unsigned int i = 0; i < VMENTRY_FIELD_COUNT; i++)
		values[i] = kvm_vmx_vmread(vmentry_fields[i].encoding);
	return vmentry_judge(cpu, values);
}

static void compare(const struct state *state, const struct vmentry_verdict *verdict)
{
	/* Which MSRs there are, and what they may hold, the model knows of a few only. */
	const unsigned int open = state->outcome == VMENTRY_BAD_MSR ? VMENTRY_ENTERED : 0;

	if ((verdict->outcomes & ~open) != state->outcome)
		tst_res(TFAIL, "%s: the model has outcomes %#x, the table %#x: %s", state->name,
			verdict->outcomes, state->outcome, verdict->rule);
	else if (state->outcome == VMENTRY_BAD_MSR && verdict->bad_msr != BAD_MSR)
		tst_res(TFAIL, "%s: the model finds MSR %u at fault, the table %u", state->name,
			verdict->bad_msr, BAD_MSR);
	else
		tst_res(TPASS, "%s: %s", state->name, verdict->rule);
}

void main(void)
{
	static struct kvm_vmcs unchanged;
	struct vmentry_verdict verdict;
	struct kvm_vmx_vcpu *vm;
	struct vmentry_cpu cpu;

	kvm_set_vmx_state(1);
	vmentry_read_cpu(&cpu);
	vm = kvm_create_vmx_vcpu(guest_main, 1);
	kvm_vmx_activate_vcpu(vm);
	kvm_vmx_vmclear(vm->vmcs);
	unchanged = *vm->vmcs;
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		*vm->vmcs = unchanged;
		kvm_vmx_vmptrld(vm->vmcs);
		states[i].change();
		verdict = judge_current(&cpu);
		compare(&states[i], &verdict);
		kvm_vmx_vmclear(vm->vmcs);
	}
}

#else /* COMPILE_PAYLOAD */

/* One of the states reaches for the APIC. */
static void run(void)
{
	static struct tst_kvm_instance vm;
	const struct tst_kvm_config config = {.irqchip = TST_KVM_KERNEL_IRQCHIP};

	tst_kvm_create(&vm, &config);
	tst_kvm_run_instance(&vm, 0);
	tst_kvm_destroy_instance(&vm);
}

static struct tst_test test = {
	.test_all = run,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
