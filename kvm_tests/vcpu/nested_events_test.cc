// SPDX-License-Identifier: MIT
// An exception that user space makes pending while a nested guest runs: its hypervisor gets it if
// it intercepts it. KVM API, KVM_SET_VCPU_EVENTS, KVM_CAP_EXCEPTION_PAYLOAD; APM Vol. 2 "Exception
// Intercepts".
#include <sys/ioctl.h>

#include <cstring>

#include "case_test.h"
#include "nested_events.h"

namespace
{

constexpr uint8_t kInvalidOpcode = 6;
constexpr uint64_t kExitOfInvalidOpcode = 0x40 + kInvalidOpcode, kExitOfHlt = 0x78;

class NestedEvents : public kvm_tests::CaseTest
{
protected:
	// The nested guest has the CPU, and an exception is pending.
	void MakePending()
	{
		kvm_enable_cap cap = {};

		cap.cap = KVM_CAP_EXCEPTION_PAYLOAD;
		cap.args[0] = 1;
		SAFE_IOCTL(vm()->vm_fd, KVM_ENABLE_CAP, &cap);
		Choose("intercept");
		RunTo(KVM_EXIT_IO);
		ASSERT_EQ(cpu()->run->io.port, NESTED_PORT);
		RunNothing(); // but the end of the instruction
		Set(true);
	}

	// KVM_RUN takes notice of what was set, and of no guest.
	void RunNothing()
	{
		cpu()->run->immediate_exit = 1;
		RunTo(TST_KVM_INTERRUPTED);
		cpu()->run->immediate_exit = 0;
	}

	kvm_vcpu_events Get()
	{
		kvm_vcpu_events events = {};

		SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_VCPU_EVENTS, &events);
		return events;
	}

	void Set(bool is_pending)
	{
		kvm_vcpu_events events = Get();

		events.flags = KVM_VCPUEVENT_VALID_PAYLOAD;
		events.exception.pending = is_pending;
		events.exception.nr = kInvalidOpcode;
		events.exception.has_error_code = 0;
		SAFE_IOCTL(vm()->vcpu_fd, KVM_SET_VCPU_EVENTS, &events);
	}

	void ExpectExit(uint64_t code)
	{
		RunTo(TST_KVM_ENDED);
		EXPECT_EQ(*Shared<uint64_t>("exit_code"), code);
	}
};

TEST_F(NestedEvents, ExceptionIsIntercepted)
{
	MakePending();
	ExpectExit(kExitOfInvalidOpcode);
}

TEST_F(NestedEvents, InterceptedExceptionIsTold)
{
	MakePending();
	RunNothing();
	EXPECT_EQ(Get().exception.pending, 1);
	EXPECT_EQ(Get().exception.injected, 0);
	EXPECT_EQ(Get().exception.nr, kInvalidOpcode);
	ExpectExit(kExitOfInvalidOpcode);
}

TEST_F(NestedEvents, InterceptedExceptionIsTakenBack)
{
	MakePending();
	RunNothing();
	Set(false);
	EXPECT_EQ(Get().exception.pending, 0);
	ExpectExit(kExitOfHlt);
}

} // namespace
