// SPDX-License-Identifier: MIT
// Several CPUs: starting them, what they say at the same time, hangs, and guests that lie.
#include <map>

#include "machine.h"
#include "ringside/reporter.h"

namespace
{

using ::ringside::Collect;
using ::ringside::Result;
using ::ringside::ResultIs;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

// For many CPUs, with other work on the host's own, under sanitizers, or on a machine whose
// clock counts instructions; less than Bazel's time for a medium test.
constexpr int kSeconds = 280;

class Cpus : public MachineTest, public ::testing::WithParamInterface<tst_kvm_irqchip>
{
protected:
	void MakeCpus(unsigned int vcpus, const char *function)
	{
		tst_kvm_config config = {};

		config.vcpus = vcpus;
		config.irqchip = GetParam();
		Make(config, function);
	}
};

TEST_P(Cpus, StartedBeforeTheRun)
{
	MakeCpus(3, "say_nothing");
	tst_kvm_start_vcpu(Cpu(1), "note_arg", 11);
	tst_kvm_start_vcpu(Cpu(2), "note_arg", 22);
	EXPECT_THAT(Run(), UnorderedElementsAre(ResultIs(TPASS, "CPU 1 has an argument"),
						ResultIs(TPASS, "CPU 2 has an argument")));
	EXPECT_EQ(Value("seen", 1), 11u);
	EXPECT_EQ(Value("seen", 2), 22u);
}

// Many times, so that the start comes at every moment of the other CPU's waiting.
TEST_P(Cpus, StartedDuringTheRun)
{
	for (int round = 0; round < 20; round++) {
		MakeCpus(2, "spin");
		std::vector<Result> results;
		std::thread runner([&] { results = Run(); });
		if (round % 2)
			WaitUntil([this] { return Value("progress") != 0; });
		tst_kvm_start_vcpu(Cpu(1), "note_arg", 5);
		WaitUntil([this] { return Value("seen", 1) == 5; });
		Value("stop") = 1;
		runner.join();
		EXPECT_THAT(results, ElementsAre(ResultIs(TPASS, "CPU 1 has an argument")));
	}
}

TEST_P(Cpus, StartedAgainWhenItsFunctionHasReturned)
{
	MakeCpus(2, "spin");
	std::vector<Result> results;
	std::thread runner([&] { results = Run(); });
	const auto *control = reinterpret_cast<kvm_cpu_control *>(vm_.ram[1].userspace_addr +
								  KVM_CPU_CONTROL_OFFSET);
	for (unsigned int i = 1; i <= 5; i++) {
		tst_kvm_start_vcpu(Cpu(1), "note_arg", i);
		WaitUntil([&] { return Value("seen", 1) == i; });
		WaitUntil([&] {
			return __atomic_load_n(&control->state, __ATOMIC_ACQUIRE) == KVM_CPU_ENDED;
		});
	}
	Value("stop") = 1;
	runner.join();
	EXPECT_EQ(results.size(), 5u);
	EXPECT_THAT(results, Each(ResultIs(TPASS, "CPU 1 has an argument")));
}

TEST_P(Cpus, StartedTwiceIsRefused)
{
	MakeCpus(2, "say_nothing");
	tst_kvm_start_vcpu(Cpu(1), "pass", 0);
	EXPECT_THAT(Collect([this] { tst_kvm_start_vcpu(Cpu(1), "pass", 0); }),
		    ElementsAre(ResultIs(TBROK, HasSubstr("CPU 1 runs a function already"))));
	EXPECT_THAT(Run(), ElementsAre(ResultIs(TPASS, "CPU 1 is done")));
}

TEST_P(Cpus, WhatCantBeStartedIsRefused)
{
	MakeCpus(2, "say_nothing");
	EXPECT_THAT(Collect([this] { tst_kvm_start_vcpu(Cpu(0), "pass", 0); }),
		    ElementsAre(ResultIs(TBROK, HasSubstr("CPU 0 runs main()"))));
	EXPECT_THAT(Collect([this] { tst_kvm_start_vcpu(Cpu(1), "no_such", 0); }),
		    ElementsAre(ResultIs(TBROK, HasSubstr("has no function \"no_such\""))));
	EXPECT_THAT(Collect([this] { tst_kvm_start_vcpu(Cpu(1), "marker", 0); }), // a variable
		    ElementsAre(ResultIs(TBROK, HasSubstr("has no function \"marker\""))));
	EXPECT_THAT(Run(), IsEmpty());
}

TEST_P(Cpus, RunOneByOne)
{
	MakeCpus(2, "yield_twice");
	tst_kvm_start_vcpu(Cpu(1), "yield_twice", 0);
	// CPU 0 makes the page tables that CPU 1 waits for.
	for (unsigned int i = 0; i < 2; i++) {
		for (unsigned int cpu = 0; cpu < 2; cpu++) {
			EXPECT_EQ(tst_kvm_run_vcpu(Cpu(cpu)), KVM_EXIT_HLT);
			EXPECT_EQ(Value("progress", cpu), i);
		}
	}
	for (unsigned int cpu = 0; cpu < 2; cpu++) {
		EXPECT_THAT(Collect([&] { EXPECT_EQ(tst_kvm_run_vcpu(Cpu(cpu)), TST_KVM_ENDED); }),
			    ElementsAre(ResultIs(TPASS, "yielded")));
		EXPECT_EQ(tst_kvm_run_vcpu(Cpu(cpu)), TST_KVM_ENDED);
	}
}

// The thread that would run CPU 0 on is this one: waiting for a start would last for ever.
TEST_P(Cpus, CpuThatHasEndedIsNotWaitedFor)
{
	MakeCpus(2, "yield_twice");
	EXPECT_EQ(tst_kvm_run_vcpu(Cpu(0)), KVM_EXIT_HLT);
	tst_kvm_start_vcpu(Cpu(1), "say_nothing", 0);
	for (int i = 0; i < 2; i++)
		EXPECT_EQ(tst_kvm_run_vcpu(Cpu(1)), TST_KVM_ENDED);
	tst_kvm_start_vcpu(Cpu(1), "yield_twice", 0);
	EXPECT_EQ(tst_kvm_run_vcpu(Cpu(1)), KVM_EXIT_HLT);
}

TEST_P(Cpus, HangOfTwoShowsWhereEachIs)
{
	unsetenv("LTP_TIMEOUT_MUL");
	MakeCpus(3, "spin");
	tst_kvm_start_vcpu(Cpu(1), "wait_host", 0);
	const auto results = Collect([this] {
		tst_watchdog_arm(1);
		tst_kvm_run_instance(&vm_, 0);
	});
	EXPECT_THAT(results,
		    UnorderedElementsAre(
			    ResultIs(TBROK, "the test did not end within 1 s; stopping its guests"),
			    ResultIs(TBROK, AllOf(StartsWith("the test's time is over and CPU 0 "
							     "still runs"),
						  HasSubstr(" spin+0x"), HasSubstr("ip "))),
			    ResultIs(TBROK, AllOf(StartsWith("the test's time is over and CPU 1 "
							     "still runs"),
						  HasSubstr(" wait_host+0x")))));
}

TEST_P(Cpus, TripleFaultOfAnotherCpuIsItsOwn)
{
	MakeCpus(2, "spin");
	tst_kvm_start_vcpu(Cpu(1), "triple_fault", 0);
	EXPECT_THAT(Run(), ElementsAre(ResultIs(TBROK, AllOf(StartsWith("CPU 1 left unexpectedly: "
									"KVM_EXIT_SHUTDOWN"),
							     HasSubstr("a triple fault")))));
}

TEST_P(Cpus, BreakOfAnotherCpuEndsAll)
{
	MakeCpus(2, "spin");
	tst_kvm_start_vcpu(Cpu(1), "brk", 0);
	EXPECT_THAT(Run(), ElementsAre(ResultIs(TBROK, "CPU 1 breaks")));
}

TEST_P(Cpus, SignalsOfEachCpuAreToldApart)
{
	MakeCpus(3, "say_nothing");
	tst_kvm_start_vcpu(Cpu(1), "wait_host", 0);
	tst_kvm_start_vcpu(Cpu(2), "wait_host", 0);
	std::vector<Result> results;
	std::thread runner([&] { results = Run(); });
	std::vector<tst_kvm_result *> slots;
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(tst_kvm_wait_guest(&vm_, -1), 0);
		EXPECT_EQ(vm_.result->file_addr, tst_kvm_symbol_address(&vm_, "marker"));
		// While the guest's CPU waits, its addresses are translated all the same.
		EXPECT_EQ(tst_kvm_get_memptr(&vm_, vm_.result->file_addr),
			  tst_kvm_symbol(&vm_, "marker"));
		slots.push_back(vm_.result);
		tst_kvm_clear_guest_signal(&vm_);
	}
	EXPECT_EQ(tst_kvm_wait_guest(&vm_, -1), KVM_TEXIT);
	runner.join();
	EXPECT_NE(slots[0], slots[1]);
	EXPECT_THAT(results, UnorderedElementsAre(ResultIs(TPASS, "the host has let CPU 1 go"),
						  ResultIs(TPASS, "the host has let CPU 2 go")));
}

INSTANTIATE_TEST_SUITE_P(All, Cpus,
			 ::testing::Values(TST_KVM_NO_IRQCHIP, TST_KVM_KERNEL_IRQCHIP,
					   TST_KVM_SPLIT_IRQCHIP));

class ManyCpus : public MachineTest
{
protected:
	void SetUp() override
	{
		tst_watchdog_arm(kSeconds);
	}

	void RunOnAll(const char *function, uint64_t arg)
	{
		tst_kvm_config config = {};

		config.vcpus = GUEST_MAX_CPUS;
		Make(config, "run_on_all");
		Value("value") = tst_kvm_symbol_address(&vm_, function);
		Value("count") = arg;
	}
};

TEST_F(ManyCpus, NoResultIsLostOrTorn)
{
	constexpr unsigned int kEach = 157; // 10,048 in all
	std::map<std::string, unsigned int> wanted, got;

	RunOnAll("report_often", kEach);
	for (unsigned int cpu = 0; cpu < GUEST_MAX_CPUS; cpu++) {
		for (unsigned int i = 0; i < kEach; i++)
			wanted["CPU " + std::to_string(cpu) + " result " + std::to_string(i) +
			       " of " + std::to_string(kEach)] = 1;
	}
	for (const Result &result : Run()) {
		ASSERT_EQ(result.type, TPASS) << result.text;
		got[result.text]++;
	}
	EXPECT_TRUE(got == wanted);
	EXPECT_EQ(got.size(), wanted.size());
}

TEST_F(ManyCpus, HeapAndCallbacksServeAllAtOnce)
{
	RunOnAll("use_library", 20);
	const auto results = Run();
	EXPECT_EQ(results.size(), static_cast<size_t>(GUEST_MAX_CPUS));
	EXPECT_THAT(results, Each(ResultIs(TPASS, HasSubstr("has its memory for itself"))));
	for (unsigned int cpu = 0; cpu < GUEST_MAX_CPUS; cpu++)
		EXPECT_EQ(Value("progress", cpu), 20u);
}

class HostileCpus : public MachineTest
{
protected:
	void SetUp() override
	{
		tst_watchdog_arm(kSeconds); // it makes 40 machines
	}
};

TEST_F(HostileCpus, StartOfAnUnknownCpuIsAnExitLikeAnother)
{
	for (uint32_t value :
	     {KVM_DOORBELL_START | 2u << KVM_DOORBELL_CPU_SHIFT, KVM_DOORBELL_START | 0u,
	      KVM_DOORBELL_START | 0xffffff00u, 0u, 77u, UINT32_MAX}) {
		tst_kvm_config config = {};

		config.vcpus = 2;
		Make(config, "ring");
		Value("value") = value;
		EXPECT_EQ(tst_kvm_run_vcpu(Cpu(0)), KVM_EXIT_IO) << std::hex << value;
		EXPECT_EQ(Cpu(0)->run->io.port, KVM_DOORBELL_PORT);
	}
}

// A CPU that has nothing to do is started by a doorbell alone: it says so and goes back.
TEST_F(HostileCpus, StartWithoutAFunctionDoesNothing)
{
	tst_kvm_config config = {};

	config.vcpus = 2;
	Make(config, "ring");
	Value("value") = KVM_DOORBELL_START | 1 << KVM_DOORBELL_CPU_SHIFT;
	EXPECT_THAT(Run(), ElementsAre(ResultIs(TPASS, "rung")));
}

// Whatever two CPUs write into all slots, and ring: the host stays whole, and each run ends.
TEST_F(HostileCpus, AnythingAtAnyTime)
{
	for (uint64_t seed = 1; seed <= 40; seed++) {
		tst_kvm_config config = {};

		config.vcpus = 3;
		Make(config, "be_hostile");
		tst_kvm_start_vcpu(Cpu(1), "be_hostile", seed);
		tst_kvm_start_vcpu(Cpu(2), "be_hostile", seed << 20);
		// An exit that nobody handles ends the run; all others go on.
		for (uint32_t reason : {KVM_EXIT_IO, KVM_EXIT_MMIO})
			tst_kvm_on_exit(
				&vm_, reason, [](struct tst_kvm_vcpu *, void *) { return 0; },
				nullptr);
		std::thread stopper([this] {
			// A run that ends early leaves the guest where it was.
			for (int i = 0; i < 20; i++)
				tst_kvm_wait_guest(&vm_, 1);
			Value("stop") = 1;
		});
		const auto results = Run();
		stopper.join();
		for (const Result &result : results)
			EXPECT_TRUE(tst_result_name(result.type)) << result.type;
		tst_kvm_destroy_instance(&vm_);
		tst_free_all();
	}
}

} // namespace
