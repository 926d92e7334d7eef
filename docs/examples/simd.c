// SPDX-License-Identifier: MIT
/* A guest's SSE registers and its floating point outlive an exit. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

typedef float floats __attribute__((vector_size(16)));

void main(void)
{
	floats before = {1, 2, 3, 4}, after;

	asm volatile("movaps %0, %%xmm5" : : "m"(before) : "xmm5");
	asm volatile("outl %0, %w1" : : "a"(0), "d"(0x80)); /* an exit to the controller */
	asm volatile("movaps %%xmm5, %0" : "=m"(after));
	if (after[0] + after[1] + after[2] + after[3] == 10.0f)
		tst_res(TPASS, "the sum is %.1f", 10.0);
	else
		tst_res(TFAIL, "%g %g %g %g", after[0], after[1], after[2], after[3]);
}

#else /* COMPILE_PAYLOAD */

static int ignore(struct tst_kvm_vcpu *vcpu, void *arg)
{
	return 0;
}

static void run(void)
{
	static struct tst_kvm_instance vm;

	tst_kvm_create(&vm, NULL);
	tst_kvm_on_exit(&vm, KVM_EXIT_IO, ignore, NULL);
	tst_kvm_run_instance(&vm, 0);
	tst_kvm_destroy_instance(&vm);
}

static struct tst_test test = {
	.test_all = run,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
