// SPDX-License-Identifier: MIT
// Machine checks of Intel's CPUs: interrupts of corrected errors (CMCI), and exceptions to one
// CPU alone (LMCE). SDM Vol. 3 "Corrected Machine Check Error Interrupts", "Local Machine Check
// Exception"; KVM API, KVM_X86_SETUP_MCE, KVM_X86_SET_MCE.
#include "machine_check_fixture.h"

namespace
{

using kvm_tests::kMcgCmci;
using kvm_tests::kMcgLmce;
using kvm_tests::kMcgSer;
using kvm_tests::kUncorrected;

constexpr uint64_t kCmciEnabled = 1 << 30; // in IA32_MCi_CTL2

class IntelMachineCheck : public kvm_tests::MachineCheckTest
{
protected:
	void SetUp() override
	{
		MachineCheckTest::SetUp();
		Create(TST_KVM_KERNEL_IRQCHIP);
	}

	kvm_x86_mce WithoutAction()
	{
		return Error(kUncorrected, 0);
	}

	// "Local APIC Version Register": the number of LVT entries less 1.
	uint32_t LastLvtEntry()
	{
		constexpr size_t kVersion = 0x30;
		kvm_lapic_state apic = {};
		uint32_t version;

		SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_LAPIC, &apic);
		memcpy(&version, apic.regs + kVersion, sizeof(version));
		return version >> 16 & 0xff;
	}

	void ExpectCmcis(uint32_t number)
	{
		RunTo(TST_KVM_ENDED);
		EXPECT_EQ(*Shared<uint32_t>("cmcis"), number);
		EXPECT_EQ(*Shared<uint32_t>("machine_checks"), 0u);
	}
};

// "Uncorrected Recoverable Errors": one of no action required (UCNA) raises no exception.
TEST_F(IntelMachineCheck, ErrorWithoutActionIsStored)
{
	const kvm_x86_mce error = WithoutAction();

	Begin("take_machine_checks", kMcgSer);
	ASSERT_EQ(Send(error), 0) << strerror(errno);
	ExpectInBank(error);
	ExpectMachineChecks(0);
	ExpectSeen("afterwards", error);
}

TEST_F(IntelMachineCheck, InterruptTellsOfAnError)
{
	const kvm_x86_mce error = WithoutAction();

	Begin("take_cmcis", kMcgCmci | kMcgSer);
	SetMsr(MSR_MC_CTL2(kBank), kCmciEnabled);
	ASSERT_EQ(Send(error), 0) << strerror(errno);
	ExpectCmcis(1);
	ExpectSeen("afterwards", error);
}

TEST_F(IntelMachineCheck, InterruptHasToBeEnabled)
{
	const kvm_x86_mce error = WithoutAction();

	Begin("take_cmcis", kMcgCmci | kMcgSer);
	SetMsr(MSR_MC_CTL2(kBank + 1), kCmciEnabled);
	ASSERT_EQ(Send(error), 0) << strerror(errno);
	ExpectCmcis(0);
	ExpectSeen("afterwards", error);
}

TEST_F(IntelMachineCheck, SettingUpDisablesInterrupts)
{
	ASSERT_EQ(SetUpBanks(kMcgCmci | kBanks), 0) << strerror(errno);
	for (unsigned int bank = 0; bank < kBanks; bank++)
		SetMsr(MSR_MC_CTL2(bank), kCmciEnabled | 1);
	ASSERT_EQ(SetUpBanks(kMcgCmci | kBanks), 0) << strerror(errno);
	for (unsigned int bank = 0; bank < kBanks; bank++)
		EXPECT_EQ(Msr(MSR_MC_CTL2(bank)), 0u) << "bank " << bank;
}

// "Local Vector Table": the seventh entry is CMCI's.
TEST_F(IntelMachineCheck, ApicHasAnEntryMore)
{
	ASSERT_EQ(SetUpBanks(kBanks), 0) << strerror(errno);
	EXPECT_EQ(LastLvtEntry(), 5u);
	ASSERT_EQ(SetUpBanks(kMcgCmci | kBanks), 0) << strerror(errno);
	EXPECT_EQ(LastLvtEntry(), 6u);
}

TEST_F(IntelMachineCheck, CapabilitiesAreWhatWasSetUp)
{
	for (uint64_t capability : {kMcgCmci, kMcgSer, kMcgLmce}) {
		ASSERT_EQ(SetUpBanks(capability | kBanks), 0) << strerror(errno);
		EXPECT_EQ(Msr(MSR_MCG_CAP), capability | kBanks);
	}
}

// IA32_FEATURE_CONTROL.LMCE_ON may be set where IA32_MCG_CAP has LMCE.
TEST_F(IntelMachineCheck, LocalExceptionsNeedTheirCapability)
{
	constexpr uint32_t kFeatureControl = 0x3a;
	constexpr uint64_t kLmceOn = 1 << 20;

	ASSERT_EQ(SetUpBanks(kMcgCmci | kBanks), 0) << strerror(errno);
	EXPECT_EQ(kvm_tests::SetMsr(vm()->vcpu_fd, kFeatureControl, kLmceOn), 0);
	ASSERT_EQ(SetUpBanks(kMcgLmce | kBanks), 0) << strerror(errno);
	EXPECT_EQ(kvm_tests::SetMsr(vm()->vcpu_fd, kFeatureControl, kLmceOn), 1);
}

} // namespace
