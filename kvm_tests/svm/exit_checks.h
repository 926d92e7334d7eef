/* SPDX-License-Identifier: MIT */
/* Where a nested guest has stopped, and what its hypervisor is told of that. */
#ifndef RINGSIDE_KVM_TESTS_SVM_EXIT_CHECKS_H
#define RINGSIDE_KVM_TESTS_SVM_EXIT_CHECKS_H

#include "kvm_x86_svm.h"

/* How far the nested guest has come: it counts itself. */
static volatile unsigned int step;

static inline _Bool stopped(const char *name, const char *when, const struct kvm_svm_vcpu *vm,
			    uint64_t exitcode, unsigned int expected_step)
{
	if (vm->vmcb->exitcode == exitcode && step == expected_step)
		return 1;
	tst_res(TFAIL, "%s: %s, exit code %#llx at step %u, expected %#llx at step %u", name, when,
		(unsigned long long)vm->vmcb->exitcode, step, (unsigned long long)exitcode,
		expected_step);
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

#endif /* RINGSIDE_KVM_TESTS_SVM_EXIT_CHECKS_H */
