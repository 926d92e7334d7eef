// SPDX-License-Identifier: MIT
// Memory of the host's in large pages, which KVM may map as such where it changes nothing that
// the guest sees: KVM API, KVM_SET_USER_MEMORY_REGION ("the lower 21 bits of guest_phys_addr and
// userspace_addr be identical"), KVM_GET_STATS_FD, KVM_GET_DIRTY_LOG.
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "host_pages_fixture.h"
#include "statistics.h"

namespace
{

using kvm_tests::kLargePage;
using kvm_tests::kPage;

constexpr size_t kPages = 2 * kLargePage / kPage; // that the host's memory has
constexpr size_t kPerLargePage = kLargePage / kPage;
constexpr size_t kBits = 8 * sizeof(unsigned long);

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
		return kvm_tests::Statistic(vm(), name);
	}

	// Both of the host's pages, as the guest has them.
	uint64_t LargeOnes()
	{
		return Statistic("pages_2m") - large_before_;
	}

	// Writes to both, so that they are mapped.
	void BeginWithBoth()
	{
		Give();
		Begin();
		large_before_ = Statistic("pages_2m");
		Write(0, 1);
		Write(kPerLargePage, 1);
		ASSERT_EQ(LargeOnes(), 2u);
	}

	std::vector<size_t> DirtyLog()
	{
		unsigned long bitmap[kPages / kBits] = {};
		kvm_dirty_log log = {};
		std::vector<size_t> dirty;

		log.slot = kSlot;
		log.dirty_bitmap = bitmap;
		SAFE_IOCTL(vm()->vm_fd, KVM_GET_DIRTY_LOG, &log);
		for (size_t i = 0; i < kPages; i++)
			if (bitmap[i / kBits] >> i % kBits & 1)
				dirty.push_back(i);
		return dirty;
	}

	void ClearDirtyLog(size_t first, size_t pages)
	{
		std::vector<unsigned long> bitmap(pages / kBits, ~0ul);
		kvm_clear_dirty_log clear = {};

		clear.slot = kSlot;
		clear.first_page = first;
		clear.num_pages = pages;
		clear.dirty_bitmap = bitmap.data();
		SAFE_IOCTL(vm()->vm_fd, KVM_CLEAR_DIRTY_LOG, &clear);
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

	// Parameters of KVM's module.
	static std::string Path(const std::string &name)
	{
		return "/sys/module/kvm/parameters/" + name;
	}

	static std::string Get(const std::string &name)
	{
		char text[32] = "";
		FILE *file = fopen(Path(name).c_str(), "re");

		EXPECT_TRUE(file) << name << ": " << strerror(errno);
		if (!file)
			return text;
		EXPECT_EQ(fscanf(file, "%31s", text), 1);
		fclose(file);
		return text;
	}

	// 0, or the error.
	static int Set(const std::string &name, const std::string &value)
	{
		const int fd = open(Path(name).c_str(), O_WRONLY | O_CLOEXEC);

		EXPECT_GE(fd, 0) << name << ": " << strerror(errno);
		const int error = write(fd, value.data(), value.size()) < 0 ? errno : 0;
		close(fd);
		return error;
	}

	uint64_t large_before_ = 0;

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
	Give();
	Begin();
	Write(0, 1);
	Give(kAddress, 0, KVM_MEM_LOG_DIRTY_PAGES);
	for (size_t page : {3, 200, 600})
		Write(page, 1);
	EXPECT_THAT(DirtyLog(), testing::ElementsAre(3, 200, 600));
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

// They are split for the log, with their contents, and mapped again when it is over. Where
// KVM shadows no tables, they are split at once: kernel-parameters.txt, kvm.eager_page_split.
TEST_F(LargePages, ReturnAfterTheLog)
{
	BeginWithBoth();
	for (int round = 0; round < 2; round++) {
		Give(kAddress, 0, KVM_MEM_LOG_DIRTY_PAGES);
#ifndef SHADOW_PAGING
		EXPECT_EQ(LargeOnes(), 0u);
		const uint64_t small = Statistic("pages_4k");
#endif
		for (size_t i = 1; i < kPages; i += 101) {
			EXPECT_EQ(Read(i), Mark(i));
			DirtyLog();
			Write(i, Mark(i));
			EXPECT_THAT(DirtyLog(), testing::ElementsAre(i));
		}
		EXPECT_EQ(LargeOnes(), 0u);
#ifndef SHADOW_PAGING
		EXPECT_EQ(Statistic("pages_4k"), small) << "their parts were mapped already";
#endif
		Give();
		// Small ones that the guest has used: they have to go, or they are found again.
		EXPECT_EQ(Read(1), Mark(1));
		EXPECT_EQ(Read(1011), Mark(1011));
		EXPECT_EQ(LargeOnes(), 2u);
	}
}

// KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, KVM_DIRTY_LOG_INITIALLY_SET: "all bits of the dirty bitmap
// will be initialized to 1 when created", and logging is enabled "gradually in small chunks on
// the first call to KVM_CLEAR_DIRTY_LOG".
class ClearedLog : public LargePages, public testing::WithParamInterface<const char *>
{
protected:
	void SetUp() override
	{
		LargePages::SetUp();
		eager_ = Get("eager_page_split");
		ASSERT_EQ(Set("eager_page_split", GetParam()), 0);
	}

	void TearDown() override
	{
		LargePages::TearDown();
		Set("eager_page_split", eager_);
	}

	void CreateWithAllSet()
	{
		tst_kvm_config config = {};

		config.before_vcpus = [](tst_kvm_instance *inst, void *) {
			kvm_enable_cap cap = {};

			cap.cap = KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2;
			cap.args[0] =
				KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE | KVM_DIRTY_LOG_INITIALLY_SET;
			SAFE_IOCTL(inst->vm_fd, KVM_ENABLE_CAP, &cap);
		};
		Create(config);
	}

private:
	std::string eager_;
};

TEST_P(ClearedLog, SplitsLargePages)
{
	CreateWithAllSet();
	BeginWithBoth();
	Give(kAddress, 0, KVM_MEM_LOG_DIRTY_PAGES);
	EXPECT_EQ(DirtyLog().size(), kPages);
	EXPECT_EQ(LargeOnes(), 2u);

	ClearDirtyLog(kPerLargePage - 64, 128);
	EXPECT_EQ(DirtyLog().size(), kPages - 128);
	for (size_t page : {kPerLargePage - 3, kPerLargePage + 5})
		Write(page, 1);
	EXPECT_EQ(LargeOnes(), 0u);
	EXPECT_EQ(DirtyLog().size(), kPages - 126);

	ClearDirtyLog(0, kPages);
	EXPECT_THAT(DirtyLog(), testing::ElementsAre());
	for (size_t page : {size_t{0}, kPerLargePage - 1, kPages - 1})
		Write(page, 1);
	EXPECT_THAT(DirtyLog(), testing::ElementsAre(0, kPerLargePage - 1, kPages - 1));
	ClearDirtyLog(0, kPages);
	Write(kPerLargePage - 1, 2);
	EXPECT_THAT(DirtyLog(), testing::ElementsAre(kPerLargePage - 1));
}

// The slot begins two pages late, so that 64 pages, which are one word of the bitmap, are in two.
TEST_P(ClearedLog, SplitsBothAroundABoundary)
{
	constexpr size_t kFirst = kPerLargePage - 64; // counted from the slot's first page

	CreateWithAllSet();
	Give(kAddress + 2 * kPage, 2);
	Begin();
	Write(kPerLargePage - 1, 1);
	Write(kPerLargePage + 1, 1);
	Give(kAddress + 2 * kPage, 2, KVM_MEM_LOG_DIRTY_PAGES);
	ClearDirtyLog(kFirst, 64);
	EXPECT_EQ(DirtyLog().size(), kPages - 2 - 64);
	Write(kPerLargePage + 1, 2);
	EXPECT_EQ(DirtyLog().size(), kPages - 2 - 63);
	Write(kPerLargePage - 1, 2);
	EXPECT_EQ(DirtyLog().size(), kPages - 2 - 62);
}

// At once, or by the first write.
INSTANTIATE_TEST_SUITE_P(Eagerly, ClearedLog, testing::Values("Y", "N"));

// "changes in the backing of the memory region are automatically reflected into the guest"
TEST_F(LargePages, AreTakenOneByOne)
{
	BeginWithBoth();
	ASSERT_EQ(madvise(memory_ + kLargePage, kLargePage, MADV_DONTNEED), 0);
	EXPECT_EQ(LargeOnes(), 1u);
	EXPECT_EQ(Read(kPerLargePage - 1), Mark(kPerLargePage - 1));
	EXPECT_EQ(Read(kPerLargePage), 0u);
	EXPECT_EQ(Read(kPages - 1), 0u);
	EXPECT_EQ(LargeOnes(), 2u);
	ASSERT_EQ(mprotect(memory_, kLargePage, PROT_NONE), 0);
	EXPECT_EQ(LargeOnes(), 1u);
	EXPECT_EQ(Read(kPerLargePage), 0u);
	ASSERT_EQ(mprotect(memory_, kLargePage, PROT_READ | PROT_WRITE), 0);
	EXPECT_EQ(Read(7), Mark(7));
}

// With kvm.nx_huge_pages, nothing is executed in a large page: its pages become small ones.
// admin-guide/hw-vuln/multihit.rst, kernel-parameters.txt.
class ExecutedPages : public LargePages
{
protected:
	static constexpr size_t kCode = 3; // the page with the function
	static constexpr uint32_t kAnswer = 0x5ec4e7;

	void SetUp() override
	{
		static constexpr uint8_t kFunction[] = {0xb8, 0xe7, 0xc4, 0x5e,
							0x00, 0xc3}; // mov $kAnswer, %eax; ret

		LargePages::SetUp();
		memcpy(const_cast<uint32_t *>(Word(kCode)), kFunction, sizeof(kFunction));
		memcpy(const_cast<uint32_t *>(Word(kPerLargePage + kCode)), kFunction,
		       sizeof(kFunction));
		setting_ = Get("nx_huge_pages");
		period_ = Get("nx_huge_pages_recovery_period_ms");
		ratio_ = Get("nx_huge_pages_recovery_ratio");
	}

	void TearDown() override
	{
		LargePages::TearDown();
		Set("nx_huge_pages", setting_);
		Set("nx_huge_pages_recovery_period_ms", period_);
		Set("nx_huge_pages_recovery_ratio", ratio_);
	}

	uint64_t Splits()
	{
		return Statistic("nx_lpage_splits");
	}

	// Maps both pages, and executes code in both.
	void CallBoth()
	{
		EXPECT_EQ(Read(0), Mark(0));
		EXPECT_EQ(Read(kPerLargePage), Mark(kPerLargePage));
		EXPECT_EQ(LargeOnes(), 2u);
		EXPECT_EQ(Call(kCode), kAnswer);
		EXPECT_EQ(Call(kPerLargePage + kCode), kAnswer);
	}

	void BeginWith(const std::string &setting)
	{
		ASSERT_EQ(Set("nx_huge_pages", setting), 0);
		Give();
		Begin();
		large_before_ = Statistic("pages_2m");
	}

private:
	std::string setting_, period_, ratio_;
};

TEST_F(ExecutedPages, StayLarge)
{
	BeginWith("off");
	CallBoth();
	EXPECT_EQ(LargeOnes(), 2u);
	EXPECT_EQ(Splits(), 0u);
}

TEST_F(ExecutedPages, AreSplit)
{
	BeginWith("force");
	const uint64_t before = Splits();
	CallBoth();
	EXPECT_EQ(LargeOnes(), 0u);
	EXPECT_EQ(Splits() - before, 2u);
	EXPECT_EQ(Read(kPages - 1), Mark(kPages - 1));
	Write(kPages - 1, 1);
	EXPECT_EQ(*Word(kPages - 1), 1u);
	EXPECT_EQ(Splits() - before, 2u);
}

// The setting is in force for what is mapped already.
TEST_F(ExecutedPages, FollowTheSetting)
{
	BeginWith("off");
	CallBoth();
	ASSERT_EQ(Set("nx_huge_pages", "force"), 0);
	EXPECT_EQ(Call(kCode), kAnswer);
	EXPECT_EQ(LargeOnes(), 0u);
	EXPECT_GE(Splits(), 1u);
	ASSERT_EQ(Set("nx_huge_pages", "off"), 0);
	CallBoth();
	EXPECT_EQ(LargeOnes(), 2u);
	EXPECT_EQ(Splits(), 0u);
}

// "If the value is a non-zero N, KVM will zap 1/Nth of the pages every" period: those that are
// not executed any more become large again.
TEST_F(ExecutedPages, AreRecovered)
{
	ASSERT_EQ(Set("nx_huge_pages_recovery_ratio", "1"), 0);
	ASSERT_EQ(Set("nx_huge_pages_recovery_period_ms", "3600000"), 0);
	BeginWith("force");
	CallBoth();
	ASSERT_EQ(LargeOnes(), 0u);
	// KVM's thread may miss that the period has become shorter: it reads it before it sleeps,
	// and is woken in between.
	const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
	while (Splits() && std::chrono::steady_clock::now() < end) {
		ASSERT_EQ(Set("nx_huge_pages_recovery_period_ms", "20"), 0);
		ASSERT_EQ(Set("nx_huge_pages_recovery_period_ms", "10"), 0);
		std::this_thread::yield();
	}
	EXPECT_EQ(Splits(), 0u);
	EXPECT_EQ(Read(kPages - 1), Mark(kPages - 1));
	EXPECT_EQ(Read(5), Mark(5));
	EXPECT_EQ(LargeOnes(), 2u);
}

// kernel-parameters.txt, kvm.nx_huge_pages: force, off, auto.
TEST_F(ExecutedPages, SettingIsShown)
{
	EXPECT_EQ(Set("nx_huge_pages", "force"), 0);
	EXPECT_EQ(Get("nx_huge_pages"), "Y");
	EXPECT_EQ(Set("nx_huge_pages", "off"), 0);
	EXPECT_EQ(Get("nx_huge_pages"), "N");
	EXPECT_EQ(Set("nx_huge_pages", "Y"), 0);
	EXPECT_EQ(Get("nx_huge_pages"), "Y");
	EXPECT_EQ(Set("nx_huge_pages", "0"), 0);
	EXPECT_EQ(Get("nx_huge_pages"), "N");
	EXPECT_EQ(Set("nx_huge_pages", "sometimes"), EINVAL);
	EXPECT_EQ(Get("nx_huge_pages"), "N");
	EXPECT_EQ(Set("nx_huge_pages", "auto"), 0);
}

} // namespace
