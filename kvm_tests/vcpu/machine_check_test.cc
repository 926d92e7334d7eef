// SPDX-License-Identifier: MIT
// Machine checks that user space reports to a virtual CPU: KVM API, KVM_X86_SETUP_MCE,
// KVM_X86_SET_MCE; SDM Vol. 3 "Machine-Check Architecture".
#include <fcntl.h>

#include "machine_check_fixture.h"
#include "tst_safe_macros.h"

namespace
{

using kvm_tests::kAllOnes;
using kvm_tests::kMcgCtl;
using kvm_tests::kMcip;
using kvm_tests::kOverflow;
using kvm_tests::kValid;

class MachineCheck : public kvm_tests::MachineCheckTest
{
protected:
	// As KVM_CAP_MCE says.
	uint64_t MostBanks()
	{
		int kvm = SAFE_OPEN("/dev/kvm", O_RDWR | O_CLOEXEC);
		const int banks = ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_MCE);

		SAFE_CLOSE(kvm);
		return banks;
	}

	uint64_t Supported()
	{
		int kvm = SAFE_OPEN("/dev/kvm", O_RDWR | O_CLOEXEC);
		uint64_t supported = 0;

		SAFE_IOCTL(kvm, KVM_X86_GET_MCE_CAP_SUPPORTED, &supported);
		SAFE_CLOSE(kvm);
		return supported;
	}
};

/* --- KVM_X86_SETUP_MCE: as in IA32_MCG_CAP --- */

TEST_F(MachineCheck, CapabilitiesAreWhatWasSetUp)
{
	ASSERT_EQ(Supported() & kMcgCtl, kMcgCtl);
	for (uint64_t capabilities : {uint64_t{0}, kMcgCtl}) {
		ASSERT_EQ(SetUpBanks(capabilities | kBanks), 0) << strerror(errno);
		EXPECT_EQ(Msr(MSR_MCG_CAP), capabilities | kBanks);
	}
}

TEST_F(MachineCheck, AsManyBanksAsKvmSays)
{
	ASSERT_GT(MostBanks(), 0u);
	EXPECT_EQ(SetUpBanks(MostBanks()), 0) << strerror(errno);
	EXPECT_EQ(Msr(MSR_MCG_CAP), MostBanks());
	EXPECT_EQ(SetUpBanks(1), 0) << strerror(errno);
	EXPECT_EQ(Msr(MSR_MCG_CAP), 1u);
}

TEST_F(MachineCheck, IllegalCapabilitiesAreRefused)
{
	ASSERT_EQ(SetUpBanks(kBanks), 0) << strerror(errno);
	for (uint64_t capabilities : {uint64_t{0}, MostBanks() + 1, ~Supported() | kBanks,
				      uint64_t{1} << 63 | kBanks, uint64_t{1} << 32 | kBanks}) {
		EXPECT_EQ(SetUpBanks(capabilities), -1) << capabilities;
		EXPECT_EQ(errno, EINVAL);
		EXPECT_EQ(Msr(MSR_MCG_CAP), kBanks);
	}
}

// "IA32_MCi_CTL MSRs": what they enable is on, as user space that makes a CPU needs it.
TEST_F(MachineCheck, AllErrorsAreEnabledAtFirst)
{
	ASSERT_EQ(SetUpBanks(kMcgCtl | kBanks), 0) << strerror(errno);
	EXPECT_EQ(Msr(MSR_MCG_CTL), kAllOnes);
	for (unsigned int bank = 0; bank < kBanks; bank++)
		EXPECT_EQ(Msr(MSR_MC_CTL(bank)), kAllOnes) << "bank " << bank;
}

// "IA32_MCG_CTL MSR": there if MCG_CTL_P is set.
TEST_F(MachineCheck, NoGlobalControlWithoutItsCapability)
{
	ASSERT_EQ(SetUpBanks(kBanks), 0) << strerror(errno);
	EXPECT_EQ(Msr(MSR_MCG_CTL), 0u);
	EXPECT_EQ(kvm_tests::SetMsr(vm()->vcpu_fd, MSR_MCG_CTL, kAllOnes), 0);
}

/* --- KVM_X86_SET_MCE --- */

TEST_F(MachineCheck, IllegalErrorsAreRefused)
{
	kvm_x86_mce beyond = Corrected(), invalid = Corrected();

	Begin("take_machine_checks", 0);
	beyond.bank = kBanks;
	EXPECT_EQ(Send(beyond), -1);
	EXPECT_EQ(errno, EINVAL);
	invalid.status &= ~kValid;
	EXPECT_EQ(Send(invalid), -1);
	EXPECT_EQ(errno, EINVAL);
	for (unsigned int bank = 0; bank < kBanks; bank++)
		EXPECT_EQ(Msr(MSR_MC_STATUS(bank)), 0u) << "bank " << bank;
	ASSERT_EQ(SetUpBanks(kBanks + 1), 0) << strerror(errno);
	EXPECT_EQ(Msr(MSR_MC_STATUS(kBanks)), 0u);
	ExpectMachineChecks(0);
}

// "if the MCE is a corrected error, KVM will just store it in the corresponding bank".
TEST_F(MachineCheck, CorrectedErrorIsStored)
{
	const kvm_x86_mce error = Corrected();

	Begin("take_machine_checks", 0);
	ASSERT_EQ(Send(error), 0) << strerror(errno);
	ExpectInBank(error);
	for (unsigned int bank : {0u, 1u, 3u})
		EXPECT_EQ(Msr(MSR_MC_STATUS(bank)), 0u) << "bank " << bank;
	ExpectMachineChecks(0);
	ExpectSeen("afterwards", error);
}

// "Overwrite Rules for Machine Check Overflow": the later corrected error, and OVER.
TEST_F(MachineCheck, CorrectedErrorReplacesAnother)
{
	const kvm_x86_mce second = Corrected(2);

	Begin("take_machine_checks", 0);
	ASSERT_EQ(Send(Corrected()), 0) << strerror(errno);
	ASSERT_EQ(Send(second), 0) << strerror(errno);
	ExpectInBank(second, kOverflow);
	ExpectMachineChecks(0);
	ExpectSeen("afterwards", second, kOverflow);
}

// "provided this bank is not holding a previously reported uncorrected error".
TEST_F(MachineCheck, CorrectedErrorLeavesAnUncorrectedOne)
{
	const kvm_x86_mce first = Uncorrected();

	Begin("take_machine_checks", 0);
	ASSERT_EQ(Send(first), 0) << strerror(errno);
	ExpectMachineChecks(1);
	ExpectInBank(first);
	ASSERT_EQ(Send(Corrected(2)), 0) << strerror(errno);
	ExpectInBank(first, kOverflow);
	ExpectMachineChecks(0);
}

// "KVM will inject it as an MCE exception into the guest."
TEST_F(MachineCheck, UncorrectedErrorIsAnException)
{
	for (uint64_t capabilities : {uint64_t{0}, kMcgCtl}) {
		const kvm_x86_mce error = Uncorrected();

		Create(TST_KVM_NO_IRQCHIP);
		Begin("take_machine_checks", capabilities);
		ASSERT_EQ(Send(error), 0) << strerror(errno);
		ExpectInBank(error);
		EXPECT_EQ(Msr(MSR_MCG_STATUS), error.mcg_status);
		ExpectMachineChecks(1);
		ExpectSeen("in_handler", error);
	}
}

TEST_F(MachineCheck, UncorrectedErrorReplacesAnother)
{
	const kvm_x86_mce second = Uncorrected(2);

	Begin("take_machine_checks", 0);
	ASSERT_EQ(Send(Uncorrected()), 0) << strerror(errno);
	ExpectMachineChecks(1);
	ASSERT_EQ(Send(second), 0) << strerror(errno);
	ExpectInBank(second, kOverflow);
	ExpectMachineChecks(1);
	ExpectSeen("in_handler", second, kOverflow);
}

TEST_F(MachineCheck, UncorrectedErrorReplacesACorrectedOne)
{
	const kvm_x86_mce second = Uncorrected(2);

	Begin("take_machine_checks", 0);
	ASSERT_EQ(Send(Corrected()), 0) << strerror(errno);
	ASSERT_EQ(Send(second), 0) << strerror(errno);
	ExpectInBank(second, kOverflow);
	ExpectMachineChecks(1);
}

// "If the guest MCG_STATUS register reports that an MCE is in progress".
TEST_F(MachineCheck, AnotherInProgressIsAShutdown)
{
	Begin("be_in_machine_check", 0);
	ASSERT_EQ(Msr(MSR_MCG_STATUS), kMcip);
	ASSERT_EQ(Send(Uncorrected()), 0) << strerror(errno);
	RunTo(KVM_EXIT_SHUTDOWN);
}

// SDM Vol. 3 "Interrupt 18—Machine-Check Exception": with CR4.MCE clear, a shutdown.
TEST_F(MachineCheck, WithoutTheExceptionIsAShutdown)
{
	Begin("take_none", 0);
	ASSERT_EQ(Send(Uncorrected()), 0) << strerror(errno);
	RunTo(KVM_EXIT_SHUTDOWN);
}

TEST_F(MachineCheck, CorrectedErrorNeedsNoException)
{
	Begin("take_none", 0);
	ASSERT_EQ(Send(Corrected()), 0) << strerror(errno);
	RunTo(TST_KVM_ENDED);
	ExpectInBank(Corrected());
}

// "IA32_MCG_CTL MSR", "IA32_MCi_CTL MSRs": they control signaling of #MC.
TEST_F(MachineCheck, DisabledErrorsAreNoExceptions)
{
	for (uint32_t control : {uint32_t{MSR_MCG_CTL}, uint32_t{MSR_MC_CTL(kBank)}}) {
		Create(TST_KVM_NO_IRQCHIP);
		Begin("take_machine_checks", kMcgCtl);
		SetMsr(control, 0);
		ASSERT_EQ(Send(Uncorrected()), 0) << strerror(errno);
		ExpectMachineChecks(0);
		ASSERT_EQ(Send(Corrected()), 0) << strerror(errno);
		ExpectInBank(Corrected());
		SetMsr(control, kAllOnes);
		ASSERT_EQ(Send(Uncorrected()), 0) << strerror(errno);
		ExpectMachineChecks(1);
	}
}

// The controls of other banks are not this one's.
TEST_F(MachineCheck, OtherBanksMayBeDisabled)
{
	Begin("take_machine_checks", kMcgCtl);
	for (unsigned int bank : {0u, 1u, 3u})
		SetMsr(MSR_MC_CTL(bank), 0);
	ASSERT_EQ(Send(Uncorrected()), 0) << strerror(errno);
	ExpectMachineChecks(1);
}

} // namespace
