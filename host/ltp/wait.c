// SPDX-License-Identifier: MIT
/* Signals that a guest gives without leaving KVM_RUN. */
#include <time.h>

#include "host/ltp/report.h"
#include "host/ltp/vm.h"

#define NSEC_PER_SEC 1000000000LL
#define NSEC_PER_MSEC 1000000LL

/*
 * The guest writes to memory and goes on: nothing in the kernel sees it, so
 * there is nothing to sleep on. Looks come fast at first, for guests that are
 * about to signal, then every millisecond.
 */
#define FIRST_PAUSE_NSEC 5000L
#define LONGEST_PAUSE_NSEC 1000000L

static long long now_nsec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

static int32_t value_of(const struct tst_kvm_result *slot)
{
	return __atomic_load_n(&slot->result, __ATOMIC_ACQUIRE);
}

/* The result slot of a CPU that has signalled, or NULL. */
static struct tst_kvm_result *find_signal(struct tst_kvm_vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->engine->vcpu_count; i++) {
		struct tst_kvm_result *slot = engine_result(vm->engine, i);

		if (slot && value_of(slot) == KVM_TSYNC)
			return slot;
	}
	return NULL;
}

/* Whether no CPU has anything to do any more. */
static bool has_ended(struct tst_kvm_vm *vm)
{
	bool ended;
	unsigned int i;

	if (tst_flag(&vm->over))
		return true;
	pthread_mutex_lock(&vm->lock);
	ended = vm->cpus[0].state == KVM_CPU_ENDED;
	for (i = 1; i < vm->engine->vcpu_count && ended; i++)
		ended = vm->cpus[i].state != KVM_CPU_STARTED;
	pthread_mutex_unlock(&vm->lock);
	return ended;
}

int tst_kvm_wait_guest(struct tst_kvm_instance *inst, int timeout_ms)
{
	struct tst_kvm_vm *vm = tst_complete_vm_needed(inst, __func__);
	struct timespec pause = {.tv_nsec = FIRST_PAUSE_NSEC};
	long long deadline = now_nsec() + timeout_ms * NSEC_PER_MSEC;

	for (;;) {
		/* In this order: a signal given just before the end counts. */
		bool ended = has_ended(vm);
		struct tst_kvm_result *slot = find_signal(vm);

		if (slot) {
			inst->result = slot;
			return 0;
		}
		if (ended)
			return KVM_TEXIT;
		if (tst_flag(&vm->timed_out))
			lib_brk(TBROK,
				"tst_kvm_wait_guest(): the test's time is over and the guest "
				"has not signalled");
		if (timeout_ms >= 0 && now_nsec() >= deadline)
			return -1;
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < LONGEST_PAUSE_NSEC)
			pause.tv_nsec *= 2;
	}
}

void tst_kvm_clear_guest_signal(struct tst_kvm_instance *inst)
{
	int32_t signal = KVM_TSYNC;

	tst_complete_vm_needed(inst, __func__);
	__atomic_compare_exchange_n(&inst->result->result, &signal, KVM_TNONE, false,
				    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}
