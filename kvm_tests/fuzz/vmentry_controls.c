// SPDX-License-Identifier: MIT
/* "Checks on VMX Controls", 27.2.1: what fails is refused with error 7. */
#include "vmentry_judge.h"

/* Appendix A: IA32_VMX_MISC, IA32_VMX_EPT_VPID_CAP. */
#define MISC_ZERO_LENGTH BIT64(30)
#define EPT_CAP_WALK_4 BIT64(6)
#define EPT_CAP_WALK_5 BIT64(7)
#define EPT_CAP_UC BIT64(8)
#define EPT_CAP_WB BIT64(14)
#define EPT_CAP_ACCESSED_DIRTY BIT64(21)
#define EPT_CAP_SHADOW_STACK BIT64(23)

/* Virtual-APIC page: 30.1.1. */
#define VIRTUAL_TPR 0x80

static int are_allowed(uint64_t controls, uint64_t mask)
{
	return !((uint32_t)mask & ~controls) && !(controls & ~(mask >> 32));
}

static void judge_virtual_apic(struct judge *judge)
{
	const int interrupts = has_exec2(judge, VMX_EXECCTL2_VIRT_INTR);

	if (!(GET(EXEC) & VMX_EXECCTL_TPR_SHADOW)) {
		demand(judge,
		       !has_exec2(judge, VMX_EXECCTL2_VIRT_X2APIC | VMX_EXECCTL2_VIRT_APIC_REG |
						 VMX_EXECCTL2_VIRT_INTR),
		       VMENTRY_BAD_CONTROLS, "27.2.1.1: an APIC is virtual without a TPR shadow");
	} else {
		demand(judge, is_page(judge, GET(VIRTUAL_APIC)), VMENTRY_BAD_CONTROLS,
		       "27.2.1.1: virtual-APIC address");
		demand(judge, interrupts || GET(TPR_THRESHOLD) < 16, VMENTRY_BAD_CONTROLS,
		       "27.2.1.1: TPR threshold, bits 31:4");
		if (!interrupts && !has_exec2(judge, VMX_EXECCTL2_VIRT_APIC) &&
		    is_page(judge, GET(VIRTUAL_APIC))) {
			const uint8_t tpr =
				*(const volatile uint8_t *)(uintptr_t)(GET(VIRTUAL_APIC) +
								       VIRTUAL_TPR);

			demand(judge, (GET(TPR_THRESHOLD) & 0xf) <= tpr >> 4, VMENTRY_BAD_CONTROLS,
			       "27.2.1.1: TPR threshold above the virtual TPR");
		}
	}
	if (has_exec2(judge, VMX_EXECCTL2_VIRT_APIC)) {
		demand(judge, is_page(judge, GET(APIC_ACCESS)), VMENTRY_BAD_CONTROLS,
		       "27.2.1.1: APIC-access address");
		demand(judge, !has_exec2(judge, VMX_EXECCTL2_VIRT_X2APIC), VMENTRY_BAD_CONTROLS,
		       "27.2.1.1: virtual x2APIC mode with virtual APIC accesses");
	}
	demand(judge, !interrupts || (GET(PIN) & PIN_EXTERNAL_INTERRUPTS), VMENTRY_BAD_CONTROLS,
	       "27.2.1.1: virtual interrupts without external-interrupt exiting");
	if (!(GET(PIN) & PIN_POSTED_INTERRUPTS))
		return;
	demand(judge, interrupts, VMENTRY_BAD_CONTROLS,
	       "27.2.1.1: posted interrupts without virtual ones");
	demand(judge, !!(GET(EXIT) & EXIT_ACKNOWLEDGE), VMENTRY_BAD_CONTROLS,
	       "27.2.1.1: posted interrupts, and exits acknowledge none");
	demand(judge, GET(POSTED_VECTOR) < 256, VMENTRY_BAD_CONTROLS,
	       "27.2.1.1: notification vector");
	demand(judge, is_address(judge, GET(POSTED_DESCRIPTOR), 64), VMENTRY_BAD_CONTROLS,
	       "27.2.1.1: posted-interrupt descriptor's address");
}

static int is_eptp(const struct judge *judge, uint64_t eptp)
{
	const uint64_t cap = judge->cpu->ept;
	const unsigned int type = eptp & 7, walk = eptp >> 3 & 7;

	if (!(type == EPTP_MEMORY_TYPE_UC && (cap & EPT_CAP_UC)) &&
	    !(type == EPTP_MEMORY_TYPE_WB && (cap & EPT_CAP_WB)))
		return 0;
	if (!(walk == 3 && (cap & EPT_CAP_WALK_4)) && !(walk == 4 && (cap & EPT_CAP_WALK_5)))
		return 0;
	if ((eptp & EPTP_ACCESSED_DIRTY) && !(cap & EPT_CAP_ACCESSED_DIRTY))
		return 0;
	if ((eptp & BIT64(7)) && !(cap & EPT_CAP_SHADOW_STACK))
		return 0;
	return !(eptp & 0xf00) && eptp < judge->cpu->physical_end;
}

static void judge_ept(struct judge *judge)
{
	if (has_exec2(judge, VMX_EXECCTL2_EPT))
		demand(judge, is_eptp(judge, GET(EPTP)), VMENTRY_BAD_CONTROLS,
		       "27.2.1.1: EPT pointer");
	else
		demand(judge,
		       !has_exec2(judge, EXEC2_UNRESTRICTED_GUEST | EXEC2_PML |
						 EXEC2_MODE_BASED_EXECUTE |
						 EXEC2_SUBPAGE_PERMISSIONS),
		       VMENTRY_BAD_CONTROLS, "27.2.1.1: a control that needs EPT");
	demand(judge, !has_exec2(judge, EXEC2_PML) || is_page(judge, GET(PML)),
	       VMENTRY_BAD_CONTROLS, "27.2.1.1: PML address");
	if (!has_exec2(judge, EXEC2_VMFUNC))
		return;
	/* 25.6.14: bit 0 is EPTP switching, and there is no other. */
	demand(judge, !(GET(VMFUNC) & ~BIT64(0)), VMENTRY_BAD_CONTROLS,
	       "27.2.1.1: reserved VM-function controls");
	if (GET(VMFUNC) & BIT64(0)) {
		demand(judge, has_exec2(judge, VMX_EXECCTL2_EPT), VMENTRY_BAD_CONTROLS,
		       "27.2.1.1: EPTP switching without EPT");
		demand(judge, is_page(judge, GET(EPTP_LIST)), VMENTRY_BAD_CONTROLS,
		       "27.2.1.1: EPTP-list address");
	}
}

static void judge_execution_controls(struct judge *judge)
{
	const struct vmentry_cpu *cpu = judge->cpu;

	demand(judge, are_allowed(GET(PIN), cpu->pin), VMENTRY_BAD_CONTROLS,
	       "27.2.1.1: reserved pin-based controls");
	demand(judge, are_allowed(GET(EXEC), cpu->exec), VMENTRY_BAD_CONTROLS,
	       "27.2.1.1: reserved processor-based controls");
	demand(judge, !(GET(EXEC) & VMX_EXECCTL_ENABLE_CTL2) || are_allowed(GET(EXEC2), cpu->exec2),
	       VMENTRY_BAD_CONTROLS, "27.2.1.1: reserved secondary controls");
	demand(judge, GET(CR3_TARGETS) <= (cpu->misc >> 16 & 0x1ff), VMENTRY_BAD_CONTROLS,
	       "27.2.1.1: CR3-target count");
	demand(judge,
	       !(GET(EXEC) & VMX_EXECCTL_IO_BITMAP) ||
		       (is_page(judge, GET(IO_BITMAP_A)) && is_page(judge, GET(IO_BITMAP_B))),
	       VMENTRY_BAD_CONTROLS, "27.2.1.1: I/O-bitmap addresses");
	demand(judge, !(GET(EXEC) & VMX_EXECCTL_MSR_BITMAP) || is_page(judge, GET(MSR_BITMAP)),
	       VMENTRY_BAD_CONTROLS, "27.2.1.1: MSR-bitmap address");
	demand(judge, (GET(PIN) & PIN_NMI) || !(GET(PIN) & PIN_VIRTUAL_NMIS), VMENTRY_BAD_CONTROLS,
	       "27.2.1.1: virtual NMIs without NMI exiting");
	demand(judge, (GET(PIN) & PIN_VIRTUAL_NMIS) || !(GET(EXEC) & EXEC_NMI_WINDOW),
	       VMENTRY_BAD_CONTROLS, "27.2.1.1: NMI-window exiting without virtual NMIs");
	demand(judge, !has_exec2(judge, VMX_EXECCTL2_VPID) || GET(VPID), VMENTRY_BAD_CONTROLS,
	       "27.2.1.1: VPID 0000H");
	demand(judge,
	       !has_exec2(judge, VMX_EXECCTL2_SHADOW_VMCS) ||
		       (is_page(judge, GET(VMREAD_BITMAP)) && is_page(judge, GET(VMWRITE_BITMAP))),
	       VMENTRY_BAD_CONTROLS, "27.2.1.1: VMREAD- and VMWRITE-bitmap addresses");
	judge_virtual_apic(judge);
	judge_ept(judge);
}

static void judge_msr_area(struct judge *judge, uint64_t count, uint64_t address, const char *rule)
{
	const uint64_t end = address + count * sizeof(struct vmentry_msr);

	demand(judge, !count || (is_address(judge, address, 16) && end <= judge->cpu->physical_end),
	       VMENTRY_BAD_CONTROLS, rule);
}

static void judge_exit_controls(struct judge *judge)
{
	demand(judge, are_allowed(GET(EXIT), judge->cpu->exit), VMENTRY_BAD_CONTROLS,
	       "27.2.1.2: reserved exit controls");
	demand(judge, (GET(PIN) & PIN_TIMER) || !(GET(EXIT) & EXIT_SAVE_TIMER),
	       VMENTRY_BAD_CONTROLS, "27.2.1.2: a timer is saved that does not run");
	judge_msr_area(judge, GET(EXIT_STORE_COUNT), GET(EXIT_STORE),
		       "27.2.1.2: exit MSR-store address");
	judge_msr_area(judge, GET(EXIT_LOAD_COUNT), GET(EXIT_LOAD),
		       "27.2.1.2: exit MSR-load address");
}

/* Chapter 6: #DF, #TS, #NP, #SS, #GP, #PF, #AC. */
static int has_error_code(unsigned int vector)
{
	return vector < 32 && (0x27d00u >> vector & 1);
}

static void judge_error_code(struct judge *judge, uint64_t event)
{
	const int may_deliver = (!is_unrestricted(judge) || (GET(CR0) & CR0_PE)) &&
				EVENT_TYPE(event) == HARDWARE_EXCEPTION;
	const int has_to = may_deliver && has_error_code(EVENT_VECTOR(event));
	const int delivered = !!(event & EVENT_ERROR_CODE);

	demand(judge, !delivered || may_deliver, VMENTRY_BAD_CONTROLS,
	       "27.2.1.3: error code of an event that has none");
	demand(judge, delivered == has_to || judge->cpu->may_omit_error_code, VMENTRY_BAD_CONTROLS,
	       "27.2.1.3: exception with or without an error code");
	demand(judge, !delivered || !(GET(EVENT_ERROR) >> 16), VMENTRY_BAD_CONTROLS,
	       "27.2.1.3: error code, bits 31:16");
}

static void judge_event(struct judge *judge)
{
	const uint64_t event = GET(EVENT);
	const unsigned int type = EVENT_TYPE(event), vector = EVENT_VECTOR(event);
	const uint64_t length = GET(EVENT_LENGTH);

	if (!(event & EVENT_VALID))
		return;
	demand(judge, type != RESERVED_TYPE, VMENTRY_BAD_CONTROLS,
	       "27.2.1.3: reserved type of event");
	demand(judge, type != OTHER_EVENT || (judge->cpu->exec >> 32 & EXEC_MONITOR_TRAP),
	       VMENTRY_BAD_CONTROLS, "27.2.1.3: other event without a monitor trap flag");
	demand(judge, type != NMI || vector == 2, VMENTRY_BAD_CONTROLS,
	       "27.2.1.3: NMI with another vector");
	demand(judge, type != HARDWARE_EXCEPTION || vector < 32, VMENTRY_BAD_CONTROLS,
	       "27.2.1.3: exception with another vector");
	demand(judge, type != OTHER_EVENT || !vector, VMENTRY_BAD_CONTROLS,
	       "27.2.1.3: other event with another vector");
	demand(judge, !(event & 0x7ffff000), VMENTRY_BAD_CONTROLS,
	       "27.2.1.3: reserved bits of an event");
	judge_error_code(judge, event);
	if (type >= SOFTWARE_INTERRUPT && type <= SOFTWARE_EXCEPTION)
		demand(judge, length < 16 && (length || (judge->cpu->misc & MISC_ZERO_LENGTH)),
		       VMENTRY_BAD_CONTROLS, "27.2.1.3: instruction length");
}

static void judge_entry_controls(struct judge *judge)
{
	demand(judge, are_allowed(GET(ENTRY), judge->cpu->entry), VMENTRY_BAD_CONTROLS,
	       "27.2.1.3: reserved entry controls");
	demand(judge, !(GET(ENTRY) & (ENTRY_SMM | ENTRY_END_DUAL_MONITOR)), VMENTRY_BAD_CONTROLS,
	       "27.2.1.3: an entry to SMM from outside");
	judge_msr_area(judge, GET(ENTRY_LOAD_COUNT), GET(ENTRY_LOAD),
		       "27.2.1.3: entry MSR-load address");
	judge_event(judge);
}

void judge_controls(struct judge *judge)
{
	judge_execution_controls(judge);
	judge_exit_controls(judge);
	judge_entry_controls(judge);
}
