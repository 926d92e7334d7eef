// SPDX-License-Identifier: MIT
// Translation of addresses without paging, and with 4 levels of tables.
#include "paging.h"

namespace
{

TEST_F(Paging, NoneIsOneToOne)
{
	ExpectLeadsTo(0, 0);
	ExpectLeadsTo(0x12345, 0x12345);
	ExpectLeadsTo(0xfffffff0, 0xfffffff0);
}

TEST_F(Paging, FourLevels)
{
	Set64(0, 0, Table(1) | kEntry);
	Set64(0, 1, 0); // not present
	Set64(0, 2, kNoMemory | kEntry); // a table where no memory is
	Set64(0, 256, Table(1) | kEntry); // the upper half
	Set64(1, 0, Table(2) | kEntry);
	Set64(1, 1, 0x40000000 | PTE_LARGE | kEntry); // 1 GiB
	Set64(1, 2, 0);
	Set64(2, 0, Table(3) | kEntry);
	Set64(2, 1, 0x600000 | PTE_LARGE | kEntry); // 2 MiB
	Set64(2, 2, 0);
	Set64(3, 0, 0x123000 | kEntry);
	Set64(3, 1, 0);
	Set64(3, 2, kNoMemory | kEntry); // a page where no memory is: mapped all the same
	Set64(3, 511, 0xabc000 | kEntry | 1ull << 63); // execute-disable is no part of the address
	SetRegisters(Table(0), CR4_PAE, true);

	ExpectLeadsTo(0x0, 0x123000);
	ExpectLeadsTo(0xfff, 0x123fff);
	ExpectLeadsTo(0x1000, kNot);
	ExpectLeadsTo(0x2008, kNoMemory + 8);
	ExpectLeadsTo(0x200000 + 0x54321, 0x654321);
	ExpectLeadsTo(0x400000, kNot);
	ExpectAgreement(0x40000000 + 0x7654321); // where CPUs have pages of 1 GiB
	ExpectLeadsTo(0x80000000, kNot);
	ExpectLeadsTo(1ull << 39, kNot);
	ExpectLeadsTo(2ull << 39, kNot);
	ExpectLeadsTo(0xffff800000000000, 0x123000);
	ExpectLeadsTo(0x00007fffffffffff, kNot);
	// Not canonical; its lower 48 bits are.
	EXPECT_EQ(tst_kvm_get_phys_address(&vm_, 0x0000800000000000), 0u);
	EXPECT_EQ(tst_kvm_get_phys_address(&vm_, 0x0001000000000000), 0u);
	EXPECT_EQ(tst_kvm_get_phys_address(&vm_, 0x8000000000000000), 0u);
}

TEST_F(Paging, FourLevelsWithExecuteDisable)
{
	Set64(0, 0, Table(1) | kEntry);
	Set64(1, 0, Table(2) | kEntry);
	Set64(2, 0, Table(3) | kEntry);
	Set64(3, 0, 0xabc000 | kEntry | 1ull << 63);
	SetRegisters(Table(0), CR4_PAE, true);
	sregs_.efer |= EFER_NXE;
	SAFE_IOCTL(vm_.vcpu_fd, KVM_SET_SREGS, &sregs_);
	ExpectLeadsTo(0x5, 0xabc005);
	// Without EFER.NXE the bit is reserved.
	sregs_.efer &= ~uint64_t{EFER_NXE};
	SAFE_IOCTL(vm_.vcpu_fd, KVM_SET_SREGS, &sregs_);
	ExpectLeadsTo(0x5, kNot);
}

// SDM Vol. 3 "Reserved Bits": each of them is a fault, in any level.
TEST_F(Paging, ReservedBitsAreFaults)
{
	for (unsigned int level = 0; level < 4; level++) {
		for (unsigned int bit : {7, 12, 13, 20, 29, 45, 51, 52, 62, 63}) {
			for (unsigned int i = 0; i < 3; i++)
				Set64(i, 0, Table(i + 1) | kEntry);
			Set64(3, 0, 0x123000 | kEntry);
			Set64(level, 0,
			      (level == 3 ? 0x123000 : Table(level + 1)) | kEntry |
				      uint64_t{1} << bit);
			SetRegisters(Table(0), CR4_PAE, true);
			SCOPED_TRACE("level " + std::to_string(4 - level) + ", bit " +
				     std::to_string(bit));
			ExpectAgreement(0x5);
		}
	}
}

TEST_F(Paging, TablesWhereNoMemoryIs)
{
	SetRegisters(kNoMemory, CR4_PAE, true);
	ExpectLeadsTo(0, kNot);
	ExpectLeadsTo(0x200000, kNot);
}

} // namespace
