// SPDX-License-Identifier: MIT
/* A nested guest with a shadow VMCS and a timer, which stops where its state can be taken. */
#include "exit_checks.h"
#include "guest_case.h"
#include "vmentry_changes.h"

#define PORT 0x80
#define PIN_PREEMPTION_TIMER (1u << 6)
#define FIELD_PREEMPTION_TIMER 0x482e
/* Hours. */
#define LONG_TIME 0xffffffff

GUEST_SHARED uint32_t exit_reason, last_step;

static int guest_main(void)
{
	step = 1;
	kvm_out8(PORT, 1);
	step = 2;
	return 0;
}

static int guest_loops(void)
{
	step = 1;
	kvm_out8(PORT, 1);
	for (;;)
		asm volatile("");
}

static void run(int (*guest)(void))
{
	struct kvm_vmx_vcpu *vm;

	kvm_set_vmx_state(1);
	vm = kvm_create_vmx_vcpu(guest, 1);
	kvm_vmx_vmptrld(vm->vmcs);
	need2(VMX_EXECCTL2_SHADOW_VMCS);
	put(VMX_VMCS_VMREAD_BITMAP_POINTER, page());
	put(VMX_VMCS_VMWRITE_BITMAP_POINTER, page());
	put(VMX_VMCS_LINK_POINTER, shadow_vmcs());
	need_pin(PIN_PREEMPTION_TIMER);
	put(FIELD_PREEMPTION_TIMER, LONG_TIME);
	kvm_vmx_vmrun(vm);
	exit_reason = kvm_vmx_vmread(VMX_VMCS_EXIT_REASON);
	last_step = step;
}

GUEST_CASE(halts)
{
	run(guest_main);
}

GUEST_CASE(loops)
{
	run(guest_loops);
}
