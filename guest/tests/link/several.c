// SPDX-License-Identifier: MIT
/* The controller of two payloads: each is chosen by its name. */
#include "kvm_test.h"

static void run_payload(const char *name)
{
	static struct tst_kvm_instance vm;
	const struct tst_kvm_config config = {.payload = name};

	tst_kvm_create(&vm, &config);
	tst_kvm_run_instance(&vm, 0);
	tst_kvm_destroy_instance(&vm);
}

static void run(void)
{
	run_payload(NULL);
	run_payload("second");
	run_payload("first");
	tst_res(kvm_payload_count == 2 ? TPASS : TFAIL, "%u payloads", kvm_payload_count);
}

static struct tst_test test = {
	.test_all = run,
	.cleanup = tst_kvm_cleanup,
};
