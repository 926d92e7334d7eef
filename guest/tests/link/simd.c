// SPDX-License-Identifier: MIT
/* A payload with payload_features = ["simd"], on each of its CPUs. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "check.h"

typedef float floats __attribute__((vector_size(16)));

static volatile double third = 1.0 / 3;
static volatile float quarter = 0.25f;

/* A callback that uses the registers, which the interrupted code keeps. */
static int spoil(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	asm volatile("pxor %%xmm0, %%xmm0\n"
		     "pxor %%xmm7, %%xmm7\n"
		     "fldz\n"
		     :
		     :
		     : "xmm0", "xmm7");
	kvm_set_interrupt_ip(ifrm, kvm_get_interrupt_ip(ifrm) + 2); /* UD2's length */
	return 0;
}

static void check_interrupt(void)
{
	floats before = {1, 2, 3, 4}, after;
	long double x87;

	tst_set_interrupt_callback(INTR_BAD_OPCODE, spoil, NULL);
	asm volatile("movaps %2, %%xmm7\n"
		     "fldpi\n"
		     "ud2\n"
		     "movaps %%xmm7, %0\n"
		     "fstpt %1\n"
		     : "=m"(after), "=m"(x87)
		     : "m"(before)
		     : "xmm7", "memory");
	CHECK(after[0] == 1 && after[1] == 2 && after[2] == 3 && after[3] == 4);
	CHECK(x87 > 3.14L && x87 < 3.15L);
}

static void check_text(void)
{
	char text[64];

	sprintf(text, "%.3f %d", third, 7);
	CHECK_STR(text, "0.333 7");
}

static void check_cpu(void *arg)
{
	struct kvm_cregs cregs;

	kvm_read_cregs(&cregs);
	CHECK(!(cregs.cr0 & (CR0_EM | CR0_TS)));
	CHECK(cregs.cr0 & CR0_MP);
	CHECK(cregs.cr4 & CR4_OSFXSR);
	CHECK(cregs.cr4 & CR4_OSXMMEXCPT);
	CHECK_EQ(!!(cregs.cr4 & CR4_OSXSAVE), kvm_cpuid_has(X86_FEATURE_XSAVE));
	if (cregs.cr4 & CR4_OSXSAVE)
		CHECK_EQ(kvm_xgetbv(0) & 3, 3);
	CHECK(quarter * 3 == 0.75f);
	CHECK(third * 3 == 1.0);
	check_interrupt();
	check_text();
}

void main(void)
{
	check_cpu(NULL);
	if (tst_cpus() > 1) {
		tst_start_cpu(1, check_cpu, NULL);
		tst_join_cpu(1);
		tst_res(TPASS, "and on CPU 1");
	}
}

#else /* COMPILE_PAYLOAD */

static void run(void)
{
	static struct tst_kvm_instance vm;
	const struct tst_kvm_config config = {.vcpus = 2};

	tst_kvm_create(&vm, &config);
	tst_kvm_run_instance(&vm, 0);
	tst_kvm_destroy_instance(&vm);
}

static struct tst_test test = {
	.test_all = run,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
