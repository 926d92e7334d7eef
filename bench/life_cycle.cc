// SPDX-License-Identifier: MIT
// What a virtual machine costs: made, run to its end and destroyed.
#include <string>
#include <thread>
#include <vector>

#include "bare.h"
#include "machine.h"
#include "ratios.h"

namespace
{

void LiveOnce()
{
	tst_kvm_config config = {};

	config.payload = "hello";
	tst_kvm_run_instance(Machine(config).vm(), 0);
}

void LiveOnceBare()
{
	bare::Vm(bare::kHalt, sizeof(bare::kHalt)).Run(KVM_EXIT_HLT);
}

void OneByOne(benchmark::State &state, void (*live)())
{
	ringside::Collect([&] { // prints nothing
		for (auto _ : state)
			live();
	});
}
BENCHMARK_CAPTURE(OneByOne, library, LiveOnce)->Name("one machine/library")->UseRealTime();
BENCHMARK_CAPTURE(OneByOne, floor, LiveOnceBare)->Name("one machine/floor")->UseRealTime();

// An iteration of a test that is tst_kvm_run(): one of many (-i), and one alone.
void Iterate(benchmark::State &state, bool again)
{
	tst_test test = {};
	tst_suite suite = {nullptr, &test, __FILE__, 0};

	test.test_all = tst_kvm_run;
	ringside::Collect([&] {
		for (auto _ : state)
			tst_suite_run_case(&suite, 0, again);
		tst_kvm_cleanup();
	});
}
BENCHMARK_CAPTURE(Iterate, many, true)->Name("iteration/of many")->UseRealTime();
BENCHMARK_CAPTURE(Iterate, alone, false)->Name("iteration/alone")->UseRealTime();
BENCHMARK_CAPTURE(OneByOne, floor, LiveOnceBare)->Name("iteration/floor")->UseRealTime();

// Each in a thread of its own.
void AtOnce(benchmark::State &state, void (*live)(), int count)
{
	ringside::Collect([&] {
		for (auto _ : state) {
			std::vector<std::thread> threads;

			threads.reserve(count);
			for (int i = 0; i < count; i++)
				threads.emplace_back(live);
			for (std::thread &thread : threads)
				thread.join();
		}
	});
}

[[maybe_unused]] const bool registered = [] {
	for (int count : {2, 8, 64}) {
		const std::string group = std::to_string(count) + " machines at once/";

		benchmark::RegisterBenchmark((group + "library").c_str(), AtOnce, LiveOnce, count)
			->UseRealTime();
		benchmark::RegisterBenchmark((group + "floor").c_str(), AtOnce, LiveOnceBare, count)
			->UseRealTime();
	}
	return true;
}();

} // namespace
