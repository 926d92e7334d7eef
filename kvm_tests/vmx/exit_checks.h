/* SPDX-License-Identifier: MIT */
/* Where a nested guest has stopped, and what its hypervisor is told of that. */
#ifndef RINGSIDE_KVM_TESTS_VMX_EXIT_CHECKS_H
#define RINGSIDE_KVM_TESTS_VMX_EXIT_CHECKS_H

#include "kvm_x86_vmx.h"

/* How far the nested guest has come: it counts itself. */
static volatile unsigned int step;

static inline _Bool stopped(const char *name, const char *when, unsigned int reason,
			    unsigned int expected_step)
{
	const unsigned int actual = kvm_vmx_vmread(VMX_VMCS_EXIT_REASON);

	if (actual == reason && step == expected_step)
		return 1;
	tst_res(TFAIL, "%s: %s, exit reason %u at step %u, expected %u at step %u", name, when,
		actual, step, reason, expected_step);
	return 0;
}

static inline _Bool has(const char *name, const char *what, uint64_t actual, uint64_t expected)
{
	if (actual == expected)
		return 1;
	tst_res(TFAIL, "%s: %s is %#llx, expected %#llx", name, what, (unsigned long long)actual,
		(unsigned long long)expected);
	return 0;
}

#endif /* RINGSIDE_KVM_TESTS_VMX_EXIT_CHECKS_H */
