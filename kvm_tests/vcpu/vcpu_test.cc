// SPDX-License-Identifier: MIT
// Virtual CPUs: states, registers, and interrupts that user space queues. What the
// ioctls do is said in the KVM API, under their names.
#include <sys/ioctl.h>

#include <cstring>
#include <thread>

#include "case_test.h"
#include "vcpu.h"

namespace
{

class Vcpu : public kvm_tests::CaseTest
{
protected:
	void RunToYield()
	{
		RunTo(KVM_EXIT_HLT);
	}

	void RunToEnd()
	{
		RunTo(TST_KVM_ENDED);
	}

	uint32_t State(unsigned int index)
	{
		kvm_mp_state state = {};

		SAFE_IOCTL(cpu(index)->fd, KVM_GET_MP_STATE, &state);
		return state.mp_state;
	}

	void SetState(unsigned int index, uint32_t state)
	{
		kvm_mp_state mp_state = {};

		mp_state.mp_state = state;
		SAFE_IOCTL(cpu(index)->fd, KVM_SET_MP_STATE, &mp_state);
	}
};

/* --- NMI: SDM Vol. 3 "Nonmaskable Interrupt (NMI)" --- */

TEST_F(Vcpu, NmiWakesAHaltedCpu)
{
	Choose("halt_for_nmi");
	RunToYield();
	RunTo(KVM_EXIT_HLT);
	EXPECT_EQ(*Shared<uint32_t>("nmis"), 0u);
	tst_kvm_nmi(cpu());
	RunToEnd();
	EXPECT_EQ(*Shared<uint32_t>("nmis"), 1u);
}

// With an irqchip, HLT is KVM's own business: nothing but the NMI ends this one.
TEST_F(Vcpu, NmiWakesACpuThatKvmHalts)
{
	Create(TST_KVM_KERNEL_IRQCHIP);
	Choose("nmi_while_halted");
	RunToYield();
	SetState(0, KVM_MP_STATE_HALTED);
	tst_kvm_nmi(cpu());
	RunToEnd();
	EXPECT_EQ(*Shared<uint32_t>("nmis"), 1u);
}

// One comes while another is served: it is kept until that one's IRET.
TEST_F(Vcpu, NmiIsBlockedUntilIret)
{
	Choose("nmi_in_nmi");
	RunToYield();
	tst_kvm_nmi(cpu());
	RunToYield(); // in the handler
	EXPECT_EQ(*Shared<uint32_t>("nmis"), 1u);
	tst_kvm_nmi(cpu());
	RunToYield();
	EXPECT_EQ(*Shared<uint32_t>("nmis"), 2u);
	EXPECT_EQ(*Shared<uint32_t>("nmis_in_handler"), 0u);
	RunToEnd();
	EXPECT_EQ(*Shared<uint32_t>("nmis"), 2u);
}

// The same from KVM_GET_VCPU_EVENTS: masked in the handler, and only there.
TEST_F(Vcpu, EventsTellThatNmisAreMasked)
{
	kvm_vcpu_events events = {};

	Choose("nmi_in_nmi");
	RunToYield();
	SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_VCPU_EVENTS, &events);
	EXPECT_EQ(events.nmi.masked, 0);
	tst_kvm_nmi(cpu());
	RunToYield();
	SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_VCPU_EVENTS, &events);
	EXPECT_EQ(events.nmi.masked, 1);
	RunToYield();
	SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_VCPU_EVENTS, &events);
	EXPECT_EQ(events.nmi.masked, 0);
	RunToEnd();
}

/* --- Interrupts without an irqchip --- */

TEST_F(Vcpu, InterruptBeyondTheLastVectorIsRefused)
{
	kvm_interrupt interrupt = {256};

	EXPECT_EQ(ioctl(vm()->vcpu_fd, KVM_INTERRUPT, &interrupt), -1);
	EXPECT_EQ(errno, EINVAL);
}

TEST_F(Vcpu, InterruptIsRefusedWithAnIrqchip)
{
	kvm_interrupt interrupt = {VECTOR};

	Create(TST_KVM_KERNEL_IRQCHIP);
	EXPECT_EQ(ioctl(vm()->vcpu_fd, KVM_INTERRUPT, &interrupt), -1);
	EXPECT_EQ(errno, ENXIO);
}

// run->request_interrupt_window: KVM leaves as soon as an interrupt can be taken.
TEST_F(Vcpu, WindowOpensWithIf)
{
	Choose("open_window");
	RunToYield();
	EXPECT_EQ(cpu()->run->ready_for_interrupt_injection, 0);
	cpu()->run->request_interrupt_window = 1;
	RunTo(KVM_EXIT_IRQ_WINDOW_OPEN);
	EXPECT_EQ(cpu()->run->if_flag, 1);
	EXPECT_EQ(cpu()->run->ready_for_interrupt_injection, 1);
	EXPECT_EQ(*Shared<uint32_t>("counter"), 1u) << "interrupts were enabled after this";
	cpu()->run->request_interrupt_window = 0;
	tst_kvm_interrupt(cpu(), VECTOR);
	RunToYield();
	EXPECT_EQ(Shared<uint32_t>("seen_vectors")[VECTOR], 1u);
	EXPECT_EQ(*Shared<uint32_t>("counter"), 2u);
	RunToEnd();
}

/* --- States --- */

TEST_F(Vcpu, OtherCpusWaitForTheirStart)
{
	Create(TST_KVM_KERNEL_IRQCHIP, 2);
	EXPECT_EQ(State(0), uint32_t{KVM_MP_STATE_RUNNABLE});
	EXPECT_EQ(State(1), uint32_t{KVM_MP_STATE_UNINITIALIZED});
}

TEST_F(Vcpu, UnknownStateIsRefused)
{
	kvm_mp_state state = {};

	Create(TST_KVM_KERNEL_IRQCHIP);
	state.mp_state = 99;
	EXPECT_EQ(ioctl(vm()->vcpu_fd, KVM_SET_MP_STATE, &state), -1);
	EXPECT_EQ(errno, EINVAL);
}

// "KVM_MP_STATE_HALTED: the vcpu has executed a HLT instruction and is waiting for an
// interrupt": a signal takes KVM_RUN out of it. Set to runnable, the CPU goes on.
TEST_F(Vcpu, HaltIsAState)
{
	Create(TST_KVM_KERNEL_IRQCHIP);
	Choose("halt");
	RunToYield();
	cpu()->run->immediate_exit = 0;
	SetState(0, KVM_MP_STATE_HALTED);
	EXPECT_EQ(State(0), uint32_t{KVM_MP_STATE_HALTED});
	tst_kvm_msi(vm(), 0xfee00000, VECTOR);
	SetState(0, KVM_MP_STATE_RUNNABLE);
	RunToEnd();
	EXPECT_EQ(Shared<uint32_t>("seen_vectors")[VECTOR], 1u);
}

/* --- A triple fault: SDM Vol. 3 "Interrupt 8—Double Fault Exception" --- */

TEST_F(Vcpu, TripleFaultEndsOneCpuOnly)
{
	Create(TST_KVM_KERNEL_IRQCHIP, 2);
	Choose("outlive");
	tst_kvm_start_vcpu(cpu(1), "die", 0);
	int left = 0;
	kvm_tests::Thread other([this, &left] { left = tst_kvm_run_vcpu(cpu(1)); });
	kvm_tests::Thread first([this] { RunToEnd(); });
	other.Join();
	EXPECT_EQ(left, KVM_EXIT_SHUTDOWN);
	const uint32_t counted = *Shared<uint32_t>("counter");
	while (*Shared<uint32_t>("counter") == counted)
		std::this_thread::yield();
	*Shared<uint32_t>("stop") = 1;
	first.Join();
}

// KVM API, KVM_CAP_X86_TRIPLE_FAULT_EVENT: one that is pending is saved, and loaded.
class PendingTripleFault : public Vcpu
{
protected:
	void Allow()
	{
		kvm_enable_cap cap = {};

		cap.cap = KVM_CAP_X86_TRIPLE_FAULT_EVENT;
		cap.args[0] = 1;
		SAFE_IOCTL(vm()->vm_fd, KVM_ENABLE_CAP, &cap);
	}

	kvm_vcpu_events Get()
	{
		kvm_vcpu_events events = {};

		SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_VCPU_EVENTS, &events);
		return events;
	}

	int Set(bool is_pending)
	{
		kvm_vcpu_events events = Get();

		events.flags |= KVM_VCPUEVENT_VALID_TRIPLE_FAULT;
		events.triple_fault.pending = is_pending;
		return ioctl(vm()->vcpu_fd, KVM_SET_VCPU_EVENTS, &events);
	}
};

TEST_F(PendingTripleFault, EndsTheCpu)
{
	Allow();
	ASSERT_EQ(Set(true), 0) << strerror(errno);
	EXPECT_EQ(Get().triple_fault.pending, 1);
	EXPECT_TRUE(Get().flags & KVM_VCPUEVENT_VALID_TRIPLE_FAULT);
	Choose("add_in_register");
	RunTo(KVM_EXIT_SHUTDOWN);
}

TEST_F(PendingTripleFault, CanBeTakenBack)
{
	Allow();
	ASSERT_EQ(Set(true), 0) << strerror(errno);
	ASSERT_EQ(Set(false), 0) << strerror(errno);
	EXPECT_EQ(Get().triple_fault.pending, 0);
	Choose("add_in_register");
	RunTo(KVM_EXIT_IO);
	RunToEnd();
}

TEST_F(PendingTripleFault, IsUnknownUnlessEnabled)
{
	EXPECT_EQ(Set(true), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_FALSE(Get().flags & KVM_VCPUEVENT_VALID_TRIPLE_FAULT);
	Choose("add_in_register");
	RunTo(KVM_EXIT_IO);
	RunToEnd();
}

TEST_F(Vcpu, UnknownEventsAreRefused)
{
	kvm_vcpu_events events = {};

	SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_VCPU_EVENTS, &events);
	events.flags |= 1u << 31;
	EXPECT_EQ(ioctl(vm()->vcpu_fd, KVM_SET_VCPU_EVENTS, &events), -1);
	EXPECT_EQ(errno, EINVAL);
}

/* --- Debug registers: KVM API, KVM_GET_DEBUGREGS; SDM Vol. 3 "Debug Registers" --- */

constexpr uint64_t kDr6 = 0xffff0ff0, kDr7 = 0x400; // bits that are always 1

TEST_F(Vcpu, DebugRegistersGoBothWays)
{
	kvm_debugregs set = {}, got = {};

	for (uint64_t i = 0; i < 4; i++)
		set.db[i] = 0x1000 * (i + 1);
	set.dr6 = kDr6 | 0x5;
	set.dr7 = kDr7 | 0x55;
	SAFE_IOCTL(vm()->vcpu_fd, KVM_SET_DEBUGREGS, &set);
	SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_DEBUGREGS, &got);
	EXPECT_EQ(memcmp(&set, &got, sizeof(set)), 0);
}

// Bits 32 to 63 of DR6 and DR7 are reserved, and there are no flags.
TEST_F(Vcpu, IllegalDebugRegistersAreRefused)
{
	constexpr uint64_t kHigh = 1ull << 32;
	kvm_debugregs before = {}, after = {};

	SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_DEBUGREGS, &before);
	for (auto reg : {&kvm_debugregs::dr6, &kvm_debugregs::dr7, &kvm_debugregs::flags}) {
		kvm_debugregs illegal = before;

		illegal.db[0] = 0x1000;
		illegal.*reg |= kHigh;
		EXPECT_EQ(ioctl(vm()->vcpu_fd, KVM_SET_DEBUGREGS, &illegal), -1);
		EXPECT_EQ(errno, EINVAL);
	}
	SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_DEBUGREGS, &after);
	EXPECT_EQ(memcmp(&before, &after, sizeof(before)), 0);
}

/* --- Registers in struct kvm_run: KVM_CAP_SYNC_REGS --- */

TEST_F(Vcpu, SyncRegsGiveAndTakeRegisters)
{
	kvm_regs regs = {};
	kvm_sregs sregs = {};
	kvm_run *run = cpu()->run;

	Choose("add_in_register");
	run->kvm_valid_regs = KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS;
	RunTo(KVM_EXIT_IO);
	SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_REGS, &regs);
	SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_SREGS, &sregs);
	EXPECT_EQ(memcmp(&run->s.regs.regs, &regs, sizeof(regs)), 0);
	EXPECT_EQ(memcmp(&run->s.regs.sregs, &sregs, sizeof(sregs)), 0);
	EXPECT_EQ(run->s.regs.regs.rbx, 0x1111u);
	run->s.regs.regs.rbx = 0x2222;
	run->kvm_dirty_regs = KVM_SYNC_X86_REGS;
	RunToEnd();
	EXPECT_EQ(*Shared<uint32_t>("counter"), 0x2223u);
}

// Not marked as dirty, they are what KVM has told, and not what it is told.
TEST_F(Vcpu, SyncRegsTakeNothingUnasked)
{
	kvm_run *run = cpu()->run;

	Choose("add_in_register");
	run->kvm_valid_regs = KVM_SYNC_X86_REGS;
	RunTo(KVM_EXIT_IO);
	run->s.regs.regs.rbx = 0x2222;
	RunToEnd();
	EXPECT_EQ(*Shared<uint32_t>("counter"), 0x1112u);
}

TEST_F(Vcpu, SyncRegsGiveNothingUnasked)
{
	kvm_run *run = cpu()->run;

	Choose("add_in_register");
	run->kvm_valid_regs = 0;
	run->s.regs.regs.rbx = 0x5555;
	RunTo(KVM_EXIT_IO);
	EXPECT_EQ(run->s.regs.regs.rbx, 0x5555u);
	RunToEnd();
}

TEST_F(Vcpu, UnknownSyncRegsAreRefused)
{
	kvm_run *run = cpu()->run;

	run->kvm_valid_regs = KVM_SYNC_X86_VALID_FIELDS + 1;
	EXPECT_EQ(ioctl(vm()->vcpu_fd, KVM_RUN, 0), -1);
	EXPECT_EQ(errno, EINVAL);
	run->kvm_valid_regs = 0;
	run->kvm_dirty_regs = 1u << 30;
	EXPECT_EQ(ioctl(vm()->vcpu_fd, KVM_RUN, 0), -1);
	EXPECT_EQ(errno, EINVAL);
	run->kvm_dirty_regs = 0;
}

// run->immediate_exit: KVM_RUN returns EINTR before any guest code has run.
TEST_F(Vcpu, ImmediateExitRunsNothing)
{
	kvm_regs before = {}, after = {};

	Choose("open_window");
	RunToYield();
	SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_REGS, &before);
	cpu()->run->immediate_exit = 1;
	EXPECT_EQ(ioctl(vm()->vcpu_fd, KVM_RUN, 0), -1);
	EXPECT_EQ(errno, EINTR);
	cpu()->run->immediate_exit = 0;
	SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_REGS, &after);
	EXPECT_EQ(before.rip, after.rip);
	RunToYield();
	RunToEnd();
}

/* --- SDM Vol. 3 "Multiple-Processor (MP) Initialization" --- */

// Real-mode code for the startup page: writes CS to the device, then halts.
constexpr uint8_t kStartupCode[] = {
	0x8c,
	0xc8, // mov %cs, %ax
	0xba,
	DEVICE_PORT & 0xff,
	DEVICE_PORT >> 8, // mov $DEVICE_PORT, %dx
	0xef, // out %ax, %dx
	0xf4, // hlt
};

class Startup : public Vcpu
{
protected:
	void SetUp() override
	{
		Vcpu::SetUp();
		Create(TST_KVM_KERNEL_IRQCHIP, 2);
		memcpy(tst_kvm_get_memptr(vm(), STARTUP_PAGE << 12), kStartupCode,
		       sizeof(kStartupCode));
	}

	// CPU 1 runs the code, from its page.
	void ExpectStarts()
	{
		kvm_regs regs = {};
		kvm_sregs sregs = {};
		kvm_run *run = cpu(1)->run;

		ASSERT_EQ(ioctl(cpu(1)->fd, KVM_RUN, 0), 0) << strerror(errno);
		ASSERT_EQ(run->exit_reason, uint32_t{KVM_EXIT_IO}) << tst_kvm_describe_exit(cpu(1));
		EXPECT_EQ(run->io.port, DEVICE_PORT);
		EXPECT_EQ(*reinterpret_cast<uint16_t *>(reinterpret_cast<uint8_t *>(run) +
							run->io.data_offset),
			  STARTUP_PAGE << 8);
		SAFE_IOCTL(cpu(1)->fd, KVM_GET_REGS, &regs);
		SAFE_IOCTL(cpu(1)->fd, KVM_GET_SREGS, &sregs);
		EXPECT_EQ(sregs.cs.base, uint64_t{STARTUP_PAGE} << 12);
		EXPECT_EQ(sregs.cs.selector, STARTUP_PAGE << 8);
		EXPECT_LE(regs.rip, sizeof(kStartupCode));
		EXPECT_EQ(State(1), uint32_t{KVM_MP_STATE_RUNNABLE});
	}
};

TEST_F(Startup, IpiStartsAtItsPage)
{
	Choose("start_by_ipi");
	RunToYield(); // after INIT
	EXPECT_EQ(State(1), uint32_t{KVM_MP_STATE_INIT_RECEIVED});
	RunToYield(); // after the startup IPI
	ExpectStarts();
	RunToEnd();
}

// "the vcpu has just received a SIPI (vector accessible via KVM_GET_VCPU_EVENTS)": set so by
// user space, which says the vector.
TEST_F(Startup, IsAStateWithAVector)
{
	kvm_vcpu_events events = {};

	SAFE_IOCTL(cpu(1)->fd, KVM_GET_VCPU_EVENTS, &events);
	events.flags |= KVM_VCPUEVENT_VALID_SIPI_VECTOR;
	events.sipi_vector = STARTUP_PAGE;
	SAFE_IOCTL(cpu(1)->fd, KVM_SET_VCPU_EVENTS, &events);
	SetState(1, KVM_MP_STATE_SIPI_RECEIVED);
	ExpectStarts();
}

// Its flag is not set: the field means nothing.
TEST_F(Startup, VectorIsNotTakenUnasked)
{
	kvm_vcpu_events events = {};

	SAFE_IOCTL(cpu(1)->fd, KVM_GET_VCPU_EVENTS, &events);
	events.flags |= KVM_VCPUEVENT_VALID_SIPI_VECTOR;
	events.sipi_vector = STARTUP_PAGE;
	SAFE_IOCTL(cpu(1)->fd, KVM_SET_VCPU_EVENTS, &events);
	events.flags &= ~KVM_VCPUEVENT_VALID_SIPI_VECTOR;
	events.sipi_vector = STARTUP_PAGE + 1;
	SAFE_IOCTL(cpu(1)->fd, KVM_SET_VCPU_EVENTS, &events);
	SetState(1, KVM_MP_STATE_SIPI_RECEIVED);
	ExpectStarts();
}

} // namespace
