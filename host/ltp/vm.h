/* SPDX-License-Identifier: MIT */
/* What the library knows of a virtual machine beside what the engine does. */
#ifndef RINGSIDE_HOST_LTP_VM_H
#define RINGSIDE_HOST_LTP_VM_H

#include <pthread.h>
#include <stdbool.h>

#include "host/engine/engine.h"
#include "kvm_test.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Exit reasons that can have a handler. */
#define HANDLER_COUNT 64

struct tst_kvm_handler {
	tst_kvm_exit_handler func;
	void *arg;
};

struct tst_kvm_cpu {
	struct tst_kvm_vcpu vcpu; /* what the test sees */
	struct engine_vcpu *engine;
	uint32_t state; /* KVM_CPU_*, as the host has seen it; under the machine's lock */
	bool make_runnable; /* its thread does that first (atomic, set under the lock) */
	bool entered; /* a thread is in tst_kvm_run_vcpu(); under the lock */
	bool has_thread; /* tst_kvm_run_instance() has made one; under the lock */
	pthread_t thread;
	char *description; /* of tst_kvm_describe_exit() */
};

struct tst_kvm_vm {
	struct engine_vm *engine;
	unsigned int runners; /* threads in tst_kvm_run_*(); under engine_lock */
	bool in_creation; /* config.before_vcpus is being called */

	pthread_mutex_t lock;
	struct tst_kvm_handler handlers[HANDLER_COUNT]; /* under lock */
	pthread_cond_t changed; /* a CPU's state, or one of these: */
	bool managed; /* under lock: a thread is in tst_kvm_run_instance() */
	bool over; /* no CPU may be entered again (atomic) */
	bool paused; /* the other CPUs' threads have to leave (atomic) */
	bool broken; /* a CPU's thread has reported why the test ends (atomic) */
	bool timed_out; /* the test's time is over (atomic) */

	unsigned int results; /* of the guest, TINFO not counted (atomic) */
	int *eventfds; /* to be closed with the machine */
	unsigned int eventfd_count;
	struct kvm_input *input; /* the payload's, once it was looked for */
	struct tst_kvm_state *snapshot; /* of tst_kvm_snapshot(), or NULL */
	struct tst_kvm_cpu cpus[]; /* as many as the engine has */
};

static inline bool tst_flag(const bool *flag)
{
	return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

static inline void tst_set_flag(bool *flag, bool value)
{
	__atomic_store_n(flag, value, __ATOMIC_RELEASE);
}

/*
 * The virtual machine in @inst, or NULL. @inst may hold anything at all: what
 * it points to is believed only if the list of machines knows it.
 */
struct tst_kvm_vm *tst_vm_of(const struct tst_kvm_instance *inst);

/* The same for a public function @func: without one, the test breaks. */
struct tst_kvm_vm *tst_vm_needed(const struct tst_kvm_instance *inst, const char *func);

/* The same, and the machine has its CPUs: config.before_vcpus has returned. */
struct tst_kvm_vm *tst_complete_vm_needed(const struct tst_kvm_instance *inst, const char *func);

/* The CPU behind @vcpu, for a public function @func; breaks the test if it is none. */
struct tst_kvm_cpu *tst_cpu_needed(const struct tst_kvm_vcpu *vcpu, const char *func);

/* Whether the guest's virtual address is mapped, and where to. Breaks the test on errors. */
bool tst_vm_translate(const struct tst_kvm_vm *vm, uint64_t addr, uint64_t *paddr);

/* Breaks the test if the guest in @inst has ended without a result. */
void tst_kvm_needs_result(const struct tst_kvm_instance *inst);

/*
 * Reports the message in the CPU's result slot; it must be out of KVM_RUN. False
 * if it is none, which is reported as well.
 */
bool tst_report_guest_result(struct tst_kvm_cpu *cpu);

/* The function that a CPU is to run, and that it may (run.c). */
void tst_cpu_start(struct tst_kvm_cpu *cpu);

/* All CPUs leave KVM_RUN, and waiting threads look again: the test's time is over. */
void tst_vm_time_out(struct tst_kvm_vm *vm);

/* Whether this thread is in a function of the library that runs CPUs: in a handler. */
bool tst_in_run(void);

/* Frees the machine's snapshot if there is one (state.c). */
void tst_vm_forget_snapshot(struct tst_kvm_vm *vm);

/* Copies what the engine knows of a memslot to what @inst shows. */
void tst_show_slot(struct tst_kvm_instance *inst, const struct tst_kvm_vm *vm, unsigned int slot);

#ifdef __cplusplus
}
#endif

#endif /* RINGSIDE_HOST_LTP_VM_H */
