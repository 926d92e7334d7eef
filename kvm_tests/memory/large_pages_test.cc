// SPDX-License-Identifier: MIT
// Memory of the host's in large pages, which KVM may map as such where it changes nothing that
// the guest sees: KVM API, KVM_SET_USER_MEMORY_REGION ("the lower 21 bits of guest_phys_addr and
// userspace_addr be identical"), KVM_GET_STATS_FD, KVM_GET_DIRTY_LOG.
#include <fcntl.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

#include "host_pages_fixture.h"

namespace
{

using kvm_tests::kLargePage;
using kvm_tests::kPage;

constexpr size_t kPages = 2 * kLargePage / kPage; // that the host's memory has
constexpr size_t kPerLargePage = kLargePage / kPage;

class LargePages : public kvm_tests::HostPages
{
protected:
	void SetUp() override
	{
		kvm_tests::HostPages::SetUp();
		SetLargePages(2);
		Map(2 * kLargePage, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB);
		for (size_t i = 0; i < kPages; i++)
			*Word(i) = Mark(i);
	}

	void TearDown() override
	{
		kvm_tests::HostPages::TearDown();
		SetLargePages(0);
	}

	// What the host has written to a page.
	static uint32_t Mark(size_t page)
	{
		return 0x10000 + page;
	}

	// One of the virtual machine's statistics.
	uint64_t Statistic(const std::string &name)
	{
		const int fd = SAFE_IOCTL(vm()->vm_fd, KVM_GET_STATS_FD, 0);
		kvm_stats_header header = {};
		uint64_t value = 0;
		bool found = false;

		EXPECT_EQ(pread(fd, &header, sizeof(header), 0), ssize_t{sizeof(header)});
		// The name is behind it, and in C++ the kernel's header has that a byte too late.
		const size_t head = offsetof(kvm_stats_desc, bucket_size) + sizeof(uint32_t);
		const size_t size = head + header.name_size;
		std::vector<char> buffer(size);
		for (uint32_t i = 0; i < header.num_desc && !found; i++) {
			kvm_stats_desc desc;

			EXPECT_EQ(pread(fd, buffer.data(), size, header.desc_offset + i * size),
				  static_cast<ssize_t>(size));
			memcpy(&desc, buffer.data(), head);
			found = name == buffer.data() + head;
			if (found)
				EXPECT_EQ(pread(fd, &value, sizeof(value),
						header.data_offset + desc.offset),
					  ssize_t{sizeof(value)});
		}
		close(fd);
		EXPECT_TRUE(found) << "KVM has no statistic " << name;
		return value;
	}

	// The guest's access to that page leaves it.
	void ExpectNoMemory(size_t page)
	{
		Prepare(false, page, 0);
		RunTo(KVM_EXIT_MMIO);
		EXPECT_EQ(cpu()->run->mmio.phys_addr, kAddress + page * kPage);
		memset(cpu()->run->mmio.data, 0, sizeof(cpu()->run->mmio.data));
		RunTo(KVM_EXIT_HLT);
	}

private:
	// In the host's pool: admin-guide/mm/hugetlbpage.rst.
	static void SetLargePages(int count)
	{
		FILE *file = fopen("/proc/sys/vm/nr_hugepages", "we");

		ASSERT_TRUE(file) << strerror(errno);
		fprintf(file, "%d\n", count);
		ASSERT_EQ(fclose(file), 0) << strerror(errno);
	}
};

TEST_F(LargePages, AreMappedAsSuch)
{
	Give();
	Begin();
	const uint64_t before = Statistic("pages_2m");
	EXPECT_EQ(Read(0), Mark(0));
	EXPECT_EQ(Statistic("pages_2m"), before + 1);
	EXPECT_EQ(Read(kPerLargePage - 1), Mark(kPerLargePage - 1));
	EXPECT_EQ(Statistic("pages_2m"), before + 1);
	EXPECT_EQ(Read(kPerLargePage), Mark(kPerLargePage));
	EXPECT_EQ(Statistic("pages_2m"), before + 2);
}

// Each page is there, whatever its place in a large one.
TEST_F(LargePages, HaveTheirContents)
{
	Give();
	Begin();
	for (size_t i = 0; i < kPages; i += 37) {
		ASSERT_EQ(Read(i), Mark(i));
		Write(i, ~Mark(i));
		ASSERT_EQ(*Word(i), ~Mark(i));
	}
}

// The guest's address and the host's are not in the same place of a large page.
TEST_F(LargePages, HaveTheirContentsWhereTheyCantBeMapped)
{
	Give(kAddress, 1);
	Begin();
	const uint64_t before = Statistic("pages_2m");
	for (size_t i = 0; i < kPages - 1; i += 37)
		ASSERT_EQ(Read(i), Mark(i + 1));
	EXPECT_EQ(Statistic("pages_2m"), before);
}

// The slot begins behind the first page of a large one: that page is not the guest's.
TEST_F(LargePages, BeginWithTheirSlot)
{
	Give(kAddress + kPage, 1);
	Begin();
	EXPECT_EQ(Read(1), Mark(1));
	ExpectNoMemory(0);
}

// The slot ends before the last page of a large one.
TEST_F(LargePages, EndWithTheirSlot)
{
	Give(kAddress, 0, 0, 1);
	Begin();
	EXPECT_EQ(Read(kPages - 2), Mark(kPages - 2));
	ExpectNoMemory(kPages - 1);
}

// Each page that is written has its bit, and no other: a large one would be 512 pages.
TEST_F(LargePages, AreLoggedPageByPage)
{
	unsigned long bitmap[kPages / (8 * sizeof(unsigned long))] = {};
	std::vector<size_t> dirty;

	Give();
	Begin();
	Write(0, 1);
	Give(kAddress, 0, KVM_MEM_LOG_DIRTY_PAGES);
	for (size_t page : {3, 200, 600})
		Write(page, 1);
	kvm_dirty_log log = {};
	log.slot = kSlot;
	log.dirty_bitmap = bitmap;
	SAFE_IOCTL(vm()->vm_fd, KVM_GET_DIRTY_LOG, &log);
	for (size_t i = 0; i < kPages; i++)
		if (bitmap[i / (8 * sizeof(unsigned long))] >> i % (8 * sizeof(unsigned long)) & 1)
			dirty.push_back(i);
	EXPECT_THAT(dirty, testing::ElementsAre(3, 200, 600));
}

// Of a read-only slot, they are read, and a write leaves the guest.
TEST_F(LargePages, AreReadOnlyWithTheirSlot)
{
	Give(kAddress, 0, KVM_MEM_READONLY);
	Begin();
	EXPECT_EQ(Read(5), Mark(5));
	Prepare(true, 5, 1);
	RunTo(KVM_EXIT_MMIO);
	EXPECT_EQ(cpu()->run->mmio.is_write, 1);
	RunTo(KVM_EXIT_HLT);
	EXPECT_EQ(*Word(5), Mark(5));
}

} // namespace
