// SPDX-License-Identifier: MIT
// The local APIC's LVT entry for corrected machine checks, which KVM offers with VMX: SDM Vol. 3
// "CMCI Local APIC Interface". It is there if MCG_CAP has bit 10.
#include <fcntl.h>
#include <unistd.h>

#include "apic_fixture.h"

namespace
{

using namespace kvm_tests; // the registers' names

class ApicCmci : public ApicTest
{
};

TEST_F(ApicCmci, IsThereWithItsCapability)
{
	constexpr uint64_t kCmciP = 1 << 10;
	const int kvm = SAFE_OPEN("/dev/kvm", O_RDWR | O_CLOEXEC);
	uint64_t caps = 0;
	uint64_t banks = 1;

	const int result = ioctl(kvm, KVM_X86_GET_MCE_CAP_SUPPORTED, &caps);
	close(kvm);
	ASSERT_EQ(result, 0);
	ASSERT_TRUE(caps & kCmciP);
	Begin();
	Do({Set(kSvr, kSvrEnabled)});
	SAFE_IOCTL(cpu()->fd, KVM_X86_SETUP_MCE, &banks);
	EXPECT_EQ(Read(kVersion) >> 16 & 0xff, 5u);
	Do({Set(kCmci, 0x42)});
	EXPECT_EQ(At(Lapic(), kCmci), 0u) << "no such register";
	banks |= kCmciP;
	SAFE_IOCTL(cpu()->fd, KVM_X86_SETUP_MCE, &banks);
	EXPECT_EQ(Read(kVersion) >> 16 & 0xff, 6u) << "the highest LVT entry";
	EXPECT_EQ(Read(kCmci), kMasked);
	EXPECT_EQ(Do({Set(kCmci, 0xffffefff), Get(kCmci)})[1].value, 0x107ffu);
	EXPECT_EQ(Do({Set(kCmci, 0x42), Set(kSvr, 0xff), Get(kCmci)})[2].value, kMasked | 0x42);
	EnableX2apic();
	EXPECT_EQ(ReadMsr(kMsrX2apic + 0x2f), kMasked | 0x42);
	banks = 1;
	SAFE_IOCTL(cpu()->fd, KVM_X86_SETUP_MCE, &banks);
	EXPECT_EQ(Do({Wrmsr(kMsrX2apic + 0x2f, 0)})[0].fault, kGp);
}

} // namespace
