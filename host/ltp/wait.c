// SPDX-License-Identifier: MIT
/* Signals that a guest gives without leaving KVM_RUN. */
#include <time.h>

#include "host/ltp/report.h"
#include "host/ltp/run.h"
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

int tst_kvm_wait_guest(struct tst_kvm_instance *inst, int timeout_ms)
{
	struct tst_kvm_vm *vm = tst_vm_needed(inst, __func__);
	struct timespec pause = {.tv_nsec = FIRST_PAUSE_NSEC};
	long long deadline = now_nsec() + timeout_ms * NSEC_PER_MSEC;

	for (;;) {
		/* In this order: a signal given just before the end counts. */
		bool ended = __atomic_load_n(&vm->ended, __ATOMIC_ACQUIRE);
		int32_t value = tst_result_value(inst);

		if (value == KVM_TSYNC)
			return 0;
		if (ended || value == KVM_TEXIT)
			return KVM_TEXIT;
		if (__atomic_load_n(&vm->timed_out, __ATOMIC_ACQUIRE))
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
	tst_vm_needed(inst, __func__);
	tst_change_result_value(inst, KVM_TSYNC, KVM_TNONE);
}
