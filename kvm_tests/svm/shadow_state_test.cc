// SPDX-License-Identifier: MIT
// A nested guest is saved right after STI, when interrupts are still held back: APM Vol. 2
// "Interrupt Shadows", a bit of the VMCB, and so of the VMCB in the nested state; KVM API,
// KVM_GET_NESTED_STATE. CVE-2026-45987: KVM gave the bit that VMRUN had found, and a guest
// that was loaded with events first took an interrupt between STI and HLT, and slept.
#include <sys/ioctl.h>

#include <cstring>
#include <vector>

#include "case_test.h"

namespace
{

// APM Vol. 2 "Layout of VMCB": INTERRUPT_SHADOW.
constexpr size_t kInterruptShadow = 0x68;

class ShadowState : public kvm_tests::CaseTest
{
protected:
	kvm_vcpu_events Events()
	{
		kvm_vcpu_events events = {};

		SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_VCPU_EVENTS, &events);
		return events;
	}

	kvm_nested_state *GetNested()
	{
		const int size = ioctl(vm()->vm_fd, KVM_CHECK_EXTENSION, KVM_CAP_NESTED_STATE);

		nested_.resize(size);
		auto *state = reinterpret_cast<kvm_nested_state *>(nested_.data());
		state->size = size;
		SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_NESTED_STATE, state);
		return state;
	}

	bool NestedShadow()
	{
		return GetNested()->data.svm[0].vmcb12[kInterruptShadow] & 1;
	}

	std::vector<char> nested_;
};

TEST_F(ShadowState, IsSavedAndLoadedInAnyOrder)
{
	Choose("read_after_sti");
	RunTo(KVM_EXIT_IO);
	ASSERT_TRUE(GetNested()->flags & KVM_STATE_NESTED_GUEST_MODE);
	EXPECT_FALSE(NestedShadow());
	RunTo(KVM_EXIT_IO);
	kvm_vcpu_events events = Events();
	EXPECT_NE(events.interrupt.shadow, 0);
	EXPECT_TRUE(NestedShadow());

	kvm_nested_state *state = GetNested();
	SAFE_IOCTL(vm()->vcpu_fd, KVM_SET_VCPU_EVENTS, &events);
	SAFE_IOCTL(vm()->vcpu_fd, KVM_SET_NESTED_STATE, state);
	EXPECT_NE(Events().interrupt.shadow, 0) << "nested state behind events";
	SAFE_IOCTL(vm()->vcpu_fd, KVM_SET_NESTED_STATE, state);
	SAFE_IOCTL(vm()->vcpu_fd, KVM_SET_VCPU_EVENTS, &events);
	EXPECT_NE(Events().interrupt.shadow, 0) << "events behind nested state";

	RunTo(KVM_EXIT_IO);
	EXPECT_EQ(Events().interrupt.shadow, 0);
	EXPECT_FALSE(NestedShadow());
	RunTo(TST_KVM_ENDED);
}

} // namespace
