// SPDX-License-Identifier: MIT
// CPUID tells the guest what user space has set (KVM API, KVM_SET_CPUID2).
#include <cstring>
#include <vector>

#include "case_test.h"
#include "cpuid_list.h"

namespace
{

class Cpuid : public kvm_tests::CaseTest
{
protected:
	void SetUp() override
	{
		CaseTest::SetUp();
		list_.Get(vm()->vcpu_fd);
		Choose("cpuid");
	}

	kvm_cpuid_entry2 *Find(uint32_t function)
	{
		return list_.Find(function);
	}

	kvm_cpuid_entry2 *Add(uint32_t function, uint32_t index = 0, uint32_t flags = 0)
	{
		return list_.Add(function, index, flags);
	}

	void Set()
	{
		list_.Set(vm()->vcpu_fd);
	}

	// EAX, EBX, ECX and EDX as the guest sees them.
	std::vector<uint32_t> GuestSees(uint32_t function, uint32_t index = 0)
	{
		volatile uint32_t *answer = Shared<uint32_t>("answer");

		*Shared<uint32_t>("leaf") = function;
		*Shared<uint32_t>("subleaf") = index;
		EXPECT_EQ(tst_kvm_run_vcpu(cpu()), TST_KVM_ENDED);
		return {answer[0], answer[1], answer[2], answer[3]};
	}

	kvm_tests::CpuidList list_;
};

// The highest basic leaf is in EAX of leaf 0, the vendor in the others.
TEST_F(Cpuid, VendorIsWhatUserSpaceSays)
{
	kvm_cpuid_entry2 *entry = Find(0);

	ASSERT_NE(entry, nullptr);
	memcpy(&entry->ebx, "Ring", 4);
	memcpy(&entry->edx, "side", 4);
	memcpy(&entry->ecx, "Test", 4);
	const std::vector<uint32_t> expected = {entry->eax, entry->ebx, entry->ecx, entry->edx};
	Set();
	EXPECT_EQ(GuestSees(0), expected);
}

TEST_F(Cpuid, NewLeafIsThere)
{
	kvm_cpuid_entry2 *entry = Add(0x40005253);

	entry->eax = 0x11111111;
	entry->ebx = 0x22222222;
	entry->ecx = 0x33333333;
	entry->edx = 0x44444444;
	Set();
	EXPECT_EQ(GuestSees(0x40005253),
		  (std::vector<uint32_t>{0x11111111, 0x22222222, 0x33333333, 0x44444444}));
}

// KVM_CPUID_FLAG_SIGNIFCANT_INDEX: the answer depends on ECX.
TEST_F(Cpuid, SubleafIsChosenByItsIndex)
{
	for (uint32_t index = 0; index < 3; index++)
		Add(0x40005253, index, KVM_CPUID_FLAG_SIGNIFCANT_INDEX)->ebx = 100 + index;
	Set();
	EXPECT_EQ(GuestSees(0x40005253, 2), (std::vector<uint32_t>{0, 102, 0, 0}));
}

TEST_F(Cpuid, IndexIsIgnoredWithoutTheFlag)
{
	Add(0x40005253)->ebx = 7;
	Set();
	EXPECT_EQ(GuestSees(0x40005253, 9), (std::vector<uint32_t>{0, 7, 0, 0}));
}

// A feature that user space takes away is away.
TEST_F(Cpuid, FeatureIsTakenAway)
{
	constexpr uint32_t kSse3 = 1u << 0, kPopcnt = 1u << 23;
	kvm_cpuid_entry2 *entry = Find(1);

	ASSERT_NE(entry, nullptr);
	ASSERT_EQ(entry->ecx & kSse3, kSse3) << "this CPU has no SSE3 to take away";
	entry->ecx &= ~(kSse3 | kPopcnt);
	Set();
	EXPECT_EQ(GuestSees(1)[2] & (kSse3 | kPopcnt), 0u);
}

// SDM Vol. 2 "CPUID", leaf 1, ECX bit 27: OSXSAVE is CR4.OSXSAVE, whatever was set.
TEST_F(Cpuid, OsxsaveFollowsCr4)
{
	constexpr uint32_t kOsxsave = 1u << 27;
	kvm_cpuid_entry2 *entry = Find(1);

	ASSERT_NE(entry, nullptr);
	entry->ecx |= kOsxsave;
	Set();
	EXPECT_EQ(GuestSees(1)[2] & kOsxsave, 0u) << "CR4.OSXSAVE is clear";
}

// What was set is what KVM_GET_CPUID2 gives back.
TEST_F(Cpuid, GetGivesBackWhatWasSet)
{
	Add(0x40005253)->edx = 0xabcdef;
	Set();
	const uint32_t number = list_.Count();
	*Find(0x40005253) = {};
	list_.Get(vm()->vcpu_fd);
	EXPECT_EQ(list_.Count(), number);
	ASSERT_NE(Find(0x40005253), nullptr);
	EXPECT_EQ(Find(0x40005253)->edx, 0xabcdefu);
}

} // namespace
