// SPDX-License-Identifier: MIT
// How a machine's life grows with its CPUs and its RAM: made, CPU 0 run to its end, destroyed.
#include <string>

#include "bare.h"
#include "machine.h"
#include "ratios.h"

namespace
{

void Live(benchmark::State &state, unsigned int cpus, size_t ram_size)
{
	tst_kvm_config config = {};

	config.payload = "hello";
	config.vcpus = cpus;
	config.ram_size = ram_size;
	ringside::Collect([&] { // prints nothing
		for (auto _ : state)
			tst_kvm_run_instance(Machine(config).vm(), 0);
	});
}

void LiveBare(benchmark::State &state, unsigned int cpus, size_t ram_size)
{
	for (auto _ : state)
		bare::Vm(bare::kHalt, sizeof(bare::kHalt), cpus, ram_size).Run(KVM_EXIT_HLT);
}

void Register(const std::string &group, unsigned int cpus, size_t ram_size)
{
	benchmark::RegisterBenchmark((group + "/library").c_str(), Live, cpus, ram_size)
		->UseRealTime();
	benchmark::RegisterBenchmark((group + "/floor").c_str(), LiveBare, cpus, ram_size)
		->UseRealTime();
}

[[maybe_unused]] const bool registered = [] {
	for (unsigned int cpus : {1, 4, 16, 64})
		Register(std::to_string(cpus) + " CPUs", cpus, DEFAULT_RAM_SIZE);
	for (size_t mib : {64, 512, 3072})
		Register(std::to_string(mib) + " MiB of RAM", 1, mib << 20);
	return true;
}();

} // namespace
