// SPDX-License-Identifier: MIT
// tst_kvm_alloc_memory(): where memory may go, what is refused, what is returned.
#include "resources.h"
#include "ringside/kvm_gtest.h"

namespace
{

using ::ringside::Collect;
using ::ringside::HasFreeSlot;
using ::ringside::HasMemslot;
using ::ringside::HasPhysInNoSlot;
using ::ringside::HasPhysInSlot;
using ::ringside::ResultIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr uint64_t kBase = 0x40000000;
constexpr size_t kPage = 0x1000;

class AllocMemory : public ringside::KvmTest
{
protected:
	char *Alloc(unsigned int slot, uint64_t base, size_t size, unsigned int flags = 0)
	{
		return static_cast<char *>(tst_kvm_alloc_memory(vm(), slot, base, size, flags));
	}

	void ExpectRefusal(unsigned int slot, uint64_t base, size_t size, unsigned int flags,
			   const std::string &why)
	{
		const std::string vm_before = ::testing::PrintToString(vm());
		const Resources before = Resources::Now();

		EXPECT_THAT(
			Collect([&] { Alloc(slot, base, size, flags); }),
			ElementsAre(ResultIs(TBROK, AllOf(StartsWith("tst_kvm_alloc_memory(): "),
							  HasSubstr(why)))));
		EXPECT_EQ(Resources::Now(), before);
		EXPECT_EQ(::testing::PrintToString(vm()), vm_before);
	}
};

TEST_F(AllocMemory, CoversWholePages)
{
	Alloc(2, kBase, 1);
	EXPECT_THAT(vm(), HasMemslot(2, kBase, kPage));
	Alloc(3, kBase + 2 * kPage - 1, 2);
	EXPECT_THAT(vm(), HasMemslot(3, kBase + kPage, 2 * kPage));
	Alloc(4, kBase + 0x10 * kPage, 3 * kPage);
	EXPECT_THAT(vm(), HasMemslot(4, kBase + 0x10 * kPage, 3 * kPage));
}

TEST_F(AllocMemory, ReturnsTheFirstPage)
{
	char *page = Alloc(2, kBase + 0x123, 0x10);

	EXPECT_EQ(reinterpret_cast<uintptr_t>(page) % kPage, 0u);
	EXPECT_EQ(reinterpret_cast<uintptr_t>(page), vm()->ram[2].userspace_addr);
	// Before the guest has paging on, addresses are physical.
	EXPECT_EQ(tst_kvm_get_memptr(vm(), kBase + 0x123), page + 0x123);
	for (size_t i = 0; i < kPage; i++)
		ASSERT_EQ(page[i], 0) << "byte " << i;
}

TEST_F(AllocMemory, IsFoundByItsAddresses)
{
	Alloc(2, kBase, 2 * kPage);
	EXPECT_THAT(vm(), HasPhysInNoSlot(kBase - 1));
	EXPECT_THAT(vm(), HasPhysInSlot(kBase, 2));
	EXPECT_THAT(vm(), HasPhysInSlot(kBase + 2 * kPage - 1, 2));
	EXPECT_THAT(vm(), HasPhysInNoSlot(kBase + 2 * kPage));
	EXPECT_EQ(tst_kvm_find_memslot(vm(), kBase), 2);
	EXPECT_EQ(tst_kvm_find_memslot(vm(), kBase - 1), -1);
	EXPECT_EQ(tst_kvm_get_memptr(vm(), kBase + 2 * kPage), nullptr);
}

TEST_F(AllocMemory, AllSlotsCanBeUsed)
{
	for (unsigned int slot = 2; slot < MAX_KVM_MEMSLOTS; slot++)
		Alloc(slot, kBase + slot * kPage, kPage);
	for (unsigned int slot = 2; slot < MAX_KVM_MEMSLOTS; slot++)
		EXPECT_THAT(vm(), HasPhysInSlot(kBase + slot * kPage, slot));
	Run();
}

TEST_F(AllocMemory, MayTouchItsNeighbours)
{
	Alloc(2, DEFAULT_RAM_SIZE, kPage); // right behind RAM
	Alloc(3, KVM_RESULT_BASEADDR - kPage, kPage); // right before the result page
	Alloc(4, 0x100000000, kPage); // right behind it
	EXPECT_THAT(vm(), HasPhysInSlot(DEFAULT_RAM_SIZE, 2));
	EXPECT_THAT(vm(), HasPhysInSlot(0x100000000, 4));
}

TEST_F(AllocMemory, UnknownSlotIsRefused)
{
	const int fd = open("/dev/kvm", O_RDWR);
	const unsigned int last = ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_NR_MEMSLOTS) - 1;

	close(fd); // KVM's last one is the library's
	ExpectRefusal(last, kBase, kPage, 0,
		      "slot is " + std::to_string(last) + "; slots are 0 to " +
			      std::to_string(last - 1));
	ExpectRefusal(UINT32_MAX, kBase, kPage, 0, "slot is 4294967295; slots are 0 to ");
	Alloc(last - 1, kBase, kPage);
	EXPECT_THAT(vm(), HasPhysInSlot(kBase, last - 1));
}

TEST_F(AllocMemory, SlotInUseIsRefused)
{
	ExpectRefusal(0, kBase, kPage, 0, "slot 0 is in use, for 0x1000000 bytes at 0");
	ExpectRefusal(1, kBase, kPage, 0, "slot 1 is in use, for 0x1000 bytes at 0xfffff000");
	Alloc(2, kBase, kPage);
	ExpectRefusal(2, 2 * kBase, kPage, 0, "slot 2 is in use, for 0x1000 bytes at 0x40000000");
}

TEST_F(AllocMemory, OverlapIsRefused)
{
	Alloc(2, kBase, 2 * kPage);
	ExpectRefusal(3, 0, kPage, 0, "but slot 0 has 0 to 0xffffff");
	ExpectRefusal(3, DEFAULT_RAM_SIZE - 1, 1, 0, "but slot 0 has");
	ExpectRefusal(3, KVM_RESULT_BASEADDR + 0x20, 1, 0,
		      "but slot 1 has 0xfffff000 to 0xffffffff");
	ExpectRefusal(3, kBase - kPage, 2 * kPage, 0, "memslots must not overlap");
	ExpectRefusal(3, kBase + 2 * kPage - 1, 1, 0, "but slot 2 has 0x40000000 to 0x40001fff");
	// The bytes do not overlap, their pages do.
	Alloc(3, 2 * kBase, 0x10);
	ExpectRefusal(4, 2 * kBase + 0x20, 0x10, 0, "but slot 3 has 0x80000000 to 0x80000fff");
	// One that holds another.
	ExpectRefusal(4, kBase - kPage, 8 * kPage, 0, "but slot 2 has");
}

TEST_F(AllocMemory, Size0IsRefused)
{
	ExpectRefusal(2, kBase, 0, 0, "size is 0; a memslot has 1 byte at least");
}

TEST_F(AllocMemory, WrapAroundIsRefused)
{
	ExpectRefusal(2, UINT64_MAX, 2, 0, "reach beyond the end of the address space");
	ExpectRefusal(2, UINT64_MAX - kPage, SIZE_MAX, 0, "beyond the end of the address space");
	ExpectRefusal(2, kBase, SIZE_MAX, 0, "beyond the end of the address space");
	ExpectRefusal(2, -kPage, 1, 0, "beyond the end of the address space");
	// What ends before the last page does not wrap around: KVM has the say.
	ExpectRefusal(2, -2 * kPage, kPage, 0,
		      "KVM_SET_USER_MEMORY_REGION) refuses slot 2 at "
		      "0xffffffffffffe000, size 0x1000");
}

TEST_F(AllocMemory, WhatTheHostHasNoMemoryForIsRefused)
{
	ExpectRefusal(2, 0x100000000, 1ul << 62, 0, "no memory for the 0x4000000000000000 bytes");
}

TEST_F(AllocMemory, WhatKvmRefusesIsExplained)
{
	ExpectRefusal(2, kBase, kPage, 1u << 31,
		      "ioctl(KVM_SET_USER_MEMORY_REGION) refuses slot 2 at 0x40000000, "
		      "size 0x1000, flags 0x80000000: EINVAL");
	EXPECT_THAT(vm(), HasFreeSlot(2));
}

// A test's own ioctl gets no rounding: KVM refuses what does not begin and end with pages.
TEST_F(AllocMemory, UnalignedRegionOfTheTestsOwnIsReported)
{
	auto *buf = static_cast<char *>(tst_alloc(2 * kPage));
	const int fd = vm()->vm_fd;
	const Resources before = Resources::Now();
	const auto set = [fd](uint64_t guest, uint64_t size, char *host) {
		kvm_userspace_memory_region region = {2, 0, guest, size,
						      reinterpret_cast<uintptr_t>(host)};

		return Collect([&] { SAFE_IOCTL(fd, KVM_SET_USER_MEMORY_REGION, &region); });
	};
	const auto refused =
		ElementsAre(ResultIs(TBROK, AllOf(HasSubstr("KVM_SET_USER_MEMORY_REGION"),
						  HasSubstr("EINVAL (Invalid argument)"))));

	EXPECT_THAT(set(kBase + 1, kPage, buf), refused);
	EXPECT_THAT(set(kBase, kPage + 1, buf), refused);
	EXPECT_THAT(set(kBase, kPage, buf + 1), refused);
	EXPECT_EQ(Resources::Now(), before);
	EXPECT_THAT(set(kBase, kPage, buf), IsEmpty());
}

} // namespace
