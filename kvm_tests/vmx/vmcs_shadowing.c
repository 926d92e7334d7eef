// SPDX-License-Identifier: MIT
/*
 * VMREAD and VMWRITE in a nested guest have to work on the shadow VMCS that its
 * hypervisor gave it, and on nothing else.
 *
 * With "VMCS shadowing" (SDM Vol. 3 "VMCS Types: Ordinary and Shadow"), the two
 * instructions do not exit: they access the VMCS that the VMCS link pointer
 * names, but for fields whose bit is set in the VMREAD or VMWRITE bitmap. KVM
 * executes them itself. It looked at the field before the link pointer: with no
 * shadow VMCS, a nested guest's VMWRITE of a read-only or unknown field failed
 * as if there were one (VMfailValid, not VMfailInvalid). Fixed by
 * dd2d6042b7f4 ("kvm: nVMX: VMWRITE checks VMCS-link pointer before VMCS
 * field").
 *
 * That is what a kernel with the bug fails in the last scenario; one that mixed up
 * the shadow VMCS with another, or the bitmaps, fails one of the first.
 */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "vmx_scenario.h"

/* Bits 15 and above of a field's encoding are reserved: an access exits. */
#define BEYOND_BITMAP 0x8000
/* A 64-bit control field's encoding that no CPU has. */
#define UNKNOWN_FIELD 0x23fe
#define FIELD_HIGH 1

enum outcome {
	NOT_RUN,
	SUCCEEDED,
	FAILED_INVALID, /* CF: there is no VMCS */
	FAILED_VALID, /* ZF: there is one, the error is in its field */
};

static const char *const outcome_names[] = {
	[NOT_RUN] = "did not run",
	[SUCCEEDED] = "succeeded",
	[FAILED_INVALID] = "failed with VMfailInvalid",
	[FAILED_VALID] = "failed with VMfailValid",
};

/* What the nested guest does, one after another, and what comes of it. */
struct access {
	_Bool is_write;
	unsigned long field, value;
	enum outcome outcome;
};

static struct access accesses[32];
static unsigned int access_count;

static uint8_t *read_bitmap, *write_bitmap;
static struct kvm_vmcs *shadow;

/* Fields of all widths and kinds that the nested guest's own run leaves alone. */
static const struct {
	unsigned long field, shadow_value, new_value;
} fields[] = {
	{VMX_VMCS_VPID, 0x1234, 0x4321},
	{VMX_VMCS_TSC_OFFSET, (unsigned long)0x1122334455667788, (unsigned long)0x8877665544332211},
#ifndef __x86_64__
	{VMX_VMCS_TSC_OFFSET | FIELD_HIGH, 0x11223344, 0x44332211},
#endif
	{VMX_VMCS_EXCEPTION_BITMAP, 0x01020304, 0x04030201},
	{VMX_VMCS_CR3_TARGET_COUNT, 3, 2},
	{VMX_VMCS_CR0_READ_SHADOW, 0x05060708, 0x08070605},
	{VMX_VMCS_CR4_READ_SHADOW, (unsigned long)0x0102030405060708, 0x0708},
};

static enum outcome try_vmread(unsigned long field, unsigned long *value)
{
	_Bool carry, zero;

	asm volatile("vmread %3, %0" : "=r"(*value), "=@ccc"(carry), "=@ccz"(zero) : "r"(field));
	return carry ? FAILED_INVALID : zero ? FAILED_VALID : SUCCEEDED;
}

static enum outcome try_vmwrite(unsigned long field, unsigned long value)
{
	_Bool carry, zero;

	asm volatile("vmwrite %3, %2"
		     : "=@ccc"(carry), "=@ccz"(zero)
		     : "r"(field), "r"(value)
		     : "memory");
	return carry ? FAILED_INVALID : zero ? FAILED_VALID : SUCCEEDED;
}

static int guest_main(void)
{
	for (unsigned int i = 0; i < access_count; i++) {
		struct access *access = &accesses[i];

		if (access->is_write)
			access->outcome = try_vmwrite(access->field, access->value);
		else
			access->outcome = try_vmread(access->field, &access->value);
	}
	return 0;
}

static void plan_read(unsigned long field)
{
	accesses[access_count++] = (struct access){0, field, 0, NOT_RUN};
}

static void plan_write(unsigned long field, unsigned long value)
{
	accesses[access_count++] = (struct access){1, field, value, NOT_RUN};
}

/* A fresh scenario: all fields are the guest's, no access is planned. */
static struct kvm_vmx_vcpu *new_scenario(uint64_t link_pointer)
{
	struct kvm_vmx_vcpu *vm;

	access_count = 0;
	memzero(read_bitmap, PAGESIZE);
	memzero(write_bitmap, PAGESIZE);
	vm = vmx_scenario_create(guest_main, VMX_EXECCTL_ENABLE_CTL2, VMX_EXECCTL2_SHADOW_VMCS);
	kvm_vmx_vmwrite(VMX_VMCS_VMREAD_BITMAP_POINTER, (uintptr_t)read_bitmap);
	kvm_vmx_vmwrite(VMX_VMCS_VMWRITE_BITMAP_POINTER, (uintptr_t)write_bitmap);
	kvm_vmx_vmwrite(VMX_VMCS_LINK_POINTER, link_pointer);
	return vm;
}

static void intercept(uint8_t *bitmap, unsigned long field)
{
	bitmap[field / 8] |= 1 << field % 8;
}

static int has_outcome(const char *name, const struct access *access, enum outcome expected)
{
	if (access->outcome == expected)
		return 1;
	tst_res(TFAIL, "%s: the nested guest's %s of field %#lx %s; expected: %s", name,
		access->is_write ? "VMWRITE" : "VMREAD", access->field,
		outcome_names[access->outcome], outcome_names[expected]);
	return 0;
}

static int has_value(const char *what, unsigned long field, unsigned long actual,
		     unsigned long expected)
{
	if (actual == expected)
		return 1;
	tst_res(TFAIL, "%s: field %#lx is %#lx, expected %#lx", what, field, actual, expected);
	return 0;
}

/* Reads through the instruction itself, as the guest's width of a field has it. */
static unsigned long read_own(unsigned long field)
{
	unsigned long value = 0;

	if (try_vmread(field, &value) != SUCCEEDED)
		tst_brk(TBROK, "VMREAD(%#lx): %s", field, kvm_vmx_inst_err());
	return value;
}

static void fill_shadow(void)
{
	kvm_vmx_vmclear(shadow);
	kvm_vmx_vmptrld(shadow);
	for (unsigned int i = 0; i < ARRAY_SIZE(fields); i++) {
		if (try_vmwrite(fields[i].field, fields[i].shadow_value) != SUCCEEDED) {
			tst_brk(TBROK, "VMWRITE(%#lx) to the shadow VMCS: %s", fields[i].field,
				kvm_vmx_inst_err());
		}
	}
	/* Back to memory, where the link pointer refers to. */
	kvm_vmx_vmclear(shadow);
}

static void check_access(void)
{
	static const char name[] = "Shadow VMCS";
	unsigned long own[ARRAY_SIZE(fields)];
	struct kvm_vmx_vcpu *vm;
	int good = 1;

	fill_shadow();
	vm = new_scenario((uintptr_t)shadow);
	for (unsigned int i = 0; i < ARRAY_SIZE(fields); i++) {
		own[i] = read_own(fields[i].field);
		plan_read(fields[i].field);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(fields); i++)
		plan_write(fields[i].field, fields[i].new_value);
	if (!vmx_scenario_run(name, vm, VMX_EXIT_HLT))
		return;

	for (unsigned int i = 0; i < access_count; i++)
		good &= has_outcome(name, &accesses[i], SUCCEEDED);
	for (unsigned int i = 0; i < ARRAY_SIZE(fields); i++) {
		good &= has_value("What the nested guest read", fields[i].field, accesses[i].value,
				  fields[i].shadow_value);
		good &= has_value("The nested guest's own VMCS", fields[i].field,
				  read_own(fields[i].field), own[i]);
	}
	kvm_vmx_vmptrld(shadow);
	for (unsigned int i = 0; i < ARRAY_SIZE(fields); i++) {
		good &= has_value("The shadow VMCS after the nested guest's VMWRITE",
				  fields[i].field, read_own(fields[i].field), fields[i].new_value);
	}
	kvm_vmx_vmclear(shadow);
	if (good)
		tst_res(TPASS, "The nested guest reads and writes its shadow VMCS, and no other");
}

/* An access that must exit; the other bitmap, and all other fields, say that nothing does. */
static void check_exit(const char *name, _Bool is_write, unsigned long field, _Bool in_bitmap)
{
	unsigned int reason = is_write ? VMX_EXIT_VMWRITE : VMX_EXIT_VMREAD;
	struct kvm_vmx_vcpu *vm = new_scenario((uintptr_t)shadow);

	if (in_bitmap)
		intercept(is_write ? write_bitmap : read_bitmap, field);
	if (is_write) {
		plan_read(VMX_VMCS_TSC_OFFSET);
		plan_write(field, 0);
	} else {
		plan_write(VMX_VMCS_TSC_OFFSET, 0);
		plan_read(field);
	}
	if (!vmx_scenario_run(name, vm, reason))
		return;
	if (has_outcome(name, &accesses[0], SUCCEEDED) && has_outcome(name, &accesses[1], NOT_RUN))
		tst_res(TPASS, "%s exits, and the access before it does not", name);
}

/* All ways of failing have to look at the link pointer first. */
static void check_no_shadow(void)
{
	static const char name[] = "No shadow VMCS";
	struct kvm_vmx_vcpu *vm = new_scenario(VMX_INVALID_VMCS);
	int good = 1;

	plan_read(VMX_VMCS_TSC_OFFSET);
	plan_write(VMX_VMCS_TSC_OFFSET, 0);
	plan_read(UNKNOWN_FIELD);
	plan_write(UNKNOWN_FIELD, 0);
	plan_write(VMX_VMCS_EXIT_REASON, 0);
	if (!vmx_scenario_run(name, vm, VMX_EXIT_HLT))
		return;
	for (unsigned int i = 0; i < access_count; i++)
		good &= has_outcome(name, &accesses[i], FAILED_INVALID);
	if (good)
		tst_res(TPASS, "Without a shadow VMCS, all accesses fail with VMfailInvalid");
}

static void check_unknown_field(void)
{
	static const char name[] = "Unknown field";
	struct kvm_vmx_vcpu *vm = new_scenario((uintptr_t)shadow);

	plan_read(UNKNOWN_FIELD);
	plan_write(UNKNOWN_FIELD, 0);
	if (!vmx_scenario_run(name, vm, VMX_EXIT_HLT))
		return;
	if (has_outcome(name, &accesses[0], FAILED_VALID) &&
	    has_outcome(name, &accesses[1], FAILED_VALID))
		tst_res(TPASS, "Accesses to an unknown field fail with VMfailValid");
}

void main(void)
{
	kvm_set_vmx_state(1);
	if (!vmx_scenario_supported(VMX_EXECCTL_ENABLE_CTL2, VMX_EXECCTL2_SHADOW_VMCS))
		tst_brk(TCONF, "The CPU's VMX has no VMCS shadowing");
	read_bitmap = tst_heap_alloc_aligned(PAGESIZE, PAGESIZE);
	write_bitmap = tst_heap_alloc_aligned(PAGESIZE, PAGESIZE);
	shadow = kvm_alloc_vmcs();
	shadow->version |= VMX_SHADOW_VMCS;

	check_access();
	check_exit("VMREAD of a field in the bitmap", 0, VMX_VMCS_EXCEPTION_BITMAP, 1);
	check_exit("VMWRITE of a field in the bitmap", 1, VMX_VMCS_EXCEPTION_BITMAP, 1);
	check_exit("VMREAD of a field beyond the bitmap", 0, BEYOND_BITMAP, 0);
	check_exit("VMWRITE of a field beyond the bitmap", 1, BEYOND_BITMAP, 0);
	check_unknown_field();
	check_no_shadow();
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
	.supported_archs = (const char *const[]){"x86_64", NULL},
	.tags =
		(const struct tst_tag[]){
			{"linux-git", "dd2d6042b7f4"},
			{},
		},
};

#endif /* COMPILE_PAYLOAD */
