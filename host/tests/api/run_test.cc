// SPDX-License-Identifier: MIT
// Running guests: signals between guest and host, interrupted runs, time limits.
#include <semaphore.h>

#include <chrono>

#include "guest_fixture.h"
#include "ringside/runner.h"

namespace
{

using ::ringside::Collect;
using ::ringside::Result;
using ::ringside::ResultIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr int kForever = -1;

class Signals : public GuestTest
{
};

TEST_F(Signals, WaitGuestReturnsZeroForASignal)
{
	SetTask(GUEST_SPIN);
	RunningGuest guest(vm(), 0);

	EXPECT_EQ(tst_kvm_wait_guest(vm(), kForever), 0);
	EXPECT_EQ(vm()->result->file_addr, GUEST_FIRST_DATA);
	// It stays until it is cleared, and the guest has not stopped.
	EXPECT_EQ(tst_kvm_wait_guest(vm(), 0), 0);
	const uint32_t before = Progress();
	while (Progress() == before)
		std::this_thread::yield();

	tst_kvm_clear_guest_signal(vm());
	EXPECT_EQ(vm()->result->result, KVM_TNONE);
	EXPECT_EQ(tst_kvm_wait_guest(vm(), 0), -1);
	tst_kvm_clear_guest_signal(vm()); // without a signal: nothing
	EXPECT_EQ(vm()->result->result, KVM_TNONE);
	SetTask(GUEST_PASS);
}

TEST_F(Signals, WaitGuestReturnsAtItsTimeout)
{
	using std::chrono::milliseconds;
	using std::chrono::steady_clock;

	SetTask(GUEST_SPIN_SILENTLY);
	RunningGuest guest(vm(), 0);
	const auto start = steady_clock::now();

	EXPECT_EQ(tst_kvm_wait_guest(vm(), 0), -1);
	EXPECT_EQ(tst_kvm_wait_guest(vm(), 20), -1);
	EXPECT_GE(steady_clock::now() - start, milliseconds(20));
	SetTask(GUEST_PASS);
}

TEST_F(Signals, WaitGuestReturnsTexitForAGuestThatEnds)
{
	SetTask(GUEST_PASS);
	{
		RunningGuest guest(vm(), 0);

		EXPECT_EQ(tst_kvm_wait_guest(vm(), kForever), KVM_TEXIT);
	}
	EXPECT_EQ(tst_kvm_wait_guest(vm(), 0), KVM_TEXIT);
	// The guest's last word is not a signal and stays.
	tst_kvm_clear_guest_signal(vm());
	EXPECT_EQ(vm()->result->result, KVM_TEXIT);
}

TEST_F(Signals, WaitHostWaitsUntilTheSignalIsCleared)
{
	SetTask(GUEST_WAIT_TWICE);
	RunningGuest guest(vm(), 0);

	ASSERT_EQ(tst_kvm_wait_guest(vm(), kForever), 0);
	EXPECT_EQ(vm()->result->file_addr, GUEST_FIRST_DATA);
	EXPECT_EQ(Progress(), 0u);
	tst_kvm_clear_guest_signal(vm());
	ASSERT_EQ(tst_kvm_wait_guest(vm(), kForever), 0);
	EXPECT_EQ(vm()->result->file_addr, GUEST_SECOND_DATA);
	EXPECT_EQ(Progress(), 1u);
	tst_kvm_clear_guest_signal(vm());
	EXPECT_EQ(tst_kvm_wait_guest(vm(), kForever), KVM_TEXIT);
	EXPECT_EQ(Progress(), 2u);
	EXPECT_EQ(guest.Join(), 0);
}

TEST_F(Signals, SignalJustBeforeTheEndCounts)
{
	SetTask(GUEST_SIGNAL_AND_FAULT);
	EXPECT_THAT(ringside::RunAndCollect(vm()),
		    ElementsAre(ResultIs(TBROK, HasSubstr("a triple fault"))));
	EXPECT_EQ(tst_kvm_wait_guest(vm(), kForever), 0);
	tst_kvm_clear_guest_signal(vm());
	EXPECT_EQ(tst_kvm_wait_guest(vm(), kForever), KVM_TEXIT);
}

// A halt with a signal that nobody has taken yet is a halt, and no message.
TEST_F(Signals, SignalIsNoResult)
{
	SetTask(GUEST_SIGNAL_AND_YIELD);
	EXPECT_THAT(ringside::RunAndCollect(vm()),
		    ElementsAre(ResultIs(TPASS, "the guest is done")));
}

sem_t handled;

void OnSignal(int)
{
	sem_post(&handled);
}

class Interrupted : public GuestTest
{
protected:
	void SetUp() override
	{
		struct sigaction action = {};

		GuestTest::SetUp();
		sem_init(&handled, 0, 0);
		action.sa_handler = OnSignal;
		SAFE_SIGACTION(SIGUSR1, &action, &old_);
		SetTask(GUEST_SPIN);
	}

	void TearDown() override
	{
		SAFE_SIGACTION(SIGUSR1, &old_, nullptr);
		sem_destroy(&handled);
		GuestTest::TearDown();
	}

	// The guest has signalled and spins: its thread is in KVM_RUN.
	void InterruptOnce(RunningGuest *guest)
	{
		ASSERT_EQ(tst_kvm_wait_guest(vm(), kForever), 0);
		guest->Kill(SIGUSR1);
		while (sem_wait(&handled) && errno == EINTR)
			;
	}

private:
	struct sigaction old_;
};

TEST_F(Interrupted, ExpectedErrorIsReturnedAndTheGuestRunsOn)
{
	{
		RunningGuest guest(vm(), EINTR);

		InterruptOnce(&guest);
		EXPECT_EQ(guest.Join(), -1);
		EXPECT_EQ(guest.Error(), EINTR);
	}
	SetTask(GUEST_PASS);
	EXPECT_THAT(Collect([this] { EXPECT_EQ(tst_kvm_run_instance(vm(), EINTR), 0); }),
		    ElementsAre(ResultIs(TPASS, "the guest is done")));
}

TEST_F(Interrupted, UnexpectedSignalIsHandledAndTheGuestRunsOn)
{
	RunningGuest guest(vm(), 0);

	InterruptOnce(&guest);
	SetTask(GUEST_PASS);
	EXPECT_EQ(guest.Join(), 0);
}

TEST_F(Interrupted, ImmediateExitIsAnExpectedError)
{
	vm()->vcpu_info->immediate_exit = 1;
	EXPECT_EQ(tst_kvm_run_instance(vm(), EINTR), -1);
	EXPECT_EQ(errno, EINTR);
	EXPECT_EQ(Progress(), 0u);
	vm()->vcpu_info->immediate_exit = 0;
	SetTask(GUEST_PASS);
	EXPECT_EQ(tst_kvm_run_instance(vm(), 0), 0);
}

TEST_F(Interrupted, UnexpectedImmediateExitIsExplained)
{
	vm()->vcpu_info->immediate_exit = 1;
	EXPECT_THAT(ringside::RunAndCollect(vm()),
		    ElementsAre(ResultIs(TBROK, AllOf(HasSubstr("ioctl(KVM_RUN) failed"),
						      HasSubstr("EINTR"),
						      HasSubstr("immediate_exit is set")))));
}

TEST_F(Interrupted, SecondThreadIsRefused)
{
	RunningGuest guest(vm(), 0);

	ASSERT_EQ(tst_kvm_wait_guest(vm(), kForever), 0);
	EXPECT_THAT(ringside::RunAndCollect(vm()),
		    ElementsAre(ResultIs(TBROK, HasSubstr("another thread runs this guest"))));
	EXPECT_THAT(Collect([this] { tst_kvm_destroy_instance(vm()); }),
		    ElementsAre(ResultIs(TBROK, HasSubstr("a thread is still inside "
							  "tst_kvm_run_instance()"))));
	SetTask(GUEST_PASS);
	EXPECT_EQ(guest.Join(), 0);
}

TEST_F(Interrupted, PayloadWithoutResultBreaksTheTest)
{
	SetTask(GUEST_SILENT);
	EXPECT_THAT(Collect([this] { Run(); }),
		    ElementsAre(ResultIs(TBROK, StartsWith("the payload ended without a result"))));
}

TEST_F(Interrupted, InformationAloneIsNoResult)
{
	SetTask(GUEST_INFORM);
	EXPECT_THAT(Collect([this] { Run(); }),
		    ElementsAre(ResultIs(TINFO, "the guest has nothing to say"),
				ResultIs(TBROK, StartsWith("the payload ended without a result"))));
}

class Hanging : public GuestTest
{
protected:
	void SetUp() override
	{
		// What the environment says is about other limits than these.
		unsetenv("LTP_TIMEOUT_MUL");
		GuestTest::SetUp();
	}

	// Runs a guest that does not end, with a limit of one second.
	std::vector<Result> RunToTheLimit(guest_task task)
	{
		SetTask(task);
		return Collect([this] {
			tst_watchdog_arm(1);
			tst_kvm_run_instance(vm(), 0);
		});
	}
};

TEST_F(Hanging, BusyGuestIsStoppedAndShown)
{
	EXPECT_THAT(RunToTheLimit(GUEST_SPIN_SILENTLY),
		    ElementsAre(ResultIs(TBROK, "the test did not end within 1 s; "
						"stopping its guests"),
				ResultIs(TBROK, AllOf(StartsWith("the test's time is over and the "
								 "guest still runs"),
						      HasSubstr("ip "), HasSubstr("cr3 ")))));
	EXPECT_GT(Progress(), 0u);
	EXPECT_THAT(ringside::RunAndCollect(vm()),
		    ElementsAre(ResultIs(TBROK, HasSubstr("has ended"))));
}

TEST_F(Hanging, HaltingGuestIsStopped)
{
	EXPECT_THAT(RunToTheLimit(GUEST_HALT),
		    ElementsAre(ResultIs(TBROK, HasSubstr("did not end within 1 s")),
				ResultIs(TBROK, StartsWith("the test's time is over"))));
}

// The fixture's own limit, with nothing armed by the test.
class ShortFixture : public Hanging
{
protected:
	int TimeoutSeconds() const override
	{
		return 1;
	}
};

TEST_F(ShortFixture, StopsItsGuest)
{
	SetTask(GUEST_HALT);
	EXPECT_THAT(ringside::RunAndCollect(vm()),
		    ElementsAre(ResultIs(TBROK, HasSubstr("did not end within")),
				ResultIs(TBROK, StartsWith("the test's time is over"))));
}

// The multiplier may be below 1, a limit of less than a second may not be.
TEST_F(Hanging, LimitIsMultiplied)
{
	for (int seconds : {1, 1000}) {
		setenv("LTP_TIMEOUT_MUL", "0.001", 1);
		SetTask(GUEST_HALT);
		EXPECT_THAT(Collect([&] {
				    tst_watchdog_arm(seconds);
				    tst_kvm_run_instance(vm(), 0);
			    }),
			    ElementsAre(ResultIs(TBROK, HasSubstr("did not end within 1 s")),
					ResultIs(TBROK, StartsWith("the test's time is over"))));
		unsetenv("LTP_TIMEOUT_MUL");
		TearDown();
		SetUp();
	}
}

TEST_F(Hanging, WaitingForASignalThatNeverComesIsStopped)
{
	SetTask(GUEST_SPIN_SILENTLY);
	{
		const auto results = Collect([this] {
			tst_watchdog_arm(1);
			tst_kvm_wait_guest(vm(), kForever);
		});
		EXPECT_THAT(results,
			    ElementsAre(ResultIs(TBROK, "the test did not end within 1 s, and no "
							"guest is running"),
					ResultIs(TBROK, StartsWith("tst_kvm_wait_guest(): the "
								   "test's time is over"))));
	}
	// The guest was idle: it may run in the next test's time.
	tst_watchdog_arm(ringside::kDefaultTimeout);
	SetTask(GUEST_PASS);
	EXPECT_THAT(ringside::RunAndCollect(vm()),
		    ElementsAre(ResultIs(TPASS, "the guest is done")));
}

} // namespace
