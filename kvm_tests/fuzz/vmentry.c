// SPDX-License-Identifier: MIT
/*
 * VM entries with VMCSs that differ in some bits from one that runs: each is refused, or
 * fails, if and only if the manual says so, in the way that it says (vmentry_rules.h). A
 * guest that is entered executes nothing: its VMX-preemption timer is over at once (SDM
 * Vol. 3, 27.7.4). Afterwards the hypervisor has the registers that the VMCS names, or its
 * own.
 *
 * Inputs: bit_flips.h. A state that is complete is entered as it is, and then with each bit
 * of one more field flipped, the number of which is in the pair that ends the state.
 */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "bit_flips.h"
#include "vmentry_rules.h"

/* Of an input, in a field's place: the state is complete. */
#define NEXT_STATE 128

/* Controls that the state has that others are made of, as far as the CPU has them. */
#define WANTED_PIN 0x69 /* external interrupts, NMIs, virtual NMIs, the timer */
#define WANTED_EXEC (VMX_EXECCTL_TPR_SHADOW | VMX_EXECCTL_IO_BITMAP | VMX_EXECCTL_MSR_BITMAP)
#define WANTED_EXEC2 (VMX_EXECCTL2_VPID | VMX_EXECCTL2_SHADOW_VMCS)
#define WANTED_EXIT 0x3c8000 /* acknowledge interrupts; save and load PAT and EFER */
#define WANTED_ENTRY 0xc004 /* load debug controls, PAT and EFER */
#define EXEC2_TSC_SCALING 0x2000000
#define PIN_TIMER 0x40
#define EXIT_LOAD_EFER 0x200000

#define PAT_AT_RESET 0x0007040600070406

/* Behind the fields' numbers, in inputs: an entry of the area of MSRs to load. */
enum {
	MSR_INDEX = VMENTRY_FIELD_COUNT,
	MSR_RESERVED,
	FLIPPED_COUNT
};

#define REFUSED (VMENTRY_BAD_CONTROLS | VMENTRY_BAD_HOST)

/* From STAR to others of SYSCALL, and to those of FS and GS. */
#define MSR_INDEX_BITS 0x183

static struct vmentry_cpu cpu;
static struct kvm_vmx_vcpu *vm;
static struct kvm_vmcs unchanged_vmcs;
/* What the VMCS holds at first; what it is to hold; what it does hold. */
static uint64_t unchanged[VMENTRY_FIELD_COUNT], values[VMENTRY_FIELD_COUNT];
static uint64_t written[VMENTRY_FIELD_COUNT];
static struct vmentry_msr *msrs;

static int guest_main(void)
{
	return 0;
}

static void *alloc_pages(unsigned int count)
{
	return memzero(tst_heap_alloc_aligned(count * PAGESIZE, PAGESIZE), count * PAGESIZE);
}

/* --- The state that is changed --------------------------------------------------- */

static void want(unsigned long field, unsigned int mask, uint32_t controls)
{
	controls &= kvm_vmx_read_vmctl_mask(mask) >> 32;
	kvm_vmx_vmwrite(field, kvm_vmx_vmread(field) | controls);
}

static void want_controls(void)
{
	const uint64_t exec2 = kvm_vmx_read_vmctl_mask(VMX_CTLMASK_EXECCTL2);

	want(VMX_VMCS_VMPINX_CTL, VMX_CTLMASK_PINX, WANTED_PIN);
	want(VMX_VMCS_VMEXEC_CTL, VMX_CTLMASK_EXECCTL, WANTED_EXEC | VMX_EXECCTL_ENABLE_CTL2);
	kvm_vmx_vmwrite(VMX_VMCS_VMEXEC_CTL2, (uint32_t)exec2 | (WANTED_EXEC2 & exec2 >> 32));
	want(VMX_VMCS_VMEXIT_CTL, VMX_CTLMASK_EXITCTL, WANTED_EXIT);
	want(VMX_VMCS_VMENTRY_CTL, VMX_CTLMASK_ENTRYCTL, WANTED_ENTRY);
	if (!(kvm_vmx_vmread(VMX_VMCS_VMPINX_CTL) & PIN_TIMER))
		tst_brk(TCONF, "the CPU has no VMX-preemption timer, which is to stop the guest");
}

static struct vmentry_msr *alloc_msrs(void)
{
	struct vmentry_msr *area = alloc_pages(2);

	for (size_t i = 0; i < 2 * PAGESIZE / sizeof(*area); i++)
		area[i].index = MSR_STAR;
	return area;
}

static void write_pointers(void)
{
	static const unsigned long pages[] = {
		VMX_VMCS_IO_BITMAP_A_POINTER,
		VMX_VMCS_IO_BITMAP_B_POINTER,
		VMX_VMCS_MSR_BITMAP_POINTER,
		VMX_VMCS_VIRT_APIC_POINTER,
		VMX_VMCS_VIRT_APIC_BASE,
		FIELD_POSTED_DESCRIPTOR,
		FIELD_PML_ADDRESS,
		FIELD_EPTP_LIST,
		VMX_VMCS_VMREAD_BITMAP_POINTER,
		VMX_VMCS_VMWRITE_BITMAP_POINTER,
	};

	for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
		kvm_vmx_vmwrite(pages[i], (uintptr_t)alloc_pages(1));
	kvm_vmx_vmwrite(VMX_VMCS_EPT_POINTER,
			(uintptr_t)alloc_pages(1) | EPTP_MEMORY_TYPE_WB | EPTP_PAGE_WALK_4);
	msrs = alloc_msrs();
	kvm_vmx_vmwrite(VMX_VMCS_VMENTRY_MSR_LOAD_POINTER, (uintptr_t)msrs);
	kvm_vmx_vmwrite(VMX_VMCS_VMENTRY_MSR_LOAD, 2);
	kvm_vmx_vmwrite(VMX_VMCS_VMEXIT_MSR_LOAD_POINTER, (uintptr_t)alloc_msrs());
	kvm_vmx_vmwrite(VMX_VMCS_VMEXIT_MSR_LOAD, 1);
	kvm_vmx_vmwrite(VMX_VMCS_VMEXIT_MSR_STORE_POINTER, (uintptr_t)alloc_msrs());
	kvm_vmx_vmwrite(VMX_VMCS_VMEXIT_MSR_STORE, 1);
}

static void make_guest(void)
{
	vm = kvm_create_vmx_vcpu(guest_main, 1);
	kvm_vmx_activate_vcpu(vm);
	want_controls();
	write_pointers();
	kvm_vmx_vmwrite(FIELD_TIMER_VALUE, 0);
	if (cpu.exec2 >> 32 & EXEC2_TSC_SCALING)
		kvm_vmx_vmwrite(FIELD_TSC_MULTIPLIER, BIT64(48));
	kvm_vmx_vmwrite(VMX_VMCS_VPID, 1);
	kvm_vmx_vmwrite(VMX_VMCS_VMENTRY_INST_LEN, 1);
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_EFER, kvm_rdmsr(MSR_EFER));
	kvm_vmx_vmwrite(VMX_VMCS_HOST_EFER, kvm_rdmsr(MSR_EFER));
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_PAT, PAT_AT_RESET);
	kvm_vmx_vmwrite(VMX_VMCS_HOST_PAT, PAT_AT_RESET);
	/* What is injected finds no handler. */
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_IDTR_BASE, (uintptr_t)alloc_pages(1));
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_IDTR_LIMIT, 0);
	for (size_t i = 0; i < VMENTRY_FIELD_COUNT; i++)
		unchanged[i] = kvm_vmx_vmread(vmentry_fields[i].encoding);
	/* 25.11.1: behind VMCLEAR, all of a VMCS is in its memory. */
	kvm_vmx_vmclear(vm->vmcs);
	unchanged_vmcs = *vm->vmcs;
	kvm_vmx_vmptrld(vm->vmcs);
	memcpy(written, unchanged, sizeof(written));
}

/* --- Changes ---------------------------------------------------------------------- */

static uint64_t bits_of(unsigned int field)
{
	if (field == MSR_INDEX)
		return MSR_INDEX_BITS;
	if (field == MSR_RESERVED)
		return ALL_32;
	if (vmentry_fields[field].bits == ADDRESS)
		return 0xfff | ~(cpu.physical_end - 1);
	return vmentry_fields[field].bits;
}

static unsigned int count_bits(uint64_t bits)
{
	unsigned int count = 0;

	for (; bits; bits &= bits - 1)
		count++;
	return count;
}

/* The bit with that number among those of @bits, counted anew behind the last. */
static uint64_t choose_bit(uint64_t bits, unsigned int number)
{
	number %= count_bits(bits);
	while (number--)
		bits &= bits - 1;
	return bits & -bits;
}

static void change_nothing(void)
{
	memcpy(values, unchanged, sizeof(values));
	msrs[1] = (struct vmentry_msr){.index = MSR_STAR};
}

static void flip(uint8_t number, uint8_t bit)
{
	const unsigned int field = number % FLIPPED_COUNT;
	const uint64_t flipped = choose_bit(bits_of(field), bit);

	if (field == MSR_INDEX)
		msrs[1].index ^= flipped;
	else if (field == MSR_RESERVED)
		msrs[1].reserved ^= flipped;
	else
		values[field] ^= flipped;
}

/* A guest that may be entered has to come back, which one that waits for a SIPI doesn't. */
static int has_way_back(struct vmentry_verdict *verdict)
{
	if (!(verdict->outcomes & VMENTRY_ENTERED))
		return 1;
	values[VMENTRY_PIN] |= PIN_TIMER;
	*verdict = vmentry_judge(&cpu, values);
	return !(verdict->outcomes & VMENTRY_ENTERED) || values[VMENTRY_ACTIVITY] < 2;
}

static int is_changed(enum vmentry_field field)
{
	return values[field] != unchanged[field];
}

static void write_changes(void)
{
	for (size_t i = 0; i < VMENTRY_FIELD_COUNT; i++) {
		if (values[i] == written[i])
			continue;
		kvm_vmx_vmwrite(vmentry_fields[i].encoding, values[i]);
		written[i] = values[i];
	}
}

/* An exit has left its guest's state. That is quicker to replace than to write. */
static void renew_vmcs(void)
{
	kvm_vmx_vmclear(vm->vmcs);
	*vm->vmcs = unchanged_vmcs;
	kvm_vmx_vmptrld(vm->vmcs);
	memcpy(written, unchanged, sizeof(written));
}

/* --- Verdicts --------------------------------------------------------------------- */

static const char *name_of(enum vmentry_outcome outcome)
{
	switch (outcome) {
	case VMENTRY_ENTERED:
		return "the guest is entered";
	case VMENTRY_BAD_CONTROLS:
		return "it is refused for its controls";
	case VMENTRY_BAD_HOST:
		return "it is refused for its host state";
	case VMENTRY_BAD_GUEST:
		return "it fails for its guest state";
	case VMENTRY_BAD_PDPTE:
		return "it fails for page-directory pointers";
	case VMENTRY_BAD_NMI:
		return "it fails for an NMI";
	case VMENTRY_BAD_LINK:
		return "it fails for its VMCS link pointer";
	case VMENTRY_BAD_MSR:
		return "it fails for an MSR";
	}
	return "nobody knows what came of it";
}

static enum vmentry_outcome outcome_of_failure(uint32_t reason, uint64_t qualification,
					       const struct vmentry_verdict *verdict)
{
	static const enum vmentry_outcome of_qualification[] = {
		[0] = VMENTRY_BAD_GUEST,
		[2] = VMENTRY_BAD_PDPTE,
		[3] = VMENTRY_BAD_NMI,
		[4] = VMENTRY_BAD_LINK,
	};

	if (reason == (VMX_EXIT_FAILED_ENTRY | VMX_EXIT_BAD_MSR_LOAD)) {
		if (qualification != verdict->bad_msr)
			tst_res(TFAIL, "VM entry fails for MSR %llu and not %u: %s",
				(unsigned long long)qualification, verdict->bad_msr, verdict->rule);
		return VMENTRY_BAD_MSR;
	}
	if (reason == (VMX_EXIT_FAILED_ENTRY | VMX_EXIT_BAD_GUEST_STATE) &&
	    qualification < ARRAY_SIZE(of_qualification) && of_qualification[qualification])
		return of_qualification[qualification];
	tst_brk(TFAIL, "VM entry has exit reason %#x, qualification %#llx: %s", reason,
		(unsigned long long)qualification, verdict->rule);
}

static enum vmentry_outcome enter(const struct vmentry_verdict *verdict)
{
	uint32_t reason;

	if (kvm_vmx_vmlaunch(vm)) {
		switch (kvm_vmx_inst_errno()) {
		case 7:
			return VMENTRY_BAD_CONTROLS;
		case 8:
			return VMENTRY_BAD_HOST;
		default:
			tst_brk(TFAIL, "VM entry is refused with error %d: %s",
				kvm_vmx_inst_errno(), verdict->rule);
		}
	}
	reason = kvm_vmx_vmread(VMX_VMCS_EXIT_REASON);
	if (!(reason & VMX_EXIT_FAILED_ENTRY))
		return VMENTRY_ENTERED;
	return outcome_of_failure(reason, kvm_vmx_vmread(VMX_VMCS_EXIT_QUALIFICATION), verdict);
}

static void check(const struct vmentry_verdict *verdict, enum vmentry_outcome outcome)
{
	if (verdict->outcomes & outcome)
		return;
	if (outcome == VMENTRY_ENTERED)
		tst_res(TFAIL, "VM entry takes what it must not: %s", verdict->rule);
	else if (verdict->outcomes & VMENTRY_ENTERED)
		tst_res(TFAIL, "VM entry takes not what it must: %s; %s", name_of(outcome),
			verdict->rule);
	else
		tst_res(TFAIL, "VM entry has another fault: %s; %s", name_of(outcome),
			verdict->rule);
}

/* 28.5.1, "Loading Host Control Registers, Debug Registers, MSRs" */
static void check_own(int refused)
{
	const uint64_t *own = refused ? unchanged : values;
	/* Not ET, CD, NW, nor what is reserved. */
	const uint64_t loaded =
		CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_NE | CR0_WP | CR0_AM | CR0_PG;
	struct kvm_cregs cregs;

	kvm_read_cregs(&cregs);
	if ((cregs.cr0 ^ own[VMENTRY_HOST_CR0]) & loaded)
		tst_res(TFAIL, "the hypervisor's CR0 is another one");
	if (cregs.cr3 != own[VMENTRY_HOST_CR3])
		tst_res(TFAIL, "the hypervisor's CR3 is another one");
	if (cregs.cr4 != own[VMENTRY_HOST_CR4])
		tst_res(TFAIL, "the hypervisor's CR4 is another one");
	if (own[VMENTRY_EXIT] & EXIT_LOAD_EFER && kvm_rdmsr(MSR_EFER) != own[VMENTRY_HOST_EFER])
		tst_res(TFAIL, "the hypervisor's EFER is another one");
}

/* What a changed host state has left, for the next state. */
static void restore_own(void)
{
	if (is_changed(VMENTRY_HOST_CR0))
		kvm_set_cr0(unchanged[VMENTRY_HOST_CR0]);
	if (is_changed(VMENTRY_HOST_CR3))
		kvm_set_cr3(unchanged[VMENTRY_HOST_CR3]);
	if (is_changed(VMENTRY_HOST_CR4))
		kvm_set_cr4(unchanged[VMENTRY_HOST_CR4]);
	if (is_changed(VMENTRY_HOST_EFER))
		kvm_wrmsr(MSR_EFER, unchanged[VMENTRY_HOST_EFER]);
	if (is_changed(VMENTRY_HOST_FS_BASE))
		kvm_wrmsr(MSR_FS_BASE, unchanged[VMENTRY_HOST_FS_BASE]);
	if (is_changed(VMENTRY_HOST_GS_BASE))
		kvm_wrmsr(MSR_GS_BASE, unchanged[VMENTRY_HOST_GS_BASE]);
}

static void enter_and_check(void)
{
	const uint64_t pin = values[VMENTRY_PIN];
	struct vmentry_verdict verdict = vmentry_judge(&cpu, values);
	enum vmentry_outcome outcome;

	if (has_way_back(&verdict)) {
		write_changes();
		outcome = enter(&verdict);
		check(&verdict, outcome);
		check_own(outcome & REFUSED);
		if (!(outcome & REFUSED)) {
			restore_own();
			renew_vmcs();
		}
	}
	values[VMENTRY_PIN] = pin;
}

/* The state with one more bit flipped, each of a field's in turn. */
static void try_bits(uint8_t number)
{
	const unsigned int count = count_bits(bits_of(number % FLIPPED_COUNT));

	for (unsigned int bit = 0; bit < count; bit++) {
		flip(number, bit);
		enter_and_check();
		flip(number, bit);
	}
}

void main(void)
{
	enum bit_flips_step step;
	struct bit_flips flips;
	uint8_t number, bit;

	kvm_set_vmx_state(1);
	vmentry_read_cpu(&cpu);
	make_guest();
	flips = bit_flips_of_input(NEXT_STATE);
	do {
		change_nothing();
		while ((step = bit_flips_next(&flips, &number, &bit)) == BIT_FLIPS_FLIP)
			flip(number, bit);
		enter_and_check();
		if (step == BIT_FLIPS_NEXT_STATE)
			try_bits(bit);
	} while (bit_flips_left(&flips));
}

#else /* COMPILE_PAYLOAD */

#include "ringside/fuzz.h"

/* A guest that starts halted: without interrupt controllers, KVM tells of it. */
static int run_on(struct tst_kvm_vcpu *vcpu, void *arg)
{
	return 0;
}

static void handle_halts(struct tst_kvm_instance *inst)
{
	tst_kvm_on_exit(inst, KVM_EXIT_HLT, run_on, NULL);
}

const struct tst_kvm_fuzz tst_kvm_fuzz = {.setup = handle_halts};

#endif /* COMPILE_PAYLOAD */
