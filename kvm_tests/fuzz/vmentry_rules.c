// SPDX-License-Identifier: MIT
/* The model's verdict, and 27.4, "Loading MSRs". Its other parts are in files of their own. */
#include "vmentry_judge.h"

/* Appendix A.1: IA32_VMX_BASIC. */
#define BASIC_REVISION 0x7fffffff
#define BASIC_ANY_ERROR_CODE BIT64(56)

#define FEATURE_SGX KVM_CPUID_BIT(7, 0, KVM_CPUID_EBX, 2)
#define FEATURE_RTM KVM_CPUID_BIT(7, 0, KVM_CPUID_EBX, 11)

#define FIELD_INFO(name, encoding, bits) {encoding, bits},
const struct vmentry_field_info vmentry_fields[] = {VMENTRY_FIELDS(FIELD_INFO)};

void demand(struct judge *judge, int holds, enum vmentry_outcome kind, const char *rule)
{
	if (holds)
		return;
	if (!judge->broken)
		judge->rule = rule;
	judge->broken |= kind;
}

void leave_open(struct judge *judge, int is_open, enum vmentry_outcome kind, const char *rule)
{
	if (!is_open)
		return;
	if (!judge->broken && !judge->unclear)
		judge->rule = rule;
	judge->unclear |= kind;
}

void demand_unseen(struct judge *judge, int holds, enum vmentry_outcome kind, const char *rule)
{
	leave_open(judge, !holds, kind, rule);
}

static int is_ordinary_msr(uint32_t msr)
{
	return msr == MSR_STAR || msr == MSR_LSTAR || msr == MSR_CSTAR || msr == MSR_SFMASK ||
	       msr == MSR_KERNEL_GS_BASE;
}

static void judge_msr_loads(struct judge *judge)
{
	const struct vmentry_msr *msrs = (const struct vmentry_msr *)(uintptr_t)GET(ENTRY_LOAD);

	if (judge->broken & VMENTRY_BAD_CONTROLS)
		return;
	for (unsigned int i = 0; i < GET(ENTRY_LOAD_COUNT); i++) {
		demand(judge, !msrs[i].reserved, VMENTRY_BAD_MSR, "27.4: bits 63:32 of an entry");
		demand(judge, msrs[i].index != MSR_FS_BASE && msrs[i].index != MSR_GS_BASE,
		       VMENTRY_BAD_MSR, "27.4: IA32_FS_BASE or GS_BASE");
		leave_open(judge, !is_ordinary_msr(msrs[i].index), VMENTRY_BAD_MSR,
			   "27.4: an MSR that only some CPUs have");
		if ((judge->broken | judge->unclear) & VMENTRY_BAD_MSR) {
			judge->bad_msr = i + 1;
			return;
		}
	}
}

#define REFUSALS (VMENTRY_BAD_CONTROLS | VMENTRY_BAD_HOST)
#define BAD_GUESTS (VMENTRY_BAD_GUEST | VMENTRY_BAD_PDPTE | VMENTRY_BAD_NMI | VMENTRY_BAD_LINK)

/*
 * 27.2, 27.3.1: of several failures of a step any may be told. Guest state is looked at
 * after controls and host state, MSRs are loaded after guest state.
 */
static unsigned int outcomes_of(const struct judge *judge)
{
	static const unsigned int steps[] = {REFUSALS, BAD_GUESTS, VMENTRY_BAD_MSR};
	unsigned int outcomes = 0;

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		outcomes |= (judge->broken | judge->unclear) & steps[i];
		if (judge->broken & steps[i])
			return outcomes;
	}
	return outcomes | VMENTRY_ENTERED;
}

struct vmentry_verdict vmentry_judge(const struct vmentry_cpu *cpu, const uint64_t *fields)
{
	struct judge in_the_making = {.cpu = cpu, .fields = fields, .rule = "no rule is broken"};
	struct judge *judge = &in_the_making;

	judge_controls(judge);
	judge_host_state(judge);
	judge_guest_registers(judge);
	judge_guest_segments(judge);
	judge_guest_activity(judge);
	judge_page_directories(judge);
	judge_msr_loads(judge);
	return (struct vmentry_verdict){
		.outcomes = outcomes_of(judge),
		.rule = judge->rule,
		.bad_msr = judge->bad_msr,
	};
}

void vmentry_read_cpu(struct vmentry_cpu *cpu)
{
	struct kvm_cpuid cpuid;

	kvm_get_cpuid(CPUID_GET_ADDRESS_SIZES, 0, &cpuid);
	cpu->physical_end = BIT64(cpuid.eax & 0xff);
	cpu->pin = kvm_vmx_read_vmctl_mask(VMX_CTLMASK_PINX);
	cpu->exec = kvm_vmx_read_vmctl_mask(VMX_CTLMASK_EXECCTL);
	cpu->exec2 = kvm_vmx_read_vmctl_mask(VMX_CTLMASK_EXECCTL2);
	cpu->exit = kvm_vmx_read_vmctl_mask(VMX_CTLMASK_EXITCTL);
	cpu->entry = kvm_vmx_read_vmctl_mask(VMX_CTLMASK_ENTRYCTL);
	cpu->cr0_fixed0 = kvm_rdmsr(MSR_IA32_VMX_CR0_FIXED0);
	cpu->cr0_fixed1 = kvm_rdmsr(MSR_IA32_VMX_CR0_FIXED1);
	cpu->cr4_fixed0 = kvm_rdmsr(MSR_IA32_VMX_CR4_FIXED0);
	cpu->cr4_fixed1 = kvm_rdmsr(MSR_IA32_VMX_CR4_FIXED1);
	cpu->misc = kvm_rdmsr(MSR_IA32_VMX_MISC);
	cpu->ept = cpu->exec2 >> 32 & (VMX_EXECCTL2_EPT | VMX_EXECCTL2_VPID)
			   ? kvm_rdmsr(MSR_IA32_VMX_EPT_VPID_CAP)
			   : 0;
	cpu->may_omit_error_code = !!(kvm_rdmsr(MSR_IA32_VMX_BASIC) & BASIC_ANY_ERROR_CODE);
	cpu->revision = kvm_rdmsr(MSR_IA32_VMX_BASIC) & BASIC_REVISION;
	cpu->has_sgx = kvm_cpuid_has(FEATURE_SGX);
	cpu->has_rtm = kvm_cpuid_has(FEATURE_RTM);
	cpu->efer = EFER_SCE | EFER_LME | EFER_LMA;
	if (kvm_cpuid_has(X86_FEATURE_NX))
		cpu->efer |= EFER_NXE;
}
