// SPDX-License-Identifier: MIT
/* Saved states as tests have them: struct tst_kvm_state. */
#include "host/engine/state.h"

#include "host/ltp/report.h"
#include "host/ltp/vm.h"

/* What the library itself knows of a CPU. */
struct cpu_words {
	uint32_t state; /* KVM_CPU_* */
	bool make_runnable;
};

struct tst_kvm_state {
	struct tst_kvm_state *next;
	struct engine_state *engine;
	bool over;
	unsigned int cpu_count;
	struct cpu_words cpus[];
};

/* All that exist, so that a pointer to none is told from others. */
static pthread_mutex_t states_lock = PTHREAD_MUTEX_INITIALIZER;
static struct tst_kvm_state *states;

static void need_state(const struct tst_kvm_state *wanted, const char *func, const char *arg)
{
	const struct tst_kvm_state *state;

	pthread_mutex_lock(&states_lock);
	for (state = states; state && state != wanted; state = state->next)
		;
	pthread_mutex_unlock(&states_lock);
	if (!state)
		lib_brk(TBROK, "%s(%s): %s; tst_kvm_save() makes states", func, arg,
			wanted ? "this is no state, or one that was freed" : "it is NULL");
}

/* Breaks the test if a CPU runs, or may be entered by another thread at any time. */
static void need_rest(struct tst_kvm_vm *vm, const char *func)
{
	unsigned int i, own = tst_in_run() ? 1 : 0;
	bool rests;

	pthread_mutex_lock(&engine_lock);
	rests = vm->runners <= own;
	pthread_mutex_unlock(&engine_lock);
	if (tst_flag(&vm->managed) && vm->engine->vcpu_count > 1)
		rests = false;
	for (i = 0; i < vm->engine->vcpu_count && rests; i++)
		rests = !engine_is_running(vm->engine->vcpus[i]);
	if (!rests)
		lib_brk(TBROK,
			"%s(inst): another thread runs a CPU of this machine; all have to be out of "
			"tst_kvm_run_instance(), tst_kvm_run_vcpu() and KVM_RUN",
			func);
}

static struct tst_kvm_state *save(struct tst_kvm_vm *vm, const char *func)
{
	const unsigned int count = vm->engine->vcpu_count;
	struct tst_kvm_state *state = calloc(1, sizeof(*state) + count * sizeof(state->cpus[0]));
	struct engine_error error;
	unsigned int i;

	if (!state)
		lib_brk(TBROK | TERRNO, "%s(): no memory", func);
	state->engine = engine_save(vm->engine, &error);
	if (!state->engine) {
		free(state);
		lib_brk(TBROK, "%s(): %s", func, error.text);
	}
	state->cpu_count = count;
	state->over = tst_flag(&vm->over);
	for (i = 0; i < count; i++) {
		state->cpus[i].state = vm->cpus[i].state;
		state->cpus[i].make_runnable = tst_flag(&vm->cpus[i].make_runnable);
	}
	return state;
}

static void load(struct tst_kvm_vm *vm, const struct tst_kvm_state *state, bool reset,
		 const char *func)
{
	struct engine_error error;
	unsigned int i;
	bool ok;

	if (!engine_fits(vm->engine, state->engine, &error))
		lib_brk(TBROK, "%s(): %s; %s", func, error.text,
			reset ? "memslots or CPUs have come or gone since the snapshot. Fix: take it "
				"when all are there"
			      : "the machine has to be made as the one was whose state it is");
	ok = reset ? engine_reset(vm->engine, state->engine, &error)
		   : engine_load(vm->engine, state->engine, &error);
	if (ok) {
		tst_set_flag(&vm->over, state->over);
		tst_set_flag(&vm->broken, false);
		for (i = 0; i < state->cpu_count; i++) {
			vm->cpus[i].state = state->cpus[i].state;
			tst_set_flag(&vm->cpus[i].make_runnable, state->cpus[i].make_runnable);
			vm->engine->vcpus[i]->run->immediate_exit =
				state->over || tst_flag(&vm->timed_out);
		}
	}
	if (!ok)
		lib_brk(TBROK, "%s(): %s; the machine is neither in the old state nor in the new",
			func, error.text);
}

static void free_state(struct tst_kvm_state *state)
{
	engine_free_state(state->engine);
	free(state);
}

struct tst_kvm_state *tst_kvm_save(struct tst_kvm_instance *inst)
{
	struct tst_kvm_vm *vm = tst_complete_vm_needed(inst, __func__);
	struct tst_kvm_state *state;

	need_rest(vm, __func__);
	state = save(vm, __func__);
	pthread_mutex_lock(&states_lock);
	state->next = states;
	states = state;
	pthread_mutex_unlock(&states_lock);
	return state;
}

void tst_kvm_load(struct tst_kvm_instance *inst, const struct tst_kvm_state *state)
{
	struct tst_kvm_vm *vm = tst_complete_vm_needed(inst, __func__);

	need_state(state, __func__, "state");
	need_rest(vm, __func__);
	load(vm, state, false, __func__);
}

char *tst_kvm_compare(const struct tst_kvm_state *a, const struct tst_kvm_state *b)
{
	struct engine_differences found;
	unsigned int i;

	need_state(a, __func__, "a");
	need_state(b, __func__, "b");
	engine_compare(a->engine, b->engine, &found);
	if (a->over != b->over)
		engine_differ(&found, "the guest has ended in the %s state only",
			      a->over ? "first" : "second");
	for (i = 0; i < a->cpu_count && i < b->cpu_count; i++) {
		if (a->cpus[i].state != b->cpus[i].state)
			engine_differ(&found, "CPU %u: KVM_CPU_* of the library: %u and %u", i,
				      a->cpus[i].state, b->cpus[i].state);
	}
	if (found.no_memory) {
		free(found.text);
		lib_brk(TBROK, "tst_kvm_compare(): no memory for what differs");
	}
	return found.text;
}

void tst_kvm_free_state(struct tst_kvm_state *state)
{
	struct tst_kvm_state **link;

	if (!state)
		return;
	need_state(state, __func__, "state");
	pthread_mutex_lock(&states_lock);
	for (link = &states; *link != state; link = &(*link)->next)
		;
	*link = state->next;
	pthread_mutex_unlock(&states_lock);
	free_state(state);
}

void tst_vm_forget_snapshot(struct tst_kvm_vm *vm)
{
	if (vm->snapshot)
		free_state(vm->snapshot);
	vm->snapshot = NULL;
}

void tst_kvm_snapshot(struct tst_kvm_instance *inst)
{
	struct tst_kvm_vm *vm = tst_complete_vm_needed(inst, __func__);
	struct tst_kvm_state *state;

	need_rest(vm, __func__);
	state = save(vm, __func__);
	tst_vm_forget_snapshot(vm);
	vm->snapshot = state;
}

void tst_kvm_reset(struct tst_kvm_instance *inst)
{
	struct tst_kvm_vm *vm = tst_complete_vm_needed(inst, __func__);

	if (!vm->snapshot)
		lib_brk(TBROK,
			"tst_kvm_reset(inst): the machine has no snapshot; tst_kvm_snapshot() "
			"takes one");
	need_rest(vm, __func__);
	load(vm, vm->snapshot, true, __func__);
}
