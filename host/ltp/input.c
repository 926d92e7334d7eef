// SPDX-License-Identifier: MIT
/* Inputs of payloads, and a fuzz test's machine. */
#include "host/diagnosis/symbols.h"
#include "host/ltp/report.h"
#include "host/ltp/vm.h"
#include "ringside/fuzz.h"

#pragma weak tst_kvm_fuzz

void tst_kvm_set_input(struct tst_kvm_instance *inst, const void *input, size_t size)
{
	struct tst_kvm_vm *vm = tst_vm_needed(inst, __func__);
	uint64_t address;

	if (size > KVM_INPUT_SIZE)
		lib_brk(TBROK,
			"tst_kvm_set_input(size): the input has %zu bytes, and payloads have room "
			"for %d. Fix: a shorter input",
			size, KVM_INPUT_SIZE);
	if (!vm->input && !diagnose_find_symbol(&vm->engine->payload, "kvm_input", &address))
		lib_brk(TBROK, "tst_kvm_set_input(inst): the payload never asks for an input. Fix: "
			       "it calls tst_input()");
	if (!vm->input)
		vm->input = tst_kvm_symbol(inst, "kvm_input");
	if (size)
		memcpy(vm->input->data, input, size);
	vm->input->size = size;
	vm->input->given = 1;
}

/* Whether the exit that the CPU shows is tst_input() without an input. */
static bool asks(const struct tst_kvm_instance *inst)
{
	uint32_t value;

	return engine_is_doorbell(inst->vcpu_info, &value) && value == KVM_DOORBELL_INPUT;
}

bool tst_kvm_fuzz_create(struct tst_kvm_instance *inst)
{
	const struct tst_kvm_fuzz *fuzz = &tst_kvm_fuzz;
	struct tst_kvm_vcpu *cpu;
	int left;

	tst_kvm_create(inst, fuzz ? &fuzz->config : NULL);
	if (fuzz && fuzz->setup)
		fuzz->setup(inst);
	cpu = tst_kvm_vcpu(inst, 0);
	left = tst_kvm_run_vcpu(cpu);
	if (left == TST_KVM_ENDED && inst->vm->results)
		return false;
	if (left == TST_KVM_ENDED)
		lib_brk(TBROK, "the payload has ended and never asked for an input. Fix: it calls "
			       "tst_input()");
	if (left < 0 || !asks(inst))
		lib_brk(TBROK, "the payload left before it asked for an input: %s",
			left < 0 ? "interrupted" : tst_kvm_describe_exit(cpu));
	return true;
}

void tst_kvm_fuzz_give(struct tst_kvm_instance *inst, const void *input, size_t size)
{
	const struct tst_kvm_fuzz *fuzz = &tst_kvm_fuzz;

	tst_kvm_set_input(inst, input, size);
	if (fuzz && fuzz->before)
		fuzz->before(inst, input, size);
}

void tst_kvm_run_input(const void *input, size_t size)
{
	static struct tst_kvm_instance vm;
	unsigned int results;

	if (tst_kvm_fuzz_create(&vm)) {
		tst_kvm_snapshot(&vm);
		tst_kvm_fuzz_give(&vm, input, size);
		tst_kvm_run_instance(&vm, 0);
	}
	results = vm.vm->results;
	tst_kvm_destroy_instance(&vm);
	tst_free_all();
	if (!results)
		lib_res(TPASS, "nothing is wrong with this input of %zu byte(s)", size);
}
