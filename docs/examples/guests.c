// SPDX-License-Identifier: MIT
/* One controller, two payloads, of which each gets a machine. */
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
	run_payload("greeter");
	run_payload("digger");
}

static struct tst_test test = {
	.test_all = run,
	.cleanup = tst_kvm_cleanup,
};
