// SPDX-License-Identifier: MIT
// What goes into an MSR on one side comes out on the other (KVM API, KVM_GET_MSRS,
// KVM_SET_MSRS); and what a manual forbids to write is refused on both.
#include "msrs_fixture.h"

namespace
{

using kvm_tests::Read;
using kvm_tests::Write;

struct MsrValue {
	const char *name;
	uint32_t index;
	uint64_t from_host, from_guest;
};

[[maybe_unused]] void PrintTo(const MsrValue &value, std::ostream *os)
{
	*os << value.name;
}

class MsrValues : public kvm_tests::MsrTest, public testing::WithParamInterface<MsrValue>
{
};

TEST_P(MsrValues, GoBothWays)
{
	const MsrValue &c = GetParam();

	Plan({Read(c.index), Write(c.index, c.from_guest), Read(c.index)});
	ASSERT_EQ(SetMsr(c.index, c.from_host), 1) << "KVM refuses what it offers";
	EXPECT_EQ(GetMsr(c.index), c.from_host);
	RunTo(TST_KVM_ENDED);
	ExpectRead(0, c.from_host);
	ExpectDone(1);
	ExpectRead(2, c.from_guest);
	EXPECT_EQ(GetMsr(c.index), c.from_guest);
}

// Addresses are canonical and low: guests of 32 bits keep them, too.
constexpr MsrValue kValues[] = {
	{"SysenterCs", 0x174, 0x10, 0x18},
	{"SysenterEsp", 0x175, 0x1234567, 0x7654321},
	{"SysenterEip", 0x176, 0x1122334, 0x4332211},
	{"Pat", 0x277, 0x0007040600070406, 0x0606060606060606},
	{"MtrrPhysBase0", 0x200, 0x80000006, 0x40000000},
	{"MtrrFix64k", 0x250, 0x0606060606060606, 0x0505050505050505},
	{"Star", 0xc0000081, 0x0023001000000000, 0x0033002000000000},
	{"Lstar", 0xc0000082, 0x7fff12345678, 0xffff800012345678},
	{"Cstar", 0xc0000083, 0x7fff87654321, 0xffff800087654321},
	{"Sfmask", 0xc0000084, 0x47700, 0x3f7fd5},
	{"FsBase", 0xc0000100, 0x7fff11112222, 0x33334444},
	{"GsBase", 0xc0000101, 0x7fff22221111, 0x44443333},
	{"KernelGsBase", 0xc0000102, 0xffff888000000000, 0x7fff00000000},
};

INSTANTIATE_TEST_SUITE_P(Cases, MsrValues, testing::ValuesIn(kValues), kvm_tests::NameOf<MsrValue>);

struct ForbiddenValue {
	const char *name;
	uint32_t index;
	uint64_t good, bad;
};

[[maybe_unused]] void PrintTo(const ForbiddenValue &value, std::ostream *os)
{
	*os << value.name;
}

class ForbiddenMsrValues : public kvm_tests::MsrTest,
			   public testing::WithParamInterface<ForbiddenValue>
{
};

TEST_P(ForbiddenMsrValues, FaultInTheGuest)
{
	const ForbiddenValue &c = GetParam();

	Plan({Write(c.index, c.good), Write(c.index, c.bad), Read(c.index)});
	RunTo(TST_KVM_ENDED);
	ExpectDone(0);
	ExpectFault(1);
	ExpectRead(2, c.good);
}

// "Returns: number of msrs successfully set": none.
TEST_P(ForbiddenMsrValues, AreRefusedFromUserSpace)
{
	const ForbiddenValue &c = GetParam();

	ASSERT_EQ(SetMsr(c.index, c.good), 1);
	EXPECT_EQ(SetMsr(c.index, c.bad), 0);
	EXPECT_EQ(GetMsr(c.index), c.good);
}

// SDM Vol. 2 "WRMSR": non-canonical addresses. SDM Vol. 3 "Programming the PAT",
// "Memory Type Range Registers": types that are reserved. BKDG "Hardware Configuration
// Register". What KVM does not emulate can't be switched on.
constexpr ForbiddenValue kForbidden[] = {
	{"LstarNotCanonical", 0xc0000082, 0x1000, 0x800000000000},
	{"CstarNotCanonical", 0xc0000083, 0x1000, 0x7fff000000000000},
	{"FsBaseNotCanonical", 0xc0000100, 0x1000, 0x800000000000},
	{"GsBaseNotCanonical", 0xc0000101, 0x1000, 0xfffe000000000000},
	{"KernelGsBaseNotCanonical", 0xc0000102, 0x1000, 0x800000000000},
	{"PatType2", 0x277, 0x0007040600070406, 0x0007040600070402},
	{"PatType3", 0x277, 0x0007040600070406, 0x0307040600070406},
	{"PatReservedBit", 0x277, 0x0007040600070406, 0x0007040600070486},
	{"MtrrDefaultType2", 0x2ff, 0x6, 0x2},
	{"MtrrFixType3", 0x250, 0x0606060606060606, 0x0606060606060603},
	{"HwcrReservedBit", 0xc0010015, 1 << 18, 1ull << 63 | 1 << 18},
	{"MiscFeaturesReservedBit", 0x140, 0, 1 << 1},
	{"MmioConfigurationThatKvmLacks", 0xc0010058, 0, 1},
};

INSTANTIATE_TEST_SUITE_P(Cases, ForbiddenMsrValues, testing::ValuesIn(kForbidden),
			 kvm_tests::NameOf<ForbiddenValue>);

// KVM_SET_MSRS stops at the first that it refuses, and says how many it has set.
TEST_F(MsrValues, SettingStopsAtTheFirstRefusal)
{
	constexpr uint32_t kLstar = 0xc0000082, kCstar = 0xc0000083, kSfmask = 0xc0000084;
	struct {
		kvm_msrs header;
		kvm_msr_entry entries[3];
	} msrs = {};

	msrs.header.nmsrs = 3;
	msrs.entries[0].index = kLstar;
	msrs.entries[0].data = 0x1000;
	msrs.entries[1].index = kCstar;
	msrs.entries[1].data = 0x800000000000;
	msrs.entries[2].index = kSfmask;
	msrs.entries[2].data = 0x200;
	EXPECT_EQ(ioctl(vm()->vcpu_fd, KVM_SET_MSRS, &msrs), 1);
	EXPECT_EQ(GetMsr(kLstar), 0x1000u);
	EXPECT_EQ(GetMsr(kSfmask), 0u);
}

} // namespace
