// SPDX-License-Identifier: MIT
// Address translation from the host's side, before, during and after a guest's
// own change of its page tables.
#include <sys/ioctl.h>

#include "pages.h"
#include "ringside/kvm_gtest.h"

namespace
{

using ::ringside::IsNotMapped;
using ::ringside::TranslatesTo;

class Pages : public ringside::KvmTest
{
protected:
	// Runs the guest to its next halt, without the library's run loop.
	void RunToHalt()
	{
		ASSERT_EQ(ioctl(vm()->vcpu_fd, KVM_RUN, 0), 0) << strerror(errno);
		ASSERT_EQ(vm()->vcpu_info->exit_reason, static_cast<uint32_t>(KVM_EXIT_HLT));
	}

	uint64_t MarkerAddress()
	{
		return vm()->result->file_addr;
	}
};

TEST_F(Pages, AddressesArePhysicalBeforeTheStart)
{
	EXPECT_THAT(vm(), TranslatesTo(0x1000, 0x1000));
	EXPECT_THAT(vm(), TranslatesTo(PAGE_VIRT, PAGE_VIRT));
	EXPECT_THAT(vm(), TranslatesTo(0x123456789000, 0x123456789000));
	EXPECT_EQ(tst_kvm_find_memslot(vm(), 0x1000), 0);
	EXPECT_EQ(tst_kvm_find_memslot(vm(), PAGE_VIRT), -1);
	EXPECT_EQ(tst_kvm_get_memptr(vm(), PAGE_VIRT), nullptr);
}

TEST_F(Pages, LowerTwoGibibytesAndResultPageAreMappedOneToOne)
{
	RunToHalt();
	for (uint64_t address :
	     {0x0, 0x1000, 0x1fffff, 0x200000, 0x3fffffff, 0x40000000, 0x7fffffff})
		EXPECT_THAT(vm(), TranslatesTo(address, address));
	EXPECT_THAT(vm(), TranslatesTo(KVM_RESULT_BASEADDR, KVM_RESULT_BASEADDR));
	EXPECT_THAT(vm(), TranslatesTo(0xffffffff, 0xffffffff));
}

TEST_F(Pages, NothingElseIsMapped)
{
	RunToHalt();
	for (uint64_t address : {uint64_t{PAGE_VIRT}, uint64_t{0xbfffffff}, uint64_t{0xc0000000},
				 uint64_t{KVM_RESULT_BASEADDR - 1}}) {
		EXPECT_THAT(vm(), IsNotMapped(address));
		EXPECT_EQ(tst_kvm_get_phys_address(vm(), address), 0u);
		EXPECT_EQ(tst_kvm_find_memslot(vm(), address), -1);
		EXPECT_EQ(tst_kvm_get_memptr(vm(), address), nullptr);
	}
}

// Addresses of the upper half begin with ones, and are good with all of them only.
// A guest of 32 bits has none.
TEST_F(Pages, UpperHalfIsTranslated)
{
	constexpr uint64_t kLongModeActive = 1ull << 10;
	kvm_sregs sregs = {};

	RunToHalt();
	SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_SREGS, &sregs);
	if (!(sregs.efer & kLongModeActive)) {
		EXPECT_THAT(vm(), IsNotMapped(0xffffff8000001000));
		EXPECT_THAT(vm(), IsNotMapped(0x100001000));
		return;
	}
	auto *root = static_cast<uint64_t *>(tst_kvm_get_memptr(vm(), sregs.cr3 & ~0xfffull));
	ASSERT_NE(root, nullptr);
	root[511] = root[0];
	EXPECT_THAT(vm(), TranslatesTo(0xffffff8000001000, 0x1000));
	EXPECT_THAT(vm(), IsNotMapped(0x0000ff8000001000));
	EXPECT_THAT(vm(), IsNotMapped(0x7fffff8000001000));
}

TEST_F(Pages, MappedAddressWithoutMemoryHasNoMemslot)
{
	RunToHalt();
	EXPECT_THAT(vm(), TranslatesTo(0x40000000, 0x40000000));
	EXPECT_EQ(tst_kvm_find_memslot(vm(), 0x40000000), -1);
	EXPECT_EQ(tst_kvm_get_memptr(vm(), 0x40000000), nullptr);
}

TEST_F(Pages, HostSeesTheGuestsVariables)
{
	RunToHalt();
	const auto *marker = static_cast<uint32_t *>(tst_kvm_get_memptr(vm(), MarkerAddress()));
	ASSERT_NE(marker, nullptr);
	EXPECT_EQ(*marker, PAGES_MARKER);
	EXPECT_EQ(tst_kvm_get_memptr(vm(), KVM_RESULT_BASEADDR), vm()->result);
}

TEST_F(Pages, TranslationFollowsTheGuestsPageTables)
{
	RunToHalt();
	RunToHalt();
	EXPECT_THAT(vm(), TranslatesTo(PAGE_VIRT, PAGE_PHYS));
	EXPECT_THAT(vm(), TranslatesTo(PAGE_VIRT + 0xfff, PAGE_PHYS + 0xfff));
	EXPECT_THAT(vm(), IsNotMapped(PAGE_VIRT + 0x1000));
	EXPECT_EQ(tst_kvm_get_memptr(vm(), PAGE_VIRT), tst_kvm_get_memptr(vm(), PAGE_PHYS));
	Run();
}

} // namespace
