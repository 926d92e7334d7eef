/* SPDX-License-Identifier: MIT */
/*
 * A guest that is busy, and lets no interrupt in, doesn't have the machine's
 * CPU for itself: the host's interrupts end it, and other threads run.
 */
#include "kvm_test.h"

#define FLAG_ADDRESS 0x40000000u

#ifdef COMPILE_PAYLOAD

void main(void)
{
	volatile unsigned int *stop = (volatile unsigned int *)FLAG_ADDRESS;

	/* From now on, each page is mapped: nothing else makes this guest stop. */
	(void)*stop;
	tst_signal_host(NULL);
	while (!*stop)
		;
	tst_res(TPASS, "the host ran beside this guest");
}

#else /* COMPILE_PAYLOAD */

#include "tst_safe_pthread.h"

#define SLOT 2

static struct tst_kvm_instance vm;

static void *run_guest(void *arg)
{
	tst_kvm_run_instance(&vm, 0);
	return arg;
}

static void run(void)
{
	unsigned int *stop;
	pthread_t thread;

	tst_kvm_create_instance(&vm, DEFAULT_RAM_SIZE);
	stop = tst_kvm_alloc_memory(&vm, SLOT, FLAG_ADDRESS, sizeof(*stop), 0);
	SAFE_PTHREAD_CREATE(&thread, NULL, run_guest, NULL);
	tst_kvm_wait_guest(&vm, -1);
	__atomic_store_n(stop, 1, __ATOMIC_RELEASE);
	SAFE_PTHREAD_JOIN(thread, NULL);
	tst_kvm_destroy_instance(&vm);
	tst_free_all();
}

static struct tst_test test = {
	.test_all = run,
};

#endif /* COMPILE_PAYLOAD */
