// SPDX-License-Identifier: MIT
/* Registers: CPUID, control and segment registers, model-specific registers. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "check.h"
#include "kvm_x86.h"

#define CPUID_FEATURE_LONG_MODE (1 << 29) /* leaf 0x80000001, edx */
#define CPUID_STATE_COMPONENTS 0xd /* a leaf with subleaves */

/* What the instruction itself returns, to hold the library's answer against. */
static int is_what_cpuid_returns(unsigned int eax, unsigned int ecx)
{
	struct kvm_cpuid answer, raw;

	kvm_get_cpuid(eax, ecx, &answer);
	asm volatile("cpuid"
		     : "=a"(raw.eax), "=b"(raw.ebx), "=c"(raw.ecx), "=d"(raw.edx)
		     : "a"(eax), "c"(ecx));
	return !memcmp(&answer, &raw, sizeof(answer));
}

static void check_cpuid(void)
{
	struct kvm_cpuid basic, extended;

	kvm_get_cpuid(0, 0, &basic);
	CHECK(basic.eax >= CPUID_GET_MODEL_INFO);
	kvm_get_cpuid(CPUID_GET_INPUT_RANGE, 0, &extended);
	CHECK(extended.eax >= CPUID_GET_EXT_FEATURES);
	CHECK(is_what_cpuid_returns(0, 0));
	CHECK(is_what_cpuid_returns(CPUID_GET_EXT_FEATURES, 0));
	if (basic.eax >= CPUID_STATE_COMPONENTS) {
		CHECK(is_what_cpuid_returns(CPUID_STATE_COMPONENTS, 0));
		CHECK(is_what_cpuid_returns(CPUID_STATE_COMPONENTS, 1));
		CHECK(is_what_cpuid_returns(CPUID_STATE_COMPONENTS, 2));
	}
#ifdef __x86_64__
	kvm_get_cpuid(CPUID_GET_EXT_FEATURES, 0, &extended);
	CHECK(extended.edx & CPUID_FEATURE_LONG_MODE);
#endif
}

static void check_control_registers(void)
{
	struct kvm_cregs cregs;
	unsigned long cr2 = 0x12345000;

	asm volatile("mov %0, %%cr2" : : "r"(cr2));
	kvm_read_cregs(&cregs);
	CHECK(cregs.cr0 & CR0_PE);
	CHECK_EQ(cregs.cr2, cr2);
	CHECK_EQ(cregs.cr3, (uintptr_t)kvm_pagetable);
	CHECK(cregs.cr4 & CR4_PAE);
#ifdef __x86_64__
	CHECK(cregs.cr0 & CR0_PG);
#endif
}

static void check_setting_control_registers(void)
{
	struct kvm_cregs before, after;
	struct page_table_entry_pae *root = tst_heap_alloc_aligned(PAGESIZE, PAGESIZE);

	kvm_read_cregs(&before);
	kvm_set_cr0(before.cr0 ^ CR0_AM);
	kvm_read_cregs(&after);
	CHECK_EQ(after.cr0, before.cr0 ^ CR0_AM);
	kvm_set_cr0(before.cr0);

	kvm_set_cr4(before.cr4 ^ CR4_TSD);
	kvm_read_cregs(&after);
	CHECK_EQ(after.cr4, before.cr4 ^ CR4_TSD);
	kvm_set_cr4(before.cr4);

	/* A copy of the root maps the same: the payload goes on with it. */
	memcpy(root, kvm_pagetable, PAGESIZE);
	kvm_set_cr3((uintptr_t)root);
	kvm_read_cregs(&after);
	CHECK_EQ(after.cr3, (uintptr_t)root);
	kvm_set_cr3(before.cr3);

	kvm_read_cregs(&after);
	CHECK(!memcmp(&before, &after, sizeof(before)));
}

static void check_segment_registers(void)
{
	const unsigned int first = 20; /* of five descriptors that nobody has */
	struct kvm_sregs before, after;
	unsigned int i;

	kvm_read_sregs(&before);
	CHECK_EQ(kvm_gdt[before.cs >> 3].flags_lo & (SEGTYPE_MASK & ~1), SEGTYPE_CODE);
	CHECK_EQ(kvm_gdt[before.ss >> 3].flags_lo & (SEGTYPE_MASK & ~1), SEGTYPE_RWDATA);
	CHECK_EQ(kvm_gdt[before.tr >> 3].flags_lo & SEGTYPE_MASK, SEGTYPE_TSS_BUSY);
	CHECK_EQ(before.ds, before.ss);

	for (i = 0; i < 5; i++)
		kvm_gdt[first + i] = kvm_gdt[before.ds >> 3];
	asm volatile("mov %0, %%ds" : : "r"(first << 3));
	asm volatile("mov %0, %%es" : : "r"((first + 1) << 3));
	asm volatile("mov %0, %%fs" : : "r"((first + 2) << 3));
	asm volatile("mov %0, %%gs" : : "r"((first + 3) << 3));
	asm volatile("mov %0, %%ss" : : "r"((first + 4) << 3));
	kvm_read_sregs(&after);
	CHECK_EQ(after.ds, first << 3);
	CHECK_EQ(after.es, (first + 1) << 3);
	CHECK_EQ(after.fs, (first + 2) << 3);
	CHECK_EQ(after.gs, (first + 3) << 3);
	CHECK_EQ(after.ss, (first + 4) << 3);
	CHECK_EQ(after.cs, before.cs);
	asm volatile("mov %0, %%ds" : : "r"((unsigned int)before.ds));
	asm volatile("mov %0, %%es" : : "r"((unsigned int)before.es));
	asm volatile("mov %0, %%fs" : : "r"((unsigned int)before.fs));
	asm volatile("mov %0, %%gs" : : "r"((unsigned int)before.gs));
	asm volatile("mov %0, %%ss" : : "r"((unsigned int)before.ss));
}

/* Writes a register, reads it back and puts the old value back. */
static void check_msr(const char *name, unsigned int msr, uint64_t value)
{
	uint64_t before = kvm_rdmsr(msr), after;

	kvm_wrmsr(msr, value);
	after = kvm_rdmsr(msr);
	kvm_wrmsr(msr, before);
	if (after == value)
		tst_res(TPASS, "%s holds %#llx", name, (unsigned long long)value);
	else
		tst_res(TFAIL, "%s is %#llx, after %#llx was written", name,
			(unsigned long long)after, (unsigned long long)value);
}

#define CHECK_MSR(msr, value) check_msr(#msr, msr, value)

static void check_msrs(void)
{
	uint64_t efer = kvm_rdmsr(MSR_EFER);

	CHECK_MSR(MSR_SYSENTER_CS, 0x18);
	CHECK_MSR(MSR_SYSENTER_ESP, 0x12345678);
	CHECK_MSR(MSR_SYSENTER_EIP, 0x87654321);
	CHECK_MSR(MSR_STAR, 0x123456789abcdef0);
	CHECK_MSR(MSR_EFER, efer ^ EFER_SCE);
#ifdef __x86_64__
	CHECK((efer & EFER_LME) && (efer & EFER_LMA));
	CHECK_MSR(MSR_LSTAR, 0x00007fff12345678);
	CHECK_MSR(MSR_CSTAR, 0xffff800012345678);
	CHECK_MSR(MSR_SFMASK, 0x700);
	CHECK_MSR(MSR_FS_BASE, 0x0000123456789000);
	CHECK_MSR(MSR_GS_BASE, 0xffff923456789000);
	CHECK_MSR(MSR_KERNEL_GS_BASE, 0x0000423456789000);
#else
	CHECK(!(efer & EFER_LMA));
#endif
}

#ifdef __x86_64__
/* The base that a register names is the one that addresses use. */
static void check_segment_base(void)
{
	static const uint64_t there = 0x1122334455667788;
	uint64_t before = kvm_rdmsr(MSR_FS_BASE), value;

	kvm_wrmsr(MSR_FS_BASE, (uintptr_t)&there);
	asm volatile("movq %%fs:0, %0" : "=r"(value));
	kvm_wrmsr(MSR_FS_BASE, before);
	CHECK_EQ(value, there);
}
#endif

void main(void)
{
	check_cpuid();
	check_control_registers();
	check_setting_control_registers();
	check_segment_registers();
	check_msrs();
#ifdef __x86_64__
	check_segment_base();
#endif
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
