// SPDX-License-Identifier: MIT
/* What differs between two states of an x86 machine, by name. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "host/arch/x86/state.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A field of a structure. */
struct field {
	const char *name;
	size_t offset, size;
};

#define FIELD(type, name, field) \
	{name, offsetof(struct type, field), sizeof(((struct type *)0)->field)}
#define REG(field) FIELD(kvm_regs, #field, field)
#define SREG(field) FIELD(kvm_sregs2, #field, field)
#define EVENT(field) FIELD(kvm_vcpu_events, "event " #field, field)
#define SEGMENT(field) FIELD(kvm_segment, #field, field)
#define PIT(name, field) FIELD(kvm_pit_channel_state, name, field)
#define PIC(field) FIELD(kvm_pic_state, #field, field)

static const struct field regs[] = {
	REG(rax), REG(rbx), REG(rcx), REG(rdx), REG(rsi), REG(rdi), REG(rsp), REG(rbp), REG(r8),
	REG(r9),  REG(r10), REG(r11), REG(r12), REG(r13), REG(r14), REG(r15), REG(rip), REG(rflags),
};

static const struct field sregs[] = {
	FIELD(kvm_sregs2, "GDTR base", gdt.base),
	FIELD(kvm_sregs2, "GDTR limit", gdt.limit),
	FIELD(kvm_sregs2, "IDTR base", idt.base),
	FIELD(kvm_sregs2, "IDTR limit", idt.limit),
	SREG(cr0),
	SREG(cr2),
	SREG(cr3),
	SREG(cr4),
	SREG(cr8),
	SREG(efer),
	FIELD(kvm_sregs2, "APIC base", apic_base),
	FIELD(kvm_sregs2, "flags of SREGS2", flags),
	FIELD(kvm_sregs2, "PDPTE 0", pdptrs[0]),
	FIELD(kvm_sregs2, "PDPTE 1", pdptrs[1]),
	FIELD(kvm_sregs2, "PDPTE 2", pdptrs[2]),
	FIELD(kvm_sregs2, "PDPTE 3", pdptrs[3]),
};

static const struct field segments[] = {
	FIELD(kvm_sregs2, "cs", cs), FIELD(kvm_sregs2, "ds", ds),   FIELD(kvm_sregs2, "es", es),
	FIELD(kvm_sregs2, "fs", fs), FIELD(kvm_sregs2, "gs", gs),   FIELD(kvm_sregs2, "ss", ss),
	FIELD(kvm_sregs2, "tr", tr), FIELD(kvm_sregs2, "ldt", ldt),
};

static const struct field segment_fields[] = {
	SEGMENT(base),	  SEGMENT(limit), SEGMENT(selector), SEGMENT(type),
	SEGMENT(present), SEGMENT(dpl),	  SEGMENT(db),	     SEGMENT(s),
	SEGMENT(l),	  SEGMENT(g),	  SEGMENT(avl),	     SEGMENT(unusable),
};

static const struct field events[] = {
	EVENT(exception.injected),
	EVENT(exception.nr),
	EVENT(exception.has_error_code),
	EVENT(exception.pending),
	EVENT(exception.error_code),
	EVENT(exception_has_payload),
	EVENT(exception_payload),
	EVENT(interrupt.injected),
	EVENT(interrupt.nr),
	EVENT(interrupt.soft),
	EVENT(interrupt.shadow),
	EVENT(nmi.injected),
	EVENT(nmi.pending),
	EVENT(nmi.masked),
	EVENT(sipi_vector),
	EVENT(smi.smm),
	EVENT(smi.pending),
	EVENT(smi.smm_inside_nmi),
	EVENT(smi.latched_init),
	EVENT(triple_fault.pending),
};

static const struct field debugregs[] = {
	FIELD(kvm_debugregs, "dr0", db[0]), FIELD(kvm_debugregs, "dr1", db[1]),
	FIELD(kvm_debugregs, "dr2", db[2]), FIELD(kvm_debugregs, "dr3", db[3]),
	FIELD(kvm_debugregs, "dr6", dr6),   FIELD(kvm_debugregs, "dr7", dr7),
};

/* All of a PIC but the requests. */
static const struct field pic_fields[] = {
	PIC(imr),
	PIC(isr),
	PIC(priority_add),
	PIC(irq_base),
	PIC(read_reg_select),
	PIC(poll),
	PIC(special_mask),
	PIC(init_state),
	PIC(auto_eoi),
	PIC(rotate_on_auto_eoi),
	PIC(init4),
	PIC(special_fully_nested_mode),
	PIC(elcr),
	PIC(elcr_mask),
};

/* All of a channel but count_load_time, which is the host's. */
static const struct field pit_fields[] = {
	PIT("count", count),
	PIT("latched count", latched_count),
	PIT("count latched", count_latched),
	PIT("status latched", status_latched),
	PIT("status", status),
	PIT("read state", read_state),
	PIT("write state", write_state),
	PIT("write latch", write_latch),
	PIT("read/write mode", rw_mode),
	PIT("mode", mode),
	PIT("BCD", bcd),
	PIT("gate", gate),
};

/* --- MSRs ------------------------------------------------------------------------ */

static const struct {
	uint32_t msr;
	const char *name;
	bool passes;
} known_msrs[] = {
	{MSR_IA32_TSC, "IA32_TSC", true},
	{0x1b, "IA32_APIC_BASE", false},
	{0x34, "MSR_SMI_COUNT", false},
	{0x3a, "IA32_FEATURE_CONTROL", false},
	{0x3b, "IA32_TSC_ADJUST", false},
	{0x48, "IA32_SPEC_CTRL", false},
	{0x8b, "IA32_BIOS_SIGN_ID", false},
	{0x9e, "MSR_SMBASE", false},
	{0xe7, "IA32_MPERF", true},
	{0xe8, "IA32_APERF", true},
	{0x10a, "IA32_ARCH_CAPABILITIES", false},
	{0x122, "IA32_TSX_CTRL", false},
	{0x140, "MISC_FEATURE_ENABLES", false},
	{0x174, "IA32_SYSENTER_CS", false},
	{0x175, "IA32_SYSENTER_ESP", false},
	{0x176, "IA32_SYSENTER_EIP", false},
	{0x179, "IA32_MCG_CAP", false},
	{0x17a, "IA32_MCG_STATUS", false},
	{0x17b, "IA32_MCG_CTL", false},
	{0x1a0, "IA32_MISC_ENABLE", false},
	{0x1d9, "IA32_DEBUGCTL", false},
	{0x277, "IA32_PAT", false},
	{0x2ff, "IA32_MTRR_DEF_TYPE", false},
	{0x38d, "IA32_FIXED_CTR_CTRL", false},
	{0x38e, "IA32_PERF_GLOBAL_STATUS", false},
	{0x38f, "IA32_PERF_GLOBAL_CTRL", false},
	{0x480, "IA32_VMX_BASIC", false},
	{MSR_IA32_TSC_DEADLINE, "IA32_TSC_DEADLINE", true},
	{0xda0, "IA32_XSS", false},
	{0xd90, "IA32_BNDCFGS", false},
	{0x1c4, "IA32_XFD", false},
	{0x1c5, "IA32_XFD_ERR", false},
	{0x40000000, "HV_X64_MSR_GUEST_OS_ID", false},
	{0x40000001, "HV_X64_MSR_HYPERCALL", false},
	{0x40000010, "HV_X64_MSR_VP_RUNTIME", true},
	{0x40000020, "HV_X64_MSR_TIME_REF_COUNT", true},
	{0x40000021, "HV_X64_MSR_REFERENCE_TSC", false},
	{0x11, "MSR_KVM_WALL_CLOCK", false},
	{0x12, "MSR_KVM_SYSTEM_TIME", false},
	{0x4b564d00, "MSR_KVM_WALL_CLOCK_NEW", false},
	{0x4b564d01, "MSR_KVM_SYSTEM_TIME_NEW", false},
	{0x4b564d02, "MSR_KVM_ASYNC_PF_EN", false},
	{0x4b564d03, "MSR_KVM_STEAL_TIME", false},
	{0x4b564d04, "MSR_KVM_PV_EOI_EN", false},
	{0x4b564d05, "MSR_KVM_POLL_CONTROL", false},
	{0xc0000080, "EFER", false},
	{0xc0000081, "STAR", false},
	{0xc0000082, "LSTAR", false},
	{0xc0000083, "CSTAR", false},
	{0xc0000084, "SFMASK", false},
	{0xc0000100, "FS_BASE", false},
	{0xc0000101, "GS_BASE", false},
	{0xc0000102, "KERNEL_GS_BASE", false},
	{0xc0000103, "TSC_AUX", false},
	{0xc0000104, "TSC_RATIO", false},
	{0xc0010015, "HWCR", false},
	{0xc0010114, "VM_CR", false},
	{0xc0010117, "VM_HSAVE_PA", false},
};

bool x86_msr_passes(uint32_t msr)
{
	unsigned int i;

	for (i = 0; i < COUNT(known_msrs); i++) {
		if (known_msrs[i].msr == msr)
			return known_msrs[i].passes;
	}
	return false;
}

const char *x86_msr_name(uint32_t msr)
{
	unsigned int i;

	for (i = 0; i < COUNT(known_msrs); i++) {
		if (known_msrs[i].msr == msr)
			return known_msrs[i].name;
	}
	return NULL;
}

/* NULL: the CPU does not have it. */
static const uint64_t *value_of(const struct kvm_msrs *msrs, uint32_t index)
{
	unsigned int i;

	for (i = 0; i < msrs->nmsrs; i++) {
		if (msrs->entries[i].index == index)
			return (const uint64_t *)&msrs->entries[i].data;
	}
	return NULL;
}

static void differ_msr(const char *who, uint32_t index, const uint64_t *a, const uint64_t *b,
		       struct engine_differences *found)
{
	const char *name = x86_msr_name(index);
	char label[64];

	snprintf(label, sizeof(label), "%s: MSR %#" PRIx32 "%s%s%s", who, index, name ? " (" : "",
		 name ? name : "", name ? ")" : "");
	if (a && b)
		engine_differ(found, "%s: %#" PRIx64 " and %#" PRIx64, label, *a, *b);
	else
		engine_differ(found, "%s: only the %s state has it", label, a ? "first" : "second");
}

/* A deadline that has passed when the other state was taken is over: it is 0 there. */
static bool same_deadline(const struct arch_cpu_state *a, const struct arch_cpu_state *b)
{
	const uint64_t *first = value_of(a->msrs, MSR_IA32_TSC_DEADLINE);
	const uint64_t *second = value_of(b->msrs, MSR_IA32_TSC_DEADLINE);
	const uint64_t *first_tsc = value_of(a->msrs, MSR_IA32_TSC);
	const uint64_t *second_tsc = value_of(b->msrs, MSR_IA32_TSC);

	if (!first || !second || *first == *second)
		return !first == !second;
	return (!*second && second_tsc && *second_tsc >= *first) ||
	       (!*first && first_tsc && *first_tsc >= *second);
}

static void compare_msrs(const char *who, const struct arch_cpu_state *a,
			 const struct arch_cpu_state *b, struct engine_differences *found)
{
	unsigned int i;

	for (i = 0; i < a->msrs->nmsrs; i++) {
		const struct kvm_msr_entry *msr = &a->msrs->entries[i];
		const uint64_t *other = value_of(b->msrs, msr->index);

		if (!x86_msr_passes(msr->index) && (!other || *other != msr->data))
			differ_msr(who, msr->index, (const uint64_t *)&msr->data, other, found);
	}
	for (i = 0; i < b->msrs->nmsrs; i++) {
		const struct kvm_msr_entry *msr = &b->msrs->entries[i];

		if (!value_of(a->msrs, msr->index))
			differ_msr(who, msr->index, NULL, (const uint64_t *)&msr->data, found);
	}
	if (!same_deadline(a, b))
		differ_msr(who, MSR_IA32_TSC_DEADLINE, value_of(a->msrs, MSR_IA32_TSC_DEADLINE),
			   value_of(b->msrs, MSR_IA32_TSC_DEADLINE), found);
}

/* --- Structures -------------------------------------------------------------------- */

static uint64_t read_field(const void *from, const struct field *field)
{
	uint64_t value = 0;

	memcpy(&value, (const char *)from + field->offset, field->size);
	return value;
}

/* @prefix goes before each field's name. */
static void compare_fields(const char *who, const char *prefix, const void *a, const void *b,
			   const struct field *fields, size_t count,
			   struct engine_differences *found)
{
	size_t i;

	for (i = 0; i < count; i++) {
		const uint64_t first = read_field(a, &fields[i]);
		const uint64_t second = read_field(b, &fields[i]);

		if (first != second)
			engine_differ(found, "%s: %s%s: %#" PRIx64 " and %#" PRIx64, who, prefix,
				      fields[i].name, first, second);
	}
}

/* The first byte that differs from @from up to @to, of an area without names. */
static void compare_bytes(const char *who, const char *area, const void *a, const void *b,
			  size_t from, size_t to, struct engine_differences *found)
{
	const unsigned char *first = a, *second = b;
	size_t i, bytes = 0, at = 0;

	for (i = to; i-- > from;) {
		if (first[i] != second[i]) {
			at = i;
			bytes++;
		}
	}
	if (bytes)
		engine_differ(found, "%s: %s: %zu byte(s), first at %#zx: %#x and %#x", who, area,
			      bytes, at, first[at], second[at]);
}

/* SDM Vol. 1 "XSAVE Header": what of it says which parts are in use. */
#define XSTATE_BV 512
#define XSTATE_BV_END 520

/*
 * A CPU may say that a part is in use which holds its initial values (SDM Vol. 1
 * "Processor Tracking of XSAVE-Managed State"), and does so now and then. KVM fills in
 * the values of parts that are not in use.
 */
static void compare_xsave(const char *who, const struct arch_cpu_state *a,
			  const struct arch_cpu_state *b, struct engine_differences *found)
{
	if (a->xsave_size != b->xsave_size) {
		engine_differ(found, "%s: XSAVE area's size: %zu and %zu", who, a->xsave_size,
			      b->xsave_size);
		return;
	}
	compare_bytes(who, "XSAVE area", a->xsave, b->xsave, 0, XSTATE_BV, found);
	compare_bytes(who, "XSAVE area", a->xsave, b->xsave, XSTATE_BV_END, a->xsave_size, found);
}

static void compare_segments(const char *who, const struct arch_cpu_state *a,
			     const struct arch_cpu_state *b, struct engine_differences *found)
{
	char prefix[16];
	size_t i;

	for (i = 0; i < COUNT(segments); i++) {
		snprintf(prefix, sizeof(prefix), "%s ", segments[i].name);
		compare_fields(who, prefix, (const char *)&a->sregs + segments[i].offset,
			       (const char *)&b->sregs + segments[i].offset, segment_fields,
			       COUNT(segment_fields), found);
	}
}

static void compare_xcrs(const char *who, const struct kvm_xcrs *a, const struct kvm_xcrs *b,
			 struct engine_differences *found)
{
	unsigned int i;

	if (a->nr_xcrs != b->nr_xcrs)
		engine_differ(found, "%s: number of XCRs: %u and %u", who, a->nr_xcrs, b->nr_xcrs);
	for (i = 0; i < a->nr_xcrs && i < b->nr_xcrs && i < KVM_MAX_XCRS; i++) {
		if (a->xcrs[i].value != b->xcrs[i].value)
			engine_differ(found, "%s: xcr%u: %#llx and %#llx", who, a->xcrs[i].xcr,
				      a->xcrs[i].value, b->xcrs[i].value);
	}
}

/* SDM Vol. 3 "Local APIC Register Address Map": a register each 16 bytes. */
#define APIC_REGISTER 0x10
#define APIC_CURRENT_COUNT 0x390

/*
 * Whether KVM leaves a CPU's TSC offset as it is. Where Linux has found the host's TSC to be
 * unstable, it does not offer it as a clock, and KVM takes another offset whenever it loads
 * the CPU, so that the guest's TSC does not go back.
 */
static bool is_host_tsc_stable(void)
{
	FILE *file =
		fopen("/sys/devices/system/clocksource/clocksource0/available_clocksource", "re");
	char clock[64];
	bool found = !file;

	while (!found && fscanf(file, "%63s", clock) == 1)
		found = !strcmp(clock, "tsc");
	if (file)
		fclose(file);
	return found;
}

static void compare_lapic(const char *who, const struct kvm_lapic_state *a,
			  const struct kvm_lapic_state *b, struct engine_differences *found)
{
	unsigned int at;

	for (at = 0; at < sizeof(a->regs); at += APIC_REGISTER) {
		uint32_t first, second;

		memcpy(&first, a->regs + at, sizeof(first));
		memcpy(&second, b->regs + at, sizeof(second));
		if (first != second && at != APIC_CURRENT_COUNT)
			engine_differ(found, "%s: APIC register %#x: %#" PRIx32 " and %#" PRIx32,
				      who, at, first, second);
	}
}

/* --- Nested guests ----------------------------------------------------------------- */

/* APM Vol. 2 "Layout of VMCB": the save area's start, and what VMRUN itself keeps of the host. */
#define VMCB_SAVE 0x400

static const struct {
	const char *name;
	size_t from, to;
} vmrun_saves[] = {
	{"es", 0x00, 0x10},    {"cs", 0x10, 0x20},	 {"ss", 0x20, 0x30},
	{"ds", 0x30, 0x40},    {"gdtr", 0x60, 0x70},	 {"idtr", 0x80, 0x90},
	{"efer", 0xd0, 0xd8},  {"cr4", 0x148, 0x150},	 {"cr3", 0x150, 0x158},
	{"cr0", 0x158, 0x160}, {"rflags", 0x170, 0x178}, {"rip", 0x178, 0x180},
	{"rsp", 0x1d8, 0x1e0}, {"rax", 0x1f8, 0x200},
};

static void compare_svm(const char *who, const struct kvm_nested_state *a,
			const struct kvm_nested_state *b, struct engine_differences *found)
{
	const unsigned char *first = a->data.svm[0].vmcb12, *second = b->data.svm[0].vmcb12;
	char area[32];
	size_t i;

	if (a->hdr.svm.vmcb_pa != b->hdr.svm.vmcb_pa)
		engine_differ(found, "%s: nested VMCB's address: %#llx and %#llx", who,
			      a->hdr.svm.vmcb_pa, b->hdr.svm.vmcb_pa);
	if (!(a->flags & b->flags & KVM_STATE_NESTED_GUEST_MODE))
		return;
	compare_bytes(who, "nested VMCB's control area", first, second, 0, VMCB_SAVE, found);
	for (i = 0; i < COUNT(vmrun_saves); i++) {
		snprintf(area, sizeof(area), "L1's %s", vmrun_saves[i].name);
		compare_bytes(who, area, first, second, VMCB_SAVE + vmrun_saves[i].from,
			      VMCB_SAVE + vmrun_saves[i].to, found);
	}
}

/*
 * Of KVM's VMCS, the guest-linear address. It belongs to some kinds of exits and is
 * undefined after all others (SDM Vol. 3 "Guest-Linear Address"): KVM copies what the
 * CPU has there, which can be of an exit that is none of L1's business.
 */
#define VMCS12_LINEAR_ADDRESS 416
#define VMCS12_LINEAR_ADDRESS_END 424

static void compare_vmx(const char *who, const struct kvm_nested_state *a,
			const struct kvm_nested_state *b, struct engine_differences *found)
{
	if (a->hdr.vmx.vmxon_pa != b->hdr.vmx.vmxon_pa)
		engine_differ(found, "%s: VMXON region's address: %#llx and %#llx", who,
			      a->hdr.vmx.vmxon_pa, b->hdr.vmx.vmxon_pa);
	if (a->hdr.vmx.vmcs12_pa != b->hdr.vmx.vmcs12_pa)
		engine_differ(found, "%s: nested VMCS's address: %#llx and %#llx", who,
			      a->hdr.vmx.vmcs12_pa, b->hdr.vmx.vmcs12_pa);
	if (a->hdr.vmx.smm.flags != b->hdr.vmx.smm.flags)
		engine_differ(found, "%s: SMM's nested flags: %#x and %#x", who,
			      a->hdr.vmx.smm.flags, b->hdr.vmx.smm.flags);
	if (a->size != b->size || a->size < sizeof(*a) + VMCS12_LINEAR_ADDRESS_END)
		return;
	compare_bytes(who, "nested VMCS", a->data.vmx, b->data.vmx, 0, VMCS12_LINEAR_ADDRESS,
		      found);
	compare_bytes(who, "nested VMCS", a->data.vmx, b->data.vmx, VMCS12_LINEAR_ADDRESS_END,
		      a->size - sizeof(*a), found);
}

static void compare_nested(const char *who, const struct kvm_nested_state *a,
			   const struct kvm_nested_state *b, struct engine_differences *found)
{
	if (!a || !b) {
		if (a || b)
			engine_differ(found, "%s: nested state: only in the %s state", who,
				      a ? "first" : "second");
		return;
	}
	if (a->format != b->format || a->flags != b->flags)
		engine_differ(found,
			      "%s: nested state's format and flags: %u, %#x and %u, %#x "
			      "(KVM_STATE_NESTED_*)",
			      who, a->format, a->flags, b->format, b->flags);
	if (a->size != b->size)
		engine_differ(found, "%s: nested state's size: %u and %u", who, a->size, b->size);
	if (a->format == KVM_STATE_NESTED_FORMAT_SVM && b->format == a->format)
		compare_svm(who, a, b, found);
	if (a->format == KVM_STATE_NESTED_FORMAT_VMX && b->format == a->format)
		compare_vmx(who, a, b, found);
}

/* --- All --------------------------------------------------------------------------- */

void arch_compare_cpu(unsigned int cpu, const struct arch_cpu_state *a,
		      const struct arch_cpu_state *b, struct engine_differences *found)
{
	char who[16];

	snprintf(who, sizeof(who), "CPU %u", cpu);
	compare_fields(who, "", &a->regs, &b->regs, regs, COUNT(regs), found);
	compare_segments(who, a, b, found);
	compare_fields(who, "", &a->sregs, &b->sregs, sregs, COUNT(sregs), found);
	compare_fields(who, "", &a->events, &b->events, events, COUNT(events), found);
	compare_fields(who, "", &a->debugregs, &b->debugregs, debugregs, COUNT(debugregs), found);
	if (a->mp_state.mp_state != b->mp_state.mp_state)
		engine_differ(found, "%s: MP state: %u and %u", who, a->mp_state.mp_state,
			      b->mp_state.mp_state);
	compare_xcrs(who, &a->xcrs, &b->xcrs, found);
	compare_xsave(who, a, b, found);
	compare_msrs(who, a, b, found);
	if (a->tsc_offset != b->tsc_offset && is_host_tsc_stable())
		engine_differ(found, "%s: TSC offset: %#" PRIx64 " and %#" PRIx64, who,
			      a->tsc_offset, b->tsc_offset);
	if (a->tsc_khz != b->tsc_khz)
		engine_differ(found, "%s: TSC frequency: %" PRIu32 " kHz and %" PRIu32, who,
			      a->tsc_khz, b->tsc_khz);
	compare_lapic(who, &a->lapic, &b->lapic, found);
	compare_nested(who, a->nested, b->nested, found);
}

/* Line 0 is the PIT's, which goes on by itself. */
#define WITHOUT_PIT (~1u)

static void compare_pic(unsigned int nr, const struct kvm_pic_state *a,
			const struct kvm_pic_state *b, struct engine_differences *found)
{
	const unsigned int mask = nr ? ~0u : WITHOUT_PIT;
	char who[16];

	snprintf(who, sizeof(who), "PIC %u", nr);
	if ((a->irr ^ b->irr) & mask)
		engine_differ(found, "%s: irr: %#x and %#x", who, a->irr, b->irr);
	if ((a->last_irr ^ b->last_irr) & mask)
		engine_differ(found, "%s: last_irr: %#x and %#x", who, a->last_irr, b->last_irr);
	compare_fields(who, "", a, b, pic_fields, COUNT(pic_fields), found);
}

static void compare_ioapic(const struct kvm_ioapic_state *a, const struct kvm_ioapic_state *b,
			   struct engine_differences *found)
{
	unsigned int i;

	if (a->base_address != b->base_address)
		engine_differ(found, "I/O APIC: base: %#llx and %#llx", a->base_address,
			      b->base_address);
	if (a->ioregsel != b->ioregsel)
		engine_differ(found, "I/O APIC: ioregsel: %#x and %#x", a->ioregsel, b->ioregsel);
	if (a->id != b->id)
		engine_differ(found, "I/O APIC: id: %#x and %#x", a->id, b->id);
	if ((a->irr ^ b->irr) & WITHOUT_PIT)
		engine_differ(found, "I/O APIC: irr: %#x and %#x", a->irr, b->irr);
	for (i = 0; i < COUNT(a->redirtbl); i++) {
		if (a->redirtbl[i].bits != b->redirtbl[i].bits)
			engine_differ(found, "I/O APIC: entry %u: %#llx and %#llx", i,
				      a->redirtbl[i].bits, b->redirtbl[i].bits);
	}
}

void arch_compare_vm(const struct arch_vm_state *a, const struct arch_vm_state *b,
		     struct engine_differences *found)
{
	char who[16];
	unsigned int i;

	for (i = 0; i < PIC_COUNT; i++)
		compare_pic(i, &a->pics[i].chip.pic, &b->pics[i].chip.pic, found);
	compare_ioapic(&a->ioapic.chip.ioapic, &b->ioapic.chip.ioapic, found);
	for (i = 0; i < COUNT(a->pit.channels); i++) {
		snprintf(who, sizeof(who), "PIT channel %u", i);
		compare_fields(who, "", &a->pit.channels[i], &b->pit.channels[i], pit_fields,
			       COUNT(pit_fields), found);
	}
	if (a->pit.flags != b->pit.flags)
		engine_differ(found, "PIT: flags: %#x and %#x", a->pit.flags, b->pit.flags);
}
