// SPDX-License-Identifier: MIT
// What memory a machine takes whose guest has run to its end: in this process, and KVM's
// page tables for the guest.
#include <memory>
#include <string>
#include <vector>

#include "bare.h"
#include "footprint.h"
#include "machine.h"
#include "ratios.h"

namespace
{

constexpr int kMachines = 16; // of which the mean is taken

// Memory varies less than time does, and on an emulated machine, machines take their time.
constexpr int kRepetitions = 5;

std::unique_ptr<Machine> Make()
{
	auto machine = std::make_unique<Machine>("report", 1);

	machine->Run();
	return machine;
}

std::unique_ptr<bare::Vm> MakeBare()
{
	auto machine = std::make_unique<bare::Vm>(bare::kHalt, sizeof(bare::kHalt));

	machine->Run(KVM_EXIT_HLT);
	return machine;
}

template <typename Vm>
void Memory(benchmark::State &state, std::unique_ptr<Vm> (*make)(), long Footprint::*part)
{
	for (auto _ : state) {
		std::vector<std::unique_ptr<Vm>> machines(kMachines);
		const Footprint before = Footprint::Now();

		for (std::unique_ptr<Vm> &machine : machines)
			machine = make();
		state.counters[kKiB] =
			static_cast<double>(Footprint::Now().*part - before.*part) / kMachines;
	}
}

void Register(const char *group, long Footprint::*part)
{
	const std::string name = group;

	benchmark::RegisterBenchmark((name + "/library").c_str(), Memory<Machine>, Make, part)
		->Iterations(1)
		->Repetitions(kRepetitions);
	benchmark::RegisterBenchmark((name + "/floor").c_str(), Memory<bare::Vm>, MakeBare, part)
		->Iterations(1)
		->Repetitions(kRepetitions);
}

[[maybe_unused]] const bool registered = [] {
	Register("a machine's memory", &Footprint::rss);
	Register("its page tables", &Footprint::page_tables);
	if (Footprint::Now().guest_page_tables)
		Register("KVM's page tables", &Footprint::guest_page_tables);
	return true;
}();

} // namespace
