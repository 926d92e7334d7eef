// SPDX-License-Identifier: MIT
// Events of a virtual CPU that user space reads and sets: KVM API, KVM_GET_VCPU_EVENTS,
// KVM_SET_VCPU_EVENTS, KVM_GET_MP_STATE, KVM_SET_MP_STATE. What they do in the guest: SDM Vol. 3
// "Interrupt and Exception Handling", "System Management Mode".
#include <sys/ioctl.h>

#include <array>
#include <cstring>

#include "case_test.h"
#include "events.h"
#include "kvm_x86_bits.h"
#include "msr_access.h"

namespace
{

constexpr int kDebug = 1, kNmi = 2, kGeneralProtection = 13, kPageFault = 14;

// What a kernel tells of by itself.
constexpr uint32_t kAlwaysTold =
	KVM_VCPUEVENT_VALID_NMI_PENDING | KVM_VCPUEVENT_VALID_SHADOW | KVM_VCPUEVENT_VALID_SMM;

class Events : public kvm_tests::CaseTest
{
protected:
	kvm_vcpu_events Get(unsigned int index = 0)
	{
		kvm_vcpu_events events;

		memset(&events, 0xff, sizeof(events));
		SAFE_IOCTL(cpu(index)->fd, KVM_GET_VCPU_EVENTS, &events);
		return events;
	}

	int Set(const kvm_vcpu_events &events, unsigned int index = 0)
	{
		return ioctl(cpu(index)->fd, KVM_SET_VCPU_EVENTS, &events);
	}

	void ExpectSet(const kvm_vcpu_events &events, unsigned int index = 0)
	{
		EXPECT_EQ(Set(events, index), 0) << strerror(errno);
	}

	void ExpectRefused(const kvm_vcpu_events &events, unsigned int index = 0)
	{
		EXPECT_EQ(Set(events, index), -1);
		EXPECT_EQ(errno, EINVAL);
	}

	// What Get() gives, with no flag: fields that need one don't count.
	kvm_vcpu_events Unflagged(unsigned int index = 0)
	{
		kvm_vcpu_events events = Get(index);

		events.flags = 0;
		return events;
	}

	void Allow(uint32_t capability)
	{
		kvm_enable_cap cap = {};

		cap.cap = capability;
		cap.args[0] = 1;
		SAFE_IOCTL(vm()->vm_fd, KVM_ENABLE_CAP, &cap);
	}

	void Begin(const char *function = "take_events")
	{
		Choose(function);
		RunTo(KVM_EXIT_HLT);
	}

	// Lets the guest go on, to which nothing but that comes.
	void ExpectTaken(int vector, uint32_t number = 1)
	{
		RunTo(KVM_EXIT_HLT);
		ExpectTakenSoFar(vector, number);
	}

	void ExpectTakenSoFar(int vector, uint32_t number)
	{
		const volatile uint32_t *taken = Shared<uint32_t>("taken");

		for (int i = 0; i < 256; i++) {
			const uint32_t expected = i == vector ? number : 0;

			if (taken[i] != expected)
				ADD_FAILURE()
					<< taken[i] << " of vector " << i << ", not " << expected;
		}
	}

	uint64_t Noted(const char *what)
	{
		return *Shared<uint64_t>(what);
	}

	void SetState(uint32_t state, int result, unsigned int index = 0)
	{
		kvm_mp_state mp_state = {};

		mp_state.mp_state = state;
		EXPECT_EQ(ioctl(cpu(index)->fd, KVM_SET_MP_STATE, &mp_state), result)
			<< "state " << state;
		if (result)
			EXPECT_EQ(errno, EINVAL);
	}

	uint32_t State(unsigned int index = 0)
	{
		kvm_mp_state state = {};

		SAFE_IOCTL(cpu(index)->fd, KVM_GET_MP_STATE, &state);
		return state.mp_state;
	}

	// Completes the instruction that has left the guest.
	void Complete()
	{
		cpu()->run->immediate_exit = 1;
		RunTo(TST_KVM_INTERRUPTED);
		cpu()->run->immediate_exit = 0;
	}
};

TEST_F(Events, NothingIsThereAtFirst)
{
	const kvm_vcpu_events events = Get();
	kvm_vcpu_events nothing = {};

	nothing.flags = kAlwaysTold;
	nothing.exception = events.exception;
	nothing.interrupt.nr = events.interrupt.nr;
	nothing.exception_payload = events.exception_payload;
	EXPECT_EQ(events.exception.injected, 0);
	EXPECT_EQ(events.exception.pending, 0);
	EXPECT_EQ(memcmp(&events, &nothing, sizeof(events)), 0);
}

TEST_F(Events, FlagsTellWhatIsEnabled)
{
	EXPECT_EQ(Get().flags, kAlwaysTold);
	Allow(KVM_CAP_EXCEPTION_PAYLOAD);
	EXPECT_EQ(Get().flags, kAlwaysTold | KVM_VCPUEVENT_VALID_PAYLOAD);
	Allow(KVM_CAP_X86_TRIPLE_FAULT_EVENT);
	EXPECT_EQ(Get().flags,
		  kAlwaysTold | KVM_VCPUEVENT_VALID_PAYLOAD | KVM_VCPUEVENT_VALID_TRIPLE_FAULT);
}

TEST_F(Events, EachUnknownFlagIsRefused)
{
	for (uint32_t flag = KVM_VCPUEVENT_VALID_TRIPLE_FAULT << 1; flag; flag <<= 1) {
		kvm_vcpu_events events = Unflagged();

		events.flags = flag;
		ExpectRefused(events);
	}
}

/* --- Exceptions --- */

struct ExceptionCase {
	const char *name;
	int vector;
	bool has_error_code;
	uint32_t error_code;
};

[[maybe_unused]] void PrintTo(const ExceptionCase &c, std::ostream *os)
{
	*os << c.name;
}

class Exceptions : public Events, public testing::WithParamInterface<ExceptionCase>
{
protected:
	kvm_vcpu_events Events()
	{
		kvm_vcpu_events events = Unflagged();

		events.exception.nr = GetParam().vector;
		events.exception.has_error_code = GetParam().has_error_code;
		events.exception.error_code = GetParam().error_code;
		return events;
	}

	void ExpectTold(bool is_injected, bool is_pending)
	{
		const kvm_vcpu_events told = Get();

		EXPECT_EQ(told.exception.injected, is_injected);
		EXPECT_EQ(told.exception.pending, is_pending);
		EXPECT_EQ(told.exception.nr, GetParam().vector);
		EXPECT_EQ(told.exception.has_error_code, GetParam().has_error_code);
		EXPECT_EQ(told.exception.error_code, GetParam().error_code);
	}

	void ExpectDelivered()
	{
		ExpectTaken(GetParam().vector);
		EXPECT_EQ(Noted("taken_errcode"), GetParam().error_code);
		EXPECT_EQ(Get().exception.injected, 0);
		EXPECT_EQ(Get().exception.pending, 0);
		ExpectTaken(GetParam().vector);
	}
};

TEST_P(Exceptions, AreInjected)
{
	Begin();
	kvm_vcpu_events events = Events();
	events.exception.injected = 1;
	ExpectSet(events);
	ExpectTold(true, false);
	ExpectDelivered();
}

// "exception.pending" counts with its flag, and then not as an injected one.
TEST_P(Exceptions, ArePending)
{
	Allow(KVM_CAP_EXCEPTION_PAYLOAD);
	Begin();
	kvm_vcpu_events events = Events();
	events.flags = KVM_VCPUEVENT_VALID_PAYLOAD;
	events.exception.pending = 1;
	events.exception.injected = 1;
	ExpectSet(events);
	ExpectTold(false, true);
	ExpectDelivered();
}

TEST_P(Exceptions, AreInjectedWithTheFlagOfPendingOnes)
{
	Allow(KVM_CAP_EXCEPTION_PAYLOAD);
	Begin();
	kvm_vcpu_events events = Events();
	events.flags = KVM_VCPUEVENT_VALID_PAYLOAD;
	events.exception.injected = 1;
	events.exception_has_payload = 1;
	ExpectSet(events);
	ExpectTold(true, false);
	EXPECT_EQ(Get().exception_has_payload, 0) << "a payload is that of a pending exception";
	ExpectDelivered();
}

TEST_P(Exceptions, AreNotPendingWithoutTheFlag)
{
	Allow(KVM_CAP_EXCEPTION_PAYLOAD);
	Begin();
	kvm_vcpu_events events = Events();
	events.exception.pending = 1;
	events.exception_has_payload = 1;
	ExpectSet(events);
	EXPECT_EQ(Get().exception.pending, 0);
	EXPECT_EQ(Get().exception_has_payload, 0);
	ExpectTaken(0, 0);
}

constexpr ExceptionCase kExceptions[] = {
	{"InvalidOpcode", 6, false, 0},
	{"GeneralProtection", kGeneralProtection, true, 0x1238},
	{"PageFault", kPageFault, true, 0x2},
};

INSTANTIATE_TEST_SUITE_P(Cases, Exceptions, testing::ValuesIn(kExceptions),
			 kvm_tests::NameOf<ExceptionCase>);

// There are 32 exceptions, and an NMI is none.
TEST_F(Events, IllegalExceptionsAreRefused)
{
	Allow(KVM_CAP_EXCEPTION_PAYLOAD);
	for (bool is_pending : {false, true}) {
		kvm_vcpu_events events = Unflagged();

		events.flags = KVM_VCPUEVENT_VALID_PAYLOAD;
		events.exception.injected = !is_pending;
		events.exception.pending = is_pending;
		for (int vector : {32, 255, kNmi}) {
			events.exception.nr = vector;
			ExpectRefused(events);
			EXPECT_EQ(Get().exception.injected, 0);
			EXPECT_EQ(Get().exception.pending, 0);
		}
		events.exception.nr = 31;
		ExpectSet(events);
		events.exception.pending = events.exception.injected = 0;
		ExpectSet(events);
		events.exception.nr = 32; // of no exception
		ExpectSet(events);
	}
}

/* --- What comes with an exception: KVM API, KVM_CAP_EXCEPTION_PAYLOAD --- */

TEST_F(Events, PayloadOfAPageFaultIsItsAddress)
{
	constexpr uint64_t kAddress = 0x12345678;

	Allow(KVM_CAP_EXCEPTION_PAYLOAD);
	Begin();
	kvm_vcpu_events events = Unflagged();
	events.flags = KVM_VCPUEVENT_VALID_PAYLOAD;
	events.exception.pending = 1;
	events.exception.nr = kPageFault;
	events.exception.has_error_code = 1;
	events.exception_has_payload = 1;
	events.exception_payload = kAddress;
	ExpectSet(events);
	EXPECT_EQ(Get().exception_has_payload, 1);
	EXPECT_EQ(Get().exception_payload, kAddress);
	ExpectTaken(kPageFault);
	EXPECT_EQ(Noted("taken_cr2"), kAddress);
}

// A page fault that is injected has its address in CR2 already.
TEST_F(Events, InjectedPageFaultLeavesCr2)
{
	constexpr uint64_t kAddress = 0x55667788;
	kvm_sregs sregs = {};

	Begin();
	SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_SREGS, &sregs);
	sregs.cr2 = kAddress;
	SAFE_IOCTL(vm()->vcpu_fd, KVM_SET_SREGS, &sregs);
	kvm_vcpu_events events = Unflagged();
	events.exception.injected = 1;
	events.exception.nr = kPageFault;
	events.exception.has_error_code = 1;
	events.exception_payload = 0x1111;
	ExpectSet(events);
	ExpectTaken(kPageFault);
	EXPECT_EQ(Noted("taken_cr2"), kAddress);
}

TEST_F(Events, PayloadsAreRefusedUnlessEnabled)
{
	kvm_vcpu_events events = Unflagged();

	events.flags = KVM_VCPUEVENT_VALID_PAYLOAD;
	ExpectRefused(events);
}

// SDM Vol. 3 "Debug Exception (#DB)": the trap after a single step, before it is taken.
class SingleStep : public Events
{
protected:
	static constexpr uint64_t kBs = 1 << 14; // of DR6

	void StepOut()
	{
		Choose("step_out");
		RunTo(KVM_EXIT_IO);
		ASSERT_EQ(cpu()->run->io.port, STEPPED_PORT);
		Complete();
	}

	uint64_t Dr6()
	{
		kvm_debugregs regs = {};

		SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_DEBUGREGS, &regs);
		return regs.dr6;
	}

	void ExpectStepped()
	{
		RunTo(TST_KVM_ENDED);
		ExpectTakenSoFar(kDebug, 1);
		EXPECT_EQ(Noted("taken_dr6") & kBs, kBs);
	}
};

TEST_F(SingleStep, IsToldAsInjectedWithoutPayload)
{
	StepOut();
	const kvm_vcpu_events events = Get();
	EXPECT_EQ(events.exception.injected, 1);
	EXPECT_EQ(events.exception.nr, kDebug);
	EXPECT_EQ(events.flags, kAlwaysTold);
	EXPECT_EQ(Dr6() & kBs, kBs) << "nothing else tells it";
	ExpectStepped();
}

TEST_F(SingleStep, IsToldAsPendingWithPayload)
{
	Allow(KVM_CAP_EXCEPTION_PAYLOAD);
	StepOut();
	const kvm_vcpu_events events = Get();
	EXPECT_EQ(events.exception.injected, 0);
	EXPECT_EQ(events.exception.pending, 1);
	EXPECT_EQ(events.exception.nr, kDebug);
	if (events.exception_has_payload)
		EXPECT_EQ(events.exception_payload, kBs);
	else
		EXPECT_EQ(Dr6() & kBs, kBs) << "nothing else tells it";
	ExpectStepped();
}

/* --- Breakpoints: KVM_SET_DEBUGREGS; SDM Vol. 3 "Debug Registers" --- */

TEST_F(Events, BreakpointIsHit)
{
	constexpr uint64_t kLocalAndGlobal = 3;
	kvm_debugregs regs = {};

	Begin("run_over_breakpoint");
	SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_DEBUGREGS, &regs);
	regs.db[0] = tst_kvm_symbol_address(vm(), "breakpoint");
	regs.dr7 |= kLocalAndGlobal;
	SAFE_IOCTL(vm()->vcpu_fd, KVM_SET_DEBUGREGS, &regs);
	ExpectTaken(kDebug);
	EXPECT_EQ(Noted("taken_dr6") & 0xf, 1u);
}

/* --- Interrupts --- */

// SDM Vol. 3 "Checks on VMX Controls": it takes a CPU with interrupts enabled.
TEST_F(Events, InterruptIsInjected)
{
	kvm_regs regs = {};

	Begin();
	SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_REGS, &regs);
	regs.rflags |= RFLAGS_IF;
	SAFE_IOCTL(vm()->vcpu_fd, KVM_SET_REGS, &regs);
	kvm_vcpu_events events = Unflagged();
	events.interrupt.injected = 1;
	events.interrupt.nr = EVENT_VECTOR;
	ExpectSet(events);
	EXPECT_EQ(Get().interrupt.injected, 1);
	EXPECT_EQ(Get().interrupt.nr, EVENT_VECTOR);
	EXPECT_EQ(Get().interrupt.soft, 0);
	ExpectTaken(EVENT_VECTOR);
	EXPECT_EQ(Get().interrupt.injected, 0);
	ExpectTaken(EVENT_VECTOR);
}

TEST_F(Events, InjectedInterruptIsTakenBack)
{
	Begin();
	tst_kvm_interrupt(cpu(), EVENT_VECTOR);
	EXPECT_EQ(Get().interrupt.injected, 1);
	EXPECT_EQ(Get().interrupt.nr, EVENT_VECTOR);
	kvm_vcpu_events events = Unflagged();
	events.interrupt.injected = 0;
	ExpectSet(events);
	EXPECT_EQ(Get().interrupt.injected, 0);
	ExpectTaken(0, 0);
}

// KVM_SET_SREGS: the bit of one in "interrupt_bitmap" is that of an injected one.
TEST_F(Events, InterruptOfSregsIsInjected)
{
	constexpr uint64_t kBit = uint64_t{1} << EVENT_VECTOR % 64;
	kvm_regs regs = {};
	kvm_sregs sregs = {};

	Begin();
	SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_REGS, &regs);
	regs.rflags |= RFLAGS_IF;
	SAFE_IOCTL(vm()->vcpu_fd, KVM_SET_REGS, &regs);
	ExpectTaken(0, 0);
	SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_SREGS, &sregs);
	EXPECT_EQ(sregs.interrupt_bitmap[EVENT_VECTOR / 64], 0u);
	sregs.interrupt_bitmap[EVENT_VECTOR / 64] = kBit;
	SAFE_IOCTL(vm()->vcpu_fd, KVM_SET_SREGS, &sregs);
	EXPECT_EQ(Get().interrupt.injected, 1);
	sregs = {};
	SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_SREGS, &sregs);
	EXPECT_EQ(sregs.interrupt_bitmap[EVENT_VECTOR / 64], kBit);
	ExpectTaken(EVENT_VECTOR);
}

// KVM_INTERRUPT where the local APICs alone are in KVM: one at a time.
TEST_F(Events, QueuedInterruptWaitsForItsAcceptance)
{
	kvm_interrupt interrupt = {EVENT_VECTOR};

	Create(TST_KVM_SPLIT_IRQCHIP);
	Choose("take_interrupt");
	RunTo(KVM_EXIT_IO);
	ASSERT_EQ(ioctl(vm()->vcpu_fd, KVM_INTERRUPT, &interrupt), 0) << strerror(errno);
	EXPECT_EQ(ioctl(vm()->vcpu_fd, KVM_INTERRUPT, &interrupt), -1);
	EXPECT_EQ(errno, EEXIST);
	RunTo(TST_KVM_ENDED);
	ExpectTakenSoFar(EVENT_VECTOR, 1);
	EXPECT_EQ(ioctl(vm()->vcpu_fd, KVM_INTERRUPT, &interrupt), 0) << strerror(errno);
}

// "interrupt.shadow": no interrupt before the end of the next instruction.
class Shadow : public Events
{
protected:
	// How many instructions the guest has done before an interrupt that waits for it.
	uint32_t Before(uint32_t flags, uint8_t shadow)
	{
		Create(TST_KVM_KERNEL_IRQCHIP);
		Choose("take_interrupt");
		*Shared<uint32_t>("instructions_before") = 99;
		EXPECT_EQ(tst_kvm_run_vcpu(cpu()), KVM_EXIT_IO);
		Complete();
		EXPECT_EQ(Get().interrupt.shadow, 0);
		tst_kvm_msi(vm(), 0xfee00000, EVENT_VECTOR);
		kvm_vcpu_events events = Unflagged();
		events.flags = flags;
		events.interrupt.shadow = shadow;
		ExpectSet(events);
		EXPECT_EQ(Get().interrupt.shadow != 0, flags && shadow);
		RunTo(TST_KVM_ENDED);
		return *Shared<uint32_t>("instructions_before");
	}
};

TEST_F(Shadow, HoldsAnInterruptBack)
{
	for (uint8_t shadow : {KVM_X86_SHADOW_INT_STI, KVM_X86_SHADOW_INT_MOV_SS})
		EXPECT_GE(Before(KVM_VCPUEVENT_VALID_SHADOW, shadow), 1u);
}

TEST_F(Shadow, NeedsItsFlag)
{
	EXPECT_EQ(Before(0, KVM_X86_SHADOW_INT_STI), 0u);
}

TEST_F(Shadow, IsTakenBack)
{
	Begin();
	kvm_vcpu_events events = Unflagged();
	events.flags = KVM_VCPUEVENT_VALID_SHADOW;
	events.interrupt.shadow = KVM_X86_SHADOW_INT_STI;
	ExpectSet(events);
	EXPECT_NE(Get().interrupt.shadow, 0);
	events.interrupt.shadow = 0;
	ExpectSet(events);
	EXPECT_EQ(Get().interrupt.shadow, 0);
}

/* --- NMIs --- */

TEST_F(Events, NmiIsInjected)
{
	Begin();
	kvm_vcpu_events events = Unflagged();
	events.nmi.injected = 1;
	ExpectSet(events);
	EXPECT_EQ(Get().nmi.injected, 1);
	ExpectTaken(kNmi);
	EXPECT_EQ(Get().nmi.injected, 0);
	ExpectTaken(kNmi);
}

TEST_F(Events, NmiIsPending)
{
	Begin();
	kvm_vcpu_events events = Unflagged();
	events.flags = KVM_VCPUEVENT_VALID_NMI_PENDING;
	events.nmi.pending = 1;
	ExpectSet(events);
	EXPECT_EQ(Get().nmi.pending, 1);
	ExpectTaken(kNmi);
	EXPECT_EQ(Get().nmi.pending, 0);
	ExpectTaken(kNmi);
}

TEST_F(Events, NmiIsNotPendingWithoutItsFlag)
{
	Begin();
	kvm_vcpu_events events = Unflagged();
	events.nmi.pending = 1;
	ExpectSet(events);
	EXPECT_EQ(Get().nmi.pending, 0);
	ExpectTaken(0, 0);
}

// Set, they are what counts: not what was queued before.
TEST_F(Events, QueuedNmiIsTakenBack)
{
	Begin();
	kvm_vcpu_events events = Unflagged();
	tst_kvm_nmi(cpu());
	events.flags = KVM_VCPUEVENT_VALID_NMI_PENDING;
	ExpectSet(events);
	EXPECT_EQ(Get().nmi.pending, 0);
	ExpectTaken(0, 0);
}

TEST_F(Events, QueuedNmiIsTold)
{
	Begin();
	tst_kvm_nmi(cpu());
	EXPECT_EQ(Get().nmi.pending, 1);
	ExpectTaken(kNmi);
}

TEST_F(Events, MaskHoldsAnNmiBack)
{
	Begin();
	kvm_vcpu_events events = Unflagged();
	events.nmi.masked = 1;
	ExpectSet(events);
	EXPECT_EQ(Get().nmi.masked, 1);
	tst_kvm_nmi(cpu());
	ExpectTaken(0, 0);
	EXPECT_EQ(Get().nmi.pending, 1);
	events.nmi.masked = 0;
	ExpectSet(events);
	EXPECT_EQ(Get().nmi.masked, 0);
	ExpectTaken(kNmi);
}

/* --- System management mode: KVM API, KVM_SMI --- */

class Smi : public Events
{
protected:
	static constexpr uint16_t kPort = 0x81;

	// At the address where system management mode begins: SDM Vol. 3 "SMRAM"; there is
	// memory for it in address space 1 (KVM_CAP_MULTI_ADDRESS_SPACE).
	void MakeHandler()
	{
		constexpr uint32_t kMsrSmbase = 0x9e;
		constexpr uint64_t kSmbase = 0x40000000;
		constexpr uint8_t kHandler[] = {
			0xe6, kPort, // out %al, $kPort
			0x0f, 0xaa, // rsm
		};
		kvm_userspace_memory_region slot = {};

		memcpy(&smram_[0x8000], kHandler, sizeof(kHandler));
		slot.slot = 1 << 16;
		slot.guest_phys_addr = kSmbase;
		slot.memory_size = smram_.size();
		slot.userspace_addr = reinterpret_cast<uintptr_t>(smram_.data());
		SAFE_IOCTL(vm()->vm_fd, KVM_SET_USER_MEMORY_REGION, &slot);
		ASSERT_EQ(kvm_tests::SetMsr(vm()->vcpu_fd, kMsrSmbase, kSmbase), 1);
	}

	void RunToHandler()
	{
		RunTo(KVM_EXIT_IO);
		EXPECT_EQ(cpu()->run->io.port, kPort);
	}

	kvm_vcpu_events WithFlag(unsigned int index = 0)
	{
		kvm_vcpu_events events = Unflagged(index);

		events.flags = KVM_VCPUEVENT_VALID_SMM;
		return events;
	}

private:
	alignas(4096) std::array<uint8_t, 0x10000> smram_ = {};
};

TEST_F(Smi, QueuedOneIsTold)
{
	Begin();
	MakeHandler();
	EXPECT_EQ(Get().smi.pending, 0);
	SAFE_IOCTL(vm()->vcpu_fd, KVM_SMI);
	EXPECT_EQ(Get().smi.pending, 1);
	EXPECT_EQ(Get().smi.smm, 0);
	RunToHandler();
	EXPECT_EQ(Get().smi.pending, 0);
	EXPECT_EQ(Get().smi.smm, 1);
	EXPECT_EQ(Get().smi.smm_inside_nmi, 0);
	RunTo(KVM_EXIT_HLT);
	EXPECT_EQ(Get().smi.smm, 0);
}

TEST_F(Smi, IsPending)
{
	Begin();
	MakeHandler();
	kvm_vcpu_events events = WithFlag();
	events.smi.pending = 1;
	ExpectSet(events);
	RunToHandler();
	RunTo(KVM_EXIT_HLT);
}

TEST_F(Smi, QueuedOneIsTakenBack)
{
	Begin();
	MakeHandler();
	SAFE_IOCTL(vm()->vcpu_fd, KVM_SMI);
	ASSERT_EQ(Get().smi.pending, 1);
	kvm_vcpu_events events = WithFlag();
	events.smi.pending = 0;
	ExpectSet(events);
	EXPECT_EQ(Get().smi.pending, 0);
	RunTo(KVM_EXIT_HLT);
}

TEST_F(Smi, FieldsNeedTheirFlag)
{
	kvm_vcpu_events events = Unflagged();

	events.smi.pending = 1;
	events.smi.smm = 1;
	events.smi.smm_inside_nmi = 1;
	events.smi.latched_init = 1;
	ExpectSet(events);
	EXPECT_EQ(Get().smi.pending, 0);
	EXPECT_EQ(Get().smi.smm, 0);
	EXPECT_EQ(Get().smi.smm_inside_nmi, 0);
	EXPECT_EQ(Get().smi.latched_init, 0);
}

TEST_F(Smi, ModeIsSetAndTakenBack)
{
	kvm_vcpu_events events = WithFlag();

	for (uint8_t smm : {1, 1, 0, 0}) {
		events.smi.smm = smm;
		ExpectSet(events);
		EXPECT_EQ(Get().smi.smm, smm);
	}
}

// SDM Vol. 3 "NMI Handling While in SMM": an NMI's handler was interrupted.
TEST_F(Smi, InsideAnNmiIsTold)
{
	Begin();
	MakeHandler();
	kvm_vcpu_events events = WithFlag();
	events.nmi.masked = 1;
	events.smi.pending = 1;
	ExpectSet(events);
	RunToHandler();
	EXPECT_EQ(Get().smi.smm_inside_nmi, 1);
	RunTo(KVM_EXIT_HLT);
	EXPECT_EQ(Get().nmi.masked, 1);
}

TEST_F(Smi, InsideAnNmiIsSet)
{
	kvm_vcpu_events events = WithFlag();

	events.smi.smm = 1;
	for (uint8_t inside : {1, 0}) {
		events.smi.smm_inside_nmi = inside;
		ExpectSet(events);
		EXPECT_EQ(Get().smi.smm_inside_nmi, inside);
	}
}

// An INIT waits for the end of system management mode.
TEST_F(Smi, LatchedInitIsSetAndTakenBack)
{
	Create(TST_KVM_KERNEL_IRQCHIP);
	kvm_vcpu_events events = WithFlag();
	events.smi.smm = 1;
	for (uint8_t latched : {1, 0}) {
		events.smi.latched_init = latched;
		ExpectSet(events);
		EXPECT_EQ(Get().smi.latched_init, latched);
	}
}

// Such a CPU waits for its startup, and in system management mode it could not.
TEST_F(Smi, IsRefusedWhileACpuWaitsForItsStartup)
{
	Create(TST_KVM_KERNEL_IRQCHIP, 2);
	SetState(KVM_MP_STATE_INIT_RECEIVED, 0, 1);
	kvm_vcpu_events events = WithFlag(1);
	ExpectSet(events, 1);
	events.smi.smm = 1;
	ExpectRefused(events, 1);
	events.smi.smm = 0;
	events.smi.pending = 1;
	ExpectRefused(events, 1);
	events.flags = 0;
	ExpectSet(events, 1);
}

TEST_F(Smi, CpuCantWaitForItsStartup)
{
	Create(TST_KVM_KERNEL_IRQCHIP, 2);
	kvm_vcpu_events events = WithFlag(1);
	for (bool is_pending : {true, false}) {
		events.smi.pending = is_pending;
		events.smi.smm = !is_pending;
		ExpectSet(events, 1);
		SetState(KVM_MP_STATE_INIT_RECEIVED, -1, 1);
		SetState(KVM_MP_STATE_SIPI_RECEIVED, -1, 1);
		SetState(KVM_MP_STATE_HALTED, 0, 1);
		EXPECT_EQ(State(1), uint32_t{KVM_MP_STATE_HALTED});
	}
	events.smi.pending = 0;
	events.smi.smm = 0;
	ExpectSet(events, 1);
	SetState(KVM_MP_STATE_INIT_RECEIVED, 0, 1);
	EXPECT_EQ(State(1), uint32_t{KVM_MP_STATE_INIT_RECEIVED});
}

/* --- States --- */

// Without an interrupt controller in KVM, KVM knows of no state but runnable.
TEST_F(Events, StatesNeedAnApic)
{
	for (uint32_t state :
	     {KVM_MP_STATE_UNINITIALIZED, KVM_MP_STATE_HALTED, KVM_MP_STATE_INIT_RECEIVED,
	      KVM_MP_STATE_SIPI_RECEIVED, KVM_MP_STATE_AP_RESET_HOLD}) {
		SetState(state, -1);
		EXPECT_EQ(State(), uint32_t{KVM_MP_STATE_RUNNABLE});
		if (HasFailure())
			return; // before the kernel comes to harm
	}
	SetState(KVM_MP_STATE_RUNNABLE, 0);
}

// A CPU that halts goes on to do so.
TEST_F(Events, SregsDontWakeACpu)
{
	kvm_sregs sregs = {};

	Create(TST_KVM_KERNEL_IRQCHIP);
	Begin();
	SetState(KVM_MP_STATE_HALTED, 0);
	SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_SREGS, &sregs);
	SAFE_IOCTL(vm()->vcpu_fd, KVM_SET_SREGS, &sregs);
	EXPECT_EQ(State(), uint32_t{KVM_MP_STATE_HALTED});
}

TEST_F(Events, KickedCpuIsRunnable)
{
	Create(TST_KVM_KERNEL_IRQCHIP, 2);
	Begin("kick");
	SetState(KVM_MP_STATE_HALTED, 0, 1);
	EXPECT_EQ(State(1), uint32_t{KVM_MP_STATE_HALTED});
	RunTo(KVM_EXIT_HLT);
	EXPECT_EQ(State(1), uint32_t{KVM_MP_STATE_RUNNABLE});
	RunTo(TST_KVM_ENDED);
}

} // namespace
