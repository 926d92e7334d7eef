// SPDX-License-Identifier: MIT
/*
 * VMRUN of VMCBs that differ in some bits from one that runs: it is refused if and only
 * if the manual says so (vmrun_rules.h), and the hypervisor has its own registers
 * afterwards.
 *
 * Inputs: bit_flips.h.
 */
#include "bit_flips.h"
#include "kvm_x86_svm.h"
#include "vmrun_rules.h"

/* What no CPU stores as an exit code: what the exit must overwrite, all of it. */
#define NO_EXIT 0x5a5a5a5a5a5a5a5a
#define EVENT_VALID (1ull << 31) /* of EVENTINJ */

/* V_IRQ pends, and its priority does not matter: the guest stops before it does anything. */
#define VIRQ_PENDS 1

/* Of an input, in a field's place: the state is complete. */
#define NEXT_STATE 64

struct field {
	const char *name;
	uint16_t offset, bits;
};

#define FIELD(name, bits) {#name, offsetof(struct kvm_vmcb, name), bits}

/* What the rules are about. Of nested paging's controls, only its switch. */
static const struct field fields[] = {
	FIELD(guest_asid, 32),
	FIELD(efer, 64),
	FIELD(cr0, 64),
	FIELD(cr3, 64),
	FIELD(cr4, 64),
	FIELD(dr6, 64),
	FIELD(dr7, 64),
	FIELD(cs.attrib, 12),
	FIELD(iopm_base_addr, 64),
	FIELD(msrpm_base_addr, 64),
	FIELD(event_injection, 32),
	FIELD(enable_nested_paging, 1),
	FIELD(nested_cr3, 64),
	FIELD(cr2, 64),
	{"the VMRUN intercept", SVM_INTERCEPT_VMRUN / 8, 1},
};

/* What VMRUN must leave to the hypervisor as it was: 15.6, "#VMEXIT". */
struct own {
	struct kvm_cregs cregs;
	uint64_t efer, dr6, dr7;
};

static void read_own(struct own *own)
{
	kvm_read_cregs(&own->cregs);
	own->efer = kvm_rdmsr(MSR_EFER);
	asm volatile("mov %%dr7, %0" : "=r"(own->dr7));
}

static int never_runs(void)
{
	return 0;
}

static struct kvm_svm_vcpu *make_guest(void)
{
	struct kvm_svm_vcpu *vm = kvm_create_svm_vcpu(never_runs, 1);
	struct kvm_vmcb *vmcb = vm->vmcb;

	for (unsigned int vector = 0; vector < 32; vector++)
		kvm_vmcb_set_intercept(vmcb, SVM_EXIT_EXCEPTION + vector, 1);
	kvm_vmcb_set_intercept(vmcb, SVM_INTERCEPT_VINTR, 1);
	vmcb->virtual_irq = VIRQ_PENDS;
	vmcb->virt_ignore_tpr = 1;
	vmcb->virt_intr_vector = 0xff;
	/* What is injected finds no handler. */
	vmcb->idtr.limit = 0;
	vmcb->exitcode = NO_EXIT;
	return vm;
}

/* Of the upper halves, which are reserved in most registers, a few bits will do. */
static unsigned int choose_bit(const struct field *field, uint8_t number)
{
	static const uint8_t upper[] = {32, 47, 51, 63};

	if (field->bits <= 32)
		return number % field->bits;
	number %= 32 + ARRAY_SIZE(upper);
	return number < 32 ? number : upper[number - 32];
}

static void flip_bits(struct kvm_vmcb *vmcb, struct bit_flips *flips)
{
	uint8_t number, chosen;

	while (bit_flips_next(flips, &number, &chosen) == BIT_FLIPS_FLIP) {
		const struct field *field = &fields[number % ARRAY_SIZE(fields)];
		const unsigned int bit = choose_bit(field, chosen);

		((uint8_t *)vmcb)[field->offset + bit / 8] ^= 1 << bit % 8;
	}
}

static void check(uint64_t exitcode, enum verdict verdict, const char *rule)
{
	const int refused = exitcode == SVM_EXIT_INVALID;

	if (exitcode == NO_EXIT)
		tst_res(TFAIL, "VMRUN has stored no exit code: %s", rule);
	else if (!refused && exitcode >> 32 == 0 && (uint32_t)exitcode == (uint32_t)-1)
		tst_res(TFAIL, "VMEXIT_INVALID has 32 bits: %s", rule);
	else if (verdict == REFUSED && !refused)
		tst_res(TFAIL, "VMRUN took what it must refuse: %s; exit code %#llx", rule,
			exitcode);
	else if (verdict == ENTERED && refused)
		tst_res(TFAIL, "VMRUN refused what it must take: %s", rule);
}

static void check_own(const struct own *before, const struct own *after)
{
	if (before->cregs.cr0 != after->cregs.cr0)
		tst_res(TFAIL, "the hypervisor's CR0 is another one");
	if (before->cregs.cr3 != after->cregs.cr3)
		tst_res(TFAIL, "the hypervisor's CR3 is another one");
	if (before->cregs.cr4 != after->cregs.cr4)
		tst_res(TFAIL, "the hypervisor's CR4 is another one");
	if (before->efer != after->efer)
		tst_res(TFAIL, "the hypervisor's EFER is another one");
	if (after->dr7 != DR7_INIT)
		tst_res(TFAIL, "breakpoints are on in the hypervisor: DR7 is %#llx", after->dr7);
}

static void run(struct kvm_svm_vcpu *vm, const struct vmrun_cpu *cpu)
{
	const uint64_t cr2 = vm->vmcb->cr2;
	const char *rule;
	const enum verdict verdict = vmrun_judge(cpu, vm->vmcb, &rule);
	static struct kvm_vmcb given;
	const _Bool has_event = verdict == REFUSED && vm->vmcb->event_injection & EVENT_VALID;

	if (has_event)
		given = *vm->vmcb;
	kvm_svm_vmrun(vm);
	/*
	 * KVM may have to look after its host first, and then loses an event that it can't
	 * inject: not each time.
	 */
	for (unsigned int i = 0; i < 10 && has_event && vm->vmcb->exitcode == SVM_EXIT_VINTR; i++) {
		*vm->vmcb = given;
		kvm_svm_vmrun(vm);
	}
	check(vm->vmcb->exitcode, verdict, rule);
	/* The guest has not run, so it has what it was given. */
	if (vm->vmcb->exitcode == SVM_EXIT_VINTR && vm->vmcb->cr2 != cr2)
		tst_res(TFAIL, "the guest's CR2 is %#llx and not %#llx", vm->vmcb->cr2, cr2);
}

void main(void)
{
	static struct kvm_vmcb unchanged;
	struct kvm_svm_vcpu *vm;
	struct own before, after;
	struct vmrun_cpu cpu;
	struct bit_flips flips;

	kvm_init_svm();
	vmrun_read_cpu(&cpu);
	vm = make_guest();
	unchanged = *vm->vmcb;
	read_own(&before);

	flips = bit_flips_of_input(NEXT_STATE);
	do {
		*vm->vmcb = unchanged;
		flip_bits(vm->vmcb, &flips);
		run(vm, &cpu);
		read_own(&after);
		check_own(&before, &after);
	} while (bit_flips_left(&flips));
}
