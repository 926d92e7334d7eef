// SPDX-License-Identifier: MIT
/* See vmrun_rules.h; "5.5.1" and so on are sections of APM Vol. 2. */
#include "vmrun_rules.h"

#define BIT64(n) (1ull << (n))

/* What lies in the upper half of registers of 32 bits. */
#define UPPER_HALF 0xffffffff00000000

/* Bits 51:0 of an address; what is above them is reserved in CR3 (5.3.2). */
#define ADDRESS_BITS 52

/* CPUID Fn8000_0001 ECX, Fn8000_0008 EBX and Fn8000_0021 EAX: Vol. 3, Appendix E. */
#define FEATURE_TCE KVM_CPUID_BIT(0x80000001, 0, KVM_CPUID_ECX, 17)
#define FEATURE_FFXSR KVM_CPUID_BIT(0x80000001, 0, KVM_CPUID_EDX, 25)
#define FEATURE_MCOMMIT KVM_CPUID_BIT(0x80000008, 0, KVM_CPUID_EBX, 8)
#define FEATURE_INT_WBINVD KVM_CPUID_BIT(0x80000008, 0, KVM_CPUID_EBX, 13)
#define FEATURE_UPPER_ADDRESS_IGNORE KVM_CPUID_BIT(0x80000021, 0, KVM_CPUID_EAX, 7)
#define FEATURE_AUTOMATIC_IBRS KVM_CPUID_BIT(0x80000021, 0, KVM_CPUID_EAX, 8)

struct feature_bit {
	uint64_t bit;
	uint32_t feature;
};

/* 3.1.3: bits of CR4 that a feature brings. Each CPU with long mode has the others below 11. */
static const struct feature_bit cr4_bits[] = {
	{CR4_UMIP, X86_FEATURE_UMIP},	      {CR4_LA57, X86_FEATURE_LA57},
	{CR4_FSGSBASE, X86_FEATURE_FSGSBASE}, {CR4_PCIDE, X86_FEATURE_PCID},
	{CR4_OSXSAVE, X86_FEATURE_XSAVE},     {CR4_SMEP, X86_FEATURE_SMEP},
	{CR4_SMAP, X86_FEATURE_SMAP},	      {CR4_PKE, X86_FEATURE_PKU},
	{CR4_CET, X86_FEATURE_SHSTK},
};

#define CR4_OF_ALL                                                                                \
	(CR4_VME | CR4_PVI | CR4_TSD | CR4_DE | CR4_PSE | CR4_PAE | CR4_MCE | CR4_PGE | CR4_PCE | \
	 CR4_OSFXSR | CR4_OSXMMEXCPT)

/* No CPUID bit says whether there is one. */
#define EFER_LMSLE BIT64(13)

/* 3.1.7: likewise. */
static const struct feature_bit efer_bits[] = {
	{EFER_SCE, X86_FEATURE_SYSCALL},
	{EFER_LME | EFER_LMA, X86_FEATURE_LM},
	{EFER_NXE, X86_FEATURE_NX},
	{EFER_SVME, X86_FEATURE_SVM},
	{BIT64(14), FEATURE_FFXSR},
	{BIT64(15), FEATURE_TCE},
	{BIT64(17), FEATURE_MCOMMIT},
	{BIT64(18), FEATURE_INT_WBINVD},
	{BIT64(20), FEATURE_UPPER_ADDRESS_IGNORE},
	{BIT64(21), FEATURE_AUTOMATIC_IBRS},
};

static uint64_t bits_of(const struct feature_bit *table, size_t count)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < count; i++)
		if (kvm_cpuid_has(table[i].feature))
			bits |= table[i].bit;
	return bits;
}

void vmrun_read_cpu(struct vmrun_cpu *cpu)
{
	struct kvm_cpuid cpuid;

	kvm_get_cpuid(CPUID_GET_ADDRESS_SIZES, 0, &cpuid);
	cpu->physical_end = BIT64(cpuid.eax & 0xff);
	cpu->cr4 = CR4_OF_ALL | bits_of(cr4_bits, ARRAY_SIZE(cr4_bits));
	cpu->efer = bits_of(efer_bits, ARRAY_SIZE(efer_bits));
}

/* 15.10.1, 15.11: tables of 12 and 8 KiB; the address's bits 11:0 are ignored. */
static int lies_beyond(const struct vmrun_cpu *cpu, uint64_t base, uint64_t size)
{
	base &= ~0xfffull;
	return base >= cpu->physical_end || size > cpu->physical_end - base;
}

/* 15.20: EVENTINJ has a vector, its type from bit 8 on, and a valid bit, 31. */
static enum verdict judge_event(uint64_t event, const char **rule)
{
	/* 8.2, table 8-1: 15, 20 and 22 to 27 are reserved, 9 is one of the past, 31 is none. */
	static const uint32_t exceptions = 0x703f7dfb & ~(1u << 20);
	const unsigned int type = event >> 8 & 7, vector = event & 0xff;

	if (!(event & BIT64(31)))
		return ENTERED;
	*rule = "15.20: reserved type of event";
	if (type == 1 || type > 4)
		return REFUSED;
	*rule = "15.20: exception with another vector";
	if (type == 3 && (vector > 31 || vector == 2))
		return REFUSED;
	*rule = "15.20";
	return type == 3 && !(exceptions >> vector & 1) ? EITHER : ENTERED;
}

static enum verdict judge_long_mode(const struct vmrun_cpu *cpu, const struct kvm_vmcb *vmcb,
				    const char **rule)
{
	*rule = "EFER.LME and CR0.PG are set, CR4.PAE is zero";
	if (!(vmcb->cr4 & CR4_PAE))
		return REFUSED;
	*rule = "EFER.LME and CR0.PG are set, CR0.PE is zero";
	if (!(vmcb->cr0 & CR0_PE))
		return REFUSED;
	*rule = "EFER.LME, CR0.PG, CR4.PAE, CS.L and CS.D are set";
	if ((vmcb->cs.attrib & SEGFLAG_CODE64) && (vmcb->cs.attrib & SEGFLAG_32BIT))
		return REFUSED;
	*rule = "a reserved bit of CR3";
	if (vmcb->cr3 >> ADDRESS_BITS || vmcb->cr3 >= cpu->physical_end)
		return REFUSED;
	return ENTERED;
}

enum verdict vmrun_judge(const struct vmrun_cpu *cpu, const struct kvm_vmcb *vmcb,
			 const char **rule)
{
	enum verdict verdict = ENTERED;

	*rule = "the VMRUN intercept is clear";
	if (!(vmcb->intercepts[SVM_INTERCEPT_VMRUN / 8] & 1 << SVM_INTERCEPT_VMRUN % 8))
		return REFUSED;
	*rule = "ASID is zero";
	if (!vmcb->guest_asid)
		return REFUSED;
	*rule = "EFER.SVME is zero";
	if (!(vmcb->efer & EFER_SVME))
		return REFUSED;
	*rule = "a reserved bit of EFER";
	if (vmcb->efer & ~cpu->efer & ~EFER_LMSLE)
		return REFUSED;
	*rule = "CR0.CD is zero, CR0.NW is set";
	if (!(vmcb->cr0 & CR0_CD) && (vmcb->cr0 & CR0_NW))
		return REFUSED;
	*rule = "CR0[63:32] are not zero";
	if (vmcb->cr0 & UPPER_HALF)
		return REFUSED;
	*rule = "a reserved bit of CR4";
	if (vmcb->cr4 & ~cpu->cr4)
		return REFUSED;
	*rule = "DR6[63:32] are not zero";
	if (vmcb->dr6 & UPPER_HALF)
		return REFUSED;
	*rule = "DR7[63:32] are not zero";
	if (vmcb->dr7 & UPPER_HALF)
		return REFUSED;
	*rule = "the IOIO table extends beyond physical memory";
	if (lies_beyond(cpu, vmcb->iopm_base_addr, 0x3000))
		return REFUSED;
	*rule = "the MSR table extends beyond physical memory";
	if (lies_beyond(cpu, vmcb->msrpm_base_addr, 0x2000))
		return REFUSED;
	/* 15.25.3 */
	*rule = "nested CR3 beyond physical memory";
	if ((vmcb->enable_nested_paging & 1) && vmcb->nested_cr3 >= cpu->physical_end)
		return REFUSED;
	if ((vmcb->efer & EFER_LME) && (vmcb->cr0 & CR0_PG)) {
		verdict = judge_long_mode(cpu, vmcb, rule);
		if (verdict == REFUSED)
			return REFUSED;
	} else if (vmcb->cr3 & UPPER_HALF) {
		/* 3.1.2 shows CR3 with 32 bits then. */
		verdict = EITHER;
	}
	if (vmcb->efer & EFER_LMSLE)
		verdict = EITHER;
	/* 3.1.7 has LMA follow from the two others, and no rule says what comes of one that doesn't. */
	if (!(vmcb->efer & EFER_LMA) != !((vmcb->efer & EFER_LME) && (vmcb->cr0 & CR0_PG)))
		verdict = EITHER;
	switch (judge_event(vmcb->event_injection, rule)) {
	case REFUSED:
		return REFUSED;
	case EITHER:
		return EITHER;
	case ENTERED:
		break;
	}
	*rule = "no rule is broken";
	return verdict;
}
