// SPDX-License-Identifier: MIT
// A guest has a page at many addresses, and many page tables: what becomes of the page is seen
// at each of them. KVM API, KVM_SET_USER_MEMORY_REGION ("changes in the backing of the memory
// region are automatically reflected into the guest"), KVM_GET_DIRTY_LOG, KVM_SET_NR_MMU_PAGES.
// KVM finds a page's entries in its own tables by lists: Documentation/virt/kvm/x86/mmu.rst.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "aliases.h"
#include "case_test.h"
#include "statistics.h"

namespace
{

constexpr unsigned int kSlot = 2;
constexpr size_t kPage = 0x1000;
constexpr uint32_t kPages = 8;
constexpr uint32_t kTable = 0x200000; // the memory that a page table maps

// More than three of the blocks in which KVM keeps a page's entries, and some of the next.
constexpr uint32_t kMany = 45;

// More than KVM keeps of one page.
constexpr uint32_t kTooMany = 1100;

// More page tables than KVM may shadow.
constexpr uint32_t kTables = 120;
constexpr unsigned int kLimit = 64;

class Aliases : public kvm_tests::CaseTest
{
protected:
	void SetUp() override
	{
		CaseTest::SetUp();
		Choose("serve");
		RunTo(KVM_EXIT_HLT);
	}

	void AddArea(unsigned int flags = 0)
	{
		area_ = static_cast<char *>(
			tst_kvm_alloc_memory(vm(), kSlot, AREA, kPages * kPage, flags));
		request()->pages = 1;
		request()->stride = kPage;
	}

	volatile alias_request *request()
	{
		return Shared<alias_request>("request");
	}

	volatile uint32_t *Word(uint32_t page)
	{
		return reinterpret_cast<volatile uint32_t *>(area_ + page * kPage);
	}

	uint32_t Do(alias_action action, uint32_t first, uint32_t count, uint32_t value = 0,
		    uint32_t step = 1)
	{
		request()->action = action;
		request()->first = first;
		request()->count = count;
		request()->step = step;
		request()->value = value;
		RunTo(KVM_EXIT_HLT);
		return request()->found;
	}

	// The host takes the pages and puts others in their places.
	void Replace(uint32_t value)
	{
		ASSERT_EQ(madvise(area_, kPages * kPage, MADV_DONTNEED), 0);
		for (uint32_t i = 0; i < kPages; i++)
			*Word(i) = value;
	}

	uint64_t Log()
	{
		unsigned long bitmap = 0;

		tst_kvm_get_dirty_log(vm(), kSlot, &bitmap);
		return bitmap;
	}

	// One of the virtual machine's statistics.
	uint64_t Statistic(const std::string &name)
	{
		return kvm_tests::Statistic(vm(), name);
	}

	// Aliases that have a page table each.
	void UseManyTables()
	{
		request()->stride = kTable;
		request()->pages = kPages;
		Do(MAP_ALIASES, 0, kTables);
	}

	char *area_ = nullptr;
};

TEST_F(Aliases, EachIsLogged)
{
	AddArea(KVM_MEM_LOG_DIRTY_PAGES);
	Do(MAP_ALIASES, 0, kMany);
	for (uint32_t alias = 0; alias < kMany; alias += alias % 7 == 0 ? 1 : 3) {
		Do(WRITE_ALIASES, 0, kMany, 1);
		EXPECT_EQ(Log(), 1u);
		Do(READ_ALIASES, 0, kMany, 1);
		EXPECT_EQ(Log(), 0u);
		Do(WRITE_ALIASES, alias, 1, 2);
		EXPECT_EQ(Log(), 1u) << "written through alias " << alias;
	}
}

TEST_F(Aliases, EachSeesAnotherPage)
{
	AddArea();
	Do(MAP_ALIASES, 0, kMany);
	for (uint32_t round = 1; round < 4; round++) {
		Replace(round);
		EXPECT_EQ(Do(READ_ALIASES, 0, kMany, round), kMany);
		Do(WRITE_ALIASES, kMany - round, 1, 100 + round);
		EXPECT_EQ(*Word(0), 100 + round);
		EXPECT_EQ(Do(READ_ALIASES, 0, kMany, 100 + round), kMany);
	}
}

TEST_F(Aliases, TooManySeeAnotherPage)
{
	AddArea();
	Do(MAP_ALIASES, 0, kTooMany);
	Replace(1);
	EXPECT_EQ(Do(READ_ALIASES, 0, kTooMany, 1), kTooMany);
	Do(WRITE_ALIASES, 0, kTooMany, 2);
	EXPECT_EQ(*Word(0), 2u);
	Replace(3);
	EXPECT_EQ(Do(READ_ALIASES, 0, kTooMany, 3), kTooMany);
}

// Those that stay are found when others have gone, and those that have gone are not used.
TEST_F(Aliases, SomeGo)
{
	struct {
		uint32_t first, count, step;
	} const kGo[] = {
		{0, 1, 1},  {kMany - 1, 1, 1},	 {1, 13, 1},	    {14, kMany / 2, 1},
		{0, 23, 2}, {0, kMany - 1, 1},	 {0, kMany / 3, 3}, {kMany - 1, kMany - 3, ~0u},
		{0, 0, 1},  {20, kMany - 21, 1}, {0, kMany, 1},
	};
	uint32_t value = 0;

	AddArea(KVM_MEM_LOG_DIRTY_PAGES);
	for (const auto &go : kGo) {
		Do(MAP_ALIASES, 0, kMany);
		Replace(++value);
		EXPECT_EQ(Do(READ_ALIASES, 0, kMany, value), kMany);
		Do(WRITE_ALIASES, 0, kMany, ++value);
		Do(UNMAP_ALIASES, go.first, go.count, 0, go.step);
		EXPECT_EQ(Do(TRY_ALIASES, 0, kMany), go.count);
		Log();
		std::vector<bool> gone(kMany);
		for (uint32_t i = 0; i < go.count; i++)
			gone[go.first + i * go.step] = true;
		for (uint32_t i = 0; i < kMany; i += 11) {
			if (gone[i])
				continue;
			Do(WRITE_ALIASES, i, 1, ++value);
			EXPECT_EQ(Log(), 1u) << "written through alias " << i;
		}
		Replace(++value);
		EXPECT_EQ(Do(TRY_ALIASES, 0, kMany), go.count);
	}
}

// A slot goes and comes with other contents: nothing of the old ones may stay.
TEST_F(Aliases, TheirSlotGoes)
{
	AddArea();
	UseManyTables();
	for (uint32_t round = 1; round < 3; round++) {
		Replace(round);
		EXPECT_EQ(Do(READ_ALIASES, 0, kTables, round), kTables);
		tst_kvm_free_memory(vm(), kSlot);

		request()->action = READ_ALIASES;
		request()->count = 1;
		request()->first = round;
		RunTo(KVM_EXIT_MMIO);
		EXPECT_EQ(cpu()->run->mmio.phys_addr, AREA + round * kPage);
		memset(cpu()->run->mmio.data, 0, sizeof(cpu()->run->mmio.data));
		RunTo(KVM_EXIT_HLT);

		area_ = static_cast<char *>(
			tst_kvm_alloc_memory(vm(), kSlot, AREA, kPages * kPage, 0));
		for (uint32_t i = 0; i < kPages; i++)
			*Word(i) = 10 + round;
		EXPECT_EQ(Do(READ_ALIASES, 0, kTables, 10 + round), kTables);
	}
}

/* --- KVM shadows fewer page tables than the guest has --- */

TEST_F(Aliases, LimitIsKept)
{
	AddArea();
	ASSERT_EQ(ioctl(vm()->vm_fd, KVM_SET_NR_MMU_PAGES, kLimit), 0);
	EXPECT_EQ(ioctl(vm()->vm_fd, KVM_GET_NR_MMU_PAGES, 0), static_cast<int>(kLimit));
	UseManyTables();
	const uint64_t before = Statistic("mmu_recycled");
	for (uint32_t round = 1; round < 3; round++) {
		Replace(round);
		EXPECT_EQ(Do(READ_ALIASES, 0, kTables, round), kTables);
		EXPECT_EQ(Do(READ_ALIASES, kTables - 1, kTables, round, ~0u), kTables);
		Do(WRITE_ALIASES, 0, kTables, 10 + round);
		for (uint32_t i = 0; i < kPages; i++)
			EXPECT_EQ(*Word(i), 10 + round);
	}
	// Each round needs all of the tables anew, but for those that there is room for.
	EXPECT_GE(Statistic("mmu_recycled") - before, uint64_t{2 * (kTables - kLimit)});
}

TEST_F(Aliases, LimitIsKeptAtOnce)
{
	AddArea();
	ASSERT_EQ(ioctl(vm()->vm_fd, KVM_SET_NR_MMU_PAGES, 4 * kTables), 0);
	UseManyTables();
	Replace(1);
	EXPECT_EQ(Do(READ_ALIASES, 0, kTables, 1), kTables);
	const uint64_t before = Statistic("mmu_recycled");
	ASSERT_EQ(ioctl(vm()->vm_fd, KVM_SET_NR_MMU_PAGES, kLimit), 0);
	EXPECT_GE(Statistic("mmu_recycled") - before, uint64_t{kTables - kLimit});
	EXPECT_EQ(Do(READ_ALIASES, 0, kTables, 1), kTables);
	ASSERT_EQ(ioctl(vm()->vm_fd, KVM_SET_NR_MMU_PAGES, 4 * kTables), 0);
	EXPECT_EQ(Do(READ_ALIASES, 0, kTables, 1), kTables);
	const uint64_t after = Statistic("mmu_recycled");
	EXPECT_EQ(Do(READ_ALIASES, 0, kTables, 1), kTables);
	EXPECT_EQ(Statistic("mmu_recycled"), after) << "there is room for all";
}

// What the host has too little memory for: admin-guide/sysctl/vm.rst, drop_caches.
TEST_F(Aliases, HostTakesTables)
{
	AddArea();
	UseManyTables();
	Replace(1);
	EXPECT_EQ(Do(READ_ALIASES, 0, kTables, 1), kTables);
	const uint64_t before = Statistic("mmu_recycled");
	// The kernel asks for a part at a time.
	for (int i = 0; i < 20; i++) {
		FILE *file = fopen("/proc/sys/vm/drop_caches", "we");

		ASSERT_TRUE(file) << strerror(errno);
		fprintf(file, "2\n");
		ASSERT_EQ(fclose(file), 0) << strerror(errno);
	}
	EXPECT_GT(Statistic("mmu_recycled"), before);
	EXPECT_EQ(Do(READ_ALIASES, 0, kTables, 1), kTables);
	Replace(2);
	EXPECT_EQ(Do(READ_ALIASES, 0, kTables, 2), kTables);
}

} // namespace
