// SPDX-License-Identifier: MIT
/* A machine's whole state, as far as it is the same on all architectures. */
#include "host/engine/state.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/engine/arch.h"

/* Lines of a comparison; the rest is counted. */
#define MOST_LINES 40

struct saved_cpu {
	struct arch_cpu_state *arch;
	struct engine_exit *shown; /* what struct kvm_run shows */
	bool shown_is_settled;
	struct engine_exit *pending; /* exits that are still to come, before KVM_RUN */
	struct engine_exit *replay; /* reads that KVM_RUN is to answer by itself */
};

struct engine_state {
	enum engine_irqchip irqchip;
	struct engine_payload payload;
	uint64_t ram_size;
	uint64_t registers; /* from arch_shown_registers() */
	struct arch_vm_state *arch;
	struct engine_saved_memory *memory;
	unsigned int vcpu_count;
	struct saved_cpu cpus[];
};

void engine_differ(struct engine_differences *found, const char *fmt, ...)
{
	char line[512], *text;
	va_list args;
	size_t len;

	if (found->count++ >= MOST_LINES)
		return;
	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	len = strlen(line);
	text = realloc(found->text, found->size + len + 2);
	if (!text) {
		found->no_memory = true;
		return;
	}
	found->text = text;
	if (found->size)
		text[found->size++] = '\n';
	memcpy(text + found->size, line, len + 1);
	found->size += len;
}

/* --- Saving -------------------------------------------------------------------- */

static bool save_cpu(struct engine_vcpu *vcpu, struct saved_cpu *saved, struct engine_error *error)
{
	saved->shown = engine_copy_exit(vcpu);
	saved->shown_is_settled = vcpu->settled;
	if (!saved->shown || !engine_copy_exits(vcpu->pending, false, &saved->pending) ||
	    !engine_copy_exits(engine_reads_before(vcpu), true, &saved->replay))
		return engine_fail_errno(error, "no memory for the exits of CPU %u", vcpu->index);
	saved->arch = arch_save_cpu(vcpu, error);
	return saved->arch;
}

static bool save_all(struct engine_vm *vm, struct engine_state *state, struct engine_error *error)
{
	unsigned int i;

	/* All of them first: what one completes, another one's interrupt controller may see. */
	for (i = 0; i < vm->vcpu_count; i++) {
		if (!engine_settle(vm->vcpus[i], error))
			return false;
	}
	for (i = 0; i < vm->vcpu_count; i++) {
		if (!save_cpu(vm->vcpus[i], &state->cpus[i], error))
			return false;
	}
	state->arch = arch_save_vm(vm, error);
	if (!state->arch)
		return false;
	/* Memory last: KVM may have written there what it kept for itself. */
	state->memory = engine_save_memory(vm, error);
	return state->memory;
}

struct engine_state *engine_save(struct engine_vm *vm, struct engine_error *error)
{
	struct engine_state *state;

	if (vm->extra) {
		engine_fail(error,
			    "the test has made CPU %u itself, and a state has the machine's own "
			    "CPUs only; let config.vcpus make all",
			    vm->extra->index);
		return NULL;
	}
	state = calloc(1, sizeof(*state) + vm->vcpu_count * sizeof(state->cpus[0]));
	if (!state) {
		engine_fail_errno(error, "no memory");
		return NULL;
	}
	state->irqchip = vm->irqchip;
	state->payload = vm->payload;
	state->ram_size = vm->ram_size;
	state->registers = arch_shown_registers(vm);
	state->vcpu_count = vm->vcpu_count;
	if (save_all(vm, state, error))
		return state;
	engine_free_state(state);
	return NULL;
}

void engine_free_state(struct engine_state *state)
{
	unsigned int i;

	for (i = 0; i < state->vcpu_count; i++) {
		engine_free_exits(state->cpus[i].shown);
		engine_free_exits(state->cpus[i].pending);
		engine_free_exits(state->cpus[i].replay);
		arch_free_cpu_state(state->cpus[i].arch);
	}
	arch_free_vm_state(state->arch);
	engine_free_memory(state->memory);
	free(state);
}

/* --- Loading ------------------------------------------------------------------- */

static const char *irqchip_name(enum engine_irqchip irqchip)
{
	static const char *const names[] = {
		[ENGINE_NO_IRQCHIP] = "no irqchip",
		[ENGINE_KERNEL_IRQCHIP] = "the kernel's irqchip",
		[ENGINE_SPLIT_IRQCHIP] = "a split irqchip",
	};

	return names[irqchip];
}

bool engine_fits(struct engine_vm *vm, const struct engine_state *state, struct engine_error *error)
{
	if (state->vcpu_count != vm->vcpu_count)
		return engine_fail(error, "the state has %u CPU(s), the machine %u",
				   state->vcpu_count, vm->vcpu_count);
	if (vm->extra)
		return engine_fail(error, "the test has made CPU %u of the machine itself",
				   vm->extra->index);
	if (state->irqchip != vm->irqchip)
		return engine_fail(error, "the state is of a machine with %s, this one has %s",
				   irqchip_name(state->irqchip), irqchip_name(vm->irqchip));
	if (state->payload.image != vm->payload.image || state->payload.size != vm->payload.size)
		return engine_fail(error, "the state is of a machine with another payload");
	if (state->ram_size != vm->ram_size)
		return engine_fail(error,
				   "the state has %#" PRIx64 " bytes of RAM, the machine %#" PRIx64,
				   state->ram_size, vm->ram_size);
	return engine_memory_fits(vm, state->memory, error);
}

static bool load_exits(struct engine_vcpu *vcpu, const struct saved_cpu *saved,
		       struct engine_error *error)
{
	if ((saved->shown_is_settled && !engine_copy_exits(saved->shown, true, &vcpu->settled)) ||
	    !engine_copy_exits(saved->pending, false, &vcpu->pending) ||
	    !engine_copy_exits(saved->replay, true, &vcpu->replay))
		return engine_fail_errno(error, "no memory for the exits of CPU %u", vcpu->index);
	engine_show_exit(vcpu, saved->shown);
	vcpu->run->ready_for_interrupt_injection = saved->shown->run.ready_for_interrupt_injection;
	vcpu->run->if_flag = saved->shown->run.if_flag;
	return true;
}

/* @own: the state is of this very machine, so that only what differs has to be put back. */
static bool load_all(struct engine_vm *vm, const struct engine_state *state, bool own,
		     struct engine_error *error)
{
	unsigned int i;

	/* What KVM has in mind to complete would spoil the new state. */
	for (i = 0; i < vm->vcpu_count; i++) {
		struct engine_vcpu *vcpu = vm->vcpus[i];

		engine_forget_registers(vcpu);
		if (!engine_abandon(vcpu, error) || !arch_prepare_load(vcpu, error))
			return false;
	}
	/* Before the CPUs, whose registers point there. */
	if (!(own ? engine_reset_memory(vm, state->memory, error)
		  : engine_load_memory(vm, state->memory, error)) ||
	    !engine_drop_shadows(vm, error) || !arch_load_devices(vm, state->arch, error))
		return false;
	for (i = 0; i < vm->vcpu_count; i++) {
		const struct saved_cpu *saved = &state->cpus[i];

		if (!arch_load_cpu(vm->vcpus[i], saved->arch, error) ||
		    !load_exits(vm->vcpus[i], saved, error))
			return false;
	}
	return arch_load_clock(vm, state->arch, error);
}

bool engine_load(struct engine_vm *vm, const struct engine_state *state, struct engine_error *error)
{
	return engine_fits(vm, state, error) && load_all(vm, state, false, error);
}

/* Has KVM forget what it would complete, and show its registers in struct kvm_run. */
static bool abandon_and_show(struct engine_vcpu *vcpu, uint64_t registers,
			     struct engine_error *error)
{
	const uint64_t before = vcpu->run->kvm_valid_regs;
	bool ok;

	engine_forget_registers(vcpu);
	vcpu->run->kvm_valid_regs = registers;
	ok = engine_abandon(vcpu, error);
	vcpu->run->kvm_valid_regs = before;
	return ok;
}

bool engine_reset(struct engine_vm *vm, struct engine_state *state, struct engine_error *error)
{
	bool can_reset = state->registers;
	unsigned int i;

	if (!engine_fits(vm, state, error))
		return false;
	for (i = 0; can_reset && i < vm->vcpu_count; i++) {
		if (!abandon_and_show(vm->vcpus[i], state->registers, error))
			return false;
		can_reset = arch_can_reset(vm->vcpus[i], state->cpus[i].arch);
	}
	if (!can_reset)
		return load_all(vm, state, true, error);
	if (!engine_reset_memory(vm, state->memory, error) || !engine_drop_shadows(vm, error))
		return false;
	for (i = 0; i < vm->vcpu_count; i++) {
		const struct saved_cpu *saved = &state->cpus[i];

		if (!arch_reset_cpu(vm->vcpus[i], saved->arch, error) ||
		    !load_exits(vm->vcpus[i], saved, error))
			return false;
	}
	return arch_load_clock(vm, state->arch, error);
}

/* --- Comparing ----------------------------------------------------------------- */

static bool same_exit(const struct engine_exit *a, const struct engine_exit *b)
{
	return a->run.exit_reason == b->run.exit_reason &&
	       !memcmp(&a->run.hw, &b->run.hw, sizeof(a->run.padding)) &&
	       a->data_size == b->data_size && !memcmp(a->data, b->data, a->data_size);
}

/* @what: which exits these are. */
static void compare_exits(unsigned int cpu, const char *what, const struct engine_exit *a,
			  const struct engine_exit *b, struct engine_differences *found)
{
	unsigned int nr;

	for (nr = 1; a && b; a = a->next, b = b->next, nr++) {
		if (!same_exit(a, b))
			engine_differ(found, "CPU %u: exit %u of those that are %s", cpu, nr, what);
	}
	if (a || b)
		engine_differ(found, "CPU %u: more exits are %s in the %s state", cpu, what,
			      a ? "first" : "second");
}

void engine_compare(const struct engine_state *a, const struct engine_state *b,
		    struct engine_differences *found)
{
	unsigned int i;

	memset(found, 0, sizeof(*found));
	if (a->vcpu_count != b->vcpu_count)
		engine_differ(found, "CPUs: %u and %u", a->vcpu_count, b->vcpu_count);
	if (a->irqchip != b->irqchip)
		engine_differ(found, "irqchip: %s and %s", irqchip_name(a->irqchip),
			      irqchip_name(b->irqchip));
	if (a->payload.image != b->payload.image)
		engine_differ(found, "payload: two different ones");
	if (a->vcpu_count == b->vcpu_count && a->irqchip == b->irqchip) {
		for (i = 0; i < a->vcpu_count; i++) {
			arch_compare_cpu(i, a->cpus[i].arch, b->cpus[i].arch, found);
			compare_exits(i, "still to come", a->cpus[i].pending, b->cpus[i].pending,
				      found);
			compare_exits(i, "answered again", a->cpus[i].replay, b->cpus[i].replay,
				      found);
		}
		arch_compare_vm(a->arch, b->arch, found);
	}
	engine_compare_memory(a->memory, b->memory, found);
	if (found->count > MOST_LINES) {
		const unsigned int more = found->count - MOST_LINES;

		found->count = 0;
		engine_differ(found, "and %u more differences", more);
	}
}
