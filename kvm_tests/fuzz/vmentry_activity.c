// SPDX-License-Identifier: MIT
/* "Checks on Guest Non-Register State", 27.3.1.5. */
#include "vmentry_judge.h"

/* Appendix A.6: IA32_VMX_MISC has the activity states that there are. */
#define MISC_ACTIVITY(state) BIT64(5 + (state))

/* 25.4.2 */
enum activity {
	ACTIVE,
	HALTED,
	SHUTDOWN,
	WAIT_FOR_SIPI
};
#define BLOCKING_BY_STI BIT64(0)
#define BLOCKING_BY_MOV_SS BIT64(1)
#define BLOCKING_BY_SMI BIT64(2)
#define BLOCKING_BY_NMI BIT64(3)
#define IN_ENCLAVE BIT64(4)
#define DEBUG_SINGLE_STEP BIT64(14)
#define DEBUG_RTM BIT64(16)

#define ACCESS_DPL(access) ((access) >> 5 & 3)
#define DEBUGCTL_BTF BIT64(1)

/* 27.3.1.5: whether this event may come to a CPU in that state. */
static int wakes(uint64_t activity, uint64_t event)
{
	const unsigned int type = EVENT_TYPE(event), vector = EVENT_VECTOR(event);

	switch (activity) {
	case ACTIVE:
		return 1;
	case HALTED:
		return type == EXTERNAL_INTERRUPT || type == NMI ||
		       (type == HARDWARE_EXCEPTION && (vector == 1 || vector == 18)) ||
		       type == OTHER_EVENT;
	case SHUTDOWN:
		return type == NMI || (type == HARDWARE_EXCEPTION && vector == 18);
	default:
		return 0;
	}
}

static void judge_activity(struct judge *judge)
{
	const uint64_t activity = GET(ACTIVITY), event = GET(EVENT);

	demand(judge,
	       activity == ACTIVE ||
		       (activity <= WAIT_FOR_SIPI && (judge->cpu->misc & MISC_ACTIVITY(activity))),
	       VMENTRY_BAD_GUEST, "27.3.1.5: activity state");
	/* KVM has the CPU enter an active guest, and halts it by itself. */
	demand_unseen(judge, activity != HALTED || !ACCESS_DPL(GET(SS_ACCESS)), VMENTRY_BAD_GUEST,
		      "27.3.1.5: HLT with another privilege level");
	demand_unseen(judge,
		      activity == ACTIVE ||
			      !(GET(INTERRUPTIBILITY) & (BLOCKING_BY_STI | BLOCKING_BY_MOV_SS)),
		      VMENTRY_BAD_GUEST, "27.3.1.5: not active, with blocking by STI or MOV SS");
	demand_unseen(judge, !(event & EVENT_VALID) || wakes(activity, event), VMENTRY_BAD_GUEST,
		      "27.3.1.5: event in that activity state");
}

static void judge_interruptibility(struct judge *judge)
{
	const uint64_t state = GET(INTERRUPTIBILITY), event = GET(EVENT);
	const int by_sti = !!(state & BLOCKING_BY_STI), by_mov_ss = !!(state & BLOCKING_BY_MOV_SS);
	const int is_event = !!(event & EVENT_VALID);
	const int is_nmi = is_event && EVENT_TYPE(event) == NMI;

	demand(judge, !(state >> 5), VMENTRY_BAD_GUEST,
	       "27.3.1.5: interruptibility, reserved bits");
	demand(judge, !(by_sti && by_mov_ss), VMENTRY_BAD_GUEST,
	       "27.3.1.5: blocking by STI and by MOV SS");
	demand(judge, !by_sti || (GET(RFLAGS) & RFLAGS_IF), VMENTRY_BAD_GUEST,
	       "27.3.1.5: blocking by STI without RFLAGS.IF");
	demand(judge,
	       !is_event || EVENT_TYPE(event) != EXTERNAL_INTERRUPT || (!by_sti && !by_mov_ss),
	       VMENTRY_BAD_GUEST, "27.3.1.5: external interrupt that is blocked");
	demand(judge, !is_nmi || !by_mov_ss, VMENTRY_BAD_GUEST, "27.3.1.5: NMI that MOV SS blocks");
	demand(judge, !(state & BLOCKING_BY_SMI), VMENTRY_BAD_GUEST,
	       "27.3.1.5: blocking by SMI outside SMM");
	leave_open(judge, is_nmi && by_sti, VMENTRY_BAD_NMI, "27.3.1.5: NMI that STI blocks");
	leave_open(judge, is_nmi && by_sti, VMENTRY_BAD_GUEST, "27.3.1.5: NMI that STI blocks");
	demand_unseen(judge,
		      !is_nmi || !(GET(PIN) & PIN_VIRTUAL_NMIS) || !(state & BLOCKING_BY_NMI),
		      VMENTRY_BAD_GUEST, "27.3.1.5: virtual NMI that is blocked");
	demand(judge, !(state & IN_ENCLAVE) || (judge->cpu->has_sgx && !by_mov_ss),
	       VMENTRY_BAD_GUEST, "27.3.1.5: enclave interruption");
}

static void judge_pending_debug(struct judge *judge)
{
	const uint64_t pending = GET(PENDING_DEBUG);
	const int steps = (GET(RFLAGS) & RFLAGS_TF) && !(GET(DEBUGCTL) & DEBUGCTL_BTF);

	demand(judge, !((uint32_t)pending & ~(0x5000ull | DEBUG_RTM | 0xf)), VMENTRY_BAD_GUEST,
	       "27.3.1.5: pending debug exceptions, reserved bits");
	demand_unseen(judge, !(pending >> 32), VMENTRY_BAD_GUEST,
		      "27.3.1.5: pending debug exceptions, bits 63:32");
	if ((GET(INTERRUPTIBILITY) & (BLOCKING_BY_STI | BLOCKING_BY_MOV_SS)) ||
	    GET(ACTIVITY) == HALTED)
		demand_unseen(judge, !!(pending & DEBUG_SINGLE_STEP) == steps, VMENTRY_BAD_GUEST,
			      "27.3.1.5: pending single step");
	if (pending & DEBUG_RTM)
		demand(judge,
		       judge->cpu->has_rtm && (pending & ~DEBUG_RTM) == BIT64(12) &&
			       !(GET(INTERRUPTIBILITY) & BLOCKING_BY_MOV_SS),
		       VMENTRY_BAD_GUEST, "27.3.1.5: pending debug exception of a transaction");
	/* Bochs knows of none (docs/machines.md, "VM entries"). */
	leave_open(judge, !!(pending & DEBUG_RTM), VMENTRY_BAD_GUEST,
		   "27.3.1.5: pending debug exception of a transaction");
}

/* Of a VMCS in memory: 25.2. */
static void judge_link_pointer(struct judge *judge)
{
	const uint64_t link = GET(LINK_POINTER);
	const int is_shadowed = has_exec2(judge, VMX_EXECCTL2_SHADOW_VMCS);
	uint32_t version;

	if (link == VMX_INVALID_VMCS)
		return;
	demand(judge, is_page(judge, link), VMENTRY_BAD_LINK, "27.3.1.5: VMCS link pointer");
	if (!is_page(judge, link))
		return;
	version = *(const volatile uint32_t *)(uintptr_t)link;
	demand(judge, (version & ~VMX_SHADOW_VMCS) == judge->cpu->revision, VMENTRY_BAD_LINK,
	       "27.3.1.5: revision identifier of the linked VMCS");
	demand(judge, !!(version & VMX_SHADOW_VMCS) == is_shadowed, VMENTRY_BAD_LINK,
	       "27.3.1.5: shadow indicator of the linked VMCS");
}

void judge_guest_activity(struct judge *judge)
{
	judge_activity(judge);
	judge_interruptibility(judge);
	judge_pending_debug(judge);
	judge_link_pointer(judge);
}
