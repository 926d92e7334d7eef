// SPDX-License-Identifier: MIT
// What a snapshot holds, a reset brings back.
#include <functional>
#include <random>

#include "exits_test.h"

namespace
{

using ringside::Collect;
using state_tests::Compare;
using state_tests::Device;
using state_tests::State;
using state_tests::StateTest;
using state_tests::Step;

class Snapshot : public StateTest
{
};

TEST_F(Snapshot, ResetBringsBack)
{
	auto machine = New(STATE_MMIO_TASK);
	Device device, first;

	for (unsigned int i = 0; i < 3; i++)
		Step(machine.get(), &device);
	tst_kvm_snapshot(machine->vm());
	const State state = machine->Save();

	first = device;
	while (Step(machine.get(), &first))
		;
	const State end = machine->Save();

	for (unsigned int i = 0; i < 5; i++) {
		Device again = device;

		tst_kvm_reset(machine->vm());
		EXPECT_EQ(Compare(state, machine->Save()), "");
		while (Step(machine.get(), &again))
			;
		EXPECT_EQ(again.log(), first.log());
		EXPECT_EQ(Compare(end, machine->Save()), "");
	}
}

TEST_F(Snapshot, LastOneCounts)
{
	auto machine = New(STATE_PIO);
	Device device;

	tst_kvm_snapshot(machine->vm());
	Step(machine.get(), &device);
	tst_kvm_snapshot(machine->vm());
	const State state = machine->Save();

	Step(machine.get(), &device);
	tst_kvm_reset(machine->vm());
	EXPECT_EQ(Compare(state, machine->Save()), "");
}

// General registers wait in struct kvm_run for the next KVM_RUN (KVM API,
// KVM_CAP_SYNC_REGS). Whatever is called before, or done to the flags, they are the snapshot's.
TEST_F(Snapshot, RegistersComeBeforeAnyCall)
{
	auto machine = New(STATE_PIO);
	struct kvm_run *run = machine->cpu()->run;
	const int fd = machine->cpu()->fd;
	Device device, first;
	kvm_sregs sregs;
	kvm_regs regs;
	const std::function<void()> calls[] = {
		[&] { run->kvm_dirty_regs = 0; },
		[&] {
			kvm_regs now;

			SAFE_IOCTL(fd, KVM_GET_REGS, &now);
			EXPECT_EQ(memcmp(&now, &regs, sizeof(now)), 0);
		},
		[&] {
			run->s.regs.sregs = sregs;
			run->kvm_dirty_regs = KVM_SYNC_X86_SREGS;
		},
		[&] {
			run->kvm_valid_regs = KVM_SYNC_X86_VALID_FIELDS + 1;
			EXPECT_EQ(ioctl(fd, KVM_RUN, 0), -1);
			EXPECT_EQ(errno, EINVAL);
			run->kvm_valid_regs = run->kvm_dirty_regs = 0;
		},
	};

	Step(machine.get(), &device);
	tst_kvm_snapshot(machine->vm());
	SAFE_IOCTL(fd, KVM_GET_REGS, &regs);
	SAFE_IOCTL(fd, KVM_GET_SREGS, &sregs);
	first = device;
	Step(machine.get(), &first);
	const State next = machine->Save();

	for (const auto &call : calls) {
		Device again = device;

		SCOPED_TRACE("call " + std::to_string(&call - calls));
		tst_kvm_reset(machine->vm());
		call();
		Step(machine.get(), &again);
		EXPECT_EQ(again.log(), first.log());
		EXPECT_EQ(Compare(next, machine->Save()), "");
	}
}

// KVM forgets it when it gets general registers.
TEST_F(Snapshot, ExceptionThatWaits)
{
	auto machine = New(STATE_PIO);
	kvm_vcpu_events events;
	Device device;

	Step(machine.get(), &device);
	tst_kvm_snapshot(machine->vm());
	SAFE_IOCTL(machine->cpu()->fd, KVM_GET_VCPU_EVENTS, &events);
	events.exception.pending = 1;
	events.exception.nr = 6; // not one of software's, which KVM does not tell
	SAFE_IOCTL(machine->cpu()->fd, KVM_SET_VCPU_EVENTS, &events);
	tst_kvm_snapshot(machine->vm());
	const State state = machine->Save();

	tst_kvm_reset(machine->vm());
	EXPECT_EQ(Compare(state, machine->Save()), "");
}

// What KVM has made of the guest's page tables is of the state, too, whose memory the
// host writes behind KVM's back.
TEST_F(Snapshot, ResetBringsBackMappings)
{
	auto machine = New(STATE_TABLES);
	Device device, first, again;

	Step(machine.get(), &device);
	tst_kvm_snapshot(machine->vm());
	first = again = device;
	while (Step(machine.get(), &first))
		;
	tst_kvm_reset(machine->vm());
	while (Step(machine.get(), &again))
		;
	EXPECT_EQ(again.log(), first.log());
}

// Whatever the guest and the host change, a reset undoes.
TEST_F(Snapshot, ResetUndoesAnything)
{
	auto machine = New(STATE_RANDOM);
	auto *ram = reinterpret_cast<uint8_t *>(machine->vm()->ram[0].userspace_addr);
	std::minstd_rand random(1);

	RunToPort(machine.get());
	tst_kvm_snapshot(machine->vm());
	const State start = machine->Save();

	for (uint64_t seed = 1; seed <= 100; seed++) {
		tst_kvm_set_arg(machine->cpu(), STATE_RANDOM + seed * STATE_SEED);
		Collect([&] { RunToPort(machine.get()); });
		for (int i = 0; i < 10; i++)
			ram[random() % DEFAULT_RAM_SIZE] = random();
		if (seed == 1)
			EXPECT_NE(Compare(start, machine->Save()), "");
		tst_kvm_reset(machine->vm());
		ASSERT_EQ(Compare(start, machine->Save()), "") << "seed " << seed;
	}
}

} // namespace
