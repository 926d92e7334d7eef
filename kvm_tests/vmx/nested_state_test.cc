// SPDX-License-Identifier: MIT
// KVM_SET_NESTED_STATE of a nested guest's state on Intel, as KVM_GET_NESTED_STATE has told
// it and with one thing changed: KVM API, "KVM_SET_NESTED_STATE" and struct
// kvm_vmx_nested_state_hdr. What no CPU can be in is refused: a VMXON region or VMCS at an
// address that VMXON or VMPTRLD refuse (SDM Vol. 3, "VMX Instruction Reference"), a nested
// guest without VMX operation, flags without a meaning.
#include <sys/ioctl.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "case_test.h"
#include "cut_off.h"

namespace
{

constexpr uint32_t kHlt = 12, kMonitorTrap = 37, kTimer = 52; // SDM Vol. 3, Appendix C
constexpr uint64_t kNone = ~uint64_t{0}; // no VMXON region, no VMCS
constexpr size_t kVmcsSize = 0x1000;

// "Format of the VMCS Region": the first word, of which bit 31 says that it is a shadow VMCS.
uint32_t *Revision(uint8_t *vmcs)
{
	return reinterpret_cast<uint32_t *>(vmcs);
}

void OutsideVmx(kvm_nested_state *s)
{
	s->hdr.vmx.vmxon_pa = kNone;
	s->hdr.vmx.vmcs12_pa = kNone;
	s->flags = 0;
}

struct Change {
	const char *name;
	void (*change)(kvm_nested_state *s);
};

[[maybe_unused]] void PrintTo(const Change &c, std::ostream *os)
{
	*os << c.name;
}

constexpr Change kRefused[] = {
	{"OtherFormat", [](auto *s) { s->format = KVM_STATE_NESTED_FORMAT_SVM; }},
	{"SizeBelowHeader",
	 [](auto *s) {
		 OutsideVmx(s);
		 s->size = sizeof(*s) - 1;
	 }},
	{"FlagUnknown", [](auto *s) { s->flags |= 1 << 15; }},
	{"EntryPendingOutsideGuest", [](auto *s) { s->flags = KVM_STATE_NESTED_RUN_PENDING; }},
	{"EnlightenedVmcsNotEnabled", [](auto *s) { s->flags |= KVM_STATE_NESTED_EVMCS; }},
	{"VmxonRegionUnaligned", [](auto *s) { s->hdr.vmx.vmxon_pa |= 8; }},
	{"VmxonRegionBeyondMemory", [](auto *s) { s->hdr.vmx.vmxon_pa = uint64_t{1} << 52; }},
	{"VmcsWithoutVmxon",
	 [](auto *s) {
		 s->flags = 0;
		 s->hdr.vmx.vmxon_pa = kNone;
	 }},
	{"GuestWithoutVmxon",
	 [](auto *s) {
		 OutsideVmx(s);
		 s->flags = KVM_STATE_NESTED_GUEST_MODE;
	 }},
	{"SmmWithoutVmxon",
	 [](auto *s) {
		 OutsideVmx(s);
		 s->hdr.vmx.smm.flags = KVM_STATE_NESTED_SMM_VMXON;
	 }},
	{"SmmOutsideOfIt",
	 [](auto *s) {
		 s->flags = 0;
		 s->hdr.vmx.smm.flags = KVM_STATE_NESTED_SMM_VMXON;
	 }},
	{"SmmFlagUnknown", [](auto *s) { s->hdr.vmx.smm.flags = 1 << 2; }},
	{"SmmOfGuestInGuest",
	 [](auto *s) {
		 s->hdr.vmx.smm.flags =
			 KVM_STATE_NESTED_SMM_GUEST_MODE | KVM_STATE_NESTED_SMM_VMXON;
	 }},
	{"VmxFlagUnknown", [](auto *s) { s->hdr.vmx.flags |= 1 << 1; }},
	{"VmcsUnaligned", [](auto *s) { s->hdr.vmx.vmcs12_pa |= 8; }},
	{"VmcsBeyondMemory", [](auto *s) { s->hdr.vmx.vmcs12_pa = uint64_t{1} << 52; }},
	{"VmcsIsVmxonRegion", [](auto *s) { s->hdr.vmx.vmcs12_pa = s->hdr.vmx.vmxon_pa; }},
	{"VmcsMissing", [](auto *s) { s->hdr.vmx.vmcs12_pa = kNone; }},
	{"VmcsWithoutContents", [](auto *s) { s->size = sizeof(*s); }},
	{"VmcsOfOtherRevision", [](auto *s) { *Revision(s->data.vmx[0].vmcs12) ^= 1; }},
	{"ShadowWithoutContents", [](auto *s) { s->size = sizeof(*s) + kVmcsSize; }},
	{"ShadowOfOtherRevision", [](auto *s) { *Revision(s->data.vmx[0].shadow_vmcs12) ^= 1; }},
	{"ShadowIsOrdinary",
	 [](auto *s) { *Revision(s->data.vmx[0].shadow_vmcs12) &= 0x7fffffff; }},
};

class NestedState : public kvm_tests::CaseTest
{
protected:
	void SetUp() override
	{
		CaseTest::SetUp();
		Choose(Guest());
		RunTo(KVM_EXIT_IO);
		// A save completes the exit: the state is that of a CPU between instructions.
		saved_ = tst_kvm_save(vm());
		SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_REGS, &regs_);
		SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_SREGS, &sregs_);
		nested_.resize(ioctl(vm()->vm_fd, KVM_CHECK_EXTENSION, KVM_CAP_NESTED_STATE));
		Get();
		ASSERT_EQ(state()->flags, KVM_STATE_NESTED_GUEST_MODE);
		ASSERT_EQ(state()->size, sizeof(kvm_nested_state) + 2 * kVmcsSize);
	}

	// What the nested guest does behind that exit: a function of the payload.
	virtual const char *Guest() const
	{
		return "halts";
	}

	void TearDown() override
	{
		tst_kvm_free_state(saved_);
		CaseTest::TearDown();
	}

	kvm_nested_state *state()
	{
		return reinterpret_cast<kvm_nested_state *>(nested_.data());
	}

	void Get()
	{
		state()->size = nested_.size();
		SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_NESTED_STATE, state());
	}

	int Set()
	{
		return ioctl(vm()->vcpu_fd, KVM_SET_NESTED_STATE, state());
	}

	// The registers are the nested guest's, which the CPU has left in between.
	void SetInGuest()
	{
		ASSERT_EQ(Set(), 0) << strerror(errno);
		SAFE_IOCTL(vm()->vcpu_fd, KVM_SET_SREGS, &sregs_);
		SAFE_IOCTL(vm()->vcpu_fd, KVM_SET_REGS, &regs_);
	}

	void ExpectExit(uint32_t reason, uint32_t step)
	{
		RunTo(TST_KVM_ENDED);
		EXPECT_EQ(*Shared<uint32_t>("exit_reason"), reason);
		EXPECT_EQ(*Shared<uint32_t>("last_step"), step);
	}

	struct tst_kvm_state *saved_ = nullptr;

private:
	std::vector<char> nested_;
	kvm_regs regs_;
	kvm_sregs sregs_;
};

class Refusals : public NestedState, public testing::WithParamInterface<Change>
{
};

TEST_P(Refusals, LeaveAUsableCpu)
{
	GetParam().change(state());
	EXPECT_EQ(Set(), -1) << "KVM takes it";
	EXPECT_EQ(errno, EINVAL);
	tst_kvm_load(vm(), saved_);
	ExpectExit(kHlt, 2);
}

INSTANTIATE_TEST_SUITE_P(Cases, Refusals, testing::ValuesIn(kRefused), kvm_tests::NameOf<Change>);

// EFAULT, wherever the memory ends: in the header, behind it, between the two VMCSs.
TEST_F(NestedState, NeedsMemory)
{
	for (size_t size :
	     {size_t{8}, sizeof(kvm_nested_state), sizeof(kvm_nested_state) + kVmcsSize}) {
		const kvm_tests::CutOff part(state(), size);

		EXPECT_EQ(ioctl(vm()->vcpu_fd, KVM_SET_NESTED_STATE, part.data()), -1) << size;
		EXPECT_EQ(errno, EFAULT) << size;
		EXPECT_EQ(ioctl(vm()->vcpu_fd, KVM_GET_NESTED_STATE, part.data()), -1) << size;
		EXPECT_EQ(errno, EFAULT) << size;
	}
	tst_kvm_load(vm(), saved_);
	ExpectExit(kHlt, 2);
}

// "E2BIG: the total state size exceeds the value of 'size' … the size required will be written".
TEST_F(NestedState, TellsItsSize)
{
	const uint32_t sizes[] = {sizeof(kvm_nested_state) - 1, sizeof(kvm_nested_state),
				  sizeof(kvm_nested_state) + 2 * kVmcsSize - 1};

	for (uint32_t size : sizes) {
		state()->size = size;
		EXPECT_EQ(ioctl(vm()->vcpu_fd, KVM_GET_NESTED_STATE, state()), -1) << size;
		EXPECT_EQ(errno, E2BIG) << size;
		EXPECT_EQ(state()->size, sizeof(kvm_nested_state) + 2 * kVmcsSize) << size;
	}
	SetInGuest();
	ExpectExit(kHlt, 2);
}

TEST_F(NestedState, IsThatOfTheGuest)
{
	SetInGuest();
	ExpectExit(kHlt, 2);
}

TEST_F(NestedState, MayBeOutsideVmx)
{
	OutsideVmx(state());
	state()->size = sizeof(kvm_nested_state);
	ASSERT_EQ(Set(), 0);
	Get();
	EXPECT_EQ(state()->flags, 0);
	EXPECT_EQ(state()->hdr.vmx.vmxon_pa, kNone);
	EXPECT_EQ(state()->hdr.vmx.vmcs12_pa, kNone);
	EXPECT_EQ(state()->size, sizeof(kvm_nested_state));
	tst_kvm_load(vm(), saved_);
	ExpectExit(kHlt, 2);
}

TEST_F(NestedState, MayHaveNoVmcs)
{
	const uint64_t vmxon_region = state()->hdr.vmx.vmxon_pa;

	state()->flags = 0;
	state()->hdr.vmx.vmcs12_pa = kNone;
	state()->size = sizeof(kvm_nested_state);
	ASSERT_EQ(Set(), 0);
	Get();
	EXPECT_EQ(state()->hdr.vmx.vmxon_pa, vmxon_region);
	EXPECT_EQ(state()->hdr.vmx.vmcs12_pa, kNone);
	tst_kvm_load(vm(), saved_);
	ExpectExit(kHlt, 2);
}

// KVM_STATE_NESTED_MTF_PENDING: an exit by the monitor trap flag is due.
TEST_F(NestedState, MayHaveATrapPending)
{
	state()->flags |= KVM_STATE_NESTED_MTF_PENDING;
	SetInGuest();
	Get();
	EXPECT_TRUE(state()->flags & KVM_STATE_NESTED_MTF_PENDING);
	ExpectExit(kMonitorTrap, 1);
}

constexpr uint32_t kTscMsr = 0x10, kVmxMisc = 0x485;
constexpr uint64_t kSoon = 20000000; // ticks of the TSC: some milliseconds, a second at most

class LoopingGuest : public NestedState
{
protected:
	const char *Guest() const override
	{
		return "loops";
	}

	uint64_t GetMsr(uint32_t index)
	{
		struct {
			kvm_msrs header;
			kvm_msr_entry entry;
		} msr = {{1, 0, {}}, {index, 0, 0}};

		EXPECT_EQ(SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_MSRS, &msr), 1);
		return msr.entry.data;
	}
};

// preemption_timer_deadline: when the VMX-preemption timer is over, which goes on meanwhile.
// It counts the TSC's bit that IA32_VMX_MISC[4:0] names: SDM Vol. 3, 26.5.1 and A.6.
TEST_F(LoopingGuest, EndsAtTheTimersDeadline)
{
	const unsigned int rate = GetMsr(kVmxMisc) & 0x1f;

	ASSERT_TRUE(state()->hdr.vmx.flags & KVM_STATE_VMX_PREEMPTION_TIMER_DEADLINE);
	ASSERT_GT(state()->hdr.vmx.preemption_timer_deadline, GetMsr(kTscMsr) >> rate);
	state()->hdr.vmx.preemption_timer_deadline = (GetMsr(kTscMsr) + kSoon) >> rate;
	SetInGuest();
	ExpectExit(kTimer, 1);
}

} // namespace
