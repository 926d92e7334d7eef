// SPDX-License-Identifier: MIT
// What it costs to take a machine's state, to load it, and to go back to a snapshot after
// the guest has written to some pages.
#include <chrono>
#include <memory>
#include <string>

#include "bare.h"
#include "machine.h"
#include "ratios.h"

namespace
{

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start)
{
	return std::chrono::duration<double>(Clock::now() - start).count();
}

// SET_REGS and KVM_RUN of a guest that halts: the least that a run from the start takes.
void BareRun(benchmark::State &state)
{
	bare::Vm vm(bare::kHalt, sizeof(bare::kHalt));
	kvm_regs regs;

	bare::Check(ioctl(vm.fd(), KVM_GET_REGS, &regs) == 0);
	for (auto _ : state) {
		bare::Check(ioctl(vm.fd(), KVM_SET_REGS, &regs) == 0);
		vm.Run(KVM_EXIT_HLT);
	}
}

// A machine whose guest has just written to @pages of its pages, and a snapshot from before.
class Writer : public Machine
{
public:
	explicit Writer(uint64_t pages) : Machine("touch_pages", pages)
	{
		bare::Check(RunToExit() == KVM_EXIT_HLT);
		tst_kvm_snapshot(vm());
		bare::Check(RunToExit() == KVM_EXIT_HLT);
	}
};

void Reset(benchmark::State &state, uint64_t pages)
{
	Writer machine(pages);

	for (auto _ : state) {
		const auto start = Clock::now();

		tst_kvm_reset(machine.vm());
		state.SetIterationTime(SecondsSince(start));
		bare::Check(machine.RunToExit() == KVM_EXIT_HLT);
	}
}

// What a reset takes the place of: the machine is destroyed and made anew.
void Recreate(benchmark::State &state, uint64_t pages)
{
	auto machine = std::make_unique<Writer>(pages);

	for (auto _ : state) {
		const auto start = Clock::now();

		machine.reset();
		auto next = std::make_unique<Machine>("touch_pages", pages);
		state.SetIterationTime(SecondsSince(start));
		machine = std::make_unique<Writer>(pages);
	}
}

[[maybe_unused]] const bool registered = [] {
	for (uint64_t pages : {1, 10, 100, 1000}) {
		const std::string group = "reset, " + std::to_string(pages) + " pages/";

		benchmark::RegisterBenchmark((group + "reset").c_str(), Reset, pages)
			->UseManualTime();
		benchmark::RegisterBenchmark((group + "recreate").c_str(), Recreate, pages)
			->UseManualTime();
		benchmark::RegisterBenchmark((group + "floor").c_str(), BareRun)->UseRealTime();
	}
	return true;
}();

void Save(benchmark::State &state)
{
	Writer machine(10);

	for (auto _ : state)
		tst_kvm_free_state(tst_kvm_save(machine.vm()));
}
BENCHMARK(Save)->Name("state/save")->UseRealTime();

void Load(benchmark::State &state)
{
	Writer machine(10);
	tst_kvm_state *saved = tst_kvm_save(machine.vm());

	for (auto _ : state)
		tst_kvm_load(machine.vm(), saved);
	tst_kvm_free_state(saved);
}
BENCHMARK(Load)->Name("state/load")->UseRealTime();
BENCHMARK(BareRun)->Name("state/floor")->UseRealTime();

} // namespace
