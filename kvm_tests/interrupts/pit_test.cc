// SPDX-License-Identifier: MIT
// The state of KVM's interval timer, from both sides: KVM API, KVM_CREATE_PIT2, KVM_GET_PIT2,
// KVM_SET_PIT2, KVM_REINJECT_CONTROL; Intel 8254 data sheet.
#include <sys/ioctl.h>

#include <cerrno>

#include "case_test.h"
#include "pit.h"

namespace
{

class Pit : public kvm_tests::CaseTest
{
protected:
	void SetUp() override
	{
		CaseTest::SetUp();
		Create(TST_KVM_KERNEL_IRQCHIP);
	}

	kvm_pit_state2 Get()
	{
		kvm_pit_state2 state = {};

		SAFE_IOCTL(vm()->vm_fd, KVM_GET_PIT2, &state);
		return state;
	}

	void Set(const kvm_pit_state2 &state)
	{
		SAFE_IOCTL(vm()->vm_fd, KVM_SET_PIT2, &state);
	}
};

// Each channel has its own, and one call does not keep the next from coming.
TEST_F(Pit, StateGoesBothWays)
{
	for (uint32_t round = 1; round <= 3; round++) {
		kvm_pit_state2 state = Get();

		for (uint32_t i = 0; i < 3; i++) {
			kvm_pit_channel_state *channel = &state.channels[i];

			channel->count = 0x1000 * round + i;
			channel->mode = 2 + (i + round) % 2;
			channel->rw_mode = 3;
			channel->gate = 1;
		}
		Set(state);
		const kvm_pit_state2 got = Get();
		for (uint32_t i = 0; i < 3; i++) {
			EXPECT_EQ(got.channels[i].count, 0x1000 * round + i) << "channel " << i;
			EXPECT_EQ(got.channels[i].mode, 2 + (i + round) % 2) << "channel " << i;
			EXPECT_EQ(got.channels[i].rw_mode, 3) << "channel " << i;
			EXPECT_EQ(got.channels[i].gate, 1) << "channel " << i;
		}
	}
}

// A count of 0 is one of 65,536.
TEST_F(Pit, CountOfZeroIsTheLargest)
{
	kvm_pit_state2 state = Get();

	state.channels[2].count = 0;
	state.channels[2].mode = 2;
	Set(state);
	EXPECT_EQ(Get().channels[2].count, 0x10000u);
}

TEST_F(Pit, FlagsGoBothWays)
{
	for (uint32_t flags : {uint32_t{KVM_PIT_FLAGS_HPET_LEGACY}, 0u}) {
		kvm_pit_state2 state = Get();

		state.flags = flags;
		Set(state);
		EXPECT_EQ(Get().flags & KVM_PIT_FLAGS_HPET_LEGACY, flags);
	}
}

// What the guest writes to ports 0x42 and 0x43 is there to see.
TEST_F(Pit, GuestProgramsAChannel)
{
	Choose("program_channel_2");
	RunTo(TST_KVM_ENDED);
	const kvm_pit_channel_state channel = Get().channels[2];
	EXPECT_EQ(channel.count, uint32_t{PIT_COUNT});
	EXPECT_EQ(channel.mode, 3);
	EXPECT_EQ(channel.rw_mode, 3) << "low byte, then high byte";
	EXPECT_EQ(channel.bcd, 0);
}

// What user space sets is what the guest reads back: status and count of channel 2.
TEST_F(Pit, GuestReadsAChannel)
{
	kvm_pit_state2 state = Get();

	state.channels[2].count = PIT_COUNT;
	state.channels[2].mode = 2; // from the count down to 1, again and again
	state.channels[2].rw_mode = 3;
	state.channels[2].gate = 1;
	Set(state);
	Choose("read_channel_2");
	RunTo(TST_KVM_ENDED);
	// Status byte: mode in bits 1 to 3, access in bits 4 and 5.
	EXPECT_EQ(*Shared<uint32_t>("pit_status") & 0x3f, 3u << 4 | 2u << 1);
	EXPECT_LE(*Shared<uint32_t>("pit_count"), uint32_t{PIT_COUNT});
}

TEST_F(Pit, ReinjectionIsTurnedOffAndOn)
{
	for (__u8 on : {0, 1, 0}) {
		kvm_reinject_control control = {};

		control.pit_reinject = on;
		SAFE_IOCTL(vm()->vm_fd, KVM_REINJECT_CONTROL, &control);
	}
}

// "KVM_CREATE_PIT2: Creates an in-kernel device model for the i8254 PIT": without one there
// is no state.
TEST_F(Pit, IsNotThereUnlessCreated)
{
	kvm_pit_state2 state = {};
	kvm_reinject_control control = {};

	Create(TST_KVM_NO_IRQCHIP);
	EXPECT_EQ(ioctl(vm()->vm_fd, KVM_GET_PIT2, &state), -1);
	EXPECT_EQ(errno, ENXIO);
	EXPECT_EQ(ioctl(vm()->vm_fd, KVM_SET_PIT2, &state), -1);
	EXPECT_EQ(errno, ENXIO);
	EXPECT_EQ(ioctl(vm()->vm_fd, KVM_REINJECT_CONTROL, &control), -1);
	EXPECT_EQ(errno, ENXIO);
}

} // namespace
