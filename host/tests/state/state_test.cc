// SPDX-License-Identifier: MIT
// What states hold, what is refused, and how two of them differ.
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>

#include <fstream>
#include <thread>

#include "exits_test.h"
#include "ringside/runner.h"
#include "tst_safe_pthread.h"

namespace
{

using ringside::Collect;
using ringside::ResultIs;
using state_tests::Compare;
using state_tests::Device;
using state_tests::Machine;
using state_tests::State;
using state_tests::StateTest;
using state_tests::Step;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string Text(const std::vector<ringside::Result> &results)
{
	std::string all;

	for (const auto &result : results)
		all += result.text + "\n";
	return all;
}

// --- What is refused ------------------------------------------------------------

class Refusal : public StateTest
{
protected:
	// A state of a machine of that configuration is no state for one of config_.
	void Expect(const tst_kvm_config &other, const std::string &why)
	{
		Machine machine(config_), another(other);
		const State state = another.Save(), before = machine.Save();

		EXPECT_THAT(Collect([&] { machine.Load(state); }),
			    ElementsAre(ResultIs(
				    TBROK, AllOf(StartsWith("tst_kvm_load(): "), HasSubstr(why)))));
		// It is as it was.
		EXPECT_EQ(Compare(before, machine.Save()), "");
	}
};

TEST_F(Refusal, AnotherNumberOfCpus)
{
	tst_kvm_config other = config_;

	other.vcpus = 2;
	Expect(other, "the state has 2 CPU(s), the machine 1");
}

TEST_F(Refusal, AnotherIrqchip)
{
	tst_kvm_config other = config_;

	other.irqchip = TST_KVM_KERNEL_IRQCHIP;
	Expect(other, "the kernel's irqchip, this one has no irqchip");
	other.irqchip = TST_KVM_SPLIT_IRQCHIP;
	Expect(other, "a split irqchip");
}

TEST_F(Refusal, AnotherRamSize)
{
	tst_kvm_config other = config_;

	other.ram_size = 2 * DEFAULT_RAM_SIZE;
	Expect(other, "the state has 0x2000000 bytes of RAM, the machine 0x1000000");
}

TEST_F(Refusal, OtherMemslots)
{
	Machine machine(config_), another(config_);
	const State state = machine.Save();

	tst_kvm_alloc_memory(another.vm(), 2, 0x40000000, 0x2000, 0);
	EXPECT_THAT(Text(Collect([&] { another.Load(state); })),
		    HasSubstr("only the machine has a memslot 2"));
	{
		const State more = another.Save();

		EXPECT_THAT(Text(Collect([&] { machine.Load(more); })),
			    HasSubstr("only the state has a memslot 2"));
		tst_kvm_alloc_memory(machine.vm(), 2, 0x40000000, 0x1000, 0);
		EXPECT_THAT(
			Text(Collect([&] { machine.Load(more); })),
			HasSubstr("memslot 2 is 0x2000 bytes at 0x40000000 in the state, 0x1000 "
				  "at 0x40000000"));
	}
}

TEST_F(Refusal, ReadOnlyMemslot)
{
	Machine machine(config_), another(config_);

	tst_kvm_alloc_memory(machine.vm(), 2, 0x40000000, 0x1000, 0);
	tst_kvm_alloc_memory(another.vm(), 2, 0x40000000, 0x1000, KVM_MEM_READONLY);
	const State state = machine.Save();

	EXPECT_THAT(Text(Collect([&] { another.Load(state); })),
		    HasSubstr("memslot 2 has flags 0 in the state, 0x2 in the machine"));
}

// Whether writes are logged is no part of the configuration.
TEST_F(Refusal, LogOfDirtyPagesDoesNotMatter)
{
	Machine machine(config_), another(config_);

	tst_kvm_alloc_memory(machine.vm(), 2, 0x40000000, 0x1000, 0);
	tst_kvm_alloc_memory(another.vm(), 2, 0x40000000, 0x1000, KVM_MEM_LOG_DIRTY_PAGES);
	const State state = machine.Save();

	another.Load(state);
	EXPECT_EQ(Compare(state, another.Save()), "");
}

TEST_F(Refusal, NoState)
{
	Machine machine(config_);
	const State state = machine.Save();
	tst_kvm_state *freed = tst_kvm_save(machine.vm());

	tst_kvm_free_state(freed);
	tst_kvm_free_state(nullptr); // nothing
	EXPECT_THAT(Text(Collect([&] { tst_kvm_load(machine.vm(), nullptr); })),
		    StartsWith("tst_kvm_load(state): it is NULL; tst_kvm_save() makes states"));
	EXPECT_THAT(Text(Collect([&] { tst_kvm_load(machine.vm(), freed); })),
		    StartsWith("tst_kvm_load(state): this is no state, or one that was freed"));
	EXPECT_THAT(Text(Collect([&] { tst_kvm_free_state(freed); })),
		    StartsWith("tst_kvm_free_state(state): this is no state"));
	EXPECT_THAT(Text(Collect([&] { tst_kvm_compare(nullptr, state.get()); })),
		    StartsWith("tst_kvm_compare(a): it is NULL"));
	EXPECT_THAT(Text(Collect([&] { tst_kvm_compare(state.get(), freed); })),
		    StartsWith("tst_kvm_compare(b): this is no state"));
}

TEST_F(Refusal, NoMachine)
{
	Machine machine(config_);
	const State state = machine.Save();
	tst_kvm_instance gone = {};

	tst_kvm_create(&gone, &config_);
	tst_kvm_destroy_instance(&gone);
	EXPECT_THAT(Text(Collect([&] { tst_kvm_save(&gone); })),
		    StartsWith("tst_kvm_save(inst): there is no virtual machine in inst"));
	EXPECT_THAT(Text(Collect([&] { tst_kvm_load(&gone, state.get()); })),
		    StartsWith("tst_kvm_load(inst): there is no virtual machine in inst"));
	EXPECT_THAT(Text(Collect([&] { tst_kvm_snapshot(&gone); })),
		    StartsWith("tst_kvm_snapshot(inst): there is no virtual machine in inst"));
	EXPECT_THAT(Text(Collect([&] { tst_kvm_reset(&gone); })),
		    StartsWith("tst_kvm_reset(inst): there is no virtual machine in inst"));
}

void *RunInstance(void *vm)
{
	tst_kvm_run_instance(static_cast<tst_kvm_instance *>(vm), EINTR);
	return nullptr;
}

TEST_F(Refusal, RunningCpu)
{
	auto machine = New(STATE_ENDLESS);
	const State state = machine->Save();
	const auto *progress = static_cast<uint32_t *>(tst_kvm_symbol(machine->vm(), "progress"));
	pthread_t thread;

	tst_kvm_snapshot(machine->vm());
	SAFE_PTHREAD_CREATE(&thread, nullptr, RunInstance, machine->vm());
	while (!__atomic_load_n(progress, __ATOMIC_ACQUIRE))
		;
	EXPECT_THAT(Text(Collect([&] { tst_kvm_save(machine->vm()); })),
		    StartsWith("tst_kvm_save(inst): another thread runs a CPU of this machine"));
	EXPECT_THAT(Text(Collect([&] { machine->Load(state); })),
		    StartsWith("tst_kvm_load(inst): another thread runs a CPU"));
	EXPECT_THAT(Text(Collect([&] { tst_kvm_snapshot(machine->vm()); })),
		    StartsWith("tst_kvm_snapshot(inst): another thread runs a CPU"));
	EXPECT_THAT(Text(Collect([&] { tst_kvm_reset(machine->vm()); })),
		    StartsWith("tst_kvm_reset(inst): another thread runs a CPU"));
	machine->cpu()->run->immediate_exit = 1;
	pthread_kill(thread, SIGRTMAX); // the library's own, which does nothing else
	SAFE_PTHREAD_JOIN(thread, nullptr);
	machine->Load(state);
	EXPECT_EQ(Compare(state, machine->Save()), "");
}

void MakeCpu(tst_kvm_instance *vm, void *fd)
{
	*static_cast<int *>(fd) = SAFE_IOCTL(vm->vm_fd, KVM_CREATE_VCPU, 7);
}

TEST_F(Refusal, CpuOfTheTestsOwn)
{
	int fd = -1;

	config_.before_vcpus = MakeCpu;
	config_.arg = &fd;
	{
		Machine machine(config_);

		EXPECT_THAT(Text(Collect([&] { tst_kvm_save(machine.vm()); })),
			    HasSubstr("the test has made CPU 7 itself"));
	}
	SAFE_CLOSE(fd);
}

TEST_F(Refusal, ResetWithoutSnapshot)
{
	Machine machine(config_);

	EXPECT_THAT(Text(Collect([&] { tst_kvm_reset(machine.vm()); })),
		    StartsWith("tst_kvm_reset(inst): the machine has no snapshot"));
}

// The instruction has been completed, with what was there before.
TEST_F(Refusal, AnswerAfterTheSave)
{
	auto machine = New(STATE_PIO), another = New(STATE_PIO);
	struct kvm_run *run = machine->cpu()->run;

	RunToPort(machine.get());
	ASSERT_EQ(run->io.direction, KVM_EXIT_IO_IN);
	const State state = machine->Save();

	another->Load(state);
	reinterpret_cast<unsigned char *>(run)[run->io.data_offset] ^= 1;
	EXPECT_THAT(Text(Collect([&] { tst_kvm_run_vcpu(machine->cpu()); })),
		    AllOf(HasSubstr("was answered in its struct kvm_run after the state"),
			  HasSubstr("answer first, then save")));
	run = another->cpu()->run;
	reinterpret_cast<unsigned char *>(run)[run->io.data_offset] ^= 1;
	EXPECT_THAT(Text(Collect([&] { tst_kvm_run_vcpu(another->cpu()); })),
		    HasSubstr("answer first, then save"));
}

// --- What a comparison names ----------------------------------------------------

class Difference : public StateTest
{
protected:
	Difference() : machine_(New(STATE_REGISTERS))
	{
		RunToPort(machine_.get());
		before_ = machine_->Save();
	}

	// What differs now, and nothing does once the state is back.
	std::string Found()
	{
		const std::string found = Compare(before_, machine_->Save());

		machine_->Load(before_);
		EXPECT_EQ(Compare(before_, machine_->Save()), "");
		return found;
	}

	int fd()
	{
		return machine_->cpu()->fd;
	}

	std::unique_ptr<Machine> machine_;
	State before_;
};

TEST_F(Difference, GeneralRegisters)
{
	kvm_regs regs;

	SAFE_IOCTL(fd(), KVM_GET_REGS, &regs);
	regs.rbx ^= 0x10;
	SAFE_IOCTL(fd(), KVM_SET_REGS, &regs);
	EXPECT_THAT(Found(), AllOf(StartsWith("CPU 0: rbx: "), Not(HasSubstr("\n"))));
	regs.rbx ^= 0x10;
	regs.rip++;
	regs.rflags ^= 1;
	SAFE_IOCTL(fd(), KVM_SET_REGS, &regs);
	EXPECT_THAT(Found(), AllOf(HasSubstr("CPU 0: rip: "), HasSubstr("\nCPU 0: rflags: ")));
}

TEST_F(Difference, SpecialRegisters)
{
	kvm_sregs sregs;

	SAFE_IOCTL(fd(), KVM_GET_SREGS, &sregs);
	sregs.cr2 = 0xabc000;
	sregs.fs.base = 0x7770;
	sregs.gdt.limit--;
	SAFE_IOCTL(fd(), KVM_SET_SREGS, &sregs);
	EXPECT_THAT(Found(), AllOf(HasSubstr("CPU 0: cr2: 0x5678 and 0xabc000"),
				   HasSubstr("CPU 0: fs base: 0 and 0x7770"),
				   HasSubstr("CPU 0: GDTR limit: ")));
}

// In C++, the flexible arrays at their ends make these structures larger, and so the
// ioctls' numbers wrong.
constexpr unsigned long kSetMsrs = _IOW(KVMIO, 0x89, uint64_t);
constexpr unsigned long kGetXsave = _IOR(KVMIO, 0xa4, char[4096]);
constexpr unsigned long kSetXsave = _IOW(KVMIO, 0xa5, char[4096]);

TEST_F(Difference, Msrs)
{
	struct {
		uint32_t count, pad;
		kvm_msr_entry entry;
	} msrs = {1, 0, {0xc0000081, 0, 0x0023002012345678}}; // STAR

	ASSERT_EQ(SAFE_IOCTL(fd(), kSetMsrs, &msrs), 1);
	EXPECT_EQ(Found(), "CPU 0: MSR 0xc0000081 (STAR): 0x13001012345678 and 0x23002012345678");
}

// Shows this thread another list of the clocks that the kernel offers; says what went wrong.
std::string OfferClocks(const std::string &clocks)
{
	const char *folder = getenv("TEST_TMPDIR");
	const std::string path = std::string(folder ? folder : "/tmp") + "/clocks";
	std::ofstream(path) << clocks << "\n";

	if (unshare(CLONE_NEWNS) || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) ||
	    mount(path.c_str(),
		  "/sys/devices/system/clocksource/clocksource0/available_clocksource", nullptr,
		  MS_BIND, nullptr))
		return strerror(errno);
	return "";
}

TEST_F(Difference, TscOffset)
{
	uint64_t offset;
	kvm_device_attr attr = {};

	attr.group = KVM_VCPU_TSC_CTRL;
	attr.attr = KVM_VCPU_TSC_OFFSET;
	attr.addr = reinterpret_cast<uintptr_t>(&offset);
	if (ioctl(fd(), KVM_HAS_DEVICE_ATTR, &attr))
		GTEST_SKIP() << "this KVM does not tell the TSC's offset";
	SAFE_IOCTL(fd(), KVM_GET_DEVICE_ATTR, &attr);
	const uint64_t moved = offset - (uint64_t{1} << 40);
	offset = moved;
	SAFE_IOCTL(fd(), KVM_SET_DEVICE_ATTR, &attr);
	SAFE_IOCTL(fd(), KVM_GET_DEVICE_ATTR, &attr);
	if (offset != moved)
		GTEST_SKIP() << "this KVM does not keep the TSC's offset";
	const State after = machine_->Save();
	std::string problem;

	std::thread([&] {
		problem = OfferClocks("hpet tsc acpi_pm");
		if (problem == "")
			EXPECT_THAT(Compare(before_, after), StartsWith("CPU 0: TSC offset: "));
	}).join();
	if (problem == strerror(EPERM))
		GTEST_SKIP() << "mounting is not allowed here, and the clocks decide";
	EXPECT_EQ(problem, "");
	// KVM changes the offset itself on such a host.
	std::thread([&] {
		EXPECT_EQ(OfferClocks("hpet tsc-early acpi_pm"), "");
		EXPECT_EQ(Compare(before_, after), "");
	}).join();
}

TEST_F(Difference, DebugRegistersAndEvents)
{
	kvm_debugregs debugregs;
	kvm_vcpu_events events;

	SAFE_IOCTL(fd(), KVM_GET_DEBUGREGS, &debugregs);
	EXPECT_EQ(debugregs.db[0], 0x1234u);
	debugregs.db[2] = 0x4321;
	SAFE_IOCTL(fd(), KVM_SET_DEBUGREGS, &debugregs);
	SAFE_IOCTL(fd(), KVM_GET_VCPU_EVENTS, &events);
	events.nmi.masked = 1;
	SAFE_IOCTL(fd(), KVM_SET_VCPU_EVENTS, &events);
	EXPECT_EQ(Found(), "CPU 0: event nmi.masked: 0 and 0x1\nCPU 0: dr2: 0 and 0x4321");
}

// XMM0 is at byte 160 of the area (SDM Vol. 1 "Legacy Region of an XSAVE Area").
TEST_F(Difference, ExtendedState)
{
	const int size = ioctl(machine_->vm()->vm_fd, KVM_CHECK_EXTENSION, KVM_CAP_XSAVE2);
	std::vector<uint32_t> xsave(size > 4096 ? size / 4 : 1024);

	// Both write as much as the capability says.
	SAFE_IOCTL(fd(), size > 0 ? _IOR(KVMIO, 0xcf, char[4096]) : kGetXsave, xsave.data());
	xsave[160 / 4] ^= 0x5a;
	xsave[512 / 4] |= 2; // XSTATE_BV: SSE
	SAFE_IOCTL(fd(), kSetXsave, xsave.data());
	EXPECT_THAT(Found(), HasSubstr("CPU 0: XSAVE area: "));
}

TEST_F(Difference, Memory)
{
	auto *progress = static_cast<unsigned char *>(tst_kvm_symbol(machine_->vm(), "progress"));
	auto *empty = static_cast<unsigned char *>(
		tst_kvm_get_memptr(machine_->vm(), DEFAULT_RAM_SIZE - 0x1000));
	char at[32];

	snprintf(at, sizeof(at), "%#" PRIx64,
		 tst_kvm_symbol_address(machine_->vm(), "progress") + 1);
	progress[1] = 0x77;
	EXPECT_THAT(Found(), AllOf(StartsWith("memory: page "),
				   HasSubstr(std::string(" of memslot 0: 1 byte(s), first at ") +
					     at + ": 00 "),
				   HasSubstr(" and 77 "), Not(HasSubstr("\n"))));
	// A page that only one of the states has.
	empty[0] = 1;
	EXPECT_THAT(Found(), HasSubstr("1 byte(s), first at 0xfff000: 00 00 00 00 00 00 00 00 and "
				       "01 00 00 00 00 00 00 00"));
}

TEST_F(Difference, ManyAreCounted)
{
	auto *ram = static_cast<unsigned char *>(
		tst_kvm_get_memptr(machine_->vm(), DEFAULT_RAM_SIZE - 100 * 0x1000));

	for (unsigned int i = 0; i < 100; i++)
		ram[i * 0x1000] = 1;
	EXPECT_THAT(Found(), HasSubstr("\nand 60 more differences"));
}

TEST_F(Difference, OtherConfigurations)
{
	config_.vcpus = 2;
	Machine another(config_);

	tst_kvm_alloc_memory(another.vm(), 2, 0x40000000, 0x1000, 0);
	EXPECT_THAT(Compare(before_, another.Save()),
		    AllOf(StartsWith("CPUs: 1 and 2"),
			  HasSubstr("memory: only the second state has memslot 2")));
}

TEST_F(Difference, EndOfTheGuest)
{
	auto machine = New(STATE_PIO);
	Device device;
	const State start = machine->Save();

	while (Step(machine.get(), &device))
		;
	EXPECT_THAT(Compare(start, machine->Save()),
		    HasSubstr("CPU 0: KVM_CPU_* of the library: 1 and 2"));
}

// --- Machines of other kinds ----------------------------------------------------

class Kinds : public StateTest
{
};

// What KVM has made of the guest's page tables is of the state, too, whose memory the
// host writes behind KVM's back.
TEST_F(Kinds, LoadBringsMappings)
{
	auto machine = New(STATE_TABLES);
	Device device, first, again;

	Step(machine.get(), &device);
	const State state = machine->Save();

	first = again = device;
	while (Step(machine.get(), &first))
		;
	machine->Load(state);
	while (Step(machine.get(), &again))
		;
	EXPECT_EQ(again.log(), first.log());
}

// Two CPUs by turns, each time in another machine.
TEST_F(Kinds, TwoCpus)
{
	config_.vcpus = 2;
	auto machine = New(STATE_CPUS);
	std::string log;
	bool runs[2] = {true, true};

	RunToPort(machine.get());
	for (unsigned int turn = 1; runs[0] || runs[1]; turn++) {
		const State state = machine->Save();
		int reason;

		machine = std::make_unique<Machine>(config_);
		machine->Load(state);
		ASSERT_EQ(Compare(state, machine->Save()), "") << "turn " << turn;
		if (!runs[turn % 2])
			continue;
		reason = tst_kvm_run_vcpu(machine->cpu(turn % 2));
		if (reason == TST_KVM_ENDED) {
			runs[turn % 2] = false;
			continue;
		}
		ASSERT_EQ(reason, KVM_EXIT_IO);
		const struct kvm_run *run = machine->cpu(turn % 2)->run;

		log += std::to_string(turn % 2) + ":" +
		       std::to_string(
			       reinterpret_cast<const unsigned char *>(run)[run->io.data_offset]) +
		       " ";
	}
	EXPECT_EQ(log, "1:16 0:1 1:17 0:2 1:18 0:3 1:19 0:0 0:0 0:0 ");
}

class Irqchip : public StateTest, public ::testing::WithParamInterface<tst_kvm_irqchip>
{
};

TEST_P(Irqchip, IsSavedAndLoaded)
{
	config_.irqchip = GetParam();
	config_.vcpus = 2;
	auto machine = New(STATE_DEVICES);
	Device device, moved;

	if (GetParam() == TST_KVM_SPLIT_IRQCHIP) {
		// The PIC's and the PIT's ports are the controller's.
		while (Step(machine.get(), &device) && machine->cpu()->run->io.port != STATE_PORT)
			;
	} else {
		ASSERT_TRUE(Step(machine.get(), &device));
	}
	const State state = machine->Save();
	Machine another(config_);

	moved = device;
	another.Load(state);
	EXPECT_EQ(Compare(state, another.Save()), "");
	while (Step(machine.get(), &device))
		;
	while (Step(&another, &moved))
		;
	EXPECT_EQ(moved.log(), device.log());
	EXPECT_EQ(Compare(machine->Save(), another.Save()), "");
}

TEST_F(Kinds, DevicesAreNamed)
{
	kvm_irqchip pic = {};
	kvm_pit_state2 pit;
	kvm_lapic_state lapic;

	config_.irqchip = TST_KVM_KERNEL_IRQCHIP;
	Machine machine(config_);
	const State before = machine.Save();

	SAFE_IOCTL(machine.vm()->vm_fd, KVM_GET_IRQCHIP, &pic);
	pic.chip.pic.imr = 0x5a;
	SAFE_IOCTL(machine.vm()->vm_fd, KVM_SET_IRQCHIP, &pic);
	pic.chip_id = KVM_IRQCHIP_IOAPIC;
	SAFE_IOCTL(machine.vm()->vm_fd, KVM_GET_IRQCHIP, &pic);
	pic.chip.ioapic.redirtbl[3].bits ^= 0x20;
	SAFE_IOCTL(machine.vm()->vm_fd, KVM_SET_IRQCHIP, &pic);
	SAFE_IOCTL(machine.vm()->vm_fd, KVM_GET_PIT2, &pit);
	pit.channels[2].count = 0x1234;
	SAFE_IOCTL(machine.vm()->vm_fd, KVM_SET_PIT2, &pit);
	SAFE_IOCTL(machine.cpu()->fd, KVM_GET_LAPIC, &lapic);
	lapic.regs[0x80] = 0x30;
	SAFE_IOCTL(machine.cpu()->fd, KVM_SET_LAPIC, &lapic);
	EXPECT_THAT(Compare(before, machine.Save()),
		    AllOf(HasSubstr("CPU 0: cr8: 0 and 0x3"),
			  HasSubstr("CPU 0: APIC register 0x80: 0 and 0x30"),
			  HasSubstr("PIC 0: imr: 0 and 0x5a"), HasSubstr("I/O APIC: entry 3: "),
			  HasSubstr("PIT channel 2: count: ")));
	machine.Load(before);
	EXPECT_EQ(Compare(before, machine.Save()), "");
}

INSTANTIATE_TEST_SUITE_P(Kind, Irqchip,
			 ::testing::Values(TST_KVM_KERNEL_IRQCHIP, TST_KVM_SPLIT_IRQCHIP),
			 [](const auto &info) {
				 return info.param == TST_KVM_KERNEL_IRQCHIP ? "Kernel" : "Split";
			 });

// The guest's TSC goes on from what it was.
TEST_F(Kinds, TscGoesOn)
{
	constexpr uint64_t kAhead = 1ULL << 50;
	struct {
		uint32_t count, pad;
		kvm_msr_entry entry;
	} msrs = {1, 0, {0x10, 0, kAhead}}; // IA32_TSC
	constexpr unsigned long kGetMsrs = _IOWR(KVMIO, 0x88, uint64_t);
	Machine machine(config_), another(config_);

	ASSERT_EQ(SAFE_IOCTL(machine.cpu()->fd, kSetMsrs, &msrs), 1);
	ASSERT_EQ(SAFE_IOCTL(machine.cpu()->fd, kGetMsrs, &msrs), 1);
	if (msrs.entry.data < kAhead)
		GTEST_SKIP() << "this KVM does not move a guest's TSC";
	const State state = machine.Save();

	another.Load(state);
	EXPECT_EQ(Compare(state, another.Save()), "");
	ASSERT_EQ(SAFE_IOCTL(another.cpu()->fd, kGetMsrs, &msrs), 1);
	EXPECT_GE(msrs.entry.data, kAhead);
	EXPECT_LT(msrs.entry.data, kAhead + (1ULL << 40));
}

// A CPU that halts inside KVM goes on halting.
TEST_F(Kinds, MpState)
{
	kvm_mp_state halted = {KVM_MP_STATE_HALTED}, now;

	config_.irqchip = TST_KVM_KERNEL_IRQCHIP;
	Machine machine(config_), another(config_);
	const State before = machine.Save();

	SAFE_IOCTL(machine.cpu()->fd, KVM_SET_MP_STATE, &halted);
	const State state = machine.Save();

	EXPECT_EQ(Compare(before, state), "CPU 0: MP state: 0 and 3");
	another.Load(state);
	SAFE_IOCTL(another.cpu()->fd, KVM_GET_MP_STATE, &now);
	EXPECT_EQ(now.mp_state, halted.mp_state);
}

// A KVM_RUN loop of the test's own sees the doorbell, and queued exits as well.
TEST_F(Kinds, LoopOfTheTestsOwn)
{
	auto machine = New(STATE_REPORT);
	std::string rings, moved_rings;
	const State start = machine->Save();
	const auto run_on = [](Machine *on, std::string *log) {
		const struct kvm_run *run = on->cpu()->run;

		SAFE_IOCTL(on->cpu()->fd, KVM_RUN, 0);
		*log += std::to_string(run->exit_reason) + ":" + std::to_string(run->io.port) + " ";
		return !(run->io.port == KVM_DOORBELL_PORT &&
			 reinterpret_cast<const unsigned char *>(run)[run->io.data_offset] ==
				 KVM_DOORBELL_END);
	};

	while (run_on(machine.get(), &rings))
		;
	const State end = machine->Save();

	machine = std::make_unique<Machine>(config_);
	machine->Load(start);
	while (run_on(machine.get(), &moved_rings)) {
		const State state = machine->Save();

		machine = std::make_unique<Machine>(config_);
		machine->Load(state);
	}
	EXPECT_EQ(moved_rings, rings);
	EXPECT_EQ(Compare(end, machine->Save()), "");
}

// KVM_SET_GUEST_DEBUG is not in the state: each machine gets it anew.
TEST_F(Kinds, SingleSteps)
{
	auto machine = New(STATE_PIO);
	std::string steps, moved_steps;
	kvm_guest_debug debug = {};
	Device device;
	const auto step = [](Machine *on, std::string *log) {
		const int reason = tst_kvm_run_vcpu(on->cpu());

		*log += std::to_string(reason) + ":";
		if (reason == KVM_EXIT_DEBUG)
			*log += std::to_string(on->cpu()->run->debug.arch.pc);
		*log += " ";
	};

	debug.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP;
	RunToPort(machine.get());
	device.Answer(machine->cpu(), KVM_EXIT_IO);
	const State start = machine->Save();

	SAFE_IOCTL(machine->cpu()->fd, KVM_SET_GUEST_DEBUG, &debug);
	for (unsigned int i = 0; i < 60; i++)
		step(machine.get(), &steps);
	const State end = machine->Save();

	for (unsigned int i = 0; i < 60; i++) {
		const State state = i ? machine->Save() : State();

		machine = std::make_unique<Machine>(config_);
		machine->Load(i ? state : start);
		SAFE_IOCTL(machine->cpu()->fd, KVM_SET_GUEST_DEBUG, &debug);
		step(machine.get(), &moved_steps);
	}
	EXPECT_EQ(moved_steps, steps);
	EXPECT_EQ(Compare(end, machine->Save()), "");
	EXPECT_THAT(steps, HasSubstr("4:"));
}

// A handler may save, and a load there is where the CPU goes on.
TEST_F(Kinds, HandlerSavesAndLoads)
{
	struct Seen {
		tst_kvm_instance *vm;
		tst_kvm_state *state;
		unsigned int exits;
	} seen = {};
	auto machine = New(STATE_HALT);

	seen.vm = machine->vm();
	tst_kvm_on_exit(
		machine->vm(), KVM_EXIT_IO,
		[](struct tst_kvm_vcpu *, void *arg) {
			auto *now = static_cast<Seen *>(arg);

			// Once again from the first port write, at the last one.
			if (++now->exits == 1)
				now->state = tst_kvm_save(now->vm);
			else if (now->exits == 3)
				tst_kvm_load(now->vm, now->state);
			return 0;
		},
		&seen);
	tst_kvm_run_instance(machine->vm(), 0);
	EXPECT_EQ(seen.exits, 5u);
	tst_kvm_free_state(seen.state);
}

// An ended guest runs again from an earlier state.
TEST_F(Kinds, EndIsNotForEver)
{
	auto machine = New(STATE_REPORT);
	const State start = machine->Save();
	unsigned int exits = 0;

	tst_kvm_on_exit(
		machine->vm(), KVM_EXIT_IO,
		[](struct tst_kvm_vcpu *, void *count) {
			++*static_cast<unsigned int *>(count);
			return 0;
		},
		&exits);
	for (unsigned int i = 1; i <= 3; i++) {
		tst_kvm_run_instance(machine->vm(), 0);
		EXPECT_EQ(exits, 3 * i);
		EXPECT_THAT(Text(Collect([&] { tst_kvm_run_instance(machine->vm(), 0); })),
			    HasSubstr("this guest has ended"));
		machine->Load(start);
	}
}

} // namespace
