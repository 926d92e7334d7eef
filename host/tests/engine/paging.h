// SPDX-License-Identifier: MIT
// The library's own page walk against KVM_TRANSLATE, on tables that the test has made by hand.
#ifndef RINGSIDE_HOST_TESTS_ENGINE_PAGING_H
#define RINGSIDE_HOST_TESTS_ENGINE_PAGING_H

#include <sys/ioctl.h>

#include "kvm_x86_bits.h"
#include "machine.h"

constexpr uint64_t kTables = 0x400000; // in RAM, which nobody else uses
constexpr uint64_t kNoMemory = 0x7000000000; // no memslot is there

class Paging : public MachineTest
{
protected:
	void SetUp() override
	{
		MachineTest::SetUp();
		Make({}, "pass");
		SAFE_IOCTL(vm_.vcpu_fd, KVM_GET_SREGS, &sregs_);
		ram_ = reinterpret_cast<char *>(vm_.ram[0].userspace_addr);
	}

	// The table with that number; they stand one after the other.
	static uint64_t Table(unsigned int number)
	{
		return kTables + number * uint64_t{GUEST_PAGE};
	}

	void Set64(unsigned int table, unsigned int index, uint64_t entry)
	{
		memcpy(ram_ + Table(table) + index * 8, &entry, 8);
	}

	void Set32(unsigned int table, unsigned int index, uint32_t entry)
	{
		memcpy(ram_ + Table(table) + index * 4, &entry, 4);
	}

	void SetRegisters(uint64_t cr3, uint64_t cr4, bool long_mode)
	{
		sregs_.cr0 |= CR0_PE | CR0_PG;
		sregs_.cr3 = cr3;
		sregs_.cr4 = cr4;
		sregs_.efer = long_mode ? EFER_LME | EFER_LMA : 0;
		// SDM Vol. 3 "Segment Descriptors": protected mode, as KVM wants it to be.
		sregs_.cs.present = 1;
		sregs_.cs.type = 11;
		sregs_.cs.s = 1;
		sregs_.cs.l = long_mode;
		sregs_.cs.db = !long_mode;
		SAFE_IOCTL(vm_.vcpu_fd, KVM_SET_SREGS, &sregs_);
	}

	// The library's answer, which has to be KVM's, and @expected; -1: not mapped.
	void ExpectLeadsTo(uint64_t virt, uint64_t expected)
	{
		kvm_translation translation = {};

		translation.linear_address = virt;
		SAFE_IOCTL(vm_.vcpu_fd, KVM_TRANSLATE, &translation);
		if (expected == UINT64_MAX) {
			EXPECT_EQ(tst_kvm_get_phys_address(&vm_, virt), 0u) << std::hex << virt;
			EXPECT_FALSE(translation.valid) << std::hex << virt;
			return;
		}
		EXPECT_EQ(tst_kvm_get_phys_address(&vm_, virt), expected) << std::hex << virt;
		EXPECT_TRUE(translation.valid) << std::hex << virt;
		EXPECT_EQ(translation.physical_address, expected) << std::hex << virt;
	}

	// Whatever KVM says is right.
	void ExpectAgreement(uint64_t virt)
	{
		kvm_translation translation = {};

		translation.linear_address = virt;
		SAFE_IOCTL(vm_.vcpu_fd, KVM_TRANSLATE, &translation);
		ExpectLeadsTo(virt, translation.valid ? translation.physical_address : kNot);
	}

	static constexpr uint64_t kNot = UINT64_MAX;
	kvm_sregs sregs_;
	char *ram_;
};

constexpr uint64_t kEntry = PTE_PRESENT | PTE_WRITABLE;

#endif // RINGSIDE_HOST_TESTS_ENGINE_PAGING_H
