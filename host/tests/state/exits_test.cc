// SPDX-License-Identifier: MIT
// A state can be taken at every exit: a machine that is replaced by another at each of
// them comes to the same end as one that is not.
#include "exits_test.h"
#include "ringside/runner.h"

namespace
{

using state_tests::Compare;
using state_tests::Device;
using state_tests::Machine;
using state_tests::State;
using state_tests::StateTest;
using state_tests::Step;

struct Task {
	state_task task;
	const char *name;
	unsigned int exits; // at least
};

constexpr Task kTasks[] = {
	{STATE_PIO, "Pio", 27},	       {STATE_PIO_STRING, "PioString", 9},
	{STATE_MMIO_TASK, "Mmio", 20}, {STATE_MMIO_CROSSING, "MmioCrossing", 75},
	{STATE_HALT, "Halt", 8},       {STATE_MSRS, "Msrs", 12},
	{STATE_REPORT, "Report", 3},   {STATE_REGISTERS, "Registers", 5},
};

class EveryExit : public StateTest, public ::testing::WithParamInterface<Task>
{
protected:
	EveryExit()
	{
		// Under sanitizers, on a machine whose clock counts instructions.
		tst_watchdog_arm(800);
	}

	std::unique_ptr<Machine> New()
	{
		return StateTest::New(GetParam().task);
	}
};

// Runs the task in a machine that nobody saves before it ends.
State RunThrough(Machine *machine, Device *device, unsigned int *exits)
{
	*exits = 0;
	while (Step(machine, device))
		++*exits;
	return machine->Save();
}

TEST_P(EveryExit, IsAPlaceToMoveToAnotherMachine)
{
	Device device, moved_device;
	unsigned int exits, moved_exits = 0;
	auto machine = New();
	const State start = machine->Save();
	const State end = RunThrough(machine.get(), &device, &exits);

	EXPECT_GE(exits, GetParam().exits);
	machine = std::make_unique<Machine>(config_);
	machine->Load(start);
	while (Step(machine.get(), &moved_device)) {
		const State state = machine->Save();

		moved_exits++;
		machine = std::make_unique<Machine>(config_);
		machine->Load(state);
		ASSERT_EQ(Compare(state, machine->Save()), "") << "after exit " << moved_exits;
	}
	EXPECT_EQ(moved_device.log(), device.log());
	EXPECT_EQ(Compare(end, machine->Save()), "");
}

// Some exits are only seen where the machine went on itself: see tst_kvm_save().
TEST_P(EveryExit, IsAPlaceToGoOnFrom)
{
	Device device, saved_device;
	unsigned int exits;
	auto machine = New();
	const State start = machine->Save();
	const State end = RunThrough(machine.get(), &device, &exits);

	machine = std::make_unique<Machine>(config_);
	machine->Load(start);
	while (Step(machine.get(), &saved_device))
		machine->Save();
	EXPECT_EQ(saved_device.log(), device.log());
	EXPECT_EQ(Compare(end, machine->Save()), "");
}

// The same machine: it runs on by a number of exits, which the load undoes.
TEST_P(EveryExit, IsAPlaceToComeBackTo)
{
	Device device;
	unsigned int exits, done = 0;
	auto machine = New();
	const State start = machine->Save();
	const State end = RunThrough(machine.get(), &device, &exits);

	for (unsigned int ahead : {1u, 3u, 1000u}) {
		Device back_device;

		machine->Load(start);
		for (bool runs = true; runs; done++) {
			runs = Step(machine.get(), &back_device);
			const State state = machine->Save();
			Device lost_device = back_device;

			for (unsigned int i = 0; i < ahead && runs; i++) {
				if (!Step(machine.get(), &lost_device))
					break;
			}
			machine->Load(state);
			ASSERT_EQ(Compare(state, machine->Save()), "") << "after exit " << done;
		}
		EXPECT_EQ(back_device.log(), device.log()) << ahead << " exits undone";
		EXPECT_EQ(Compare(end, machine->Save()), "");
	}
}

INSTANTIATE_TEST_SUITE_P(Task, EveryExit, ::testing::ValuesIn(kTasks),
			 [](const auto &info) { return info.param.name; });

} // namespace
