// SPDX-License-Identifier: MIT
/* Saving and loading what belongs to an x86 machine and none of its CPUs. */
#include <stdlib.h>
#include <string.h>

#include "host/arch/x86/state.h"

/* KVM's MMU counts each one that it makes and has not made before. */
const char arch_shadow_page_count[] = "mmu_cache_miss";
const char arch_fault_count[] = "pf_taken";

static bool call(struct engine_vm *vm, unsigned long request, void *arg, const char *name,
		 struct engine_error *error)
{
	return engine_ioctl(vm->fd, request, arg) >= 0 ||
	       engine_fail_errno(error, "ioctl(%s)", name);
}

#define CALL(vm, request, arg, error) call(vm, request, arg, #request, error)

static bool save_devices(struct engine_vm *vm, struct arch_vm_state *state,
			 struct engine_error *error)
{
	unsigned int i;

	state->has_irqchip = vm->irqchip == ENGINE_KERNEL_IRQCHIP;
	if (!state->has_irqchip)
		return true;
	for (i = 0; i < PIC_COUNT; i++) {
		state->pics[i].chip_id = i ? KVM_IRQCHIP_PIC_SLAVE : KVM_IRQCHIP_PIC_MASTER;
		if (!CALL(vm, KVM_GET_IRQCHIP, &state->pics[i], error))
			return false;
	}
	state->ioapic.chip_id = KVM_IRQCHIP_IOAPIC;
	return CALL(vm, KVM_GET_IRQCHIP, &state->ioapic, error) &&
	       CALL(vm, KVM_GET_PIT2, &state->pit, error);
}

struct arch_vm_state *arch_save_vm(struct engine_vm *vm, struct engine_error *error)
{
	struct arch_vm_state *state = calloc(1, sizeof(*state));

	if (!state) {
		engine_fail_errno(error, "no memory");
		return NULL;
	}
	if (CALL(vm, KVM_GET_CLOCK, &state->clock, error) && save_devices(vm, state, error))
		return state;
	free(state);
	return NULL;
}

/* Before the CPUs' APICs, which may get interrupts from here: their own state is the last word. */
bool arch_load_devices(struct engine_vm *vm, const struct arch_vm_state *state,
		       struct engine_error *error)
{
	struct arch_vm_state copy = *state;

	return !state->has_irqchip || (CALL(vm, KVM_SET_IRQCHIP, &copy.pics[0], error) &&
				       CALL(vm, KVM_SET_IRQCHIP, &copy.pics[1], error) &&
				       CALL(vm, KVM_SET_IRQCHIP, &copy.ioapic, error) &&
				       CALL(vm, KVM_SET_PIT2, &copy.pit, error));
}

bool arch_load_clock(struct engine_vm *vm, const struct arch_vm_state *state,
		     struct engine_error *error)
{
	struct kvm_clock_data clock = {
		.clock = state->clock.clock,
		.realtime = state->clock.realtime,
		/* With the real time of the save, it has gone on meanwhile, as the TSC has. */
		.flags = state->clock.flags & KVM_CLOCK_REALTIME,
	};

	return CALL(vm, KVM_SET_CLOCK, &clock, error);
}

void arch_free_vm_state(struct arch_vm_state *state)
{
	free(state);
}
