// SPDX-License-Identifier: MIT
// Memory slots: what the guest is given, and what goes both ways through them.
#include <sys/ioctl.h>

#include "memslots.h"
#include "ringside/kvm_gtest.h"

namespace
{

using ::ringside::Collect;
using ::ringside::HasFreeSlot;
using ::ringside::HasMemslot;
using ::ringside::ResultIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr size_t kPage = 0x1000;
constexpr unsigned int kSlot = 2;
constexpr size_t kSize = (SLOT_WORDS + 1) * sizeof(uint32_t);

class Memslots : public ringside::KvmTest
{
protected:
	// The words that the guest adds up: 1, 2, 3, ...
	uint32_t *AddWords(unsigned int flags)
	{
		auto *page = static_cast<char *>(
			tst_kvm_alloc_memory(vm(), kSlot, SLOT_ADDRESS, kSize, flags));
		auto *words = reinterpret_cast<uint32_t *>(page + SLOT_ADDRESS % kPage);

		for (uint32_t i = 0; i < SLOT_WORDS; i++)
			words[i] = i + 1;
		return words;
	}

	static constexpr uint32_t kSum = SLOT_WORDS * (SLOT_WORDS + 1) / 2;
};

TEST_F(Memslots, NewMachineHasRamAndResultPage)
{
	EXPECT_THAT(vm(), HasMemslot(0, 0, DEFAULT_RAM_SIZE));
	EXPECT_THAT(vm(), HasMemslot(1, KVM_RESULT_BASEADDR, KVM_RESULT_SIZE));
	for (unsigned int slot = 2; slot < MAX_KVM_MEMSLOTS; slot++)
		EXPECT_THAT(vm(), HasFreeSlot(slot));
}

TEST_F(Memslots, PhysicalAddressesBelongToSlots)
{
	AddWords(0);
	EXPECT_EQ(tst_kvm_find_phys_memslot(vm(), 0), 0);
	EXPECT_EQ(tst_kvm_find_phys_memslot(vm(), DEFAULT_RAM_SIZE - 1), 0);
	EXPECT_EQ(tst_kvm_find_phys_memslot(vm(), DEFAULT_RAM_SIZE), -1);
	EXPECT_EQ(tst_kvm_find_phys_memslot(vm(), KVM_RESULT_BASEADDR), 1);
	EXPECT_EQ(tst_kvm_find_phys_memslot(vm(), SLOT_ADDRESS), static_cast<int>(kSlot));
	EXPECT_EQ(tst_kvm_find_phys_memslot(vm(), SLOT_ADDRESS / kPage * kPage),
		  static_cast<int>(kSlot));
	EXPECT_EQ(tst_kvm_find_phys_memslot(vm(), SLOT_ADDRESS / kPage * kPage - 1), -1);
	EXPECT_EQ(tst_kvm_find_phys_memslot(vm(), UINT64_MAX), -1);
}

TEST_F(Memslots, GuestReadsAndWritesTheHostsBuffer)
{
	const uint32_t *words = AddWords(0);

	Run();
	EXPECT_EQ(words[SLOT_WORDS], kSum);
}

TEST_F(Memslots, DirtyLogShowsTheGuestsWrite)
{
	uint64_t bitmap = 0;
	kvm_dirty_log log = {};

	AddWords(KVM_MEM_LOG_DIRTY_PAGES);
	log.slot = kSlot;
	log.dirty_bitmap = &bitmap;
	ASSERT_EQ(ioctl(vm()->vm_fd, KVM_GET_DIRTY_LOG, &log), 0) << strerror(errno);
	EXPECT_EQ(bitmap, 0u) << "nothing has been written yet";
	Run();
	ASSERT_EQ(ioctl(vm()->vm_fd, KVM_GET_DIRTY_LOG, &log), 0) << strerror(errno);
	EXPECT_EQ(bitmap, 1u) << "the slot's only page has been written";
}

TEST_F(Memslots, WriteToReadOnlyMemoryLeavesTheGuest)
{
	const uint32_t *words = AddWords(KVM_MEM_READONLY);
	const auto results = Collect([this] { Run(); });

	EXPECT_THAT(results, ElementsAre(ResultIs(TBROK, HasSubstr("KVM_EXIT_MMIO"))));
	EXPECT_EQ(words[SLOT_WORDS], 0u);
}

} // namespace
