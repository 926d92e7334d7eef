// SPDX-License-Identifier: MIT
/*
 * The guest runs in a thread of its own and waits for the controller, which
 * meanwhile gives it more memory to look at.
 */
#include "kvm_test.h"

#define MEMORY_ADDRESS 0x40000000u
#define SECRET 0x5ec4e7u

#ifdef COMPILE_PAYLOAD

void main(void)
{
	volatile uint32_t *memory = (volatile uint32_t *)MEMORY_ADDRESS;

	tst_wait_host(NULL);
	if (*memory == SECRET)
		tst_res(TPASS, "the new memory holds what the controller wrote");
	else
		tst_res(TFAIL, "the new memory holds %#x", *memory);
}

#else /* COMPILE_PAYLOAD */

#include "tst_safe_pthread.h"

#define SLOT 2
#define TIMEOUT_MS 10000

static struct tst_kvm_instance vm;

static void *run_guest(void *arg)
{
	tst_kvm_run_instance(&vm, 0);
	return arg;
}

static void run(void)
{
	pthread_t thread;
	uint32_t *memory;

	tst_kvm_create_instance(&vm, DEFAULT_RAM_SIZE);
	SAFE_PTHREAD_CREATE(&thread, NULL, run_guest, NULL);

	if (tst_kvm_wait_guest(&vm, TIMEOUT_MS) == 0) {
		memory = tst_kvm_alloc_memory(&vm, SLOT, MEMORY_ADDRESS, sizeof(*memory), 0);
		*memory = SECRET;
		tst_kvm_clear_guest_signal(&vm);
	} else {
		tst_res(TFAIL, "the guest did not signal within %d ms", TIMEOUT_MS);
	}

	SAFE_PTHREAD_JOIN(thread, NULL);
	tst_kvm_destroy_instance(&vm);
	tst_free_all();
}

static struct tst_test test = {
	.test_all = run,
	.cleanup = tst_kvm_cleanup,
	.min_kver = "4.19",
	.tags = (const struct tst_tag[]){{"linux-git", "0123456789ab"}, {}},
};

#endif /* COMPILE_PAYLOAD */
