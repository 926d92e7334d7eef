// SPDX-License-Identifier: MIT
// Accesses to addresses without memory leave the guest as KVM_EXIT_MMIO (KVM API, "The
// kvm_run structure"), each in pieces that are KVM's choice: what counts is each byte,
// at its address, once.
#include <cstring>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "case_test.h"
#include "mmio.h"

namespace
{

enum Target {
	kNoMemory, // all of it leaves the guest
	kMemoryBefore, // the first page is memory
	kMemoryBehind, // the second page is
	kReadOnlyBehind, // the second page is, and can't be written
};

struct MmioCase {
	const char *name;
	const char *function;
	bool is_write;
	uint8_t size;
	uint64_t elements;
	uint64_t offset;
	Target target;
};

[[maybe_unused]] void PrintTo(const MmioCase &c, std::ostream *os)
{
	*os << c.name;
}

uint8_t Pattern(uint64_t place)
{
	return static_cast<uint8_t>(place * 7 + place / 256 + 1);
}

constexpr unsigned int kSlot = 2;
constexpr uint64_t kPage = 0x1000;

class Mmio : public kvm_tests::CaseTest, public testing::WithParamInterface<MmioCase>
{
protected:
	void AddMemory()
	{
		const Target target = GetParam().target;

		if (target == kNoMemory)
			return;
		memory_base_ = target == kMemoryBefore ? 0 : kPage;
		memory_ = static_cast<uint8_t *>(
			tst_kvm_alloc_memory(vm(), kSlot, MMIO_BASE + memory_base_, kPage,
					     target == kReadOnlyBehind ? KVM_MEM_READONLY : 0));
		for (uint64_t i = 0; i < kPage; i++)
			memory_[i] = Pattern(memory_base_ + i);
	}

	bool IsMemory(uint64_t place) const
	{
		return memory_ && place >= memory_base_ && place < memory_base_ + kPage;
	}

	// Whether an access of the case to that place leaves the guest.
	bool Leaves(uint64_t place) const
	{
		return !IsMemory(place) ||
		       (GetParam().is_write && GetParam().target == kReadOnlyBehind);
	}

	// Runs the CPU in a thread of its own, which has ended when this returns, and its kernel
	// stack with it. The threads that follow get that stack, zeroed: where KVM kept what waits
	// to be written, it is lost.
	int RunInThreadThatEnds()
	{
		constexpr int kHeirs = 4;
		int reason = 0;

		std::thread([&] { reason = tst_kvm_run_vcpu(cpu()); }).join();
		for (int i = 0; i < kHeirs; i++)
			std::thread([] {}).join();
		return reason;
	}

	// Runs the guest to its end; each byte of the device is its Pattern().
	void ServeDevice()
	{
		kvm_run *run = cpu()->run;
		int reason;

		while ((reason = RunInThreadThatEnds()) == KVM_EXIT_MMIO) {
			const uint64_t place = run->mmio.phys_addr - MMIO_BASE;

			EXPECT_EQ(run->mmio.is_write, GetParam().is_write);
			ASSERT_GT(run->mmio.len, 0u);
			ASSERT_LE(run->mmio.len, sizeof(run->mmio.data));
			for (uint32_t i = 0; i < run->mmio.len; i++) {
				if (run->mmio.is_write)
					written_[place + i].push_back(run->mmio.data[i]);
				else
					run->mmio.data[i] = Pattern(place + i);
				read_[place + i]++;
			}
		}
		EXPECT_EQ(reason, TST_KVM_ENDED) << tst_kvm_describe_exit(cpu());
	}

	uint8_t *memory_ = nullptr;
	uint64_t memory_base_ = 0;
	std::map<uint64_t, std::vector<uint8_t>> written_; // by place: the bytes that came
	std::map<uint64_t, int> read_; // by place: how often
};

TEST_P(Mmio, EachByteOnce)
{
	const MmioCase &c = GetParam();
	const uint64_t bytes = c.size * c.elements;

	AddMemory();
	Choose(c.function);
	*Shared<uint64_t>("address") = MMIO_BASE + c.offset;
	*Shared<uint64_t>("elements") = c.elements;
	volatile uint8_t *buffer = Shared<uint8_t>("buffer");
	for (uint64_t i = 0; i < bytes; i++)
		buffer[i] = c.is_write ? static_cast<uint8_t>(~Pattern(c.offset + i)) : 0;

	ServeDevice();
	for (uint64_t i = 0; i < bytes; i++) {
		const uint64_t place = c.offset + i;
		const auto expected = static_cast<uint8_t>(~Pattern(place));

		SCOPED_TRACE(testing::Message() << "byte " << i);
		EXPECT_EQ(read_[place], Leaves(place) ? 1 : 0);
		if (!c.is_write)
			EXPECT_EQ(buffer[i], Pattern(place));
		else if (Leaves(place))
			EXPECT_EQ(written_[place], std::vector<uint8_t>{expected});
		else
			EXPECT_EQ(memory_[place - memory_base_], expected);
	}
	// Nothing beside it has been touched.
	for (const auto &[place, number] : read_)
		EXPECT_TRUE(number == 0 || (place >= c.offset && place < c.offset + bytes))
			<< "a byte at " << place;
	for (uint64_t place = memory_base_; memory_ && place < memory_base_ + kPage; place++)
		if (!c.is_write || Leaves(place) || place < c.offset || place >= c.offset + bytes)
			ASSERT_EQ(memory_[place - memory_base_], Pattern(place)) << "at " << place;
}

enum : bool {
	kRead = false,
	kWrite = true
};

constexpr MmioCase kCases[] = {
#ifdef CASES_OF_64_BITS
	{"Write64", "write64", kWrite, 8, 1, 0x10, kNoMemory},
	{"Read64", "read64", kRead, 8, 1, 0x10, kNoMemory},
	{"WriteCrossing64", "write64", kWrite, 8, 1, 0xffd, kNoMemory},
	{"ReadCrossing64", "read64", kRead, 8, 1, 0xffd, kNoMemory},
	{"WriteFromMemory64", "write64", kWrite, 8, 1, 0xffd, kMemoryBefore},
	{"WriteIntoMemory64", "write64", kWrite, 8, 1, 0xffd, kMemoryBehind},
	{"ReadFromMemory64", "read64", kRead, 8, 1, 0xffd, kMemoryBefore},
	{"ReadIntoMemory64", "read64", kRead, 8, 1, 0xffd, kMemoryBehind},
	// CVE-2026-31588: what the second page gets had been on the emulator's own stack.
	{"Enter64", "enter", kWrite, 8, 1, 0x10, kNoMemory},
	{"EnterCrossing64", "enter", kWrite, 8, 1, 0xffd, kNoMemory},
#elif defined(CASES_OF_32_BITS)
	{"Enter32", "enter", kWrite, 4, 1, 0x10, kNoMemory},
	{"EnterCrossing32", "enter", kWrite, 4, 1, 0xffd, kNoMemory},
#else
	{"Write8", "write8", kWrite, 1, 1, 0x10, kNoMemory},
	{"Write16", "write16", kWrite, 2, 1, 0x10, kNoMemory},
	{"Write32", "write32", kWrite, 4, 1, 0x10, kNoMemory},
	{"Read8", "read8", kRead, 1, 1, 0x10, kNoMemory},
	{"Read16", "read16", kRead, 2, 1, 0x10, kNoMemory},
	{"Read32", "read32", kRead, 4, 1, 0x10, kNoMemory},
	{"WriteCrossing16", "write16", kWrite, 2, 1, 0xfff, kNoMemory},
	{"WriteCrossing32", "write32", kWrite, 4, 1, 0xffd, kNoMemory},
	{"ReadCrossing16", "read16", kRead, 2, 1, 0xfff, kNoMemory},
	{"ReadCrossing32", "read32", kRead, 4, 1, 0xffd, kNoMemory},
	{"WriteFromMemory32", "write32", kWrite, 4, 1, 0xffd, kMemoryBefore},
	{"WriteIntoMemory32", "write32", kWrite, 4, 1, 0xffd, kMemoryBehind},
	{"WriteIntoReadOnly32", "write32", kWrite, 4, 1, 0xffd, kReadOnlyBehind},
	{"ReadFromMemory32", "read32", kRead, 4, 1, 0xffd, kMemoryBefore},
	{"ReadIntoMemory32", "read32", kRead, 4, 1, 0xffd, kMemoryBehind},
	{"ReadIntoReadOnly32", "read32", kRead, 4, 1, 0xffd, kReadOnlyBehind},
	{"CopyOut8", "copy_out8", kWrite, 1, 50, 0xff0, kNoMemory},
	{"CopyOut16", "copy_out16", kWrite, 2, 50, 0xff1, kNoMemory},
	{"CopyOut32", "copy_out32", kWrite, 4, 50, 0xff1, kNoMemory},
	{"CopyIn8", "copy_in8", kRead, 1, 50, 0xff0, kNoMemory},
	{"CopyIn16", "copy_in16", kRead, 2, 50, 0xff1, kNoMemory},
	{"CopyIn32", "copy_in32", kRead, 4, 50, 0xff1, kNoMemory},
	{"CopyOutIntoMemory32", "copy_out32", kWrite, 4, 50, 0xff1, kMemoryBehind},
	{"CopyInFromMemory32", "copy_in32", kRead, 4, 50, 0xff1, kMemoryBefore},
#endif
};

INSTANTIATE_TEST_SUITE_P(Cases, Mmio, testing::ValuesIn(kCases), kvm_tests::NameOf<MmioCase>);

} // namespace
