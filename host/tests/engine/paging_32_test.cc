// SPDX-License-Identifier: MIT
// Translation of addresses with a 32-bit CPU's tables: PAE, and two levels.
#include "paging.h"

namespace
{

TEST_F(Paging, Pae)
{
	Set64(0, 0, Table(1) | PTE_PRESENT);
	Set64(0, 1, 0);
	Set64(0, 3, Table(1) | PTE_PRESENT);
	Set64(1, 0, Table(2) | kEntry);
	Set64(1, 1, 0xa00000 | PTE_LARGE | kEntry); // 2 MiB
	Set64(1, 2, 0);
	Set64(2, 5, 0x123000 | kEntry);
	SetRegisters(Table(0), CR4_PAE, false);
	ExpectLeadsTo(0x5678, 0x123678);
	ExpectLeadsTo(0x6000, kNot);
	ExpectLeadsTo(0x200000 + 0x1234, 0xa01234);
	ExpectLeadsTo(0x400000, kNot);
	ExpectLeadsTo(0x40000000, kNot);
	ExpectLeadsTo(0xc0005678, 0x123678);
	EXPECT_EQ(tst_kvm_get_phys_address(&vm_, 0x100005678), 0u); // beyond 32 bits

	// SDM Vol. 3 "PAE Paging": the four pointers are registers, loaded with CR3. AMD's
	// nested paging reads them from memory each time (APM Vol. 2 "Nested Paging").
	Set64(0, 0, 0);
	ExpectAgreement(0x5678);
	ExpectAgreement(0xc0005678);
}

TEST_F(Paging, ThirtyTwoBits)
{
	Set32(0, 0, Table(1) | kEntry);
	Set32(0, 1, 0x00800000 | PTE_LARGE | kEntry);
	Set32(0, 2, 0);
	Set32(0, 3, 0x00c00000 | 0x2000 | PTE_LARGE | kEntry); // bit 13: address bit 32
	Set32(0, 1023, Table(1) | kEntry);
	Set32(1, 3, 0x123000 | kEntry);
	Set32(1, 4, 0);
	SetRegisters(Table(0), CR4_PSE, false);
	ExpectLeadsTo(0x3456, 0x123456);
	ExpectLeadsTo(0x4000, kNot);
	ExpectLeadsTo(0x400000 + 0x12345, 0x812345);
	ExpectLeadsTo(0x800000, kNot);
	ExpectLeadsTo(0xc00000 + 0x12345, 0x100c12345);
	ExpectLeadsTo(0xffc03456, 0x123456);
}

TEST_F(Paging, ThirtyTwoBitsWithoutLargePages)
{
	// Without CR4.PSE, the bit is ignored: it is a table.
	Set32(0, 1, Table(1) | PTE_LARGE | kEntry);
	Set32(1, 3, 0x123000 | kEntry);
	SetRegisters(Table(0), 0, false);
	ExpectLeadsTo(0x400000 + 0x3456, 0x123456);
	ExpectLeadsTo(0x400000 + 0x4000, kNot);
}

} // namespace
