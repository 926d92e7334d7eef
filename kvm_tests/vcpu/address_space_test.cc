// SPDX-License-Identifier: MIT
// The address space that user space chooses with control registers: KVM API, KVM_SET_SREGS,
// KVM_SET_SREGS2, and how it is told, KVM_TRANSLATE. SDM Vol. 3 "Paging".
#include <fcntl.h>
#include <sys/ioctl.h>

#include <array>
#include <cstddef>
#include <cstring>

#include "address_space.h"
#include "case_test.h"
#include "kvm_x86_bits.h"
#include "tst_safe_macros.h"

namespace
{

class AddressSpace : public kvm_tests::CaseTest
{
protected:
	// The guest has both address spaces, and rests in its own.
	void Begin()
	{
		Choose("look");
		RunTo(KVM_EXIT_HLT);
		ASSERT_EQ(spaces()->seen, uint32_t{OWN_VALUE});
	}

	volatile address_spaces *spaces()
	{
		return Shared<address_spaces>("address_spaces");
	}

	kvm_sregs Get()
	{
		kvm_sregs sregs = {};

		SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_SREGS, &sregs);
		return sregs;
	}

	void Set(const kvm_sregs &sregs)
	{
		SAFE_IOCTL(vm()->vcpu_fd, KVM_SET_SREGS, &sregs);
	}

	kvm_sregs2 Get2()
	{
		kvm_sregs2 sregs = {};

		SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_SREGS2, &sregs);
		return sregs;
	}

	int Set2(const kvm_sregs2 &sregs)
	{
		return ioctl(vm()->vcpu_fd, KVM_SET_SREGS2, &sregs);
	}

	bool IsLongMode()
	{
		return Get().efer & EFER_LMA;
	}

	// The four entries of that root of PAE paging; zeros if it can't be found.
	std::array<uint64_t, 4> Pdptrs(uint64_t root)
	{
		std::array<uint64_t, 4> pdptrs = {};
		const void *table = tst_kvm_get_memptr(vm(), root);

		EXPECT_NE(table, nullptr);
		if (table)
			memcpy(pdptrs.data(), table, sizeof(pdptrs));
		return pdptrs;
	}

	void ExpectPdptrs(const kvm_sregs2 &sregs, const std::array<uint64_t, 4> &expected)
	{
		for (size_t i = 0; i < expected.size(); i++)
			EXPECT_EQ(sregs.pdptrs[i], expected[i]) << "entry " << i;
	}

	void ExpectSeen(uint32_t value, int end = KVM_EXIT_HLT)
	{
		RunTo(end);
		EXPECT_EQ(spaces()->seen, value);
	}

	kvm_translation Translate(uint64_t address)
	{
		kvm_translation translation;

		memset(&translation, 0xff, sizeof(translation));
		translation.linear_address = address;
		SAFE_IOCTL(vm()->vcpu_fd, KVM_TRANSLATE, &translation);
		return translation;
	}

	void ExpectMapped(uint64_t address, uint64_t physical_address)
	{
		const kvm_translation translation = Translate(address);

		EXPECT_EQ(translation.valid, 1);
		EXPECT_EQ(translation.physical_address, physical_address);
		EXPECT_EQ(translation.writeable, 1);
		EXPECT_EQ(translation.usermode, 0);
	}

	void ExpectUnmapped(uint64_t address)
	{
		EXPECT_EQ(Translate(address).valid, 0);
	}
};

TEST_F(AddressSpace, RootIsUsed)
{
	Begin();
	kvm_sregs sregs = Get();
	sregs.cr3 = spaces()->other_root;
	Set(sregs);
	ExpectSeen(OTHER_VALUE);
	sregs = Get();
	sregs.cr3 = spaces()->own_root;
	Set(sregs);
	ExpectSeen(OWN_VALUE, TST_KVM_ENDED);
}

TEST_F(AddressSpace, RootOfSregs2IsUsed)
{
	Begin();
	kvm_sregs2 sregs = Get2();
	sregs.flags = 0;
	sregs.cr3 = spaces()->other_root;
	ASSERT_EQ(Set2(sregs), 0) << strerror(errno);
	ExpectSeen(OTHER_VALUE);
}

/* --- KVM_SREGS2_FLAGS_PDPTRS_VALID: SDM Vol. 3 "PDPTE Registers" --- */

TEST_F(AddressSpace, PdptrsAreToldInPaePaging)
{
	Begin();
	const kvm_sregs2 sregs = Get2();
	if (IsLongMode()) {
		EXPECT_EQ(sregs.flags, 0u);
		return;
	}
	EXPECT_EQ(sregs.flags, uint64_t{KVM_SREGS2_FLAGS_PDPTRS_VALID});
	ExpectPdptrs(sregs, Pdptrs(spaces()->own_root));
}

TEST_F(AddressSpace, PdptrsAreReadFromANewRoot)
{
	Begin();
	kvm_sregs2 sregs = Get2();
	sregs.flags = 0;
	sregs.cr3 = spaces()->other_root;
	memset(sregs.pdptrs, 0, sizeof(sregs.pdptrs)); // which don't count
	ASSERT_EQ(Set2(sregs), 0) << strerror(errno);
	if (IsLongMode())
		EXPECT_EQ(Get2().flags, 0u) << "64-bit paging has no such registers";
	else
		ExpectPdptrs(Get2(), Pdptrs(spaces()->other_root));
	ExpectSeen(OTHER_VALUE);
}

TEST_F(AddressSpace, UnknownFlagsAreRefused)
{
	Begin();
	kvm_sregs2 sregs = Get2();
	for (uint64_t flag = KVM_SREGS2_FLAGS_PDPTRS_VALID << 1; flag; flag <<= 1) {
		sregs.flags = flag;
		EXPECT_EQ(Set2(sregs), -1);
		EXPECT_EQ(errno, EINVAL);
	}
}

TEST_F(AddressSpace, PdptrsAreRefusedOutsidePaePaging)
{
	kvm_sregs2 sregs = Get2(); // real mode

	sregs.flags = KVM_SREGS2_FLAGS_PDPTRS_VALID;
	EXPECT_EQ(Set2(sregs), -1);
	EXPECT_EQ(errno, EINVAL);
	Begin();
	if (!IsLongMode())
		return;
	sregs = Get2();
	sregs.flags = KVM_SREGS2_FLAGS_PDPTRS_VALID;
	EXPECT_EQ(Set2(sregs), -1);
	EXPECT_EQ(errno, EINVAL);
}

TEST_F(AddressSpace, IllegalSregs2AreRefused)
{
	kvm_sregs2 sregs = Get2();

	sregs.cr4 |= uint64_t{1} << 63;
	EXPECT_EQ(Set2(sregs), -1);
	EXPECT_EQ(errno, EINVAL);
}

#ifdef WITH_VMX

// With EPT, the CPU has no others than those that KVM gives it; SVM reads them from memory.
TEST_F(AddressSpace, PdptrsOfUserSpaceAreUsed)
{
	Begin();
	kvm_sregs2 sregs = Get2();
	sregs.flags = KVM_SREGS2_FLAGS_PDPTRS_VALID;
	const std::array<uint64_t, 4> others = Pdptrs(spaces()->other_root);
	memcpy(sregs.pdptrs, others.data(), sizeof(sregs.pdptrs));
	ASSERT_EQ(Set2(sregs), 0) << strerror(errno);
	ExpectPdptrs(Get2(), others);
	ExpectSeen(OTHER_VALUE);
}

#endif /* WITH_VMX */

/* --- KVM_TRANSLATE --- */

TEST_F(AddressSpace, IsTranslated)
{
	constexpr uint64_t kMapped = 0x1234, kUnmapped = 0xa0000000;

	ExpectMapped(kUnmapped, kUnmapped); // there is no paging yet
	Begin();
	ExpectMapped(kMapped, kMapped);
	ExpectMapped(spaces()->alias + 0x123, spaces()->own_page + 0x123);
	ExpectUnmapped(kUnmapped);
	kvm_sregs sregs = Get();
	sregs.cr3 = spaces()->other_root;
	Set(sregs);
	ExpectMapped(spaces()->alias + 0x123, spaces()->other_page + 0x123);
}

// Each register that takes part in it counts at once.
TEST_F(AddressSpace, TranslationFollowsEachRegister)
{
	Begin();
	const kvm_sregs before = Get();
	ExpectMapped(spaces()->alias, spaces()->own_page);

	// EFER.NXE: the page's bit 63 is reserved.
	kvm_sregs sregs = before;
	sregs.efer &= ~uint64_t{EFER_NXE};
	Set(sregs);
	ExpectUnmapped(spaces()->alias);
	Set(before);
	ExpectMapped(spaces()->alias, spaces()->own_page);

	if (IsLongMode())
		return;

	// CR0.PG: the address itself.
	sregs = before;
	sregs.cr0 &= ~uint64_t{CR0_PG};
	Set(sregs);
	ExpectMapped(spaces()->alias, spaces()->alias);
	Set(before);
	ExpectMapped(spaces()->alias, spaces()->own_page);

	// CR4.PAE: two levels, whose first entry of 32 bits is that of the first address.
	constexpr uint64_t kPageOf4M = 0x400000;
	const uint32_t large = kPageOf4M | PTE_LARGE | PTE_PRESENT;
	sregs = before;
	sregs.cr3 = spaces()->other_page;
	sregs.cr4 &= ~uint64_t{CR4_PAE};
	sregs.cr4 |= CR4_PSE;
	memcpy(tst_kvm_get_memptr(vm(), sregs.cr3), &large, sizeof(large));
	Set(sregs);
	ExpectMapped(0x123, kPageOf4M + 0x123);
}

/* --- What KVM needs of memory --- */

TEST_F(AddressSpace, NumberOfShadowPagesIsKept)
{
	constexpr unsigned long kLeast = 64; // Linux: KVM_MIN_ALLOC_MMU_PAGES

	EXPECT_EQ(ioctl(vm()->vm_fd, KVM_SET_NR_MMU_PAGES, 0), -1);
	EXPECT_EQ(errno, EINVAL);
	const int before = ioctl(vm()->vm_fd, KVM_GET_NR_MMU_PAGES);
	EXPECT_EQ(ioctl(vm()->vm_fd, KVM_SET_NR_MMU_PAGES, kLeast - 1), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(ioctl(vm()->vm_fd, KVM_GET_NR_MMU_PAGES), before);
	for (unsigned long number : {100ul, kLeast}) {
		SAFE_IOCTL(vm()->vm_fd, KVM_SET_NR_MMU_PAGES, number);
		EXPECT_EQ(ioctl(vm()->vm_fd, KVM_GET_NR_MMU_PAGES), static_cast<int>(number));
	}
	tst_kvm_alloc_memory(vm(), 10, 0x50000000, 0x1000000, 0); // has its own idea of a number
	EXPECT_EQ(ioctl(vm()->vm_fd, KVM_GET_NR_MMU_PAGES), static_cast<int>(kLeast));
}

// "This ioctl defines the physical address of a three-page region": below 4 GiB.
TEST(TaskStateSegment, RegionEndsBelow4GiB)
{
	int kvm = SAFE_OPEN("/dev/kvm", O_RDWR | O_CLOEXEC);
	int machine = ioctl(kvm, KVM_CREATE_VM, 0);

	ASSERT_GE(machine, 0) << strerror(errno);
	for (unsigned long address : {0xffffd001ul, 0xffffe000ul, 0x100000000ul}) {
		EXPECT_EQ(ioctl(machine, KVM_SET_TSS_ADDR, address), -1);
		EXPECT_EQ(errno, EINVAL);
	}
	EXPECT_EQ(ioctl(machine, KVM_SET_TSS_ADDR, 0xffffd000ul), 0) << strerror(errno);
	SAFE_CLOSE(machine);
	SAFE_CLOSE(kvm);
}

} // namespace
