// SPDX-License-Identifier: MIT
// Dirty logs, ROMs, and memslots that change under a running CPU: KVM API,
// KVM_SET_USER_MEMORY_REGION, KVM_GET_DIRTY_LOG, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2.
#include <sys/ioctl.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>
#include <vector>

#include "case_test.h"
#include "tracking.h"

namespace
{

constexpr unsigned int kSlot = 2;
constexpr size_t kPage = 0x1000;
constexpr size_t kBits = 8 * sizeof(unsigned long);

class Tracking : public kvm_tests::CaseTest
{
protected:
	void RunToYield()
	{
		RunTo(KVM_EXIT_HLT);
	}

	void RunToEnd()
	{
		RunTo(TST_KVM_ENDED);
	}

	uint32_t *AddArea(size_t pages, unsigned int flags)
	{
		pages_ = pages;
		area_ = static_cast<uint32_t *>(
			tst_kvm_alloc_memory(vm(), kSlot, AREA, pages * kPage, flags));
		return area_;
	}

	// The guest writes to those pages between two yields.
	void WriteRound(uint32_t first, uint32_t step, uint32_t count)
	{
		*Shared<uint32_t>("first_page") = first;
		*Shared<uint32_t>("page_step") = step;
		*Shared<uint32_t>("page_count") = count;
		RunToYield();
	}

	void StopAndRunToEnd()
	{
		*Shared<uint32_t>("stop") = 1;
		RunToEnd();
	}

	// The pages that the log names, in order.
	std::vector<size_t> DirtyLog()
	{
		std::vector<unsigned long> bitmap(pages_ / kBits + 1);
		std::vector<size_t> pages;
		const size_t number = tst_kvm_get_dirty_log(vm(), kSlot, bitmap.data());

		for (size_t i = 0; i < pages_; i++)
			if (bitmap[i / kBits] >> i % kBits & 1)
				pages.push_back(i);
		EXPECT_EQ(pages.size(), number);
		return pages;
	}

	void ClearDirtyLog(size_t first, size_t pages)
	{
		std::vector<unsigned long> bitmap(pages / kBits + 1, ~0ul);

		tst_kvm_clear_dirty_log(vm(), kSlot, first, pages, bitmap.data());
	}

	static void ClearManually(tst_kvm_instance *inst, void *arg)
	{
		kvm_enable_cap cap = {};

		cap.cap = KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2;
		cap.args[0] = KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE;
		SAFE_IOCTL(inst->vm_fd, KVM_ENABLE_CAP, &cap);
	}

	void CreateWithManualClear()
	{
		tst_kvm_config config = {};

		config.before_vcpus = ClearManually;
		Create(config);
	}

	// Whether the variable gets that value in time.
	static bool Becomes(volatile uint32_t *variable, uint32_t value)
	{
		const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);

		while (*variable != value && std::chrono::steady_clock::now() < end)
			std::this_thread::yield();
		return *variable == value;
	}

	uint32_t *area_ = nullptr;
	size_t pages_ = 0;
};

using Pages = std::vector<size_t>;

/* --- Dirty log --- */

TEST_F(Tracking, LogNamesWrittenPagesOnce)
{
	AddArea(256, KVM_MEM_LOG_DIRTY_PAGES);
	Choose("write_rounds");
	RunToYield();
	EXPECT_EQ(DirtyLog(), Pages{});
	WriteRound(3, 64, 4);
	EXPECT_EQ(DirtyLog(), (Pages{3, 67, 131, 195}));
	EXPECT_EQ(DirtyLog(), Pages{}) << "asked for once more";
	WriteRound(67, 1, 2);
	EXPECT_EQ(DirtyLog(), (Pages{67, 68}));
	StopAndRunToEnd();
}

TEST_F(Tracking, ReadsMakeNoPageDirty)
{
	AddArea(64, KVM_MEM_LOG_DIRTY_PAGES);
	*Shared<uint32_t>("page_count") = 64;
	Choose("read_only");
	RunToYield();
	DirtyLog();
	RunToYield();
	EXPECT_EQ(DirtyLog(), Pages{});
	RunToEnd();
}

// Large pages of the host must not hide which of their small ones was written.
TEST_F(Tracking, LoggingSwitchedOnLaterIsExact)
{
	kvm_userspace_memory_region region = {};

	AddArea(AREA_PAGES, 0);
	Choose("write_rounds");
	RunToYield();
	WriteRound(0, 1, AREA_PAGES);
	region.slot = kSlot;
	region.flags = KVM_MEM_LOG_DIRTY_PAGES;
	region.guest_phys_addr = AREA;
	region.memory_size = AREA_PAGES * kPage;
	region.userspace_addr = reinterpret_cast<uintptr_t>(area_);
	SAFE_IOCTL(vm()->vm_fd, KVM_SET_USER_MEMORY_REGION, &region);
	DirtyLog();
	WriteRound(700, 1000, 3);
	EXPECT_EQ(DirtyLog(), (Pages{700, 1700, 2700}));
	StopAndRunToEnd();
}

// With manual clear, the log keeps what it has told until it is cleared.
TEST_F(Tracking, ManualClearKeepsTheLog)
{
	CreateWithManualClear();
	AddArea(256, KVM_MEM_LOG_DIRTY_PAGES);
	Choose("write_rounds");
	RunToYield();
	WriteRound(5, 1, 2);
	EXPECT_EQ(DirtyLog(), (Pages{5, 6}));
	EXPECT_EQ(DirtyLog(), (Pages{5, 6}));
	ClearDirtyLog(0, 256);
	EXPECT_EQ(DirtyLog(), Pages{});
	WriteRound(6, 1, 1);
	EXPECT_EQ(DirtyLog(), Pages{6}) << "a cleared page, written again";
	StopAndRunToEnd();
}

TEST_F(Tracking, ManualClearOfARangeLeavesTheRest)
{
	CreateWithManualClear();
	AddArea(256, KVM_MEM_LOG_DIRTY_PAGES);
	Choose("write_rounds");
	RunToYield();
	WriteRound(60, 4, 40);
	DirtyLog();
	ClearDirtyLog(64, 128);
	const Pages left = DirtyLog();
	EXPECT_EQ(std::count_if(left.begin(), left.end(),
				[](size_t page) { return page >= 64 && page < 192; }),
		  0);
	EXPECT_EQ(left, (Pages{60, 192, 196, 200, 204, 208, 212, 216}));
	StopAndRunToEnd();
}

// "first_page must be a multiple of 64, and so must num_pages unless it ends the slot."
TEST_F(Tracking, ManualClearWantsMultiplesOf64)
{
	unsigned long bitmap[4] = {};
	kvm_clear_dirty_log clear = {};

	CreateWithManualClear();
	AddArea(256, KVM_MEM_LOG_DIRTY_PAGES);
	clear.slot = kSlot;
	clear.dirty_bitmap = bitmap;
	clear.first_page = 1;
	clear.num_pages = 64;
	EXPECT_EQ(ioctl(vm()->vm_fd, KVM_CLEAR_DIRTY_LOG, &clear), -1);
	EXPECT_EQ(errno, EINVAL);
	clear.first_page = 0;
	clear.num_pages = 63;
	EXPECT_EQ(ioctl(vm()->vm_fd, KVM_CLEAR_DIRTY_LOG, &clear), -1);
	EXPECT_EQ(errno, EINVAL);
}

/* --- ROM: KVM_MEM_READONLY, "writes will be posted to userspace as KVM_EXIT_MMIO exits" --- */

TEST_F(Tracking, RomIsReadAndNotWritten)
{
	const kvm_run *run = cpu()->run;

	AddArea(2, KVM_MEM_READONLY);
	area_[0] = 0xfeedface;
	Choose("write_rom");
	RunTo(KVM_EXIT_MMIO);
	EXPECT_EQ(run->mmio.is_write, 1);
	EXPECT_EQ(run->mmio.phys_addr, AREA);
	EXPECT_EQ(run->mmio.len, 4u);
	EXPECT_EQ(memcmp(run->mmio.data, "\x78\x56\x34\x12", 4), 0);
	RunTo(KVM_EXIT_MMIO);
	EXPECT_EQ(run->mmio.phys_addr, AREA + 5);
	EXPECT_EQ(run->mmio.len, 1u);
	EXPECT_EQ(run->mmio.data[0], 0xab);
	RunTo(KVM_EXIT_MMIO);
	EXPECT_EQ(run->mmio.phys_addr, AREA + kPage - 2);
	EXPECT_EQ(run->mmio.len, 2u);
	EXPECT_EQ(memcmp(run->mmio.data, "\xef\xcd", 2), 0);
	RunToYield();
	EXPECT_EQ(*Shared<uint32_t>("read_before"), 0xfeedfaceu);
	EXPECT_EQ(*Shared<uint32_t>("read_after"), 0xfeedfaceu);
	EXPECT_EQ(area_[0], 0xfeedfaceu);
	EXPECT_EQ(area_[1], 0u);

	// "…the read-only flag can't be changed": the slot is made anew.
	tst_kvm_free_memory(vm(), kSlot);
	AddArea(2, 0);
	RunToEnd();
	EXPECT_EQ(*Shared<uint32_t>("read_after"), 0x87654321u);
	EXPECT_EQ(area_[0], 0x87654321u);
}

TEST_F(Tracking, RomRunsCode)
{
	constexpr uint8_t kCode[] = {0xb8, 0xe7, 0xc4,
				     0x5e, 0x00, 0xc3}; // mov $0x5ec4e7, %eax; ret

	memcpy(AddArea(1, KVM_MEM_READONLY), kCode, sizeof(kCode));
	Choose("run_rom");
	Run();
}

TEST_F(Tracking, RomIsAddedToOutside)
{
	const kvm_run *run = cpu()->run;

	AddArea(1, KVM_MEM_READONLY);
	area_[0] = 0x1000;
	Choose("add_to_rom");
	RunTo(KVM_EXIT_MMIO);
	EXPECT_EQ(run->mmio.is_write, 1);
	EXPECT_EQ(run->mmio.len, 4u);
	EXPECT_EQ(memcmp(run->mmio.data, "\x01\x10\x00\x00", 4), 0);
	RunToEnd();
	EXPECT_EQ(area_[0], 0x1000u);
}

/* --- Memslots that change under a running CPU --- */

constexpr uint32_t kInSlot = 0x11111111, kNoMemory = 0x22222222;

// The device where no memory is.
int ReadNoMemory(struct tst_kvm_vcpu *vcpu, void *arg)
{
	const uint32_t value = kNoMemory;

	if (!vcpu->run->mmio.is_write)
		memcpy(vcpu->run->mmio.data, &value, sizeof(value));
	return 0;
}

// The guest reads from where the memslot was, and from where it is: it has to see each move.
TEST_F(Tracking, MemslotMovesUnderARunningCpu)
{
	AddArea(1, 0)[0] = kInSlot;
	Choose("read_both_on");
	tst_kvm_on_exit(vm(), KVM_EXIT_MMIO, ReadNoMemory, nullptr);
	kvm_tests::Thread guest([this] { tst_kvm_run_instance(vm(), 0); });
	for (int i = 0; i < 50 && !HasFailure(); i++) {
		EXPECT_TRUE(Becomes(Shared<uint32_t>("last_read"), kInSlot));
		EXPECT_TRUE(Becomes(Shared<uint32_t>("last_other"), kNoMemory));
		tst_kvm_move_memory(vm(), kSlot, OTHER_AREA);
		EXPECT_TRUE(Becomes(Shared<uint32_t>("last_read"), kNoMemory));
		EXPECT_TRUE(Becomes(Shared<uint32_t>("last_other"), kInSlot));
		tst_kvm_move_memory(vm(), kSlot, AREA);
	}
	*Shared<uint32_t>("stop") = 1;
	guest.Join();
}

TEST_F(Tracking, MemslotIsDeletedUnderARunningCpu)
{
	kvm_userspace_memory_region region = {};

	AddArea(1, 0)[0] = kInSlot;
	region.slot = kSlot;
	region.guest_phys_addr = AREA;
	region.userspace_addr = reinterpret_cast<uintptr_t>(area_);
	Choose("read_on");
	tst_kvm_on_exit(vm(), KVM_EXIT_MMIO, ReadNoMemory, nullptr);
	kvm_tests::Thread guest([this] { tst_kvm_run_instance(vm(), 0); });
	for (int i = 0; i < 50 && !HasFailure(); i++) {
		EXPECT_TRUE(Becomes(Shared<uint32_t>("last_read"), kInSlot));
		region.memory_size = 0;
		SAFE_IOCTL(vm()->vm_fd, KVM_SET_USER_MEMORY_REGION, &region);
		EXPECT_TRUE(Becomes(Shared<uint32_t>("last_read"), kNoMemory));
		region.memory_size = kPage;
		SAFE_IOCTL(vm()->vm_fd, KVM_SET_USER_MEMORY_REGION, &region);
	}
	*Shared<uint32_t>("stop") = 1;
	guest.Join();
}

// Writes go on while logging is switched on and off: none of them may get lost, and
// what is written after the log was read is in the next one.
TEST_F(Tracking, LoggingSwitchesUnderAWritingCpu)
{
	kvm_userspace_memory_region region = {};

	AddArea(1, 0);
	region.slot = kSlot;
	region.guest_phys_addr = AREA;
	region.memory_size = kPage;
	region.userspace_addr = reinterpret_cast<uintptr_t>(area_);
	Choose("write_on");
	kvm_tests::Thread guest([this] { tst_kvm_run_instance(vm(), 0); });
	volatile uint32_t *written = Shared<uint32_t>("written");
	for (int i = 0; i < 50 && !HasFailure(); i++) {
		region.flags = KVM_MEM_LOG_DIRTY_PAGES;
		SAFE_IOCTL(vm()->vm_fd, KVM_SET_USER_MEMORY_REGION, &region);
		DirtyLog();
		const uint32_t number = *written;
		while (*written < number + 2) // one that began after the log was read
			std::this_thread::yield();
		EXPECT_EQ(DirtyLog(), Pages{0});
		region.flags = 0;
		SAFE_IOCTL(vm()->vm_fd, KVM_SET_USER_MEMORY_REGION, &region);
		const uint32_t seen = *written;
		EXPECT_GE(*static_cast<volatile uint32_t *>(area_), seen);
	}
	*Shared<uint32_t>("stop") = 1;
	guest.Join();
}

} // namespace
