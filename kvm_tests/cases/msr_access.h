/* SPDX-License-Identifier: MIT */
/* One MSR of a virtual CPU, from user space: KVM API, KVM_GET_MSRS, KVM_SET_MSRS. */
#ifndef RINGSIDE_KVM_TESTS_MSR_ACCESS_H
#define RINGSIDE_KVM_TESTS_MSR_ACCESS_H

#include <gtest/gtest.h>
#include <sys/ioctl.h>

#include "kvm_test.h"
#include "tst_safe_macros.h"

namespace kvm_tests
{

struct OneMsr {
	kvm_msrs header;
	kvm_msr_entry entry;
};

/* 1 if KVM has taken it, 0 if KVM refuses it. */
inline int SetMsr(int vcpu_fd, uint32_t index, uint64_t value)
{
	OneMsr msr = {};

	msr.header.nmsrs = 1;
	msr.entry.index = index;
	msr.entry.data = value;
	return ioctl(vcpu_fd, KVM_SET_MSRS, &msr);
}

inline uint64_t GetMsr(int vcpu_fd, uint32_t index)
{
	OneMsr msr = {};

	msr.header.nmsrs = 1;
	msr.entry.index = index;
	EXPECT_EQ(SAFE_IOCTL(vcpu_fd, KVM_GET_MSRS, &msr), 1) << "KVM does not know MSR " << index;
	return msr.entry.data;
}

/* Whether user space can read it. */
inline bool HasMsr(int vcpu_fd, uint32_t index)
{
	OneMsr msr = {};

	msr.header.nmsrs = 1;
	msr.entry.index = index;
	return ioctl(vcpu_fd, KVM_GET_MSRS, &msr) == 1;
}

} /* namespace kvm_tests */

#endif /* RINGSIDE_KVM_TESTS_MSR_ACCESS_H */
