// SPDX-License-Identifier: MIT
/*
 * Saved states of a CPU that runs a nested guest, changed and loaded: KVM takes them if
 * and only if VMRUN, or the CPU, could have led there (APM Vol. 2 15.5.1; api.rst,
 * KVM_SET_NESTED_STATE and KVM_SET_SREGS). What it takes is what it tells afterwards. After
 * what it refuses, both guests go on as if nothing had been.
 *
 * The nested guest asks for the input: so each run begins with a loaded state.
 */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "kvm_x86_svm.h"

#define RETURNED 0x5a17

static int nested_guest(void)
{
	size_t size;

	tst_input(&size);
	return RETURNED;
}

void main(void)
{
	struct kvm_cregs before, after;
	struct kvm_svm_vcpu *vm;

	kvm_init_svm();
	vm = kvm_create_svm_vcpu(nested_guest, 1);
	kvm_read_cregs(&before);
	kvm_svm_vmrun(vm);
	kvm_read_cregs(&after);
	if (vm->vmcb->exitcode != SVM_EXIT_HLT)
		tst_res(TFAIL, "the nested guest has left with exit code %#llx",
			vm->vmcb->exitcode);
	else if ((uint32_t)vm->vmcb->rax != RETURNED)
		tst_res(TFAIL, "the nested guest has returned %#llx", vm->vmcb->rax);
	if (before.cr0 != after.cr0 || before.cr3 != after.cr3 || before.cr4 != after.cr4)
		tst_res(TFAIL, "the hypervisor has other control registers");
}

#else /* COMPILE_PAYLOAD */

#include <string.h>
#include <sys/ioctl.h>

#include "kvm_x86_bits.h"
#include "ringside/fuzz.h"

#define BIT64(n) (1ull << (n))
#define UPPER_HALF 0xffffffff00000000ull

/* In the VMCB behind the header: APM Vol. 2, Appendix B "Layout of VMCB". */
#define VMCB_INTERCEPTS_4 0x10 /* its bit 0 is VMRUN */
#define VMCB_IOPM 0x40
#define VMCB_MSRPM 0x48
#define VMCB_ASID 0x58
#define VMCB_EFER 0x4d0
#define VMCB_CR4 0x548
#define VMCB_CR0 0x558
#define VMCB_DR7 0x560
#define VMCB_DR6 0x568

struct state {
	struct kvm_nested_state head;
	uint8_t vmcb[4096];
};

_Static_assert(offsetof(struct state, vmcb) == offsetof(struct kvm_nested_state, data),
	       "state: the VMCB follows the header");

/*
 * What can be flipped: bits of which the manual says what they mean to VMRUN. CR4.TSD,
 * CR0.AM and EFER.SCE are there to be taken.
 */
static const struct field {
	uint16_t offset;
	uint64_t bits;
} fields[] = {
	{VMCB_ASID, 0xff},
	{VMCB_INTERCEPTS_4, 1},
	{VMCB_IOPM, ~0xfffull},
	{VMCB_MSRPM, ~0xfffull},
	{VMCB_CR0, UPPER_HALF | CR0_CD | CR0_NW | CR0_AM},
	{VMCB_CR4, UPPER_HALF | CR4_TSD},
	{VMCB_EFER, UPPER_HALF | EFER_SVME | EFER_SCE},
	{VMCB_DR6, UPPER_HALF},
	{VMCB_DR7, UPPER_HALF},
};

static uint64_t physical_end;

static uint64_t get(const struct state *state, unsigned int offset)
{
	uint64_t value;

	memcpy(&value, state->vmcb + offset, sizeof(value));
	return value;
}

/* The bit with that number among those of @bits, counted anew behind the last. */
static uint64_t choose_bit(uint64_t bits, unsigned int number)
{
	number %= __builtin_popcountll(bits);
	while (number--)
		bits &= bits - 1;
	return bits & -bits;
}

static const char *broken_rule(const struct state *state)
{
	const uint64_t cr0 = get(state, VMCB_CR0);

	if (!(get(state, VMCB_ASID) & 0xffffffff))
		return "ASID is zero";
	if (!(get(state, VMCB_INTERCEPTS_4) & 1))
		return "the VMRUN intercept is clear";
	if (get(state, VMCB_IOPM) > physical_end - 0x3000)
		return "the IOIO table extends beyond physical memory";
	if (get(state, VMCB_MSRPM) > physical_end - 0x2000)
		return "the MSR table extends beyond physical memory";
	if (cr0 & UPPER_HALF)
		return "CR0[63:32] are not zero";
	if ((cr0 & CR0_NW) && !(cr0 & CR0_CD))
		return "CR0.CD is zero, CR0.NW is set";
	if (get(state, VMCB_CR4) & UPPER_HALF)
		return "a reserved bit of CR4";
	if ((get(state, VMCB_EFER) & UPPER_HALF) || !(get(state, VMCB_EFER) & EFER_SVME))
		return "EFER has a reserved bit, or SVME is zero";
	if (get(state, VMCB_DR6) & UPPER_HALF)
		return "DR6[63:32] are not zero";
	if (get(state, VMCB_DR7) & UPPER_HALF)
		return "DR7[63:32] are not zero";
	return NULL;
}

static void read_state(const struct tst_kvm_instance *inst, struct state *state)
{
	memset(state, 0, sizeof(*state));
	state->head.size = sizeof(*state);
	SAFE_IOCTL(inst->vcpu_fd, KVM_GET_NESTED_STATE, &state->head);
}

/* Returns whether it was taken. */
static bool load_changed(struct tst_kvm_instance *inst, const uint8_t *input, size_t size)
{
	struct state state, told;
	const char *rule;
	bool taken;
	size_t i;

	read_state(inst, &state);
	if (!(state.head.flags & KVM_STATE_NESTED_GUEST_MODE))
		tst_brk(TBROK, "the CPU does not run the nested guest");
	for (i = 0; i + 1 < size; i += 2) {
		const struct field *field = &fields[input[i] % (sizeof(fields) / sizeof(*fields))];
		uint64_t value = get(&state, field->offset);

		value ^= choose_bit(field->bits, input[i + 1]);
		memcpy(state.vmcb + field->offset, &value, sizeof(value));
	}
	rule = broken_rule(&state);
	taken = ioctl(inst->vcpu_fd, KVM_SET_NESTED_STATE, &state.head) == 0;
	if (taken && rule)
		tst_res(TFAIL, "KVM_SET_NESTED_STATE takes what VMRUN refuses: %s", rule);
	if (!taken && !rule)
		tst_res(TFAIL, "KVM_SET_NESTED_STATE refuses what VMRUN takes");
	read_state(inst, &told);
	for (i = 0; taken && i < sizeof(fields) / sizeof(*fields); i++) {
		if (get(&told, fields[i].offset) != get(&state, fields[i].offset))
			tst_res(TFAIL,
				"the field at %#x of the VMCB is %#" PRIx64 " after %#" PRIx64
				" was loaded",
				fields[i].offset, get(&told, fields[i].offset),
				get(&state, fields[i].offset));
	}
	return taken;
}

/* SDM and APM, "Control Registers": 64-bit mode needs CR4.PAE; what is reserved is zero. */
static bool load_changed_sregs(struct tst_kvm_instance *inst, const uint8_t *input, size_t size)
{
	struct kvm_sregs sregs;
	bool legal, taken;
	size_t i;

	SAFE_IOCTL(inst->vcpu_fd, KVM_GET_SREGS, &sregs);
	for (i = 0; i < size; i++)
		sregs.cr4 ^= choose_bit(UPPER_HALF | CR4_PAE | CR4_TSD, input[i]);
	legal = !(sregs.cr4 & UPPER_HALF) && (sregs.cr4 & CR4_PAE);
	taken = ioctl(inst->vcpu_fd, KVM_SET_SREGS, &sregs) == 0;
	if (taken != legal)
		tst_res(TFAIL, "KVM_SET_SREGS %s CR4 %#llx of a nested guest in 64-bit mode",
			taken ? "takes" : "refuses", sregs.cr4);
	return taken;
}

static void change_state(struct tst_kvm_instance *inst, const void *input, size_t size)
{
	const uint8_t *bytes = input;
	bool taken;

	if (!size)
		return;
	taken = bytes[0] & 1 ? load_changed_sregs(inst, bytes + 1, size - 1)
			     : load_changed(inst, bytes + 1, size - 1);
	/* A refusal leaves everything as it was. */
	if (!taken)
		return;
	tst_kvm_reset(inst);
	tst_kvm_set_input(inst, input, size);
}

/* CPUID Fn8000_0008 EAX[7:0]. */
static void read_physical_end(struct tst_kvm_instance *inst)
{
	int kvm = SAFE_OPEN("/dev/kvm", O_RDWR | O_CLOEXEC);
	struct kvm_cpuid2 *list = tst_kvm_get_cpuid(kvm);
	uint32_t i;

	for (i = 0; list && i < list->nent; i++) {
		if (list->entries[i].function == 0x80000008)
			physical_end = BIT64(list->entries[i].eax & 0xff);
	}
	free(list);
	SAFE_CLOSE(kvm);
	if (!physical_end)
		tst_brk(TBROK, "KVM does not tell how wide addresses are");
}

const struct tst_kvm_fuzz tst_kvm_fuzz = {
	.setup = read_physical_end,
	.before = change_state,
};

#endif /* COMPILE_PAYLOAD */
