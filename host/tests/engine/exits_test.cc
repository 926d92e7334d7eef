// SPDX-License-Identifier: MIT
// tst_kvm_run_vcpu() returns every exit, tst_kvm_on_exit() handles it, tst_kvm_describe_exit() tells it.
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>

#include "machine.h"

namespace
{

using ::ringside::Collect;
using ::ringside::ResultIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class Exits : public MachineTest
{
protected:
	kvm_run *RunTo(uint32_t reason)
	{
		EXPECT_EQ(tst_kvm_run_vcpu(Cpu(0)), static_cast<int>(reason)) << Describe(0);
		return Cpu(0)->run;
	}

	void ExpectEnd()
	{
		EXPECT_EQ(tst_kvm_run_vcpu(Cpu(0)), TST_KVM_ENDED) << Describe(0);
		// It is not entered again.
		EXPECT_EQ(tst_kvm_run_vcpu(Cpu(0)), TST_KVM_ENDED);
	}

	unsigned char *IoData()
	{
		return reinterpret_cast<unsigned char *>(Cpu(0)->run) + Cpu(0)->run->io.data_offset;
	}
};

TEST_F(Exits, EndAlone)
{
	Make({}, "pass");
	EXPECT_THAT(Collect([this] { ExpectEnd(); }),
		    ElementsAre(ResultIs(TPASS, "CPU 0 is done")));
}

struct Width {
	const char *function;
	unsigned int bytes;
};

TEST_F(Exits, PortWritesOfEachWidth)
{
	for (const Width &width : {Width{"out_8", 1}, Width{"out_16", 2}, Width{"out_32", 4}}) {
		const uint32_t value = 0x44332211;

		Make({}, width.function);
		Value("value") = value;
		const kvm_run *run = RunTo(KVM_EXIT_IO);
		EXPECT_EQ(run->io.direction, KVM_EXIT_IO_OUT);
		EXPECT_EQ(run->io.port, GUEST_PORT);
		EXPECT_EQ(run->io.size, width.bytes);
		EXPECT_EQ(run->io.count, 1u);
		EXPECT_EQ(memcmp(IoData(), &value, width.bytes), 0);
		EXPECT_THAT(Describe(0), AllOf(StartsWith("KVM_EXIT_IO (2); out to port 0x80, "),
					       HasSubstr(std::string(" ") + width.function + "+0x"),
					       HasSubstr("guest_payload.c:")));
		ExpectEnd();
	}
}

TEST_F(Exits, PortReadTakesTheHostsValue)
{
	const uint32_t value = 0xcafe1234;

	Make({}, "in_32");
	const kvm_run *run = RunTo(KVM_EXIT_IO);
	EXPECT_EQ(run->io.direction, KVM_EXIT_IO_IN);
	memcpy(IoData(), &value, sizeof(value));
	ExpectEnd();
	EXPECT_EQ(Value("value"), value);
}

// A string comes in as many pieces as KVM likes.
TEST_F(Exits, PortStrings)
{
	const std::string text = "sixteen bytes...";
	std::string got;

	Make({}, "out_string");
	Value("count") = text.size();
	memcpy(tst_kvm_symbol(&vm_, "buffer"), text.data(), text.size());
	while (tst_kvm_run_vcpu(Cpu(0)) == KVM_EXIT_IO)
		got.append(reinterpret_cast<char *>(IoData()),
			   Cpu(0)->run->io.size * Cpu(0)->run->io.count);
	EXPECT_EQ(got, text);

	size_t given = 0;

	Make({}, "in_string");
	Value("count") = text.size();
	while (tst_kvm_run_vcpu(Cpu(0)) == KVM_EXIT_IO) {
		const size_t size = Cpu(0)->run->io.size * Cpu(0)->run->io.count;

		ASSERT_LE(given + size, text.size());
		memcpy(IoData(), text.data() + given, size);
		given += size;
	}
	EXPECT_EQ(given, text.size());
	EXPECT_EQ(memcmp(tst_kvm_symbol(&vm_, "buffer"), text.data(), text.size()), 0);
}

TEST_F(Exits, MmioWriteAndRead)
{
	Make({}, "write_mmio");
	Value("value") = 0x01020304;
	const kvm_run *run = RunTo(KVM_EXIT_MMIO);
	EXPECT_EQ(run->mmio.phys_addr, GUEST_MMIO);
	EXPECT_EQ(run->mmio.len, 4u);
	EXPECT_TRUE(run->mmio.is_write);
	EXPECT_EQ(*reinterpret_cast<const uint32_t *>(run->mmio.data), 0x01020304u);
	EXPECT_THAT(Describe(0), HasSubstr("write of 4 bytes at physical address 0x50000000, data "
					   "04 03 02 01"));
	ExpectEnd();

	const uint32_t value = 0x55667788;

	Make({}, "read_mmio");
	RunTo(KVM_EXIT_MMIO);
	EXPECT_FALSE(Cpu(0)->run->mmio.is_write);
	memcpy(Cpu(0)->run->mmio.data, &value, sizeof(value));
	ExpectEnd();
	EXPECT_EQ(Value("value"), value);
}

// KVM API, KVM_EXIT_MMIO: an access that crosses a page comes in two pieces.
TEST_F(Exits, MmioAcrossPages)
{
	Make({}, "write_across");
	Value("value") = 0x01020304;
	RunTo(KVM_EXIT_MMIO);
	EXPECT_EQ(Cpu(0)->run->mmio.phys_addr, GUEST_MMIO + GUEST_PAGE - 2);
	EXPECT_EQ(Cpu(0)->run->mmio.len, 2u);
	EXPECT_EQ(Cpu(0)->run->mmio.data[0], 4);
	RunTo(KVM_EXIT_MMIO);
	EXPECT_EQ(Cpu(0)->run->mmio.phys_addr, GUEST_MMIO + GUEST_PAGE);
	EXPECT_EQ(Cpu(0)->run->mmio.len, 2u);
	EXPECT_EQ(Cpu(0)->run->mmio.data[0], 2);
	ExpectEnd();

	Make({}, "read_across");
	RunTo(KVM_EXIT_MMIO);
	memcpy(Cpu(0)->run->mmio.data, "\x11\x22", 2);
	RunTo(KVM_EXIT_MMIO);
	memcpy(Cpu(0)->run->mmio.data, "\x33\x44", 2);
	ExpectEnd();
	EXPECT_EQ(Value("value"), 0x44332211u);
}

TEST_F(Exits, HaltIsReturnedWhereNoIrqchipIs)
{
	Make({}, "halt");
	RunTo(KVM_EXIT_HLT);
	EXPECT_EQ(Value("progress"), 0u);
	ExpectEnd();
	EXPECT_EQ(Value("progress"), 1u);
}

TEST_F(Exits, YieldIsAHaltWithAndWithoutIrqchip)
{
	for (tst_kvm_irqchip irqchip :
	     {TST_KVM_NO_IRQCHIP, TST_KVM_KERNEL_IRQCHIP, TST_KVM_SPLIT_IRQCHIP}) {
		tst_kvm_config config = {};

		config.irqchip = irqchip;
		Make(config, "yield_twice");
		for (uint64_t i = 0; i < 2; i++) {
			RunTo(KVM_EXIT_HLT);
			EXPECT_EQ(Value("progress"), i);
		}
		EXPECT_THAT(Collect([this] { ExpectEnd(); }),
			    ElementsAre(ResultIs(TPASS, "yielded")));
	}
}

TEST_F(Exits, UnknownMsrsGoToTheHost)
{
	tst_kvm_config config = {};

	config.before_vcpus = [](tst_kvm_instance *inst, void *) {
		kvm_enable_cap cap = {};

		cap.cap = KVM_CAP_X86_USER_SPACE_MSR;
		cap.args[0] = KVM_MSR_EXIT_REASON_UNKNOWN;
		SAFE_IOCTL(inst->vm_fd, KVM_ENABLE_CAP, &cap);
	};
	Make(config, "write_msr");
	Value("value") = 0x1122334455;
	RunTo(KVM_EXIT_X86_WRMSR);
	EXPECT_EQ(Cpu(0)->run->msr.index, GUEST_MSR);
	EXPECT_EQ(Cpu(0)->run->msr.data, 0x1122334455u);
	EXPECT_THAT(Describe(0), HasSubstr("MSR 0x4f000123, data 0x1122334455"));
	ExpectEnd();

	Make(config, "read_msr");
	RunTo(KVM_EXIT_X86_RDMSR);
	Cpu(0)->run->msr.data = 0x66;
	ExpectEnd();
	EXPECT_EQ(Value("value"), 0x66u);
}

TEST_F(Exits, SingleStepsAreDebugExits)
{
	kvm_guest_debug debug = {};

	Make({}, "say_nothing");
	debug.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP;
	SAFE_IOCTL(Cpu(0)->fd, KVM_SET_GUEST_DEBUG, &debug);
	for (int i = 0; i < 3; i++) {
		RunTo(KVM_EXIT_DEBUG);
		EXPECT_THAT(Describe(0), HasSubstr("KVM_EXIT_DEBUG (4); exception 1 at 0x"));
	}
	debug.control = 0;
	SAFE_IOCTL(Cpu(0)->fd, KVM_SET_GUEST_DEBUG, &debug);
	ExpectEnd();
}

TEST_F(Exits, TripleFaultIsReturned)
{
	Make({}, "triple_fault");
	RunTo(KVM_EXIT_SHUTDOWN);
	EXPECT_THAT(Describe(0), HasSubstr("a triple fault"));
}

TEST_F(Exits, CodeWithoutMemoryIsAnInternalError)
{
	Make({}, "run_nothing");
	RunTo(KVM_EXIT_INTERNAL_ERROR);
	EXPECT_THAT(Describe(0), HasSubstr("KVM had to emulate an instruction and cannot"));
}

// No frame is invented for an address that is not the payload's.
TEST_F(Exits, AddressOutsideThePayloadHasNoSymbol)
{
	Make({}, "run_nothing");
	RunTo(KVM_EXIT_INTERNAL_ERROR);
	EXPECT_THAT(Describe(0), HasSubstr("#0 0x50000000\n"));
}

TEST_F(Exits, FullDirtyRingIsReturned)
{
	constexpr unsigned int kEntries = 1024;
	tst_kvm_config config = {};
	unsigned int slot;
	uint64_t page;

	config.dirty_ring = kEntries;
	Make(config, "touch_pages_slowly");
	tst_kvm_on_exit(
		&vm_, KVM_EXIT_IO, [](struct tst_kvm_vcpu *, void *) { return 0; }, nullptr);
	tst_kvm_alloc_memory(&vm_, GUEST_SLOT, GUEST_MEMORY, 2 * kEntries * GUEST_PAGE,
			     KVM_MEM_LOG_DIRTY_PAGES);
	Value("count") = 2 * kEntries;
	std::vector<bool> seen(2 * kEntries);
	unsigned int full = 0;
	int exit;
	do {
		exit = tst_kvm_run_vcpu(Cpu(0));
		full += exit == KVM_EXIT_DIRTY_RING_FULL;
		while (tst_kvm_next_dirty(Cpu(0), &slot, &page)) {
			EXPECT_EQ(slot, static_cast<unsigned>(GUEST_SLOT));
			ASSERT_LT(page, seen.size());
			seen[page] = true;
		}
	} while (exit == KVM_EXIT_DIRTY_RING_FULL);
	EXPECT_EQ(exit, TST_KVM_ENDED);
	EXPECT_GT(full, 0u);
	EXPECT_THAT(seen, ::testing::Each(true));
}

TEST_F(Exits, ImmediateExitInterrupts)
{
	Make({}, "say_nothing");
	Cpu(0)->run->immediate_exit = 1;
	for (int i = 0; i < 2; i++)
		EXPECT_EQ(tst_kvm_run_vcpu(Cpu(0)), TST_KVM_INTERRUPTED);
	Cpu(0)->run->immediate_exit = 0;
	ExpectEnd();
}

TEST_F(Exits, SignalInterrupts)
{
	struct sigaction action = {}, old;

	action.sa_handler = [](int) {};
	SAFE_SIGACTION(SIGUSR1, &action, &old);
	Make({}, "signal_and_spin");
	int value = 0;
	std::thread runner([&] { value = tst_kvm_run_vcpu(Cpu(0)); });
	EXPECT_EQ(tst_kvm_wait_guest(&vm_, -1), 0);
	// While the guest spins, the signal can only come inside KVM_RUN.
	pthread_kill(runner.native_handle(), SIGUSR1);
	runner.join();
	EXPECT_EQ(value, TST_KVM_INTERRUPTED);
	Value("stop") = 1;
	ExpectEnd();
	SAFE_SIGACTION(SIGUSR1, &old, nullptr);
}

TEST_F(Exits, NoCpuIsRefused)
{
	struct tst_kvm_vcpu none = {};

	for (struct tst_kvm_vcpu *vcpu : {&none, static_cast<struct tst_kvm_vcpu *>(nullptr)}) {
		EXPECT_THAT(Collect([&] { tst_kvm_run_vcpu(vcpu); }),
			    ElementsAre(ResultIs(TBROK, StartsWith("tst_kvm_run_vcpu(vcpu): this "
								   "is no virtual CPU"))));
		EXPECT_THAT(Collect([&] { tst_kvm_describe_exit(vcpu); }),
			    ElementsAre(ResultIs(TBROK, StartsWith("tst_kvm_describe_exit("))));
	}
}

// --- Handlers ---

struct Calls {
	int count = 0, value = 0;
	unsigned int cpu = 0;
};

int Handle(struct tst_kvm_vcpu *vcpu, void *arg)
{
	auto *calls = static_cast<Calls *>(arg);

	calls->count++;
	calls->cpu = vcpu->index;
	return calls->value;
}

class Handlers : public Exits
{
protected:
	Calls calls_, other_;
};

TEST_F(Handlers, HandledExitRunsOn)
{
	Make({}, "out_8");
	tst_kvm_on_exit(&vm_, KVM_EXIT_IO, Handle, &calls_);
	EXPECT_THAT(Run(), IsEmpty());
	EXPECT_EQ(calls_.count, 1);
}

TEST_F(Handlers, WhatIsNotHandledIsReported)
{
	calls_.value = -1;
	Make({}, "out_8");
	tst_kvm_on_exit(&vm_, KVM_EXIT_IO, Handle, &calls_);
	EXPECT_THAT(Run(), ElementsAre(ResultIs(TBROK, HasSubstr("KVM_EXIT_IO (2); out to port "
								 "0x80"))));
	EXPECT_EQ(calls_.count, 1);
}

TEST_F(Handlers, RunVcpuReturnsWhatTheyLeave)
{
	Make({}, "yield_twice");
	tst_kvm_on_exit(&vm_, KVM_EXIT_HLT, Handle, &calls_);
	calls_.value = 1;
	RunTo(KVM_EXIT_HLT);
	calls_.value = 0;
	EXPECT_THAT(Collect([this] { ExpectEnd(); }), ElementsAre(ResultIs(TPASS, "yielded")));
	EXPECT_EQ(calls_.count, 2);
}

TEST_F(Handlers, LastOneCountsAndCanBeRemoved)
{
	Make({}, "yield_twice");
	tst_kvm_on_exit(&vm_, KVM_EXIT_HLT, Handle, &calls_);
	tst_kvm_on_exit(&vm_, KVM_EXIT_HLT, Handle, &other_);
	other_.value = 1;
	RunTo(KVM_EXIT_HLT);
	tst_kvm_on_exit(&vm_, KVM_EXIT_HLT, nullptr, nullptr);
	RunTo(KVM_EXIT_HLT);
	EXPECT_EQ(calls_.count, 0);
	EXPECT_EQ(other_.count, 1);
}

TEST_F(Handlers, ReasonThatIsNoneIsRefused)
{
	Make({}, "pass");
	EXPECT_THAT(Collect([this] { tst_kvm_on_exit(&vm_, 64, Handle, &calls_); }),
		    ElementsAre(ResultIs(TBROK, "tst_kvm_on_exit(reason): reason is 64; KVM_EXIT_* "
						"reasons are below 64")));
}

TEST_F(Handlers, DestroyingTheMachineIsRefused)
{
	Make({}, "out_8");
	tst_kvm_on_exit(
		&vm_, KVM_EXIT_IO,
		[](struct tst_kvm_vcpu *, void *arg) {
			tst_kvm_destroy_instance(static_cast<tst_kvm_instance *>(arg));
			return 0;
		},
		&vm_);
	EXPECT_THAT(Run(), ElementsAre(ResultIs(TBROK, HasSubstr("a thread is still inside"))));
	// It is still there, and can be destroyed now.
	EXPECT_GE(vm_.vm_fd, 0);
}

TEST_F(Handlers, RunningTheSameCpuIsRefused)
{
	Make({}, "out_8");
	tst_kvm_on_exit(
		&vm_, KVM_EXIT_IO,
		[](struct tst_kvm_vcpu *vcpu, void *) {
			tst_kvm_run_vcpu(vcpu);
			return 0;
		},
		nullptr);
	EXPECT_THAT(Collect([this] { tst_kvm_run_vcpu(Cpu(0)); }),
		    ElementsAre(ResultIs(TBROK, HasSubstr("CPU 0 is being run"))));
	Make({}, "out_8");
	tst_kvm_on_exit(
		&vm_, KVM_EXIT_IO,
		[](struct tst_kvm_vcpu *vcpu, void *) {
			tst_kvm_run_vcpu(vcpu);
			return 0;
		},
		nullptr);
	EXPECT_THAT(Run(), ElementsAre(ResultIs(TBROK, HasSubstr("CPU 0 is being run"))));
}

int Break(struct tst_kvm_vcpu *vcpu, void *)
{
	tst_brk(TBROK, "the handler breaks on CPU %u", vcpu->index);
	return 0;
}

TEST_F(Handlers, BreakOnTheFirstCpuEndsTheTest)
{
	tst_kvm_config config = {};

	config.vcpus = 2;
	Make(config, "out_8");
	tst_kvm_start_vcpu(Cpu(1), "spin", 0);
	tst_kvm_on_exit(&vm_, KVM_EXIT_IO, Break, nullptr);
	EXPECT_THAT(Run(), ElementsAre(ResultIs(TBROK, "the handler breaks on CPU 0")));
}

TEST_F(Handlers, BreakOnAnotherCpuEndsTheTest)
{
	tst_kvm_config config = {};

	config.vcpus = 2;
	Make(config, "spin");
	tst_kvm_start_vcpu(Cpu(1), "out_8", 0);
	tst_kvm_on_exit(&vm_, KVM_EXIT_IO, Break, nullptr);
	EXPECT_THAT(Run(), ElementsAre(ResultIs(TBROK, "the handler breaks on CPU 1")));
}

TEST_F(Handlers, ExitOfAnotherCpuIsHandledOnItsThread)
{
	tst_kvm_config config = {};

	config.vcpus = 2;
	Make(config, "say_nothing");
	tst_kvm_start_vcpu(Cpu(1), "out_8", 0);
	tst_kvm_on_exit(&vm_, KVM_EXIT_IO, Handle, &calls_);
	EXPECT_THAT(Run(), IsEmpty());
	EXPECT_EQ(calls_.count, 1);
	EXPECT_EQ(calls_.cpu, 1u);
}

} // namespace
