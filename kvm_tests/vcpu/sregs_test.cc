// SPDX-License-Identifier: MIT
// Control registers that no CPU can have: KVM_SET_SREGS refuses them (EINVAL), and the
// CPU stays as it was. SDM Vol. 3 "Control Registers", "Extended Feature Enable
// Register", "Initializing IA-32e Mode"; APM Vol. 2 "Canonicalization and Consistency
// Checks".
#include <sys/ioctl.h>

#include <cstring>

#include "case_test.h"
#include "kvm_x86_bits.h"

namespace
{

constexpr uint64_t kApicReserved = 1u << 0, kApicX2apic = 1u << 10, kApicEnabled = 1u << 11;
constexpr uint64_t kHigh = 1ull << 32;

// How the registers stand before the change.
enum Mode {
	kReset, // real mode
	kProtected, // no paging
	kLong // 64-bit mode, as the payload has it
};

struct SregsCase {
	const char *name;
	Mode mode;
	__u64 kvm_sregs::*reg;
	uint64_t set, clear; // bits
};

[[maybe_unused]] void PrintTo(const SregsCase &c, std::ostream *os)
{
	*os << c.name;
}

class Sregs : public kvm_tests::CaseTest, public testing::WithParamInterface<SregsCase>
{
protected:
	kvm_sregs Get()
	{
		kvm_sregs sregs = {};

		SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_SREGS, &sregs);
		return sregs;
	}

	int Set(const kvm_sregs &sregs)
	{
		return ioctl(vm()->vcpu_fd, KVM_SET_SREGS, &sregs);
	}

	void Enter(Mode mode)
	{
		if (mode == kLong) {
			Choose("yield");
			RunTo(KVM_EXIT_HLT);
		} else if (mode == kProtected) {
			kvm_sregs sregs = Get();

			sregs.cr0 |= CR0_PE;
			ASSERT_EQ(Set(sregs), 0);
		}
	}
};

TEST_P(Sregs, AreRefused)
{
	const SregsCase &c = GetParam();

	Enter(c.mode);
	const kvm_sregs before = Get();
	ASSERT_EQ(Set(before), 0) << "what KVM gives, it has to take";
	kvm_sregs sregs = before;
	sregs.*c.reg |= c.set;
	sregs.*c.reg &= ~c.clear;
	ASSERT_NE(sregs.*c.reg, before.*c.reg) << "the case changes nothing";
	EXPECT_EQ(Set(sregs), -1) << "KVM has taken " << std::hex << sregs.*c.reg;
	EXPECT_EQ(errno, EINVAL);
	const kvm_sregs after = Get();
	EXPECT_EQ(memcmp(&before, &after, sizeof(before)), 0) << "the refused call has an effect";
}

constexpr auto kCr0 = &kvm_sregs::cr0;
constexpr auto kCr3 = &kvm_sregs::cr3;
constexpr auto kCr4 = &kvm_sregs::cr4;
constexpr auto kEfer = &kvm_sregs::efer;
constexpr auto kApicBase = &kvm_sregs::apic_base;

constexpr SregsCase kRefused[] = {
	{"Cr0PagingWithoutProtection", kReset, kCr0, CR0_PG, CR0_PE},
	{"Cr0NwWithoutCd", kReset, kCr0, CR0_NW, CR0_CD},
	{"Cr0Bit32", kReset, kCr0, kHigh, 0},
	{"Cr0Bit63", kReset, kCr0, 1ull << 63, 0},
	{"Cr0PagingWithoutProtectionInLongMode", kLong, kCr0, 0, CR0_PE},
	{"Cr4Bit15", kReset, kCr4, 1u << 15, 0},
	{"Cr4Bit31", kReset, kCr4, 1u << 31, 0},
	{"Cr4Bit32", kReset, kCr4, kHigh, 0},
	{"Cr4Bit63", kReset, kCr4, 1ull << 63, 0},
	{"Cr4PaeClearInLongMode", kLong, kCr4, 0, CR4_PAE},
	{"EferLmaClearInLongMode", kLong, kEfer, 0, EFER_LMA},
	{"EferLmaWithoutPaging", kProtected, kEfer, EFER_LMA | EFER_LME, 0},
	{"EferLmeClearInLongMode", kLong, kEfer, 0, EFER_LME},
	{"Cr3BeyondPhysicalAddresses", kLong, kCr3, 1ull << 60, 0},
	{"ApicX2apicWhileDisabled", kReset, kApicBase, kApicX2apic, kApicEnabled},
	{"ApicReservedBit", kReset, kApicBase, kApicReserved, 0},
	{"ApicBeyondPhysicalAddresses", kReset, kApicBase, 1ull << 60, 0},
};

INSTANTIATE_TEST_SUITE_P(Cases, Sregs, testing::ValuesIn(kRefused), kvm_tests::NameOf<SregsCase>);

// A code segment of 64 bits exists in long mode only.
TEST_F(Sregs, CsOf64BitsOutsideLongModeIsRefused)
{
	kvm_sregs sregs = Get();

	sregs.cs.l = 1;
	EXPECT_EQ(Set(sregs), -1);
	EXPECT_EQ(errno, EINVAL);
}

TEST_F(Sregs, LegalChangesAreTaken)
{
	Enter(kLong);
	kvm_sregs sregs = Get();

	sregs.cr0 |= CR0_WP | CR0_AM;
	sregs.cr4 |= CR4_PGE | CR4_DE | CR4_TSD;
	sregs.efer |= EFER_SCE;
	sregs.cr2 = 0x123456;
	ASSERT_EQ(Set(sregs), 0) << strerror(errno);
	const kvm_sregs after = Get();
	EXPECT_EQ(after.cr0, sregs.cr0);
	EXPECT_EQ(after.cr2, sregs.cr2);
	EXPECT_EQ(after.cr4, sregs.cr4);
	EXPECT_EQ(after.efer, sregs.efer);
	RunTo(TST_KVM_ENDED);
}

} // namespace
