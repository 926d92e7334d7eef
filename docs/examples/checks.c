// SPDX-License-Identifier: MIT
/* A table that its entries fill by themselves: the linker collects them. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

struct check {
	const char *name;
	_Bool (*func)(void);
};

#define CHECK(name)                                                       \
	static _Bool name(void);                                          \
	static const struct check name##_entry                            \
		__attribute__((section("checks"), used)) = {#name, name}; \
	static _Bool name(void)

CHECK(paging_is_on)
{
	struct kvm_cregs cregs;

	kvm_read_cregs(&cregs);
	return !!(cregs.cr0 & CR0_PG);
}

CHECK(cpu_has_a_counter)
{
	return kvm_cpuid_has(X86_FEATURE_TSC);
}

extern const struct check __start_checks[], __stop_checks[];

void main(void)
{
	const struct check *check;

	for (check = __start_checks; check < __stop_checks; check++)
		tst_res(check->func() ? TPASS : TFAIL, "%s", check->name);
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
