// SPDX-License-Identifier: MIT
/* Checks on the host-state area, 27.2.2 to 27.2.4: what fails is refused with error 8. */
#include "vmentry_judge.h"

static void judge_host_registers(struct judge *judge)
{
	const struct vmentry_cpu *cpu = judge->cpu;
	/* 24.8: CR0.CD and NW are not checked. */
	const uint64_t unchecked = CR0_CD | CR0_NW;

	demand(judge, fits(GET(HOST_CR0), cpu->cr0_fixed0, cpu->cr0_fixed1 | unchecked),
	       VMENTRY_BAD_HOST, "27.2.2: host CR0");
	demand(judge, fits(GET(HOST_CR4), cpu->cr4_fixed0, cpu->cr4_fixed1), VMENTRY_BAD_HOST,
	       "27.2.2: host CR4");
	demand(judge, !(GET(HOST_CR4) & CR4_CET) || (GET(HOST_CR0) & CR0_WP), VMENTRY_BAD_HOST,
	       "27.2.2: host CR4.CET without CR0.WP");
	demand(judge, GET(HOST_CR3) < cpu->physical_end, VMENTRY_BAD_HOST, "27.2.2: host CR3");
	demand(judge, is_canonical(GET(HOST_SYSENTER_ESP)) && is_canonical(GET(HOST_SYSENTER_EIP)),
	       VMENTRY_BAD_HOST, "27.2.2: host IA32_SYSENTER_ESP, EIP");
	demand(judge, !(GET(EXIT) & EXIT_LOAD_PAT) || is_pat(GET(HOST_PAT)), VMENTRY_BAD_HOST,
	       "27.2.2: host IA32_PAT");
	if (GET(EXIT) & EXIT_LOAD_EFER) {
		const int is_64 = !!(GET(EXIT) & EXIT_HOST_64);

		demand(judge, !(GET(HOST_EFER) & ~cpu->efer), VMENTRY_BAD_HOST,
		       "27.2.2: host IA32_EFER, reserved bits");
		demand(judge,
		       !!(GET(HOST_EFER) & EFER_LMA) == is_64 &&
			       !!(GET(HOST_EFER) & EFER_LME) == is_64,
		       VMENTRY_BAD_HOST, "27.2.2: host IA32_EFER.LMA, LME");
	}
}

static void judge_host_segments(struct judge *judge)
{
	const uint64_t all = GET(HOST_CS) | GET(HOST_SS) | GET(HOST_DS) | GET(HOST_ES) |
			     GET(HOST_FS) | GET(HOST_GS) | GET(HOST_TR);

	demand(judge, !(all & (SELECTOR_RPL | SELECTOR_TI)), VMENTRY_BAD_HOST,
	       "27.2.3: RPL and TI of a host selector");
	demand(judge, GET(HOST_CS) && GET(HOST_TR), VMENTRY_BAD_HOST,
	       "27.2.3: host CS or TR is 0000H");
	demand(judge, GET(HOST_SS) || (GET(EXIT) & EXIT_HOST_64), VMENTRY_BAD_HOST,
	       "27.2.3: SS of a 32-bit host is 0000H");
	demand(judge,
	       is_canonical(GET(HOST_FS_BASE)) && is_canonical(GET(HOST_GS_BASE)) &&
		       is_canonical(GET(HOST_TR_BASE)) && is_canonical(GET(HOST_GDTR_BASE)) &&
		       is_canonical(GET(HOST_IDTR_BASE)),
	       VMENTRY_BAD_HOST, "27.2.3: a host base address");
}

/* This hypervisor is in IA-32e mode. Of which kind the failure is, 27.2.4 does not say. */
static void judge_address_space(struct judge *judge)
{
	const int is_64 = !!(GET(EXIT) & EXIT_HOST_64);

	demand(judge, is_64, VMENTRY_BAD_HOST,
	       "27.2.4: a 32-bit host, and the CPU is in IA-32e mode");
	leave_open(judge, !is_64, VMENTRY_BAD_CONTROLS,
		   "27.2.4: a 32-bit host, and the CPU is in IA-32e mode");
	demand(judge, !is_64 || (GET(HOST_CR4) & CR4_PAE), VMENTRY_BAD_HOST,
	       "27.2.4: CR4.PAE of a 64-bit host");
	demand(judge, is_64 || !(GET(HOST_CR4) & CR4_PCIDE), VMENTRY_BAD_HOST,
	       "27.2.4: CR4.PCIDE of a 32-bit host");
}

void judge_host_state(struct judge *judge)
{
	judge_host_registers(judge);
	judge_host_segments(judge);
	judge_address_space(judge);
}
