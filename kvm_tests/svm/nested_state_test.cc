// SPDX-License-Identifier: MIT
// KVM_SET_NESTED_STATE of a nested guest's state on AMD, as KVM_GET_NESTED_STATE has told
// it and with one thing changed: KVM API, "KVM_SET_NESTED_STATE" and struct
// kvm_svm_nested_state_hdr. In the VMCB of the state, the control area is what VMRUN was
// given, the save area is the hypervisor's state. What VMRUN refuses is refused: APM
// Vol. 2, "Canonicalization and Consistency Checks"; so is what no CPU can be in.
#include <sys/ioctl.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "case_test.h"
#include "cut_off.h"
#include "kvm_x86_bits.h"

namespace
{

constexpr uint32_t kHlt = 0x78; // APM Vol. 2, Appendix C
constexpr uint64_t kNowhere = uint64_t{1} << 52; // beyond all physical addresses
constexpr uint64_t kEferLongMode = EFER_LME | EFER_LMA;

// APM Vol. 2, Appendix B: where fields are in a VMCB.
enum Offset : uint16_t {
	kInterceptsOfVmrun = 0x10,
	kIoMap = 0x40,
	kMsrMap = 0x48,
	kAsid = 0x58,
	kEfer = 0x4d0,
	kCr4 = 0x548,
	kCr3 = 0x550,
	kCr0 = 0x558,
	kDr7 = 0x560,
	kDr6 = 0x568,
	kRflags = 0x570,
};

// A little-endian number of a VMCB, that may be unaligned.
template <typename T> T Load(const kvm_nested_state *s, size_t offset)
{
	T value;

	memcpy(&value, s->data.svm[0].vmcb12 + offset, sizeof(value));
	return value;
}

template <typename T> void Store(kvm_nested_state *s, size_t offset, T value)
{
	memcpy(s->data.svm[0].vmcb12 + offset, &value, sizeof(value));
}

void Change64(kvm_nested_state *s, size_t offset, uint64_t set, uint64_t cleared)
{
	Store(s, offset, (Load<uint64_t>(s, offset) | set) & ~cleared);
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
	{"OtherFormat", [](auto *s) { s->format = KVM_STATE_NESTED_FORMAT_VMX; }},
	{"FlagUnknown", [](auto *s) { s->flags |= 1 << 15; }},
	{"FlagOfVmx", [](auto *s) { s->flags |= KVM_STATE_NESTED_MTF_PENDING; }},
	{"VmcbUnaligned", [](auto *s) { s->hdr.svm.vmcb_pa |= 0x800; }},
	{"VmcbBeyondMemory", [](auto *s) { s->hdr.svm.vmcb_pa = kNowhere; }},
	{"VmcbWithoutContents", [](auto *s) { s->size = sizeof(*s); }},
	{"VmcbIncomplete", [](auto *s) { s->size--; }},
	{"VmrunNotIntercepted", [](auto *s) { Change64(s, kInterceptsOfVmrun, 0, 1); }},
	{"AsidZero", [](auto *s) { Store<uint32_t>(s, kAsid, 0); }},
	{"MsrMapBeyondMemory", [](auto *s) { Store(s, kMsrMap, kNowhere); }},
	{"IoMapBeyondMemory", [](auto *s) { Store(s, kIoMap, kNowhere); }},
	{"HostSvmeClear", [](auto *s) { Change64(s, kEfer, 0, EFER_SVME); }},
	{"HostEferReserved", [](auto *s) { Change64(s, kEfer, 1 << 9, 0); }},
	{"HostCr0NwWithoutCd", [](auto *s) { Change64(s, kCr0, CR0_NW, CR0_CD); }},
	{"HostCr0Bit32", [](auto *s) { Change64(s, kCr0, uint64_t{1} << 32, 0); }},
	{"HostCr0WithoutPaging", [](auto *s) { Change64(s, kCr0, 0, CR0_PG); }},
	{"HostCr0WithoutProtection", [](auto *s) { Change64(s, kCr0, 0, CR0_PE); }},
	{"HostCr4Reserved", [](auto *s) { Change64(s, kCr4, 1 << 15, 0); }},
	{"HostDr6Bit32", [](auto *s) { Change64(s, kDr6, uint64_t{1} << 32, 0); }},
	{"HostDr7Bit32", [](auto *s) { Change64(s, kDr7, uint64_t{1} << 32, 0); }},
	{"HostVirtual8086Mode", [](auto *s) { Change64(s, kRflags, RFLAGS_VM, 0); }},
	{"HostCr3BeyondMemory",
	 [](auto *s) {
		 Change64(s, kEfer, kEferLongMode, 0);
		 Change64(s, kCr4, CR4_PAE, 0);
		 Change64(s, kCr3, kNowhere, 0);
	 }},
	{"HostLongModeWithoutPae",
	 [](auto *s) {
		 Change64(s, kEfer, kEferLongMode, 0);
		 Change64(s, kCr4, 0, CR4_PAE);
	 }},
};

// A field that is kept as it is loaded; with these bits toggled it is legal still.
struct Field {
	const char *name;
	uint16_t offset;
	uint64_t toggled;
};

[[maybe_unused]] void PrintTo(const Field &f, std::ostream *os)
{
	*os << f.name;
}

constexpr Field kKept[] = {
	// What VMRUN was given.
	{"InterceptsOfRegisters", 0x00, 0x0100000001000001},
	{"InterceptsOfExceptionsAndInstructions", 0x08, 0x0000000100000040},
	{"InterceptsOfOtherInstructions", 0x10, 0x0000000000000200},
	{"PauseFilter", 0x3c, 0x00770066},
	{"IoMap", kIoMap, 0x3000},
	{"MsrMap", kMsrMap, 0x5000},
	{"TscOffset", 0x50, 0x1234567},
	{"Asid", kAsid, 0x6},
	{"VirtualTpr", 0x60, 0x7},
	{"VirtualVector", 0x64, 0x41},
	{"InterruptShadow", 0x68, 0x1},
	{"ExitCode", 0x70, 0x7},
	{"ExitInformation1", 0x78, 0x70},
	{"ExitInformation2", 0x80, 0x80},
	{"ExitEvent", 0x88, 0x1200000000000055},
	{"EventInjected", 0xa8, 0x3300000000000044},
	{"NestedCr3", 0xb0, 0x7000},
	{"VirtualExtensions", 0xb8, 0x1},
	{"NextRip", 0xc8, 0x123},
	// The hypervisor's state.
	{"HostEs", 0x408, 0x1000},
	{"HostCs", 0x418, 0x2000},
	{"HostSs", 0x428, 0x3000},
	{"HostDs", 0x438, 0x4000},
	{"HostGdtr", 0x468, 0x5000},
	{"HostIdtr", 0x488, 0x6000},
	{"HostEfer", kEfer, 1},
	{"HostCr4", kCr4, CR4_DE},
	{"HostCr3", kCr3, 0x18},
	{"HostCr0", kCr0, CR0_TS},
	{"HostRflags", kRflags, RFLAGS_AC},
	{"HostRip", 0x578, 0x10},
	{"HostRsp", 0x5d8, 0x20},
	{"HostRax", 0x5f8, 0x40},
};

class NestedState : public kvm_tests::CaseTest
{
protected:
	void SetUp() override
	{
		CaseTest::SetUp();
		Choose("halts");
		RunTo(KVM_EXIT_IO);
		// A save completes the exit: the state is that of a CPU between instructions.
		saved_ = tst_kvm_save(vm());
		SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_REGS, &regs_);
		SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_SREGS, &sregs_);
		nested_.resize(ioctl(vm()->vm_fd, KVM_CHECK_EXTENSION, KVM_CAP_NESTED_STATE));
		Get();
		ASSERT_EQ(state()->flags, KVM_STATE_NESTED_GUEST_MODE | KVM_STATE_NESTED_GIF_SET);
		ASSERT_EQ(state()->size, sizeof(kvm_nested_state) + KVM_STATE_NESTED_SVM_VMCB_SIZE);
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
		memset(nested_.data(), 0x5a, nested_.size());
		state()->size = nested_.size();
		SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_NESTED_STATE, state());
	}

	int Set()
	{
		return ioctl(vm()->vcpu_fd, KVM_SET_NESTED_STATE, state());
	}

	void ExpectRefusal()
	{
		EXPECT_EQ(Set(), -1) << "KVM takes it";
		EXPECT_EQ(errno, EINVAL);
	}

	// Outside of nested guests, where nothing else is told of.
	void Leave(uint16_t flags)
	{
		state()->flags = flags;
		state()->size = sizeof(kvm_nested_state);
		ASSERT_EQ(Set(), 0) << strerror(errno);
		Get();
		EXPECT_EQ(state()->flags, flags);
		EXPECT_EQ(state()->size, sizeof(kvm_nested_state));
	}

	// The registers are the nested guest's, which the CPU may have left in between.
	void SetInGuest()
	{
		ASSERT_EQ(Set(), 0) << strerror(errno);
		SAFE_IOCTL(vm()->vcpu_fd, KVM_SET_SREGS, &sregs_);
		SAFE_IOCTL(vm()->vcpu_fd, KVM_SET_REGS, &regs_);
	}

	void ExpectEnd()
	{
		RunTo(TST_KVM_ENDED);
		EXPECT_EQ(*Shared<uint32_t>("exit_code"), kHlt);
		EXPECT_EQ(*Shared<uint32_t>("last_step"), 2u);
	}

	void GoOn()
	{
		tst_kvm_load(vm(), saved_);
		ExpectEnd();
	}

	kvm_regs regs_;
	kvm_sregs sregs_;

private:
	struct tst_kvm_state *saved_ = nullptr;
	std::vector<char> nested_;
};

class Refusals : public NestedState, public testing::WithParamInterface<Change>
{
};

TEST_P(Refusals, LeaveAUsableCpu)
{
	GetParam().change(state());
	ExpectRefusal();
	GoOn();
}

INSTANTIATE_TEST_SUITE_P(Cases, Refusals, testing::ValuesIn(kRefused), kvm_tests::NameOf<Change>);

class Fields : public NestedState, public testing::WithParamInterface<Field>
{
};

TEST_P(Fields, AreKept)
{
	const Field &field = GetParam();
	const auto changed = Load<uint64_t>(state(), field.offset) ^ field.toggled;

	Store(state(), field.offset, changed);
	ASSERT_EQ(Set(), 0) << strerror(errno);
	Get();
	EXPECT_EQ(Load<uint64_t>(state(), field.offset), changed);
	GoOn();
}

INSTANTIATE_TEST_SUITE_P(Cases, Fields, testing::ValuesIn(kKept), kvm_tests::NameOf<Field>);

// EFAULT, wherever the memory ends: in the header, behind it, between the VMCB's two areas.
TEST_F(NestedState, NeedsMemory)
{
	for (size_t size :
	     {size_t{8}, sizeof(kvm_nested_state), sizeof(kvm_nested_state) + 0x400}) {
		const kvm_tests::CutOff part(state(), size);

		EXPECT_EQ(ioctl(vm()->vcpu_fd, KVM_SET_NESTED_STATE, part.data()), -1) << size;
		EXPECT_EQ(errno, EFAULT) << size;
		EXPECT_EQ(ioctl(vm()->vcpu_fd, KVM_GET_NESTED_STATE, part.data()), -1) << size;
		EXPECT_EQ(errno, EFAULT) << size;
	}
	GoOn();
}

// "E2BIG: the total state size exceeds the value of 'size' … the size required will be written".
TEST_F(NestedState, TellsItsSize)
{
	const uint32_t header = sizeof(kvm_nested_state);

	Leave(KVM_STATE_NESTED_GIF_SET);
	state()->size = header - 1;
	EXPECT_EQ(ioctl(vm()->vcpu_fd, KVM_GET_NESTED_STATE, state()), -1);
	EXPECT_EQ(errno, E2BIG);
	EXPECT_EQ(state()->size, header);
	EXPECT_EQ(ioctl(vm()->vcpu_fd, KVM_GET_NESTED_STATE, state()), 0);
	GoOn();
}

TEST_F(NestedState, IsThatOfTheGuest)
{
	SetInGuest();
	ExpectEnd();
}

TEST_F(NestedState, TellsWhereTheVmcbIs)
{
	const uint64_t address = state()->hdr.svm.vmcb_pa;

	state()->hdr.svm.vmcb_pa = address + 0x1000;
	ASSERT_EQ(Set(), 0) << strerror(errno);
	Get();
	EXPECT_EQ(state()->hdr.svm.vmcb_pa, address + 0x1000);
	GoOn();
}

// From outside of it too: the guest that is loaded is not the one that is left.
TEST_F(NestedState, IsLoadedFromOutside)
{
	const std::vector<char> inside(reinterpret_cast<char *>(state()),
				       reinterpret_cast<char *>(state()) + state()->size);

	Leave(KVM_STATE_NESTED_GIF_SET);
	memcpy(static_cast<void *>(state()), inside.data(), inside.size());
	SetInGuest();
	ExpectEnd();
}

// The registers may come first: they are the guest's then, too.
TEST_F(NestedState, IsLoadedBehindTheRegisters)
{
	const std::vector<char> inside(reinterpret_cast<char *>(state()),
				       reinterpret_cast<char *>(state()) + state()->size);

	Leave(KVM_STATE_NESTED_GIF_SET);
	SAFE_IOCTL(vm()->vcpu_fd, KVM_SET_SREGS, &sregs_);
	SAFE_IOCTL(vm()->vcpu_fd, KVM_SET_REGS, &regs_);
	memcpy(static_cast<void *>(state()), inside.data(), inside.size());
	ASSERT_EQ(Set(), 0) << strerror(errno);
	ExpectEnd();
}

// The global interrupt flag, in the guest and outside.
TEST_F(NestedState, HasTheGlobalInterruptFlag)
{
	state()->flags = KVM_STATE_NESTED_GUEST_MODE;
	ASSERT_EQ(Set(), 0) << strerror(errno);
	Get();
	EXPECT_EQ(state()->flags, KVM_STATE_NESTED_GUEST_MODE);
	Leave(0);
	Leave(KVM_STATE_NESTED_GIF_SET);
	GoOn();
}

TEST_F(NestedState, MayHaveItsEntryPending)
{
	state()->flags |= KVM_STATE_NESTED_RUN_PENDING;
	SetInGuest();
	Get();
	EXPECT_TRUE(state()->flags & KVM_STATE_NESTED_RUN_PENDING);
	ExpectEnd();
}

// Without EFER.SVME the flag is set, and there is no guest: APM Vol. 2, "Enabling SVM",
// "Global Interrupt Flag, STGI and CLGI Instructions".
TEST_F(NestedState, IsOutsideWithoutSvme)
{
	Leave(KVM_STATE_NESTED_GIF_SET);
	sregs_.efer &= ~uint64_t{EFER_SVME};
	SAFE_IOCTL(vm()->vcpu_fd, KVM_SET_SREGS, &sregs_);
	for (uint16_t flags : {0, KVM_STATE_NESTED_GUEST_MODE | KVM_STATE_NESTED_GIF_SET}) {
		state()->flags = flags;
		ExpectRefusal();
	}
	Leave(KVM_STATE_NESTED_GIF_SET);
	GoOn();
}

// "Entering SMM" leaves the guest; its state comes back with RSM.
TEST_F(NestedState, IsOutsideInSmm)
{
	kvm_vcpu_events events = {};

	events.flags = KVM_VCPUEVENT_VALID_SMM;
	events.smi.smm = 1;
	if (ioctl(vm()->vcpu_fd, KVM_SET_VCPU_EVENTS, &events))
		tst_brk(TCONF, "this KVM has no system management mode");
	ExpectRefusal();
	Leave(KVM_STATE_NESTED_GIF_SET);
	GoOn();
}

} // namespace
