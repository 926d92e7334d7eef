// SPDX-License-Identifier: MIT
// The local APIC's timer, step by step: SDM Vol. 3 "APIC Timer", "TSC-Deadline Mode"; and
// how it goes on after KVM_SET_LAPIC. Times are compared with each other, by the time-stamp
// counter; what has to come before the timer is over has kLong for it.
#include "apic_fixture.h"

namespace
{

using namespace kvm_tests; // the registers' names

constexpr unsigned int kVector = 0x51, kOther = 0x61;
constexpr uint32_t kBy1 = 0xb, kBy2 = 0x0, kBy128 = 0xa;
constexpr uint32_t kMuch = 0xffffffff;
constexpr uint64_t kTicks = 500000; // of the time-stamp counter
constexpr uint32_t kLong = 100000000; // of the timer, 100 ms: some exits of a busy machine
constexpr unsigned int kMeasurements = 10; // a busy machine spoils some

class ApicTimer : public ApicTest
{
protected:
	void Begin()
	{
		ApicTest::Begin();
		Do({Set(kSvr, kSvrEnabled), Set(kDivide, kBy1)});
	}

	/* How many ticks of the timer's clock are in kTicks: the least of some measurements. */
	uint64_t TimerTicks(uint32_t divide, unsigned int divisor)
	{
		uint64_t least = UINT64_MAX;

		for (unsigned int i = 0; i < kMeasurements; i++) {
			const auto steps = Do({Set(kLvtTimer, kMasked), Set(kDivide, divide),
					       Set(kInitial, kMuch), Get(kCurrent), Spin(kTicks),
					       Get(kCurrent), Set(kInitial, 0)});

			least = std::min(least, (steps[3].value - steps[5].value) * divisor);
		}
		return least;
	}

	/* The same time, in ticks of the time-stamp counter. */
	uint64_t InTicks(uint64_t count)
	{
		return count * kTicks / TimerTicks(kBy1, 1);
	}
};

/* a is about b: less than a third away. */
void ExpectAbout(uint64_t a, uint64_t b)
{
	EXPECT_GT(a, b - b / 3);
	EXPECT_LT(a, b + b / 3);
}

// "Divide Configuration Register".
TEST_F(ApicTimer, Divisors)
{
	constexpr struct {
		uint32_t divide;
		unsigned int divisor;
	} kDivisors[] = {{0x0, 2},  {0x1, 4},  {0x2, 8},   {0x3, 16},
			 {0x8, 32}, {0x9, 64}, {0xa, 128}, {0xb, 1}};

	Begin();
	const uint64_t ticks = TimerTicks(kBy1, 1);
	EXPECT_GT(ticks, 0u);
	for (const auto &d : kDivisors) {
		SCOPED_TRACE(d.divisor);
		ExpectAbout(TimerTicks(d.divide, d.divisor), ticks);
	}
}

// The count goes on from where it is when the divisor changes.
TEST_F(ApicTimer, DivisorChangesWhileItCounts)
{
	Begin();
	const auto steps = Do({Set(kLvtTimer, kMasked), Set(kInitial, kMuch), Spin(kTicks),
			       Get(kCurrent), Set(kDivide, kBy128), Get(kCurrent), Spin(kTicks),
			       Get(kCurrent), Set(kDivide, kBy1), Get(kCurrent)});
	EXPECT_GT(steps[3].value, kMuch / 2);
	for (unsigned int i : {5, 7, 9}) {
		EXPECT_LE(steps[i].value, steps[i - 2].value);
		EXPECT_GT(steps[i].value, steps[3].value - kMuch / 4);
	}
}

// And the interrupt comes by it: a slower timer is not over early, a faster one not late.
TEST_F(ApicTimer, SlowerTimerIsLater)
{
	Begin();
	const uint64_t ticks = InTicks(kLong);
	const auto steps = Do({Set(kLvtTimer, kVector),
			       Set(kInitial, kLong),
			       {0, 0, APIC_RDTSC, 0},
			       Set(kDivide, 0x1),
			       Wait(1),
			       {0, 0, APIC_RDTSC, 0}});
	EXPECT_GT(steps[5].value - steps[2].value, 2 * ticks);
}

TEST_F(ApicTimer, FasterTimerIsEarlier)
{
	Begin();
	const uint32_t count = kLong / 4;
	const uint64_t ticks = InTicks(count);
	// 128 times as long, if the divisor did not change.
	const auto steps = Do({Set(kLvtTimer, kVector),
			       Set(kDivide, kBy128),
			       Set(kInitial, count),
			       {0, 0, APIC_RDTSC, 0},
			       Set(kDivide, kBy1),
			       Wait(1),
			       {0, 0, APIC_RDTSC, 0}});
	EXPECT_LT(steps[6].value - steps[3].value, ticks * 64);
	EXPECT_EQ(Taken(), std::vector<unsigned int>{kVector});
}

// The same divisor again changes nothing, and neither does one while the timer stands still.
TEST_F(ApicTimer, DivisorOfStoppedTimer)
{
	Begin();
	const auto steps = Do({Set(kLvtTimer, kVector), Set(kDivide, kBy2), Set(kDivide, kBy1),
			       Get(kCurrent), Spin(kTicks), Take()});
	EXPECT_EQ(steps[3].value, 0u);
	EXPECT_TRUE(Taken().empty());
}

// "One-shot mode": once. The count is written again, and it is again.
TEST_F(ApicTimer, OneShot)
{
	Begin();
	const uint32_t count = TimerTicks(kBy1, 1);
	for (unsigned int i = 0; i < 2; i++) {
		const auto steps = Do({Set(kLvtTimer, kVector),
				       {0, 0, APIC_RDTSC, 0},
				       Set(kInitial, count),
				       Get(kCurrent),
				       Wait(1),
				       {0, 0, APIC_RDTSC, 0},
				       Get(kCurrent),
				       Get(kInitial)});
		EXPECT_GT(steps[5].value - steps[1].value, kTicks - kTicks / 3);
		EXPECT_LE(steps[3].value, count);
		EXPECT_EQ(steps[6].value, 0u);
		EXPECT_EQ(steps[7].value, count);
		Do({Set(kEoi, 0), Spin(3 * kTicks), Take()});
		EXPECT_EQ(Taken(), std::vector<unsigned int>{kVector});
	}
}

// A new count takes the place of the old one, also a longer one.
TEST_F(ApicTimer, NewCount)
{
	Begin();
	const uint64_t ticks = InTicks(kLong);
	const auto steps = Do({Set(kLvtTimer, kVector),
			       Set(kInitial, kLong),
			       Set(kInitial, 2 * kLong),
			       {0, 0, APIC_RDTSC, 0},
			       Wait(1),
			       {0, 0, APIC_RDTSC, 0}});
	EXPECT_GT(steps[5].value - steps[3].value, ticks + ticks / 4);
	Do({Set(kEoi, 0), Spin(kTicks), Take()});
	EXPECT_EQ(Taken(), std::vector<unsigned int>{kVector});
}

// "Periodic mode": the count begins again by itself; one interrupt for each period. KVM has no
// periods below 200 us (its parameter min_timer_period_us).
TEST_F(ApicTimer, Periodic)
{
	Begin();
	*Shared<uint32_t>("end_in_handler") = 1;
	const uint32_t count = 4 * TimerTicks(kBy1, 1);
	auto steps = Do({Set(kLvtTimer, kPeriodic | kVector),
			 {0, 0, APIC_RDTSC, 0},
			 Set(kInitial, count),
			 Wait(6),
			 Get(kCurrent),
			 {0, 0, APIC_RDTSC, 0},
			 Set(kInitial, 0),
			 Get(kCurrent)});
	EXPECT_GT(steps[5].value - steps[1].value, 16 * kTicks);
	EXPECT_LE(steps[4].value, count);
	EXPECT_EQ(steps[7].value, 0u);
	Do({Take()});
	Taken();
	Do({Spin(12 * kTicks), Take()});
	EXPECT_TRUE(Taken().empty()) << "it is stopped";
}

// A periodic timer whose period has been over several times owes one interrupt.
TEST_F(ApicTimer, MissedPeriods)
{
	Begin();
	*Shared<uint32_t>("end_in_handler") = 1;
	const uint32_t count = 4 * TimerTicks(kBy1, 1);
	auto steps = Do({Set(kLvtTimer, kPeriodic | kVector), Set(kInitial, count),
			 Spin(32 * kTicks), Get(kCurrent), Set(kInitial, 0)});
	EXPECT_LE(steps[3].value, count) << "it goes on from the initial count";
	Do({Take(), Take(), Take()});
	EXPECT_LE(Taken().size(), 2u);
}

// The vector is that of the time at which the interrupt comes.
TEST_F(ApicTimer, VectorChanges)
{
	Begin();
	Do({Set(kLvtTimer, kVector), Set(kInitial, kLong), Set(kLvtTimer, kOther), Wait(1)});
	EXPECT_EQ(Taken(), std::vector<unsigned int>{kOther});
}

// A masked timer raises nothing, and nothing is owed when it is unmasked.
TEST_F(ApicTimer, MaskedThenUnmasked)
{
	Begin();
	Do({Set(kLvtTimer, kMasked | kVector), Set(kInitial, kLong), Set(kLvtTimer, kVector),
	    Wait(1), Set(kEoi, 0)});
	EXPECT_EQ(Taken(), std::vector<unsigned int>{kVector}) << "unmasked in time";
}

// One-shot to periodic and back: the count goes on.
TEST_F(ApicTimer, OneShotBecomesPeriodic)
{
	Begin();
	*Shared<uint32_t>("end_in_handler") = 1;
	Do({Set(kLvtTimer, kVector), Set(kInitial, kLong), Set(kLvtTimer, kPeriodic | kVector),
	    Wait(3), Set(kLvtTimer, kVector), Set(kInitial, 0), Take()});
	EXPECT_GE(Taken().size(), 3u);
}

// "The transition to or from TSC-deadline mode disarms the timer".
TEST_F(ApicTimer, DeadlineModeDisarms)
{
	Begin();
	const uint64_t ticks = InTicks(kLong);
	auto steps = Do({Set(kLvtTimer, kVector), Set(kInitial, kLong),
			 Set(kLvtTimer, kTscDeadline | kVector), Get(kCurrent), Get(kInitial),
			 Spin(2 * ticks), Take()});
	EXPECT_EQ(steps[3].value, 0u);
	EXPECT_TRUE(Taken().empty());
	const uint64_t now = Do({{0, 0, APIC_RDTSC, 0}})[0].value;
	steps = Do({Wrmsr(kMsrDeadline, now + 20 * ticks), Rdmsr(kMsrDeadline),
		    Set(kLvtTimer, kVector), Rdmsr(kMsrDeadline),
		    Set(kLvtTimer, kTscDeadline | kVector), Rdmsr(kMsrDeadline)});
	EXPECT_EQ(steps[1].value, now + 20 * ticks);
	EXPECT_EQ(steps[3].value, 0u);
	EXPECT_EQ(steps[5].value, 0u);
}

// A deadline that is changed to a later or an earlier one; and none in a disabled APIC.
TEST_F(ApicTimer, DeadlineChanges)
{
	Begin();
	const uint64_t ticks = InTicks(kLong);
	Do({Set(kLvtTimer, kTscDeadline | kVector)});
	uint64_t now = Do({{0, 0, APIC_RDTSC, 0}})[0].value;
	auto steps = Do({Wrmsr(kMsrDeadline, now + 20 * ticks),
			 Wrmsr(kMsrDeadline, now + 2 * kTicks),
			 Wait(1),
			 {0, 0, APIC_RDTSC, 0},
			 Rdmsr(kMsrDeadline),
			 Set(kEoi, 0)});
	EXPECT_GE(steps[3].value, now + 2 * kTicks);
	EXPECT_LT(steps[3].value, now + 10 * ticks);
	EXPECT_EQ(steps[4].value, 0u);
	now = Do({{0, 0, APIC_RDTSC, 0}})[0].value;
	steps = Do({Wrmsr(kMsrDeadline, now + 4 * ticks),
		    Wrmsr(kMsrDeadline, now + 5 * ticks),
		    Wait(2),
		    {0, 0, APIC_RDTSC, 0},
		    Set(kEoi, 0)});
	EXPECT_GE(steps[3].value, now + 5 * ticks);
	EXPECT_EQ(Taken().size(), 2u);
	now = Do({{0, 0, APIC_RDTSC, 0}})[0].value;
	steps = Do({Wrmsr(kMsrApicBase, kBase | kBsp), Wrmsr(kMsrDeadline, now + kTicks),
		    Rdmsr(kMsrDeadline)});
	EXPECT_EQ(steps[2].value, 0u) << "the APIC is disabled";
}

/*
 * KVM_SET_LAPIC: the timer goes on from the current count that is set.
 */
class ApicTimerState : public ApicTimer
{
protected:
	/* Loads a timer of so many ticks, of which so many are left. */
	void Set(uint32_t lvt, uint32_t initial, uint32_t current)
	{
		kvm_lapic_state state = Lapic();

		Put(&state, kLvtTimer, lvt);
		Put(&state, kInitial, initial);
		Put(&state, kCurrent, current);
		SetLapic(state);
	}
};

TEST_F(ApicTimerState, OneShotGoesOn)
{
	Begin();
	const uint32_t count = TimerTicks(kBy1, 1);
	Set(kVector, 0xf0000000, 0xc0000000);
	const uint32_t current = Read(kCurrent);
	EXPECT_LE(current, 0xc0000000);
	EXPECT_GT(current, 0x40000000u);
	EXPECT_LE(At(Lapic(), kCurrent), current);
	EXPECT_GT(At(Lapic(), kCurrent), 0u);
	EXPECT_EQ(Read(kInitial), 0xf0000000);
	Set(kVector, 0xf0000000, count);
	Do({Wait(1), kvm_tests::Set(kEoi, 0)});
	EXPECT_EQ(Taken(), std::vector<unsigned int>{kVector});
	EXPECT_EQ(Read(kCurrent), 0u);
}

// More than the initial count can't be left: it begins with that.
TEST_F(ApicTimerState, CurrentAboveInitial)
{
	Begin();
	Set(kVector, 0x80000000, 0xf0000000);
	EXPECT_LE(Read(kCurrent), 0x80000000);
	EXPECT_GT(Read(kCurrent), 0x10000000u);
}

// Nothing is left of a one-shot timer: it is over. A periodic one begins again.
TEST_F(ApicTimerState, NothingLeft)
{
	Begin();
	const uint32_t count = TimerTicks(kBy1, 1);
	Set(kPeriodic | kVector, 0x80000000, 0);
	EXPECT_GT(Read(kCurrent), 0x10000000u);
	EXPECT_LE(Read(kCurrent), 0x80000000);
	Set(kPeriodic | kVector, 2 * count, count);
	*Shared<uint32_t>("end_in_handler") = 1;
	Do({Wait(3), kvm_tests::Set(kInitial, 0), Take()});
	EXPECT_GE(Taken().size(), 3u);
	Set(kVector, 0xf0000000, 0);
	EXPECT_EQ(Read(kCurrent), 0u);
}

// A state without a timer stops the one that runs.
TEST_F(ApicTimerState, Stopped)
{
	Begin();
	const uint32_t count = TimerTicks(kBy1, 1);
	kvm_lapic_state state = Lapic();
	Do({kvm_tests::Set(kLvtTimer, kPeriodic | kVector), kvm_tests::Set(kInitial, 2 * count)});
	SetLapic(state);
	EXPECT_EQ(Read(kInitial), 0u);
	EXPECT_EQ(Read(kCurrent), 0u);
	Do({Take()});
	Taken();
	Do({kvm_tests::Set(kLvtTimer, kVector), Spin(6 * kTicks), Take()});
	EXPECT_TRUE(Taken().empty());
}

// The divisor is the state's.
TEST_F(ApicTimerState, Divisor)
{
	Begin();
	const uint64_t ticks = TimerTicks(kBy1, 1);
	kvm_lapic_state state = Lapic();
	Put(&state, kDivide, 0x1);
	Put(&state, kLvtTimer, kMasked);
	Put(&state, kInitial, kMuch);
	Put(&state, kCurrent, kMuch);
	SetLapic(state);
	uint64_t least = UINT64_MAX;
	for (unsigned int i = 0; i < kMeasurements; i++) {
		const auto steps = Do({Get(kCurrent), Spin(kTicks), Get(kCurrent)});

		least = std::min(least, (steps[0].value - steps[2].value) * 4);
	}
	ExpectAbout(least, ticks);
}

// The deadline is an MSR: it is set after the mode.
TEST_F(ApicTimerState, Deadline)
{
	Begin();
	kvm_lapic_state state = Lapic();
	Put(&state, kLvtTimer, kTscDeadline | kVector);
	SetLapic(state);
	const uint64_t now = Do({{0, 0, APIC_RDTSC, 0}})[0].value;
	auto steps = Do({Wrmsr(kMsrDeadline, now + 2 * kTicks), Wait(1), {0, 0, APIC_RDTSC, 0}});
	EXPECT_GE(steps[2].value, now + 2 * kTicks);
	Do({kvm_tests::Set(kEoi, 0)});
	EXPECT_EQ(Taken(), std::vector<unsigned int>{kVector});
	steps = Do({Wrmsr(kMsrDeadline, now + 10000 * kTicks)});
	Put(&state, kLvtTimer, kVector);
	SetLapic(state);
	EXPECT_EQ(ReadMsr(kMsrDeadline), 0u) << "another mode";
}

} // namespace
