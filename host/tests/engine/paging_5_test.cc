// SPDX-License-Identifier: MIT
// Five levels of tables: SDM Vol. 3 "4-Level Paging and 5-Level Paging", CR4.LA57.
#include "paging.h"

namespace
{

constexpr uint64_t kLowMost = 0x0100000000000000; // the first address that is not canonical

TEST_F(Paging, FiveLevels)
{
	Set64(0, 0, Table(1) | kEntry);
	Set64(0, 256, Table(1) | kEntry);
	Set64(1, 0, Table(2) | kEntry);
	Set64(2, 0, Table(3) | kEntry);
	Set64(3, 0, Table(4) | kEntry);
	Set64(4, 1, 0x123000 | kEntry);
	SetRegisters(Table(0), CR4_PAE | CR4_LA57, true);
	ExpectLeadsTo(0x1000, 0x123000);
	ExpectLeadsTo(0x2000, kNot);
	ExpectLeadsTo(0x0001000000001000, kNot);
	ExpectLeadsTo(0xff00000000001000, 0x123000);
	EXPECT_EQ(tst_kvm_get_phys_address(&vm_, kLowMost + 0x1000), 0u);
}

// The guest maps a page beyond the reach of four levels.
TEST_F(Paging, TheGuestMapsFar)
{
	SetFunction("map_far");
	ASSERT_EQ(tst_kvm_run_vcpu(Cpu(0)), KVM_EXIT_HLT);
	SAFE_IOCTL(vm_.vcpu_fd, KVM_GET_SREGS, &sregs_);
	Set64(0, 0, sregs_.cr3 | kEntry);
	sregs_.cr3 = Table(0);
	sregs_.cr4 |= CR4_LA57;
	SAFE_IOCTL(vm_.vcpu_fd, KVM_SET_SREGS, &sregs_);

	ASSERT_EQ(tst_kvm_run_vcpu(Cpu(0)), KVM_EXIT_HLT);
	EXPECT_EQ(Value("buffer"), GUEST_FAR_VALUE);
	ExpectLeadsTo(GUEST_FAR, tst_kvm_symbol_address(&vm_, "buffer"));
	ExpectLeadsTo(GUEST_FAR + GUEST_PAGE, kNot);

	Run();
	EXPECT_EQ(Value("value"), 14u) << "reading what is unmapped is a page fault";
	ExpectLeadsTo(GUEST_FAR, kNot);
}

} // namespace
