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

constexpr int kStarts = 20; // in one repetition: making the machines takes longer

// A machine's first KVM_RUN, to the end of a main() that does nothing.
void Start(benchmark::State &state)
{
	for (auto _ : state) {
		state.PauseTiming();
		{
			Machine machine("do_nothing", 0);

			state.ResumeTiming();
			machine.Run();
			state.PauseTiming();
		}
		state.ResumeTiming();
	}
}
BENCHMARK(Start)->Name("start to end/library")->Iterations(kStarts)->UseRealTime();

void StartBare(benchmark::State &state)
{
	for (auto _ : state) {
		state.PauseTiming();
		{
			bare::Vm vm(bare::kHalt, sizeof(bare::kHalt));

			state.ResumeTiming();
			vm.Run(KVM_EXIT_HLT);
			state.PauseTiming();
		}
		state.ResumeTiming();
	}
}
BENCHMARK(StartBare)->Name("start to end/floor")->Iterations(kStarts)->UseRealTime();

// Guest instructions, executed in single steps (KVM API, KVM_SET_GUEST_DEBUG).
void Steps(benchmark::State &state)
{
	kvm_guest_debug debug = {};

	debug.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP;
	for (auto _ : state) {
		Machine machine("do_nothing", 0);
		const uint64_t end = tst_kvm_symbol_address(machine.vm(), "main");
		const kvm_run *run = machine.vm()->vcpu_info;
		unsigned int steps = 0;

		do {
			// It is for "the next run".
			SAFE_IOCTL(machine.vm()->vcpu_fd, KVM_SET_GUEST_DEBUG, &debug);
			if (machine.RunToExit() != KVM_EXIT_DEBUG) {
				state.SkipWithError(
					tst_kvm_describe_exit(tst_kvm_vcpu(machine.vm(), 0)));
				return;
			}
			steps++;
		} while (run->debug.arch.pc != end);
		state.counters[kInstructions] = steps;
	}
}
BENCHMARK(Steps)->Name("start to main/library")->Iterations(1);

void StepsBare(benchmark::State &state)
{
	for (auto _ : state) {
		bare::Vm(bare::kHalt, sizeof(bare::kHalt)).Run(KVM_EXIT_HLT);
		state.counters[kInstructions] = 1;
	}
}
BENCHMARK(StepsBare)->Name("start to main/floor")->Iterations(1);

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
