// SPDX-License-Identifier: MIT
// Timers: each case is a function of the payload, which measures and judges.
#include "case_test.h"

namespace
{

struct TimerCase {
	const char *name;
	const char *function;
	bool x2apic;
};

[[maybe_unused]] void PrintTo(const TimerCase &c, std::ostream *os)
{
	*os << c.name;
}

class Timers : public kvm_tests::CaseTest, public testing::WithParamInterface<TimerCase>
{
};

TEST_P(Timers, Interrupt)
{
	Create(TST_KVM_KERNEL_IRQCHIP);
	*Shared<uint32_t>("use_x2apic") = GetParam().x2apic;
	Choose(GetParam().function);
	Run();
}

constexpr TimerCase kCases[] = {
	{"TscDeadlineXapic", "tsc_deadline", false},
	{"TscDeadlineX2apic", "tsc_deadline", true},
	{"TscDeadlinePassed", "tsc_deadline_passed", false},
	{"TscDeadlineDisarmed", "tsc_deadline_disarmed", false},
	{"TscDeadlineInOtherMode", "tsc_deadline_other_mode", false},
	{"TscDeadlineHasNoCount", "tsc_deadline_no_count", false},
	{"OneShotXapic", "one_shot", false},
	{"OneShotX2apic", "one_shot", true},
	{"OneShotStopped", "one_shot_stopped", false},
	{"OneShotMasked", "one_shot_masked", false},
	{"PeriodicXapic", "periodic", false},
	{"PeriodicX2apic", "periodic", true},
	{"PitPeriodic", "pit_periodic", false},
	{"PitOneShot", "pit_one_shot", false},
};

INSTANTIATE_TEST_SUITE_P(Cases, Timers, testing::ValuesIn(kCases), kvm_tests::NameOf<TimerCase>);

} // namespace
