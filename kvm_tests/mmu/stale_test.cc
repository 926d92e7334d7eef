// SPDX-License-Identifier: MIT
// A page table entry that changes in memory, without the CPU's knowledge: until INVLPG, an
// access may use the old translation or the new one, and behind it only the new one: SDM
// Vol. 3 "Propagation of Paging-Structure Changes". It is user space that changes the
// entry, as a device could: KVM is not told.
#include <vector>

#include "case_test.h"
#include "stale.h"

namespace
{

constexpr uint64_t kAddressMask = 0x000ffffffffff000;

class Stale : public kvm_tests::CaseTest
{
protected:
	// The guest knows a translation to the first page, which it has not written.
	void SetUp() override
	{
		CaseTest::SetUp();
		Choose("write_after_change");
		RunTo(KVM_EXIT_HLT);
	}

	void ChangeTo(uint64_t address)
	{
		auto *entry = static_cast<volatile uint64_t *>(
			tst_kvm_get_memptr(vm(), *Shared<uint64_t>("entry")));

		*entry = (*entry & ~kAddressMask) | address;
	}

	volatile uint32_t *Page(unsigned int number)
	{
		return Shared<uint32_t>("pages") + number * 0x400;
	}
};

// CVE-2026-23401: the entry's shadow is there still, and becomes one for MMIO.
TEST_F(Stale, MemoryBecomesADevice)
{
	std::vector<uint32_t> written;
	int reason;

	ChangeTo(DEVICE_ADDRESS);
	while ((reason = tst_kvm_run_vcpu(cpu())) == KVM_EXIT_MMIO) {
		ASSERT_EQ(cpu()->run->mmio.phys_addr, DEVICE_ADDRESS);
		ASSERT_EQ(cpu()->run->mmio.is_write, 1);
		ASSERT_EQ(cpu()->run->mmio.len, sizeof(uint32_t));
		written.push_back(*reinterpret_cast<uint32_t *>(cpu()->run->mmio.data));
	}
	ASSERT_EQ(reason, KVM_EXIT_HLT) << tst_kvm_describe_exit(cpu());
	if (Page(0)[0] != FIRST_VALUE)
		EXPECT_THAT(written, testing::ElementsAre(FIRST_VALUE, SECOND_VALUE));
	else
		EXPECT_THAT(written, testing::ElementsAre(SECOND_VALUE));
	RunTo(TST_KVM_ENDED);
}

// CVE-2026-23402: the same, and it becomes one for another page.
TEST_F(Stale, MemoryBecomesOther)
{
	ChangeTo(tst_kvm_symbol_address(vm(), "pages") + 0x1000);
	RunTo(KVM_EXIT_HLT);
	EXPECT_EQ(Page(1)[0], SECOND_VALUE);
	EXPECT_THAT(Page(0)[0], testing::AnyOf(0u, FIRST_VALUE));
	RunTo(TST_KVM_ENDED);
}

} // namespace
