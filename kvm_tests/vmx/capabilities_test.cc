// SPDX-License-Identifier: MIT
// User space may give a guest less of VMX than KVM offers, and never more: the capability
// registers of SDM Vol. 3, Appendix A, are MSR-based features, KVM_GET_MSRS of /dev/kvm says
// "what it can support" (KVM API), and a KVM_SET_MSRS that claims anything else has to fail.
// What it takes, the guest reads; and VM entries go by it.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "case_test.h"

namespace
{

// SDM Vol. 4, "IA-32 Architectural MSRs".
enum Msr : uint32_t {
	kBasic = 0x480,
	kMisc = 0x485,
	kCr0Fixed0 = 0x486,
	kCr4Fixed0 = 0x488,
	kVmcsEnum = 0x48a,
	kExec2 = 0x48b,
	kEptVpidCap = 0x48c,
	kTruePin = 0x48d,
	kTrueExec = 0x48e,
	kTrueExit = 0x48f,
	kTrueEntry = 0x490,
	kVmfunc = 0x491,
};

constexpr uint64_t Bit(unsigned int n)
{
	return uint64_t{1} << n;
}

constexpr uint64_t LowestBit(uint64_t bits)
{
	return bits & -bits;
}

// A.3: bits 31:0 are what a control has to be, bits 63:32 what it may be.
constexpr uint64_t kMustBeOne = 0xffffffff, kMayBeOne = ~kMustBeOne;

uint64_t ClaimControl(uint64_t v)
{
	return v | LowestBit(~v & kMayBeOne);
}

// A control that is there and may be 0.
uint64_t RemoveControl(uint64_t v)
{
	return v & ~LowestBit(v & kMayBeOne & ~(v << 32));
}

uint64_t FreeControl(uint64_t v)
{
	return v & ~LowestBit(v & kMustBeOne);
}

uint64_t ForceControl(uint64_t v)
{
	return v | LowestBit(v >> 32 & ~v);
}

uint64_t ClaimBit(uint64_t v)
{
	return v | LowestBit(~v);
}

uint64_t RemoveBit(uint64_t v)
{
	return v & ~LowestBit(v);
}

template <unsigned int n> uint64_t SetBit(uint64_t v)
{
	return v | Bit(n);
}

template <unsigned int n> uint64_t ClearBit(uint64_t v)
{
	return v & ~Bit(n);
}

// A.1: bits 30:0 are the revision identifier, bits 44:32 a region's size.
uint64_t OtherRevision(uint64_t v)
{
	return v ^ 1;
}

uint64_t SmallerRegion(uint64_t v)
{
	return v - Bit(32);
}

// A.6: bits 4:0 are the timer's rate, 24:16 the CR3-target values, 27:25 the MSRs in a list.
uint64_t OtherTimerRate(uint64_t v)
{
	return v ^ 1;
}

uint64_t MoreCr3Targets(uint64_t v)
{
	return v + Bit(16);
}

uint64_t MoreMsrs(uint64_t v)
{
	return v + Bit(25);
}

// Behind the last index in use: A.9, bits 9:1.
uint64_t HigherIndex(uint64_t v)
{
	return v + 2;
}

struct Change {
	const char *name;
	Msr msr;
	uint64_t (*change)(uint64_t);
	bool is_legal;
};

[[maybe_unused]] void PrintTo(const Change &c, std::ostream *os)
{
	*os << c.name;
}

struct OneMsr {
	kvm_msrs header;
	kvm_msr_entry entry;
};

class Capabilities : public kvm_tests::CaseTest
{
protected:
	// What KVM supports, or nothing if it has no such MSR.
	bool GetSupported(uint32_t index, uint64_t *value)
	{
		OneMsr msr = {{1, 0, {}}, {index, 0, 0}};
		const int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
		const int got = ioctl(kvm, KVM_GET_MSRS, &msr);

		close(kvm);
		*value = msr.entry.data;
		return got == 1;
	}

	uint64_t Get(uint32_t index)
	{
		OneMsr msr = {{1, 0, {}}, {index, 0, 0}};

		EXPECT_EQ(SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_MSRS, &msr), 1);
		return msr.entry.data;
	}

	// Whether KVM has taken it: KVM_SET_MSRS returns how many it did.
	bool Set(uint32_t index, uint64_t value)
	{
		OneMsr msr = {{1, 0, {}}, {index, 0, value}};

		return ioctl(vm()->vcpu_fd, KVM_SET_MSRS, &msr) == 1;
	}
};

class Changes : public Capabilities, public testing::WithParamInterface<Change>
{
};

TEST_P(Changes, AreJudged)
{
	const Change &c = GetParam();
	uint64_t supported;

	if (!GetSupported(c.msr, &supported))
		tst_brk(TCONF, "this KVM does not tell MSR %#x", c.msr);
	const uint64_t changed = c.change(supported);
	if (changed == supported)
		tst_brk(TCONF, "MSR %#x is %#llx: there is nothing to change", c.msr,
			static_cast<unsigned long long>(supported));

	ASSERT_TRUE(Set(c.msr, supported)) << "KVM refuses what it supports";
	EXPECT_EQ(Set(c.msr, changed), c.is_legal)
		<< std::hex << changed << " in place of " << supported;
	EXPECT_EQ(Get(c.msr), c.is_legal ? changed : supported) << std::hex;

	*Shared<uint32_t>("msr") = c.msr;
	Choose("read_capability");
	RunTo(TST_KVM_ENDED);
	EXPECT_EQ(*Shared<uint64_t>("value"), c.is_legal ? changed : supported) << std::hex;
}

constexpr Change kChanges[] = {
	{"BasicOtherRevision", kBasic, OtherRevision, false},
	{"BasicReservedBit31", kBasic, SetBit<31>, false},
	{"BasicReservedBit56", kBasic, SetBit<56>, false},
	{"BasicAddressesOf32Bits", kBasic, SetBit<48>, false},
	{"BasicDualMonitorTreatment", kBasic, SetBit<49>, false},
	{"BasicSmallerRegion", kBasic, SmallerRegion, false},
	{"BasicWithoutInsOutsInformation", kBasic, ClearBit<54>, true},
	{"BasicWithoutTrueControls", kBasic, ClearBit<55>, true},
	{"PinControlClaimed", kTruePin, ClaimControl, false},
	{"PinControlFreed", kTruePin, FreeControl, false},
	{"PinControlRemoved", kTruePin, RemoveControl, true},
	{"PinControlForced", kTruePin, ForceControl, true},
	{"ExecControlClaimed", kTrueExec, ClaimControl, false},
	{"ExecControlFreed", kTrueExec, FreeControl, false},
	{"ExecControlRemoved", kTrueExec, RemoveControl, true},
	{"ExecControlForced", kTrueExec, ForceControl, true},
	{"Exec2ControlClaimed", kExec2, ClaimControl, false},
	{"Exec2ControlRemoved", kExec2, RemoveControl, true},
	{"ExitControlClaimed", kTrueExit, ClaimControl, false},
	{"ExitControlFreed", kTrueExit, FreeControl, false},
	{"ExitControlRemoved", kTrueExit, RemoveControl, true},
	{"EntryControlClaimed", kTrueEntry, ClaimControl, false},
	{"EntryControlFreed", kTrueEntry, FreeControl, false},
	{"EntryControlRemoved", kTrueEntry, RemoveControl, true},
	{"MiscReservedBit9", kMisc, SetBit<9>, false},
	{"MiscReservedBit31", kMisc, SetBit<31>, false},
	{"MiscSmiOfVmxoff", kMisc, SetBit<28>, false},
	{"MiscShutdownState", kMisc, SetBit<7>, false},
	{"MiscOtherTimerRate", kMisc, OtherTimerRate, false},
	{"MiscMoreCr3Targets", kMisc, MoreCr3Targets, false},
	{"MiscMoreMsrs", kMisc, MoreMsrs, false},
	{"MiscOtherMsegRevision", kMisc, SetBit<32>, false},
	{"MiscWithoutHaltState", kMisc, ClearBit<6>, true},
	{"MiscWithoutWritesToAllFields", kMisc, ClearBit<29>, true},
	{"Cr0MayLackPaging", kCr0Fixed0, ClearBit<31>, false},
	{"Cr0HasToHaveCacheDisable", kCr0Fixed0, SetBit<30>, true},
	{"Cr4MayLackVmxe", kCr4Fixed0, ClearBit<13>, false},
	{"Cr4HasToHavePae", kCr4Fixed0, SetBit<5>, true},
	{"EptVpidCapabilityClaimed", kEptVpidCap, ClaimBit, false},
	{"EptVpidCapabilityRemoved", kEptVpidCap, RemoveBit, true},
	{"EptWithoutInvept", kEptVpidCap, ClearBit<20>, true},
	{"VpidWithoutInvvpid", kEptVpidCap, ClearBit<32>, true},
	{"InvvpidOfReservedBit39", kEptVpidCap, SetBit<39>, false},
	{"VmcsHigherIndex", kVmcsEnum, HigherIndex, true},
	{"VmFunctionClaimed", kVmfunc, SetBit<1>, false},
	{"VmFunctionRemoved", kVmfunc, ClearBit<0>, true},
};

INSTANTIATE_TEST_SUITE_P(Cases, Changes, testing::ValuesIn(kChanges), kvm_tests::NameOf<Change>);

constexpr uint64_t kRdtscExiting = Bit(12);
constexpr uint64_t kInvalidControl = 7; // SDM Vol. 3 "VM Instruction Error Numbers"

TEST_F(Capabilities, OfAControlDecideAboutVmEntries)
{
	uint64_t supported;

	ASSERT_TRUE(GetSupported(kTrueExec, &supported));
	for (uint64_t removed : {uint64_t{0}, kRdtscExiting << 32}) {
		Create(TST_KVM_NO_IRQCHIP);
		ASSERT_TRUE(Set(kTrueExec, supported & ~removed));
		*Shared<uint64_t>("value") = kRdtscExiting;
		Choose("enter_with_control");
		RunTo(TST_KVM_ENDED);
		EXPECT_EQ(*Shared<uint64_t>("value"), removed ? kInvalidControl : 0);
	}
}

constexpr uint64_t kReadOnlyField = 13;

TEST_F(Capabilities, WithoutWritesToAllFieldsRefuseThem)
{
	uint64_t supported;

	ASSERT_TRUE(GetSupported(kMisc, &supported));
	ASSERT_TRUE(Set(kMisc, supported & ~Bit(29)));
	Choose("write_exit_reason");
	RunTo(TST_KVM_ENDED);
	EXPECT_EQ(*Shared<uint64_t>("value"), kReadOnlyField);
}

// SDM Vol. 3, "INVEPT", "INVVPID": #UD where the CPU has them not.
struct Invalidation {
	const char *name, *function;
	uint64_t capability;
};

[[maybe_unused]] void PrintTo(const Invalidation &c, std::ostream *os)
{
	*os << c.name;
}

constexpr uint64_t kNoFault = -1, kInvalidOpcode = 6;

class Invalidations : public Capabilities, public testing::WithParamInterface<Invalidation>
{
};

TEST_P(Invalidations, AreThereOrNot)
{
	const uint64_t capability = GetParam().capability;
	uint64_t supported;

	if (!GetSupported(kEptVpidCap, &supported) || !(supported & capability))
		tst_brk(TCONF, "this KVM does not offer the instruction");
	for (uint64_t removed : {uint64_t{0}, capability}) {
		Create(TST_KVM_NO_IRQCHIP);
		ASSERT_TRUE(Set(kEptVpidCap, supported & ~removed));
		Choose(GetParam().function);
		RunTo(TST_KVM_ENDED);
		EXPECT_EQ(*Shared<uint64_t>("value"), removed ? kInvalidOpcode : kNoFault);
	}
}

constexpr Invalidation kInvalidations[] = {
	{"Invept", "invalidate_ept", Bit(20)},
	{"Invvpid", "invalidate_vpid", Bit(32)},
};

INSTANTIATE_TEST_SUITE_P(Cases, Invalidations, testing::ValuesIn(kInvalidations),
			 kvm_tests::NameOf<Invalidation>);

// A CPU's capabilities don't change while software goes by them.
TEST_F(Capabilities, StayInVmxOperation)
{
	uint64_t supported;

	ASSERT_TRUE(GetSupported(kTrueExec, &supported));
	Choose("stay_in_vmx_operation");
	RunTo(KVM_EXIT_HLT);
	EXPECT_FALSE(Set(kTrueExec, supported & ~(kRdtscExiting << 32)));
	EXPECT_EQ(Get(kTrueExec), supported);
}

} // namespace
