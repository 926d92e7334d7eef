/* SPDX-License-Identifier: MIT */
/* Controllers of tests of MSRs. */
#ifndef RINGSIDE_KVM_TESTS_MSRS_FIXTURE_H
#define RINGSIDE_KVM_TESTS_MSRS_FIXTURE_H

#include <sys/ioctl.h>

#include <initializer_list>

#include "case_test.h"
#include "msr_access.h"
#include "msrs.h"

namespace kvm_tests
{

constexpr int kGeneralProtection = 13; /* the vector of #GP */

inline msr_access Read(uint32_t index)
{
	return {0, index, 0, 0, 0};
}

inline msr_access Write(uint32_t index, uint64_t value)
{
	return {1, index, value, 0, 0};
}

class MsrTest : public CaseTest
{
protected:
	/* What the guest is to do, in this order; runs it to where it would begin. */
	void Plan(std::initializer_list<msr_access> list)
	{
		ASSERT_LE(list.size(), size_t{MAX_ACCESSES});
		Choose("access_all");
		*Shared<uint32_t>("access_count") = list.size();
		access_ = static_cast<msr_access *>(tst_kvm_symbol(vm(), "accesses"));
		std::copy(list.begin(), list.end(), access_);
		RunTo(KVM_EXIT_HLT);
	}

	/* What has come of the access, by its place in the plan. */
	void ExpectDone(size_t place)
	{
		EXPECT_EQ(access_[place].vector, -1) << "access " << place << " has raised it";
	}

	void ExpectRead(size_t place, uint64_t value)
	{
		ExpectDone(place);
		EXPECT_EQ(access_[place].value, value) << "access " << place << " has read it";
	}

	/* SDM Vol. 2 "RDMSR", "WRMSR": #GP(0). */
	void ExpectFault(size_t place)
	{
		EXPECT_EQ(access_[place].vector, kGeneralProtection) << "access " << place;
		EXPECT_EQ(access_[place].errcode, 0u) << "access " << place;
	}

	/* 1 if KVM has taken it. */
	int SetMsr(uint32_t index, uint64_t value)
	{
		return kvm_tests::SetMsr(vm()->vcpu_fd, index, value);
	}

	uint64_t GetMsr(uint32_t index)
	{
		return kvm_tests::GetMsr(vm()->vcpu_fd, index);
	}

	msr_access *access_ = nullptr;
};

} /* namespace kvm_tests */

#endif /* RINGSIDE_KVM_TESTS_MSRS_FIXTURE_H */
