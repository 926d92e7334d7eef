// SPDX-License-Identifier: MIT
// What the controller writes into memory that it gives the guest, the guest reads; and back.
#include <cstring>
#include <numeric>

#include "app/greeting.h"
#include "checksum.h"
#include "ringside/kvm_gtest.h"

namespace
{

using ringside::HasMemslot;

class SharedMemory : public ringside::KvmTest
{
};

TEST_F(SharedMemory, HoldsWhatBothSidesWrite)
{
	constexpr unsigned int kSlot = 2;
	constexpr uint64_t kAddress = 0x40000000;
	uint32_t sum;

	EXPECT_STREQ(greeting(), "hello");
	auto *buffer = static_cast<uint8_t *>(
		tst_kvm_alloc_memory(vm(), kSlot, kAddress, 2 * BUFFER_SIZE, 0));
	ASSERT_THAT(vm(), HasMemslot(kSlot, kAddress, 2 * BUFFER_SIZE));
	std::iota(buffer, buffer + BUFFER_SIZE, 7);
	tst_kvm_run_instance(vm(), 0);

	memcpy(&sum, buffer + BUFFER_SIZE, sizeof(sum));
	EXPECT_EQ(sum, checksum(buffer, BUFFER_SIZE / 16));
}

} // namespace
