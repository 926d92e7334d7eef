// SPDX-License-Identifier: MIT
/*
 * VMLOAD and VMSAVE have to load and store what the manual says, for a
 * hypervisor in a guest and for its nested guest: CVE-2026-43133.
 *
 * KVM keeps two VMCBs for a virtual CPU, one for the guest and one for its
 * nested guest; what VMLOAD and VMSAVE handle lives in the first one only since
 * cc3ed80ae69f. But where KVM emulates the two instructions, it went on with
 * the one in use: a nested guest, whose hypervisor does not intercept them,
 * stored values that were not the CPU's, and what it loaded never reached the
 * CPU. Fixed by 127ccae2c185.
 *
 * The same function runs in the payload and in a nested guest. It sets all
 * registers that have an own way in and compares what VMSAVE stores, then has
 * VMLOAD load other values and compares what the registers hold. On a kernel
 * with the bug, the nested guest fails both.
 */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "kvm_x86_svm.h"

/* A register that the two instructions handle and that is an MSR as well. */
struct field {
	const char *name;
	unsigned int offset; /* in struct kvm_vmcb */
	unsigned int msr;
	uint64_t to_save, to_load; /* different values for the two directions */
};

#define FIELD(name, msr, to_save, to_load) \
	{#name, offsetof(struct kvm_vmcb, name), msr, to_save, to_load}

/* Addresses are canonical; those for SYSENTER have 32 bits, as all CPUs keep no fewer. */
static const struct field fields[] = {
	FIELD(star, MSR_STAR, 0x0013001012345678, 0x0023002087654321),
	FIELD(lstar, MSR_LSTAR, 0x0000123456789ab0, 0xffff8abcdef01230),
	FIELD(cstar, MSR_CSTAR, 0x00000fedcba98760, 0xffff987654321080),
	FIELD(sfmask, MSR_SFMASK, 0x00047700, 0x00000300),
	FIELD(kernel_gs_base, MSR_KERNEL_GS_BASE, 0x00007ace0ace0ac0, 0xffff900000001000),
	FIELD(sysenter_cs, MSR_SYSENTER_CS, 0x0018, 0x0028),
	FIELD(sysenter_esp, MSR_SYSENTER_ESP, 0x01234560, 0x06543210),
	FIELD(sysenter_eip, MSR_SYSENTER_EIP, 0x00abcde0, 0x00edcba0),
};

/* What else they handle: whole segment registers. */
static const struct {
	const char *name;
	unsigned int offset;
} segments[] = {
	{"fs", offsetof(struct kvm_vmcb, fs)},
	{"gs", offsetof(struct kvm_vmcb, gs)},
	{"ldtr", offsetof(struct kvm_vmcb, ldtr)},
	{"tr", offsetof(struct kvm_vmcb, tr)},
};

/* Positions in kvm_gdt; the LDT takes two on x86_64. */
#define FS_DESCRIPTOR 28
#define GS_DESCRIPTOR 29
#define LDT_DESCRIPTOR 30

#define DATA_FLAGS (SEGTYPE_RWDATA | 1 /* accessed */ | SEGFLAG_PRESENT | SEGFLAG_32BIT)
#define LDT_FLAGS (SEGTYPE_LDT | SEGFLAG_PRESENT)
#define FILLER 0xa5

/* What VMLOAD makes FS and GS point to. */
static const uint32_t fs_data = 0xf5f5f5f5, gs_data = 0x65656565;

/* Found where tst_res() must not be called, judged afterwards. */
static struct kvm_vmcb *saved, *to_load, *reloaded;
static uint64_t msrs[ARRAY_SIZE(fields)];
static uint32_t fs_read, gs_read;

/* Runs in the payload and in the nested guest, and leaves the state as it was. */
static int exercise(void)
{
	static struct kvm_vmcb *before;

	if (!before)
		before = kvm_alloc_vmcb();
	kvm_svm_vmsave(before);

	for (unsigned int i = 0; i < ARRAY_SIZE(fields); i++)
		kvm_wrmsr(fields[i].msr, fields[i].to_save);
	asm volatile("mov %0, %%fs" : : "r"(FS_DESCRIPTOR << 3));
	asm volatile("mov %0, %%gs" : : "r"(GS_DESCRIPTOR << 3));
	asm volatile("lldt %w0" : : "r"(LDT_DESCRIPTOR << 3));
	kvm_svm_vmsave(saved);

	to_load->tr = before->tr;
	kvm_svm_vmload(to_load);
	for (unsigned int i = 0; i < ARRAY_SIZE(fields); i++)
		msrs[i] = kvm_rdmsr(fields[i].msr);
	asm volatile("movl %%fs:0, %0" : "=r"(fs_read));
	asm volatile("movl %%gs:0, %0" : "=r"(gs_read));
	kvm_svm_vmsave(reloaded);

	kvm_svm_vmload(before);
	return 0;
}

static void set_segment(struct kvm_vmcb_descriptor *dst, uint16_t selector, uint64_t base,
			uint32_t limit, uint16_t flags)
{
	*dst = (struct kvm_vmcb_descriptor){selector, flags, limit, base};
}

static uint64_t *field_of(struct kvm_vmcb *vmcb, unsigned int i)
{
	return (uint64_t *)((char *)vmcb + fields[i].offset);
}

static void prepare(void)
{
	memset(saved, FILLER, sizeof(*saved));
	memset(reloaded, FILLER, sizeof(*reloaded));
	memzero(to_load, sizeof(*to_load));
	memzero(msrs, sizeof(msrs));
	fs_read = gs_read = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(fields); i++)
		*field_of(to_load, i) = fields[i].to_load;
	/* Selectors that no descriptor stands behind: nothing may be read from the GDT. */
	set_segment(&to_load->fs, 0x1238, (uintptr_t)&fs_data, 0xfff, DATA_FLAGS);
	set_segment(&to_load->gs, 0x2348, (uintptr_t)&gs_data, 0x7ff, DATA_FLAGS);
	set_segment(&to_load->ldtr, 0x3458, 0x345000, 0x27, LDT_FLAGS);
}

/* Returns 1, and reports it, if a segment register is not what it should be. */
static int segment_differs(const char *who, const char *what, unsigned int i, struct kvm_vmcb *vmcb,
			   const struct kvm_vmcb_descriptor *expected)
{
	const struct kvm_vmcb_descriptor *actual = (void *)((char *)vmcb + segments[i].offset);

	if (!memcmp(actual, expected, sizeof(*actual)))
		return 0;
	tst_res(TFAIL,
		"%s: %s: %s is selector %#x, attributes %#x, limit %#x, base %#llx; "
		"expected %#x, %#x, %#x, %#llx",
		who, what, segments[i].name, actual->selector, actual->attrib, actual->limit,
		(unsigned long long)actual->base, expected->selector, expected->attrib,
		expected->limit, (unsigned long long)expected->base);
	return 1;
}

static int value_differs(const char *who, const char *what, const char *name, uint64_t actual,
			 uint64_t expected)
{
	if (actual == expected)
		return 0;
	tst_res(TFAIL, "%s: %s: %s is %#llx, expected %#llx", who, what, name,
		(unsigned long long)actual, (unsigned long long)expected);
	return 1;
}

/* Whether VMSAVE handles the byte at an offset of a VMCB. */
static int is_handled(unsigned int offset)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(fields); i++) {
		if (offset - fields[i].offset < sizeof(uint64_t))
			return 1;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(segments); i++) {
		if (offset - segments[i].offset < sizeof(struct kvm_vmcb_descriptor))
			return 1;
	}
	return 0;
}

static void judge_vmsave(const char *who, const struct kvm_vmcb_descriptor *tr)
{
	static const char what[] = "VMSAVE";
	struct kvm_vmcb_descriptor fs, gs, ldtr;
	int differences = 0;

	set_segment(&fs, FS_DESCRIPTOR << 3, 0x1000, 0x1ff, DATA_FLAGS);
	set_segment(&gs, GS_DESCRIPTOR << 3, 0x2000, 0x2ff, DATA_FLAGS);
	set_segment(&ldtr, LDT_DESCRIPTOR << 3, 0x3000, 0x3f, LDT_FLAGS);
	differences += segment_differs(who, what, 0, saved, &fs);
	differences += segment_differs(who, what, 1, saved, &gs);
	differences += segment_differs(who, what, 2, saved, &ldtr);
	/* LTR marks the TSS as busy; QEMU does so in memory only. */
	saved->tr.attrib |= SEGTYPE_TSS_BUSY;
	differences += segment_differs(who, what, 3, saved, tr);
	for (unsigned int i = 0; i < ARRAY_SIZE(fields); i++) {
		differences += value_differs(who, what, fields[i].name, *field_of(saved, i),
					     fields[i].to_save);
	}
	for (unsigned int i = 0; i < sizeof(*saved); i++) {
		if (!is_handled(i) && ((uint8_t *)saved)[i] != FILLER) {
			tst_res(TFAIL, "%s: VMSAVE changed the byte at %#x, which is not its own",
				who, i);
			differences++;
			break;
		}
	}
	if (!differences)
		tst_res(TPASS, "%s: VMSAVE stores the CPU's state, and nothing else", who);
}

static void judge_vmload(const char *who)
{
	int differences = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(fields); i++) {
		differences +=
			value_differs(who, "VMLOAD", fields[i].name, msrs[i], fields[i].to_load);
		differences += value_differs(who, "VMSAVE after VMLOAD", fields[i].name,
					     *field_of(reloaded, i), fields[i].to_load);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(segments); i++) {
		differences += segment_differs(who, "VMSAVE after VMLOAD", i, reloaded,
					       (void *)((char *)to_load + segments[i].offset));
	}
	differences += value_differs(who, "VMLOAD", "memory at fs:0", fs_read, fs_data);
	differences += value_differs(who, "VMLOAD", "memory at gs:0", gs_read, gs_data);
	if (!differences)
		tst_res(TPASS, "%s: VMLOAD loads the CPU's state", who);
}

static void judge(const char *who, const struct kvm_vmcb_descriptor *tr)
{
	judge_vmsave(who, tr);
	judge_vmload(who);
}

static void run_nested(const struct kvm_vmcb_descriptor *tr)
{
	struct kvm_svm_vcpu *vm = kvm_create_svm_vcpu(exercise, 1);

	kvm_vmcb_set_intercept(vm->vmcb, SVM_INTERCEPT_VMSAVE, 0);
	kvm_svm_vmrun(vm);
	if (vm->vmcb->exitcode != SVM_EXIT_HLT) {
		tst_res(TFAIL, "The nested guest stopped with exit code %#llx",
			(unsigned long long)vm->vmcb->exitcode);
		return;
	}
	/* The nested guest has the payload's task register. */
	judge("Nested guest", tr);
}

void main(void)
{
	struct kvm_vmcb_descriptor tr;
	struct kvm_sregs sregs;

	kvm_init_svm();
	saved = kvm_alloc_vmcb();
	to_load = kvm_alloc_vmcb();
	reloaded = kvm_alloc_vmcb();
	kvm_set_segment_descriptor(&kvm_gdt[FS_DESCRIPTOR], 0x1000, 0x1ff, DATA_FLAGS);
	kvm_set_segment_descriptor(&kvm_gdt[GS_DESCRIPTOR], 0x2000, 0x2ff, DATA_FLAGS);
	kvm_set_segment_descriptor(&kvm_gdt[LDT_DESCRIPTOR], 0x3000, 0x3f, LDT_FLAGS);
	kvm_read_sregs(&sregs);
	kvm_vmcb_copy_gdt_descriptor(&tr, sregs.tr >> 3);
	tr.attrib |= SEGTYPE_TSS_BUSY;

	prepare();
	exercise();
	judge("Payload", &tr);
	prepare();
	run_nested(&tr);
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
	.supported_archs = (const char *const[]){"x86_64", NULL},
	.tags =
		(const struct tst_tag[]){
			{"linux-git", "127ccae2c185"},
			{"CVE", "2026-43133"},
			{},
		},
};

#endif /* COMPILE_PAYLOAD */
