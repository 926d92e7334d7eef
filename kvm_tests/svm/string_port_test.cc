// SPDX-License-Identifier: MIT
// A nested guest's access to a port waits for user space, and its hypervisor's I/O map
// changes meanwhile. The map is looked at before the access: APM Vol. 2, "IOIO Intercepts"
// and "Instruction Intercepts", so the access that was begun is completed, with its data.
// CVE-2025-40026: KVM looked again when it completed it.
#include "case_test.h"

namespace
{

constexpr uint16_t kPort = 0x80;
constexpr uint8_t kValue = 0xa5;

class StringPort : public kvm_tests::CaseTest
{
};

TEST_F(StringPort, AccessIsCompleted)
{
	kvm_run *run = cpu()->run;

	Choose("read_port");
	RunTo(KVM_EXIT_IO);
	ASSERT_EQ(run->io.port, kPort);
	ASSERT_EQ(run->io.size * run->io.count, 1u);
	*(reinterpret_cast<uint8_t *>(run) + run->io.data_offset) = kValue;
	Shared<uint8_t>("io_map")[kPort / 8] |= 1 << kPort % 8;
	RunTo(TST_KVM_ENDED);
	EXPECT_EQ(*Shared<uint8_t>("received"), kValue);
}

} // namespace
