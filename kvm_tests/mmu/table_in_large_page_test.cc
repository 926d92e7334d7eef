// SPDX-License-Identifier: MIT
// What is a large page at first becomes a page table at the same address: after INVLPG, the
// guest reads through the table, and sees each change of it: SDM Vol. 3 "Invalidation of
// TLBs and Paging-Structure Caches". CVE-2026-53359: KVM, which shadows a large page by a
// table of small ones, took that table for the guest's, wrote the guest's pages into it, and
// later freed it with entries that it could not find any more. Fixed by 81ccda30b4e8.
//
// It is user space that changes the directory, as a device could: of a guest's own write,
// KVM learns, but for a race.
#include <sys/mman.h>

#include "case_test.h"
#include "table_in_large_page.h"

namespace
{

constexpr unsigned int kSlot = 2;
constexpr uint64_t kLargePage = 1u << 7; // PTE_LARGE
constexpr uint64_t kAddressMask = 0x000fffffffe00000;

class TableInLargePage : public kvm_tests::CaseTest
{
protected:
	// Takes a page from the guest, and with it all that KVM knows of it.
	void Forget(unsigned int number)
	{
		madvise(const_cast<uint32_t *>(Shared<uint32_t>("pages") + number * 0x400), 0x1000,
			MADV_DONTNEED);
	}
};

TEST_F(TableInLargePage, EachChangeIsSeen)
{
	// With a dirty log, KVM maps small pages, whatever the guest's are.
	tst_kvm_alloc_memory(vm(), kSlot, LARGE_PAGE, LARGE_PAGE_SIZE, KVM_MEM_LOG_DIRTY_PAGES);
	Choose("read_both_ways");
	RunTo(KVM_EXIT_HLT);

	auto *entry = static_cast<volatile uint64_t *>(
		tst_kvm_get_memptr(vm(), *Shared<uint64_t>("entry")));
	ASSERT_EQ(*entry & kAddressMask, LARGE_PAGE);
	*entry &= ~kLargePage;

	RunTo(KVM_EXIT_HLT);
	EXPECT_EQ(Shared<uint32_t>("seen")[0], 0x11111111u);
	EXPECT_EQ(Shared<uint32_t>("seen")[1], 0x22222222u);
	RunTo(TST_KVM_ENDED);
	// A KVM with the bug would end the host with its virtual machine.
	Forget(0);
	Forget(1);
}

} // namespace
