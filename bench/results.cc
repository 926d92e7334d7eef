// SPDX-License-Identifier: MIT
// What a result costs on its way from the guest, and an interrupt from CPU to CPU. The
// floor of both is an exit: OUT in the guest, KVM_RUN on the host.
#include "bare.h"
#include "machine.h"
#include "ratios.h"

namespace
{

constexpr uint64_t kTimes = 100; // in one run

void Results(benchmark::State &state)
{
	for (auto _ : state) {
		state.PauseTiming();
		{
			Machine machine("report", kTimes);

			state.ResumeTiming();
			machine.Run();
			state.PauseTiming();
		}
		state.ResumeTiming();
	}
}
BENCHMARK(Results)->Name("100 results/library")->UseRealTime();

void RoundTrips(benchmark::State &state)
{
	tst_kvm_config config = {};

	config.vcpus = 2;
	config.irqchip = TST_KVM_KERNEL_IRQCHIP;
	for (auto _ : state) {
		state.PauseTiming();
		{
			Machine machine("ping", kTimes, config);

			state.ResumeTiming();
			machine.Run();
			state.PauseTiming();
		}
		state.ResumeTiming();
	}
}
BENCHMARK(RoundTrips)->Name("100 IPI round trips/library")->UseRealTime();

void Exits(benchmark::State &state)
{
	bare::Vm vm(bare::kOut, sizeof(bare::kOut));

	for (auto _ : state) {
		for (uint64_t i = 0; i < kTimes; i++)
			vm.Run(KVM_EXIT_IO);
	}
}
BENCHMARK(Exits)->Name("100 results/floor")->UseRealTime();
BENCHMARK(Exits)->Name("100 IPI round trips/floor")->UseRealTime();

} // namespace
