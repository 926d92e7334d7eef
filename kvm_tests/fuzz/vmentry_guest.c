// SPDX-License-Identifier: MIT
/* Checks on the guest's registers, but for its segments: 27.3.1.1, 27.3.1.4, 27.3.1.6. */
#include "vmentry_judge.h"

#define ACCESS_L BIT64(13)
#define FIRST_BITS(n) (BIT64(n) - 1)

static void judge_guest_control_registers(struct judge *judge)
{
	const struct vmentry_cpu *cpu = judge->cpu;
	const uint64_t cr0 = GET(CR0), cr4 = GET(CR4);
	uint64_t fixed0 = cpu->cr0_fixed0;

	if (is_unrestricted(judge))
		fixed0 &= ~(uint64_t)(CR0_PE | CR0_PG);
	demand(judge, fits(cr0, fixed0, cpu->cr0_fixed1 | CR0_CD | CR0_NW), VMENTRY_BAD_GUEST,
	       "27.3.1.1: CR0");
	demand(judge, !(cr0 & CR0_PG) || (cr0 & CR0_PE), VMENTRY_BAD_GUEST,
	       "27.3.1.1: CR0.PG without PE");
	demand(judge, fits(cr4, cpu->cr4_fixed0, cpu->cr4_fixed1), VMENTRY_BAD_GUEST,
	       "27.3.1.1: CR4");
	demand(judge, !(cr4 & CR4_CET) || (cr0 & CR0_WP), VMENTRY_BAD_GUEST,
	       "27.3.1.1: CR4.CET without CR0.WP");
	if (is_64_bit_guest(judge))
		demand(judge, (cr0 & CR0_PG) && (cr4 & CR4_PAE), VMENTRY_BAD_GUEST,
		       "27.3.1.1: CR0.PG and CR4.PAE of an IA-32e guest");
	else
		demand(judge, !(cr4 & CR4_PCIDE), VMENTRY_BAD_GUEST,
		       "27.3.1.1: CR4.PCIDE of a 32-bit guest");
	demand(judge, GET(CR3) < cpu->physical_end, VMENTRY_BAD_GUEST, "27.3.1.1: CR3");
}

static void judge_guest_msrs(struct judge *judge)
{
	/* Vol. 4: 5:3 and 63:16 of IA32_DEBUGCTL are reserved on all CPUs, others on some. */
	const uint64_t debugctl = GET(DEBUGCTL), debugctl_open = 0xffc4;
	const int is_64 = is_64_bit_guest(judge);

	if (GET(ENTRY) & ENTRY_LOAD_DEBUG) {
		demand(judge, !(GET(DR7) >> 32), VMENTRY_BAD_GUEST, "27.3.1.1: DR7, bits 63:32");
		demand(judge, !(debugctl & ~(debugctl_open | 3)), VMENTRY_BAD_GUEST,
		       "27.3.1.1: IA32_DEBUGCTL, reserved bits");
		leave_open(judge, !!(debugctl & debugctl_open), VMENTRY_BAD_GUEST,
			   "27.3.1.1: IA32_DEBUGCTL, bits that only some CPUs have");
	}
	demand(judge, is_canonical(GET(SYSENTER_ESP)) && is_canonical(GET(SYSENTER_EIP)),
	       VMENTRY_BAD_GUEST, "27.3.1.1: IA32_SYSENTER_ESP, EIP");
	demand(judge, !(GET(ENTRY) & ENTRY_LOAD_PAT) || is_pat(GET(PAT)), VMENTRY_BAD_GUEST,
	       "27.3.1.1: IA32_PAT");
	if (!(GET(ENTRY) & ENTRY_LOAD_EFER))
		return;
	demand(judge, !(GET(EFER) & ~judge->cpu->efer), VMENTRY_BAD_GUEST,
	       "27.3.1.1: IA32_EFER, reserved bits");
	demand(judge, !!(GET(EFER) & EFER_LMA) == is_64, VMENTRY_BAD_GUEST,
	       "27.3.1.1: IA32_EFER.LMA");
	demand(judge, !(GET(CR0) & CR0_PG) || !!(GET(EFER) & EFER_LME) == is_64, VMENTRY_BAD_GUEST,
	       "27.3.1.1: IA32_EFER.LME");
}

static void judge_rip_and_rflags(struct judge *judge)
{
	const uint64_t rip = GET(RIP), rflags = GET(RFLAGS), event = GET(EVENT);

	if (!is_64_bit_guest(judge) || !(GET(CS_ACCESS) & ACCESS_L))
		demand(judge, !(rip >> 32), VMENTRY_BAD_GUEST, "27.3.1.4: RIP, bits 63:32");
	else
		/* Bit 47 may differ from them. */
		demand_unseen(judge, rip >> 48 == 0 || rip >> 48 == 0xffff, VMENTRY_BAD_GUEST,
			      "27.3.1.4: RIP, bits 63:48");
	demand(judge, !(rflags & ~(FIRST_BITS(22) & ~0x8028ull)) && (rflags & RFLAGS_FIXED),
	       VMENTRY_BAD_GUEST, "27.3.1.4: RFLAGS, reserved bits");
	demand(judge, !(rflags & RFLAGS_VM) || (!is_64_bit_guest(judge) && (GET(CR0) & CR0_PE)),
	       VMENTRY_BAD_GUEST, "27.3.1.4: RFLAGS.VM");
	demand(judge,
	       !(event & EVENT_VALID) || EVENT_TYPE(event) != EXTERNAL_INTERRUPT ||
		       (rflags & RFLAGS_IF),
	       VMENTRY_BAD_GUEST, "27.3.1.4: external interrupt without RFLAGS.IF");
}

void judge_guest_registers(struct judge *judge)
{
	judge_guest_control_registers(judge);
	judge_guest_msrs(judge);
	judge_rip_and_rflags(judge);
}

/* 4.4.1 has the reserved bits. */
void judge_page_directories(struct judge *judge)
{
	const uint64_t reserved = ~(judge->cpu->physical_end - 1) | 0x1e6;
	const uint64_t *pdptes = &GET(PDPTE0);

	if (is_64_bit_guest(judge) || !(GET(CR0) & CR0_PG) || !(GET(CR4) & CR4_PAE))
		return;
	if (!has_exec2(judge, VMX_EXECCTL2_EPT)) {
		if (GET(CR3) >= judge->cpu->physical_end)
			return;
		pdptes = (const uint64_t *)(uintptr_t)(GET(CR3) & 0xffffffe0);
	}
	for (unsigned int i = 0; i < 4; i++)
		demand(judge, !(pdptes[i] & 1) || !(pdptes[i] & reserved), VMENTRY_BAD_PDPTE,
		       "27.3.1.6: page-directory pointers");
}
