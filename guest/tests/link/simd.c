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

#define FORMATS(expected, ...)                             \
	do {                                               \
		snprintf(text, sizeof(text), __VA_ARGS__); \
		CHECK_STR(text, expected);                 \
	} while (0)

/* What C11 7.21.6.1 says of each conversion; halves go to the even digit. */
static void check_text(void)
{
	static char text[400];
	volatile double zero = 0;

	FORMATS("0.333 7", "%.3f %d", third, 7);
	FORMATS("0.000000 1.000000 -2.500000", "%f %f %f", 0.0, 1.0, -2.5);
	FORMATS("0 2 2 4 10 -2", "%.0f %.0f %.0f %.0f %.0f %.0f", 0.5, 1.5, 2.5, 3.5, 9.5, -1.5);
	FORMATS("0.12 0.38 1.00", "%.2f %.2f %.2f", 0.125, 0.375, 0.999);
	FORMATS("0.1000000000000000055511151231257827", "%.34f", 0.1);
	FORMATS("123456789012345680.0", "%.1f", 123456789012345678.0);
	FORMATS("1. 1.e+00", "%#.0f %#.0e", 1.0, 1.0);
	FORMATS("[   1.5][1.5   ][0001.5][+1.5][ 1.5]", "[%6.1f][%-6.1f][%06.1f][%+.1f][% .1f]",
		1.5, 1.5, 1.5, 1.5, 1.5);
	FORMATS("1.500000e+00 0.000000e+00 1.00E+10", "%e %e %.2E", 1.5, 0.0, 9.999e9);
	FORMATS("4.940656e-324 1.797693e+308", "%e %e", 0x1p-1074, 0x1.fffffffffffffp+1023);
	FORMATS("100000 1e+06 0.0001 1e-05 0", "%g %g %g %g %g", 1e5, 1e6, 1e-4, 1e-5, 0.0);
	FORMATS("1.5 1.50000 1e+02 123.457", "%g %#g %.1g %g", 1.5, 1.5, 123.0, 123.4567);
	FORMATS("0x1.8p+0 0x1p-1074 0x0p+0 0X1.FFP+7", "%a %a %a %A", 1.5, 0x1p-1074, 0.0, 255.5);
	FORMATS("0x1.8p+0 0x2p+0 0x1p+0", "%.1a %.0a %.0a", 1.5, 1.75, 1.25);
	FORMATS("inf -inf nan INF [  inf]", "%f %f %f %F [%05f]", 1 / zero, -1 / zero,
		__builtin_nan(""), 1 / zero, 1 / zero);
	FORMATS("-0.0 1.25 0x1p+0", "%.1f %.2Lf %La", -0.0, 1.25L, 1.0L);
	FORMATS("1.0 2 3.0 4 5.0 6 7.0 8 9.0 10 11.0",
		"%.1f %d %.1f %d %.1f %d %.1f %d %.1f %d %.1f", 1.0, 2, 3.0, 4, 5.0, 6, 7.0, 8, 9.0,
		10, 11.0);
	CHECK_EQ(snprintf(text, sizeof(text), "%f", 0x1p+1023), 308 + 7);
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
