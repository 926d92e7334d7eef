// SPDX-License-Identifier: MIT
// What XCR0 may hold, set by the guest and by user space: SDM Vol. 1, "Enabling the XSAVE
// Feature Set and XSAVE-Enabled Features" (13.3); Vol. 2, "XSETBV".
#include <sys/ioctl.h>

#include <cstring>

#include "case_test.h"
#include "xcr0.h"

namespace
{

constexpr int kInvalidOpcode = 6, kGeneralProtection = 13, kNone = -1;

constexpr uint64_t kX87 = 1 << 0, kSse = 1 << 1, kAvx = 1 << 2, kBndregs = 1 << 3, kBndcsr = 1 << 4,
		   kOpmask = 1 << 5, kZmmHi256 = 1 << 6, kHi16Zmm = 1 << 7, kPt = 1 << 8,
		   kPkru = 1 << 9, kTileCfg = 1 << 17, kTileData = 1 << 18;
constexpr uint64_t kAvx512 = kOpmask | kZmmHi256 | kHi16Zmm;

struct Xcr0Value {
	const char *name;
	uint64_t value;
	bool is_legal; // on a CPU that has all of it
};

[[maybe_unused]] void PrintTo(const Xcr0Value &value, std::ostream *os)
{
	*os << value.name;
}

class Xcr0 : public kvm_tests::CaseTest, public testing::WithParamInterface<Xcr0Value>
{
protected:
	volatile xcr0_change *change()
	{
		return Shared<xcr0_change>("change");
	}

	void Xsetbv(enum xsetbv_way way, uint32_t xcr, uint64_t value)
	{
		Choose("change_xcr0");
		change()->way = way;
		change()->xcr = xcr;
		change()->value = value;
		RunTo(TST_KVM_ENDED);
	}

	void ExpectFault(int vector)
	{
		EXPECT_EQ(change()->vector, vector);
		EXPECT_EQ(change()->errcode, 0u);
		EXPECT_EQ(change()->after, change()->before);
	}

	bool IsLegal()
	{
		return GetParam().is_legal && !(GetParam().value & ~uint64_t{change()->supported});
	}

	// SDM Vol. 2 "CPUID", leaf 0DH: what the enabled features require. Vol. 1, 13.4: 512
	// bytes and a header of 64; then AVX's 256.
	void ExpectAreaSize()
	{
		constexpr uint32_t kLegacy = 512 + 64, kWithAvx = kLegacy + 256;

		if (GetParam().value <= (kX87 | kSse))
			EXPECT_EQ(change()->area_size, kLegacy);
		else if (GetParam().value == (kX87 | kSse | kAvx))
			EXPECT_EQ(change()->area_size, kWithAvx);
		else
			EXPECT_GT(change()->area_size, kWithAvx);
	}
};

TEST_P(Xcr0, InTheGuest)
{
	Xsetbv(XSETBV_AT_CPL0, 0, GetParam().value);
	if (!IsLegal()) {
		ExpectFault(kGeneralProtection);
		return;
	}
	EXPECT_EQ(change()->vector, kNone);
	EXPECT_EQ(change()->after, GetParam().value);
	ExpectAreaSize();
}

TEST_P(Xcr0, FromUserSpace)
{
	kvm_xcrs xcrs = {};

	Choose("have_xcr0_changed");
	RunTo(KVM_EXIT_HLT);
	SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_XCRS, &xcrs);
	ASSERT_EQ(xcrs.nr_xcrs, 1u);
	EXPECT_EQ(xcrs.xcrs[0].xcr, 0u);
	EXPECT_EQ(xcrs.xcrs[0].value, change()->before);
	xcrs.xcrs[0].value = GetParam().value;
	const int result = ioctl(vm()->vcpu_fd, KVM_SET_XCRS, &xcrs);
	const int error = errno;
	RunTo(TST_KVM_ENDED);
	if (IsLegal()) {
		EXPECT_EQ(result, 0) << strerror(error);
		EXPECT_EQ(change()->after, GetParam().value);
		ExpectAreaSize();
	} else {
		EXPECT_EQ(result, -1) << "KVM has taken it";
		EXPECT_EQ(error, EINVAL);
		EXPECT_EQ(change()->after, change()->before);
	}
}

constexpr Xcr0Value kValues[] = {
	{"X87", kX87, true},
	{"X87Sse", kX87 | kSse, true},
	{"X87SseAvx", kX87 | kSse | kAvx, true},
	{"Avx512", kX87 | kSse | kAvx | kAvx512, true},
	{"Pkru", kX87 | kPkru, true},
	{"Nothing", 0, false},
	{"WithoutX87", kSse, false},
	{"AvxWithoutSse", kX87 | kAvx, false},
	{"AvxWithoutX87", kSse | kAvx, false},
	{"BndregsAlone", kX87 | kBndregs, false},
	{"BndcsrAlone", kX87 | kBndcsr, false},
	{"OpmaskAlone", kX87 | kSse | kAvx | kOpmask, false},
	{"ZmmHi256Alone", kX87 | kSse | kAvx | kZmmHi256, false},
	{"Hi16ZmmAlone", kX87 | kSse | kAvx | kHi16Zmm, false},
	{"Avx512WithoutOpmask", kX87 | kSse | kAvx | kZmmHi256 | kHi16Zmm, false},
	{"Avx512WithoutAvx", kX87 | kSse | kAvx512, false},
	{"Avx512WithoutSse", kX87 | kAvx512, false},
	// A bit of IA32_XSS.
	{"ProcessorTrace", kX87 | kPt, false},
	{"TileCfgAlone", kX87 | kTileCfg, false},
	{"TileDataAlone", kX87 | kTileData, false},
	{"Bit32", kX87 | 1ull << 32, false},
	{"Bit62", kX87 | 1ull << 62, false},
	{"Bit63", kX87 | 1ull << 63, false},
};

INSTANTIATE_TEST_SUITE_P(Cases, Xcr0, testing::ValuesIn(kValues), kvm_tests::NameOf<Xcr0Value>);

TEST_F(Xcr0, OtherXcrsFault)
{
	for (uint32_t xcr : {1u, 2u, 0x80000000u}) {
		Xsetbv(XSETBV_AT_CPL0, xcr, kX87);
		ExpectFault(kGeneralProtection);
	}
}

TEST_F(Xcr0, PrivilegeLevel3Faults)
{
	Xsetbv(XSETBV_AT_CPL3, 0, kX87 | kSse);
	ExpectFault(kGeneralProtection);
}

TEST_F(Xcr0, IsNoOpcodeWithoutOsxsave)
{
	Xsetbv(XSETBV_WITHOUT_OSXSAVE, 0, kX87 | kSse);
	ExpectFault(kInvalidOpcode);
}

// One that KVM does not know, and more than there are.
TEST_F(Xcr0, UnknownXcrsAreRefused)
{
	kvm_xcrs xcrs = {};

	SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_XCRS, &xcrs);
	xcrs.nr_xcrs = KVM_MAX_XCRS + 1;
	EXPECT_EQ(ioctl(vm()->vcpu_fd, KVM_SET_XCRS, &xcrs), -1);
	EXPECT_EQ(errno, EINVAL);
	xcrs.nr_xcrs = 1;
	xcrs.flags = 1;
	EXPECT_EQ(ioctl(vm()->vcpu_fd, KVM_SET_XCRS, &xcrs), -1);
	EXPECT_EQ(errno, EINVAL);
}

} // namespace
