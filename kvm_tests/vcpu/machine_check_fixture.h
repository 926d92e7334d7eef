/* SPDX-License-Identifier: MIT */
/* Controllers of tests of machine checks. */
#ifndef RINGSIDE_KVM_TESTS_MACHINE_CHECK_FIXTURE_H
#define RINGSIDE_KVM_TESTS_MACHINE_CHECK_FIXTURE_H

#include <sys/ioctl.h>

#include <cstring>

#include "case_test.h"
#include "machine_check.h"
#include "msr_access.h"

namespace kvm_tests
{

/* SDM Vol. 3 "IA32_MCG_CAP MSR". */
constexpr uint64_t kMcgCtl = 1 << 8, kMcgCmci = 1 << 10, kMcgSer = 1 << 24, kMcgLmce = 1 << 27;

/* "IA32_MCG_STATUS MSR": the program can go on; a machine check is in progress. */
constexpr uint64_t kRipv = 1 << 0, kMcip = 1 << 2;

/* "IA32_MCi_STATUS MSRS". */
constexpr uint64_t kValid = 1ull << 63, kOverflow = 1ull << 62, kUncorrected = 1ull << 61,
		   kEnabled = 1ull << 60, kMiscValid = 1ull << 59, kAddrValid = 1ull << 58;

constexpr uint64_t kAllOnes = ~uint64_t{0};

/* A machine of four banks, of which errors come in the third. */
class MachineCheckTest : public CaseTest
{
protected:
	static constexpr unsigned int kBanks = 4, kBank = 2;

	int SetUpBanks(uint64_t capabilities)
	{
		return ioctl(vm()->vcpu_fd, KVM_X86_SETUP_MCE, &capabilities);
	}

	/* Has the guest set up and wait for what comes. */
	void Begin(const char *function, uint64_t capabilities)
	{
		ASSERT_EQ(SetUpBanks(capabilities | kBanks), 0) << strerror(errno);
		Choose(function);
		*Shared<uint32_t>("bank") = kBank;
		RunTo(KVM_EXIT_HLT);
	}

	static kvm_x86_mce Error(uint64_t status, uint64_t mcg_status, uint64_t number = 1)
	{
		kvm_x86_mce error = {};

		error.status = kValid | kEnabled | kMiscValid | kAddrValid | status | number;
		error.addr = number << 12;
		error.misc = number << 24;
		error.mcg_status = mcg_status;
		error.bank = kBank;
		return error;
	}

	static kvm_x86_mce Corrected(uint64_t number = 1)
	{
		return Error(0, 0, number);
	}

	static kvm_x86_mce Uncorrected(uint64_t number = 1)
	{
		return Error(kUncorrected, kMcip | kRipv, number);
	}

	int Send(kvm_x86_mce error)
	{
		return ioctl(vm()->vcpu_fd, KVM_X86_SET_MCE, &error);
	}

	uint64_t Msr(uint32_t index)
	{
		return GetMsr(vm()->vcpu_fd, index);
	}

	void SetMsr(uint32_t index, uint64_t value)
	{
		ASSERT_EQ(kvm_tests::SetMsr(vm()->vcpu_fd, index, value), 1);
	}

	/* In the bank stands that error, for user space, with these bits in its status beside. */
	void ExpectInBank(const kvm_x86_mce &error, uint64_t status = 0)
	{
		EXPECT_EQ(Msr(MSR_MC_STATUS(kBank)), error.status | status);
		EXPECT_EQ(Msr(MSR_MC_ADDR(kBank)), error.addr);
		EXPECT_EQ(Msr(MSR_MC_MISC(kBank)), error.misc);
	}

	/* And for the guest. */
	void ExpectSeen(const char *report, const kvm_x86_mce &error, uint64_t status = 0)
	{
		const volatile machine_check_report *seen = Shared<machine_check_report>(report);

		EXPECT_EQ(seen->status, error.status | status);
		EXPECT_EQ(seen->addr, error.addr);
		EXPECT_EQ(seen->misc, error.misc);
		EXPECT_EQ(seen->mcg_status, error.mcg_status);
	}

	/* Lets the guest go on, to which so many machine checks come. */
	void ExpectMachineChecks(uint32_t number)
	{
		const uint32_t before = *Shared<uint32_t>("machine_checks");

		RunTo(KVM_EXIT_HLT);
		EXPECT_EQ(*Shared<uint32_t>("machine_checks") - before, number);
	}
};

} /* namespace kvm_tests */

#endif /* RINGSIDE_KVM_TESTS_MACHINE_CHECK_FIXTURE_H */
