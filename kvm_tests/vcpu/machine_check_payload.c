// SPDX-License-Identifier: MIT
/* Takes machine checks, and notes what the CPU says of them. */
#include "guest_case.h"
#include "kvm_x86.h"
#include "machine_check.h"

#define APIC_REG_LVT_CMCI 0x2f0

GUEST_SHARED uint32_t bank; /* to look at: the controller's choice */
GUEST_SHARED uint32_t machine_checks;
GUEST_SHARED uint32_t cmcis;
GUEST_SHARED struct machine_check_report in_handler; /* as the handler has found it */
GUEST_SHARED struct machine_check_report afterwards;

static void look(volatile struct machine_check_report *report)
{
	report->status = kvm_rdmsr(MSR_MC_STATUS(bank));
	report->addr = kvm_rdmsr(MSR_MC_ADDR(bank));
	report->misc = kvm_rdmsr(MSR_MC_MISC(bank));
	report->mcg_status = kvm_rdmsr(MSR_MCG_STATUS);
}

/* Leaves the bank as it is; SDM Vol. 3 "Machine-Check Error Handling": MCIP is cleared. */
static int take(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	machine_checks++;
	look(&in_handler);
	kvm_wrmsr(MSR_MCG_STATUS, 0);
	return 0;
}

static void enable(void)
{
	struct kvm_cregs cregs;

	tst_set_interrupt_callback(INTR_MACHINE_CHECK, take, NULL);
	kvm_read_cregs(&cregs);
	kvm_set_cr4(cregs.cr4 | CR4_MCE);
}

/* The controller sends errors while the guest has left. */
GUEST_CASE(take_machine_checks)
{
	enable();
	for (int i = 0; i < 3; i++) {
		kvm_yield();
		look(&afterwards);
	}
}

/* CR4.MCE is clear. */
GUEST_CASE(take_none)
{
	kvm_yield();
}

/* SDM Vol. 3 "Global Machine-Check MSRs": one is in progress as long as MCIP says so. */
GUEST_CASE(be_in_machine_check)
{
	enable();
	kvm_wrmsr(MSR_MCG_STATUS, 1 << 2);
	kvm_yield();
}

static int count_cmci(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	cmcis++;
	kvm_end_of_interrupt();
	return 0;
}

/* SDM Vol. 3 "Corrected Machine Check Error Interrupts". */
GUEST_CASE(take_cmcis)
{
	enable();
	kvm_enable_apic();
	tst_set_interrupt_callback(CMCI_VECTOR, count_cmci, NULL);
	kvm_write_apic(APIC_REG_LVT_CMCI, CMCI_VECTOR);
	kvm_enable_interrupts();
	kvm_yield();
	look(&afterwards);
	kvm_disable_interrupts();
}
