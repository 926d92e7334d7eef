// SPDX-License-Identifier: MIT
/* Running a machine's CPUs, one by one or all together. */
#include <time.h>

#include "host/diagnosis/diagnosis.h"
#include "host/diagnosis/symbols.h"
#include "host/engine/arch.h"
#include "host/ltp/report.h"
#include "host/ltp/vm.h"
#include "ringside/reporter.h"

/* What became of a CPU that was run. Of what is BROKEN, the user has been told. */
enum outcome {
	LEFT, /* with an exit that no handler took */
	ENDED, /* its code has ended, or the machine's run is over */
	INTERRUPTED, /* by a signal */
	REFUSED, /* KVM_RUN failed */
	BROKEN
};

/* Whether this thread is in a function of the library that runs CPUs. */
static __thread bool in_library;

/* --- Reports ------------------------------------------------------------------ */

/* Reports that the test breaks, at the place of the guest's source where the CPU is. */
static void report_broken(struct tst_kvm_cpu *cpu, const char *text)
{
	const struct engine_payload *payload = &cpu->engine->vm->payload;
	struct diagnose_place place;
	struct arch_frame frame;

	if (arch_get_frame(cpu->engine->fd, &frame) &&
	    diagnose_find_place(payload, diagnose_exit_address(cpu->engine->run, frame.instruction),
				&place) &&
	    place.file[0])
		tst_report(place.file, place.line, TBROK, text);
	else
		tst_report(NULL, 0, TBROK, text);
}

#define NAME_SIZE 48

/* "the guest", or which CPU. */
static const char *name_of(const struct tst_kvm_cpu *cpu, char *buf, size_t size)
{
	if (!cpu->engine->vm->user)
		snprintf(buf, size, "the virtual CPU of descriptor %d", cpu->engine->fd);
	else if (cpu->engine->vm->vcpu_count == 1 && !cpu->vcpu.index)
		return "the guest";
	else
		snprintf(buf, size, "CPU %u", cpu->vcpu.index);
	return buf;
}

static void report_timeout(struct tst_kvm_cpu *cpu)
{
	char text[DIAGNOSE_SIZE], name[NAME_SIZE];
	int used = snprintf(text, sizeof(text), "the test's time is over and %s still runs",
			    name_of(cpu, name, sizeof(name)));

	diagnose_state(cpu->engine, text + used, sizeof(text) - used);
	report_broken(cpu, text);
}

static void report_exit(struct tst_kvm_cpu *cpu)
{
	char text[DIAGNOSE_SIZE], name[NAME_SIZE];
	int used = snprintf(text, sizeof(text),
			    "%s left unexpectedly: ", name_of(cpu, name, sizeof(name)));

	diagnose_exit(cpu->engine, text + used, sizeof(text) - used);
	report_broken(cpu, text);
}

static void report_refusal(struct tst_kvm_cpu *cpu, const char *what)
{
	char text[DIAGNOSE_SIZE], position[128], name[NAME_SIZE];

	arch_describe_position(cpu->engine->fd, position, sizeof(position));
	snprintf(text, sizeof(text), "ioctl(KVM_RUN) failed with %s at %s%s",
		 name_of(cpu, name, sizeof(name)), position, what);
	tst_report(NULL, 0, TBROK, text);
}

/* --- CPUs that begin and end ---------------------------------------------------- */

static void stop_all(struct tst_kvm_vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->engine->vcpu_count; i++) {
		if (vm->engine->vcpus[i])
			engine_stop(vm->engine->vcpus[i]);
	}
}

/* No CPU is entered any more; those that run leave. */
static void set_over(struct tst_kvm_vm *vm)
{
	pthread_mutex_lock(&vm->lock);
	tst_set_flag(&vm->over, true);
	pthread_cond_broadcast(&vm->changed);
	pthread_mutex_unlock(&vm->lock);
	stop_all(vm);
}

static void *run_thread(void *arg);

static void make_thread_locked(struct tst_kvm_cpu *cpu)
{
	struct tst_kvm_vm *vm = cpu->vcpu.vm;

	/* join_threads() does not wait for one that comes while it waits for another. */
	if (!vm->managed || vm->paused || cpu->has_thread || !cpu->vcpu.index)
		return;
	if (pthread_create(&cpu->thread, NULL, run_thread, cpu) == 0) {
		cpu->has_thread = true;
		return;
	}
	tst_report(NULL, 0, TBROK,
		   "tst_kvm_run_instance(): no thread for another CPU of the guest");
	tst_set_flag(&vm->broken, true);
	tst_set_flag(&vm->over, true);
	pthread_cond_broadcast(&vm->changed);
	stop_all(vm);
}

void tst_cpu_start(struct tst_kvm_cpu *cpu)
{
	struct tst_kvm_vm *vm = cpu->vcpu.vm;

	pthread_mutex_lock(&vm->lock);
	cpu->state = KVM_CPU_STARTED;
	make_thread_locked(cpu);
	pthread_cond_broadcast(&vm->changed);
	pthread_mutex_unlock(&vm->lock);
}

/* The CPU says that its code has ended. Returns whether it has nothing more to do. */
static bool end_cpu(struct tst_kvm_cpu *cpu)
{
	struct tst_kvm_vm *vm = cpu->vcpu.vm;
	const struct kvm_cpu_control *control = engine_control(vm->engine, cpu->vcpu.index);
	bool ended = true;

	pthread_mutex_lock(&vm->lock);
	/* Another CPU may have started it again before this doorbell was heard. */
	if (cpu->vcpu.index && control &&
	    __atomic_load_n(&control->state, __ATOMIC_ACQUIRE) == KVM_CPU_STARTED)
		ended = false;
	cpu->state = ended ? KVM_CPU_ENDED : KVM_CPU_STARTED;
	pthread_cond_broadcast(&vm->changed);
	pthread_mutex_unlock(&vm->lock);
	return ended;
}

static bool others_run_locked(const struct tst_kvm_vm *vm)
{
	unsigned int i;

	for (i = 1; i < vm->engine->vcpu_count; i++) {
		if (vm->cpus[i].state == KVM_CPU_STARTED)
			return true;
	}
	return false;
}

/*
 * Waits until the CPU has something to do; false when it will not. A CPU whose
 * interrupt controller is in KVM waits there, for its first startup IPI.
 */
static bool wait_for_start(struct tst_kvm_cpu *cpu)
{
	struct tst_kvm_vm *vm = cpu->vcpu.vm;
	const bool waits_in_kvm = vm->engine->irqchip != ENGINE_NO_IRQCHIP;
	bool ready;

	pthread_mutex_lock(&vm->lock);
	for (;;) {
		ready = cpu->state == KVM_CPU_STARTED ||
			(cpu->state == KVM_CPU_STOPPED && waits_in_kvm);
		/* With nobody to start it again but the caller itself, it has ended. */
		if (ready || (!vm->managed && cpu->state == KVM_CPU_ENDED) || tst_flag(&vm->over) ||
		    tst_flag(&vm->paused) || tst_flag(&vm->timed_out) ||
		    (!vm->managed && vm->cpus[0].state == KVM_CPU_ENDED))
			break;
		pthread_cond_wait(&vm->changed, &vm->lock);
	}
	pthread_mutex_unlock(&vm->lock);
	return ready && !tst_flag(&vm->over);
}

/* --- One CPU ------------------------------------------------------------------- */

/* What the doorbell asks for. Returns true to run on; else *outcome says what came of it. */
static bool answer_doorbell(struct tst_kvm_cpu *cpu, uint32_t value, enum outcome *outcome)
{
	struct tst_kvm_vm *vm = cpu->vcpu.vm;
	const uint32_t other = value >> KVM_DOORBELL_CPU_SHIFT;

	switch (value) {
	case KVM_DOORBELL_RESULT:
		if (tst_report_guest_result(cpu))
			return true;
		set_over(vm);
		*outcome = BROKEN;
		return false;
	case KVM_DOORBELL_END:
		*outcome = ENDED;
		return !end_cpu(cpu);
	case KVM_DOORBELL_BREAK:
		end_cpu(cpu);
		set_over(vm);
		*outcome = ENDED;
		return false;
	case KVM_DOORBELL_YIELD:
		cpu->engine->run->exit_reason = KVM_EXIT_HLT;
		*outcome = LEFT;
		return false;
	}
	if ((value & ((1 << KVM_DOORBELL_CPU_SHIFT) - 1)) == KVM_DOORBELL_START && other &&
	    other < vm->engine->vcpu_count) {
		tst_cpu_start(&vm->cpus[other]);
		return true;
	}
	*outcome = LEFT;
	return false;
}

static bool is_handled(struct tst_kvm_cpu *cpu)
{
	struct tst_kvm_vm *vm = cpu->vcpu.vm;
	const uint32_t reason = cpu->engine->run->exit_reason;
	struct tst_kvm_handler handler;

	if (reason >= HANDLER_COUNT)
		return false;
	/* Another thread may be replacing it. */
	pthread_mutex_lock(&vm->lock);
	handler = vm->handlers[reason];
	pthread_mutex_unlock(&vm->lock);
	return handler.func && handler.func(&cpu->vcpu, handler.arg) == 0;
}

/* The CPU was waiting for a startup IPI, and the host starts it instead. */
static bool make_runnable(struct tst_kvm_cpu *cpu)
{
	struct tst_kvm_vm *vm = cpu->vcpu.vm;
	struct engine_error error;
	bool wanted;

	if (!tst_flag(&cpu->make_runnable))
		return true;
	pthread_mutex_lock(&vm->lock);
	wanted = cpu->make_runnable;
	tst_set_flag(&cpu->make_runnable, false);
	/* Set to get it here; whoever ends the run meanwhile has set vm->over first. */
	if (wanted && !tst_flag(&vm->over) && !tst_flag(&vm->paused) && !tst_flag(&vm->timed_out))
		cpu->engine->run->immediate_exit = 0;
	pthread_mutex_unlock(&vm->lock);
	if (!wanted || engine_make_runnable(cpu->engine, &error))
		return true;
	tst_report(NULL, 0, TBROK, error.text);
	return false;
}

static bool is_started(struct tst_kvm_cpu *cpu)
{
	struct tst_kvm_vm *vm = cpu->vcpu.vm;
	bool started;

	pthread_mutex_lock(&vm->lock);
	started = cpu->state != KVM_CPU_STOPPED;
	pthread_mutex_unlock(&vm->lock);
	return started;
}

/* Runs the CPU until something has to be decided. */
static enum outcome run_cpu(struct tst_kvm_cpu *cpu)
{
	struct tst_kvm_vm *vm = cpu->vcpu.vm;
	enum outcome outcome = BROKEN;
	struct engine_error error;
	bool runs_on = true;
	uint32_t value;

	while (runs_on) {
		if (!make_runnable(cpu))
			return BROKEN;
		switch (engine_run(cpu->engine, &value, &error)) {
		case ENGINE_EXIT:
			outcome = LEFT;
			runs_on = is_handled(cpu);
			break;
		case ENGINE_DOORBELL:
			runs_on = answer_doorbell(cpu, value, &outcome);
			/* No handler of port exits knows an input. */
			if (!runs_on && outcome == LEFT && value != KVM_DOORBELL_INPUT)
				runs_on = is_handled(cpu);
			break;
		case ENGINE_INTERRUPTED:
			errno = EINTR;
			outcome = INTERRUPTED;
			runs_on = tst_flag(&cpu->make_runnable) && !tst_flag(&vm->paused);
			break;
		case ENGINE_FAILED:
			if (!error.err) {
				tst_report(NULL, 0, TBROK, error.text);
				return BROKEN;
			}
			errno = error.err;
			outcome = REFUSED;
			runs_on = false;
			break;
		}
		if (tst_flag(&vm->timed_out) && outcome != BROKEN && outcome != ENDED) {
			/* One that waits for its first startup IPI has nothing to tell. */
			if (is_started(cpu))
				report_timeout(cpu);
			set_over(vm);
			return BROKEN;
		}
		if (tst_flag(&vm->over) && outcome != BROKEN)
			return ENDED;
	}
	return outcome;
}

static void add_runner(struct tst_kvm_vm *vm, int by)
{
	pthread_mutex_lock(&engine_lock);
	vm->runners += by;
	pthread_mutex_unlock(&engine_lock);
}

/* Also when the test breaks meanwhile: end_test() unwinds through the caller. */
static void leave(struct tst_kvm_vm **vm)
{
	in_library = false;
	add_runner(*vm, -1);
}

static void enter(struct tst_kvm_vm *vm)
{
	in_library = true;
	add_runner(vm, 1);
}

bool tst_in_run(void)
{
	return in_library;
}

/* False if a thread, this one perhaps in a handler, runs the CPU already. */
static bool enter_cpu(struct tst_kvm_cpu *cpu)
{
	struct tst_kvm_vm *vm = cpu->vcpu.vm;
	bool free_to_run;

	pthread_mutex_lock(&vm->lock);
	free_to_run = !vm->managed && !cpu->entered && !engine_is_running(cpu->engine);
	if (free_to_run)
		cpu->entered = true;
	pthread_mutex_unlock(&vm->lock);
	if (free_to_run)
		enter(vm);
	return free_to_run;
}

static void leave_cpu(struct tst_kvm_cpu **cpu)
{
	struct tst_kvm_vm *vm = (*cpu)->vcpu.vm;

	pthread_mutex_lock(&vm->lock);
	(*cpu)->entered = false;
	pthread_mutex_unlock(&vm->lock);
	leave(&vm);
}

int tst_kvm_run_vcpu(struct tst_kvm_vcpu *vcpu)
{
	struct tst_kvm_cpu *cpu = tst_cpu_needed(vcpu, __func__);
	struct tst_kvm_vm *vm = vcpu->vm;

	if (!enter_cpu(cpu))
		lib_brk(TBROK,
			"tst_kvm_run_vcpu(vcpu): CPU %u is being run; a virtual CPU has one thread, "
			"and a handler returns to have its CPU run on",
			vcpu->index);

	__attribute__((cleanup(leave_cpu), unused)) struct tst_kvm_cpu *running = cpu; // NOLINT

	if (tst_flag(&vm->over) || (!vcpu->index && cpu->state == KVM_CPU_ENDED))
		return TST_KVM_ENDED;

	if (!wait_for_start(cpu)) {
		if (tst_flag(&vm->timed_out))
			lib_brk(TBROK,
				"tst_kvm_run_vcpu(vcpu): the test's time is over, and nobody has "
				"started CPU %u",
				vcpu->index);
		return TST_KVM_ENDED;
	}
	switch (run_cpu(cpu)) {
	case LEFT:
		return (int)cpu->engine->run->exit_reason;
	case ENDED:
		return TST_KVM_ENDED;
	case INTERRUPTED:
		return TST_KVM_INTERRUPTED;
	case REFUSED:
		lib_brk(TBROK | TERRNO, "tst_kvm_run_vcpu(): ioctl(KVM_RUN) of CPU %u failed",
			vcpu->index);
		break;
	case BROKEN:
		tst_report_end(TBROK);
	}
	return TST_KVM_ENDED;
}

/* --- All CPUs -------------------------------------------------------------------- */

/* A handler may have ended the thread: then the test is over as well. */
static void thread_leaves(struct tst_kvm_cpu **cpu)
{
	struct tst_kvm_vm *vm = (*cpu)->vcpu.vm;

	in_library = false;
	pthread_mutex_lock(&vm->lock);
	if ((*cpu)->state != KVM_CPU_ENDED && !tst_flag(&vm->paused) && !tst_flag(&vm->over))
		tst_set_flag(&vm->broken, true);
	pthread_cond_broadcast(&vm->changed);
	pthread_mutex_unlock(&vm->lock);
	if (tst_flag(&vm->broken))
		set_over(vm);
}

/* One of the other CPUs. Returns whether to run it on. */
static bool go_on(struct tst_kvm_cpu *cpu, enum outcome outcome)
{
	struct tst_kvm_vm *vm = cpu->vcpu.vm;

	switch (outcome) {
	case ENDED:
		return true;
	case INTERRUPTED:
		if (tst_flag(&vm->paused))
			return false;
		if (!cpu->engine->run->immediate_exit)
			return true;
		report_refusal(cpu, ": EINTR; run->immediate_exit is set");
		break;
	case LEFT:
		if (cpu->engine->run->exit_reason == KVM_EXIT_HLT)
			return true;
		report_exit(cpu);
		break;
	case REFUSED: {
		char what[128];

		snprintf(what, sizeof(what), ": %s", strerrorname_np(errno));
		report_refusal(cpu, what);
		break;
	}
	case BROKEN:
		break;
	}
	tst_set_flag(&vm->broken, true);
	return false;
}

static void *run_thread(void *arg)
{
	__attribute__((cleanup(thread_leaves))) struct tst_kvm_cpu *cpu = arg;

	in_library = true;
	while (wait_for_start(cpu) && go_on(cpu, run_cpu(cpu)))
		;
	return NULL;
}

/* The other CPUs' threads: each leaves, and is waited for. */
static void join_threads(struct tst_kvm_vm *vm)
{
	unsigned int i;

	pthread_mutex_lock(&vm->lock);
	tst_set_flag(&vm->paused, true);
	pthread_cond_broadcast(&vm->changed);
	pthread_mutex_unlock(&vm->lock);
	for (i = 1; i < vm->engine->vcpu_count; i++) {
		struct tst_kvm_cpu *cpu = &vm->cpus[i];

		if (!cpu->has_thread)
			continue;
		engine_stop(cpu->engine);
		pthread_join(cpu->thread, NULL);
		cpu->has_thread = false;
		cpu->engine->run->immediate_exit = 0;
	}
	pthread_mutex_lock(&vm->lock);
	tst_set_flag(&vm->paused, false);
	tst_set_flag(&vm->managed, false);
	pthread_mutex_unlock(&vm->lock);
}

static void leave_instance(struct tst_kvm_vm **vm)
{
	join_threads(*vm);
	leave(vm);
}

/* False if a thread runs this machine already. */
static bool enter_instance(struct tst_kvm_vm *vm)
{
	bool free_to_run;
	unsigned int i;

	pthread_mutex_lock(&engine_lock);
	free_to_run = !vm->runners;
	vm->runners += free_to_run;
	pthread_mutex_unlock(&engine_lock);
	if (!free_to_run)
		return false;
	in_library = true;
	pthread_mutex_lock(&vm->lock);
	tst_set_flag(&vm->managed, true);
	for (i = 1; i < vm->engine->vcpu_count; i++) {
		if (vm->cpus[i].state == KVM_CPU_STARTED ||
		    vm->engine->irqchip != ENGINE_NO_IRQCHIP)
			make_thread_locked(&vm->cpus[i]);
	}
	pthread_mutex_unlock(&vm->lock);
	return true;
}

/* CPU 0 has ended: the others run to their ends. */
static void wait_for_others(struct tst_kvm_vm *vm)
{
	pthread_mutex_lock(&vm->lock);
	while (others_run_locked(vm) && !tst_flag(&vm->over) && !tst_flag(&vm->broken))
		pthread_cond_wait(&vm->changed, &vm->lock);
	pthread_mutex_unlock(&vm->lock);
	set_over(vm);
}

/* What CPU 0's outcome means: true to run on, false to return -1. */
static bool run_on(struct tst_kvm_cpu *cpu, enum outcome outcome, int exp_errno)
{
	struct tst_kvm_vm *vm = cpu->vcpu.vm;
	int err = errno;

	switch (outcome) {
	case ENDED:
		return true;
	case LEFT:
		if (cpu->engine->run->exit_reason == KVM_EXIT_HLT)
			return true;
		set_over(vm);
		report_exit(cpu);
		break;
	case INTERRUPTED:
	case REFUSED:
		if (exp_errno && err == exp_errno)
			return false;
		if (err == EINTR && !cpu->engine->run->immediate_exit)
			return true;
		set_over(vm);
		{
			char what[160];

			snprintf(what, sizeof(what), "%s: %s (%s)",
				 err == EINTR ? "; vcpu_info->immediate_exit is set: expect EINTR"
					      : "",
				 strerrorname_np(err), strerrordesc_np(err));
			report_refusal(cpu, what);
		}
		break;
	case BROKEN:
		set_over(vm);
		break;
	}
	tst_report_end(TBROK);
}

int tst_kvm_run_instance(struct tst_kvm_instance *inst, int exp_errno)
{
	struct tst_kvm_vm *vm = tst_complete_vm_needed(inst, __func__);
	struct tst_kvm_cpu *cpu = &vm->cpus[0];

	if (tst_flag(&vm->over) || cpu->state == KVM_CPU_ENDED)
		lib_brk(TBROK,
			"tst_kvm_run_instance(inst): this guest has ended and cannot be run again; "
			"destroy the instance and create a new one");
	if (!enter_instance(vm))
		lib_brk(TBROK,
			"tst_kvm_run_instance(inst): another thread runs this guest; a virtual CPU "
			"has one thread");

	__attribute__((cleanup(leave_instance), unused)) struct tst_kvm_vm *running = vm; // NOLINT

	for (;;) {
		enum outcome outcome = run_cpu(cpu);

		if (!run_on(cpu, outcome, exp_errno))
			return -1;
		if (outcome == ENDED)
			break;
	}
	wait_for_others(vm);
	if (tst_flag(&vm->broken))
		tst_report_end(TBROK);
	return 0;
}

/* --- What tests ask and say -------------------------------------------------------- */

void tst_kvm_on_exit(struct tst_kvm_instance *inst, uint32_t reason, tst_kvm_exit_handler func,
		     void *arg)
{
	struct tst_kvm_vm *vm = tst_vm_needed(inst, __func__);

	if (reason >= HANDLER_COUNT)
		lib_brk(TBROK,
			"tst_kvm_on_exit(reason): reason is %u; KVM_EXIT_* reasons are below %d",
			reason, HANDLER_COUNT);
	pthread_mutex_lock(&vm->lock);
	vm->handlers[reason] = (struct tst_kvm_handler){func, arg};
	pthread_mutex_unlock(&vm->lock);
}

static struct kvm_cpu_control *control_needed(struct tst_kvm_cpu *cpu, const char *func)
{
	struct kvm_cpu_control *control = engine_control(cpu->engine->vm, cpu->vcpu.index);

	if (!control)
		lib_brk(TBROK,
			"%s(vcpu): the test has moved or removed memslot %d, which holds what CPU "
			"%u is to do",
			func, ENGINE_SLOT_RESULT, cpu->vcpu.index);
	return control;
}

void tst_kvm_start_vcpu(struct tst_kvm_vcpu *vcpu, const char *function, uint64_t arg)
{
	struct tst_kvm_cpu *cpu = tst_cpu_needed(vcpu, __func__);
	struct tst_kvm_vm *vm = vcpu->vm;
	struct kvm_cpu_control *control = control_needed(cpu, __func__);
	struct diagnose_place place;
	uint64_t address;
	bool is_first, runs;

	if (!vcpu->index)
		lib_brk(TBROK, "tst_kvm_start_vcpu(vcpu): CPU 0 runs main(); start another one");
	if (!diagnose_find_symbol(&vm->engine->payload, function, &address) ||
	    !diagnose_find_place(&vm->engine->payload, address, &place))
		lib_brk(TBROK,
			"tst_kvm_start_vcpu(function): the payload has no function \"%s\"; a static "
			"one that the payload itself does not use is left out by the compiler",
			function);
	pthread_mutex_lock(&vm->lock);
	/* As tst_start_cpu() sees it; the doorbell of an end may not have been heard yet: end_cpu(). */
	runs = __atomic_load_n(&control->state, __ATOMIC_ACQUIRE) == KVM_CPU_STARTED;
	is_first = control->state == KVM_CPU_STOPPED;
	if (!runs) {
		control->function = address;
		control->function_arg = arg;
		__atomic_store_n(&control->state, KVM_CPU_STARTED, __ATOMIC_RELEASE);
	}
	/* With both under the lock, no stop can come after the CPU has begun: make_runnable(). */
	if (!runs && is_first && vm->engine->irqchip != ENGINE_NO_IRQCHIP) {
		tst_set_flag(&cpu->make_runnable, true);
		engine_stop(cpu->engine);
	}
	pthread_mutex_unlock(&vm->lock);
	if (runs)
		lib_brk(TBROK,
			"tst_kvm_start_vcpu(vcpu): CPU %u runs a function already; wait for its end",
			vcpu->index);
	tst_cpu_start(cpu);
}

void tst_kvm_set_arg(struct tst_kvm_vcpu *vcpu, uint64_t arg)
{
	struct tst_kvm_cpu *cpu = tst_cpu_needed(vcpu, __func__);

	control_needed(cpu, __func__)->arg = arg;
}

const char *tst_kvm_describe_exit(struct tst_kvm_vcpu *vcpu)
{
	struct tst_kvm_cpu *cpu = tst_cpu_needed(vcpu, __func__);

	if (!cpu->description)
		cpu->description = malloc(DIAGNOSE_SIZE);
	if (!cpu->description)
		lib_brk(TBROK | TERRNO, "tst_kvm_describe_exit(): no memory");
	diagnose_exit(cpu->engine, cpu->description, DIAGNOSE_SIZE);
	return cpu->description;
}

/* --- Time is over ------------------------------------------------------------------- */

/* A thread has left KVM_RUN in a loop of the test's own, which may go on for ever. */
static void report_own_loop(struct engine_vcpu *vcpu, int ret, int err)
{
	struct tst_kvm_vm *vm = vcpu->vm->user; /* or NULL: the test has made it by ioctl */
	char text[DIAGNOSE_SIZE];
	struct tst_kvm_cpu cpu = {.vcpu = {.index = vcpu->index}, .engine = vcpu};
	char name[NAME_SIZE];
	int used;

	if (in_library || (vm && (!tst_flag(&vm->timed_out) || tst_flag(&vm->over))))
		return;
	if (vm)
		tst_set_flag(&vm->over, true);
	used = snprintf(text, sizeof(text),
			"the test's time is over and %s still runs, in a loop of the test's "
			"own around KVM_RUN%s",
			name_of(&cpu, name, sizeof(name)),
			ret < 0 && err == EINTR ? "" : ", which its exits do not end");
	diagnose_state(vcpu, text + used, sizeof(text) - used);
	report_broken(&cpu, text);
}

__attribute__((constructor)) static void watch_own_loops(void)
{
	engine_on_leave = report_own_loop;
}

void tst_vm_time_out(struct tst_kvm_vm *vm)
{
	struct engine_vcpu *vcpu;

	if (!vm->engine)
		return; /* it is being made */
	pthread_mutex_lock(&vm->lock);
	tst_set_flag(&vm->timed_out, true);
	pthread_cond_broadcast(&vm->changed);
	pthread_mutex_unlock(&vm->lock);
	stop_all(vm);
	for (vcpu = vm->engine->extra; vcpu; vcpu = vcpu->next_extra)
		engine_stop(vcpu);
}
