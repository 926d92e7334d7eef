// SPDX-License-Identifier: MIT
// Run loops of a test's own, hangs of the controller, and CPUs that KVM has reset.
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm_x86_bits.h"
#include "machine.h"

namespace
{

using ::ringside::Collect;
using ::ringside::Result;
using ::ringside::ResultIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class OwnLoop : public MachineTest
{
protected:
	void SetUp() override
	{
		unsetenv("LTP_TIMEOUT_MUL");
		MachineTest::SetUp();
	}

	// Until KVM_RUN fails: after a second, because of the watchdog.
	static std::vector<Result> RunToTheLimit(int fd)
	{
		return Collect([fd] {
			tst_watchdog_arm(1);
			while (ioctl(fd, KVM_RUN, 0) == 0)
				;
			EXPECT_EQ(errno, EINTR);
		});
	}
};

TEST_F(OwnLoop, GuestThatSpinsIsShown)
{
	Make({}, "spin");
	const auto results = RunToTheLimit(vm_.vcpu_fd);

	ASSERT_THAT(
		results,
		ElementsAre(ResultIs(TBROK, "the test did not end within 1 s; stopping its guests"),
			    ResultIs(TBROK, AllOf(HasSubstr("the guest still runs, in a loop of "
							    "the test's own around KVM_RUN"),
						  HasSubstr("ip "), HasSubstr("cr3 "),
						  HasSubstr(" spin+0x")))));
	EXPECT_THAT(results[1].file, ::testing::EndsWith("guest_payload.c"));
	EXPECT_GT(results[1].line, 0);
}

TEST_F(OwnLoop, GuestWhoseExitsDoNotEndIsShown)
{
	Make({}, "spin");
	// It begins again from here at each exit of a single step.
	kvm_guest_debug debug = {};
	debug.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP;
	SAFE_IOCTL(vm_.vcpu_fd, KVM_SET_GUEST_DEBUG, &debug);
	EXPECT_THAT(RunToTheLimit(vm_.vcpu_fd),
		    ElementsAre(ResultIs(TBROK, HasSubstr("did not end within 1 s")),
				ResultIs(TBROK, AllOf(HasSubstr("in a loop of the test's own"),
						      HasSubstr("cr3 ")))));
}

// KVM API, KVM_CREATE_VCPU: the test's own CPU begins at the reset vector, as CPU 0 does.
TEST_F(OwnLoop, CpuOfTheTestsOwnIsShown)
{
	Make({}, "spin");
	int fd = SAFE_IOCTL(vm_.vm_fd, KVM_CREATE_VCPU, 1), kvm_fd = SAFE_OPEN("/dev/kvm", O_RDWR);
	kvm_cpuid2 *features = tst_kvm_get_cpuid(kvm_fd);

	// SDM Vol. 2 "CPUID": the initial APIC ID, by which the start code takes it for CPU 0.
	for (uint32_t i = 0; i < features->nent; i++) {
		if (features->entries[i].function == 1)
			features->entries[i].ebx &= 0x00ffffff;
	}
	SAFE_IOCTL(fd, _IOW(KVMIO, 0x90, uint64_t), features); // KVM_SET_CPUID2
	free(features);
	SAFE_CLOSE(kvm_fd);
	EXPECT_THAT(
		RunToTheLimit(fd),
		ElementsAre(ResultIs(TBROK, HasSubstr("did not end within 1 s; stopping")),
			    ResultIs(TBROK, AllOf(HasSubstr("CPU 1 still runs, in a loop of the "
							    "test's own"),
						  HasSubstr(" spin+0x")))));
	SAFE_CLOSE(fd);
}

TEST_F(OwnLoop, AddressesAreTranslatedWhileItRuns)
{
	Make({}, "signal_and_spin");
	std::thread runner([this] {
		while (ioctl(vm_.vcpu_fd, KVM_RUN, 0) == 0 &&
		       vm_.vcpu_info->exit_reason != KVM_EXIT_IO)
			;
	});
	EXPECT_EQ(tst_kvm_wait_guest(&vm_, -1), 0);
	const uint64_t before = Value("progress");
	for (int i = 0; i < 100; i++)
		EXPECT_EQ(tst_kvm_get_memptr(&vm_, tst_kvm_symbol_address(&vm_, "marker")),
			  tst_kvm_symbol(&vm_, "marker"));
	// The guest has not noticed.
	WaitUntil([&] { return Value("progress") > before; });
	Value("stop") = 1;
	runner.join();
}

// A thread that blocks all signals is stopped and asked all the same.
TEST_F(OwnLoop, BlockedSignalsDoNotHinderIt)
{
	Make({}, "signal_and_spin");
	std::thread runner([this] {
		sigset_t all;

		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, nullptr);
		tst_kvm_run_instance(&vm_, 0);
	});
	EXPECT_EQ(tst_kvm_wait_guest(&vm_, -1), 0);
	EXPECT_NE(tst_kvm_get_memptr(&vm_, tst_kvm_symbol_address(&vm_, "marker")), nullptr);
	Value("stop") = 1;
	runner.join();
}

TEST_F(OwnLoop, MemslotsByIoctlAreFound)
{
	constexpr unsigned int kSlots = 20;
	void *memory = SAFE_MMAP(nullptr, kSlots * GUEST_PAGE, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	Make({}, "touch_pages");
	for (unsigned int i = 0; i < kSlots; i++) {
		kvm_userspace_memory_region region = {};

		region.slot = GUEST_SLOT + i;
		region.guest_phys_addr = GUEST_MEMORY + i * GUEST_PAGE;
		region.memory_size = GUEST_PAGE;
		region.userspace_addr =
			reinterpret_cast<uintptr_t>(memory) + i * uint64_t{GUEST_PAGE};
		SAFE_IOCTL(vm_.vm_fd, KVM_SET_USER_MEMORY_REGION, &region);
		EXPECT_EQ(tst_kvm_find_phys_memslot(&vm_, region.guest_phys_addr + 8),
			  static_cast<int>(region.slot));
	}
	Value("count") = kSlots;
	tst_kvm_run_instance(&vm_, 0);
	EXPECT_EQ(tst_kvm_get_memptr(&vm_, GUEST_MEMORY + GUEST_PAGE),
		  static_cast<char *>(memory) + GUEST_PAGE);
	EXPECT_EQ(tst_kvm_find_memslot(&vm_, GUEST_MEMORY + GUEST_PAGE), GUEST_SLOT + 1);
	// It goes as it came.
	kvm_userspace_memory_region none = {};
	none.slot = GUEST_SLOT;
	SAFE_IOCTL(vm_.vm_fd, KVM_SET_USER_MEMORY_REGION, &none);
	EXPECT_EQ(tst_kvm_find_phys_memslot(&vm_, GUEST_MEMORY), -1);
	EXPECT_THAT(Collect([this] { tst_kvm_free_memory(&vm_, GUEST_SLOT); }),
		    ElementsAre(ResultIs(TBROK, HasSubstr("there is no memslot 2"))));
	SAFE_MUNMAP(memory, kSlots * GUEST_PAGE);
}

// The guest's page tables may lead to where the host has no memory any more.
TEST_F(OwnLoop, MemoryThatIsGoneIsNotRead)
{
	void *memory = SAFE_MMAP(nullptr, GUEST_PAGE, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	kvm_userspace_memory_region region = {};
	kvm_sregs sregs;

	Make({}, "pass");
	region.slot = GUEST_SLOT;
	region.guest_phys_addr = GUEST_MEMORY;
	region.memory_size = GUEST_PAGE;
	region.userspace_addr = reinterpret_cast<uintptr_t>(memory);
	SAFE_IOCTL(vm_.vm_fd, KVM_SET_USER_MEMORY_REGION, &region);
	tst_kvm_run_instance(&vm_, 0);
	SAFE_MUNMAP(memory, GUEST_PAGE);
	SAFE_IOCTL(vm_.vcpu_fd, KVM_GET_SREGS, &sregs);
	if (sregs.cr4 & CR4_PAE && !(sregs.efer & EFER_LMA))
		return; // PAE: KVM itself reads the tables at once, and refuses
	sregs.cr3 = GUEST_MEMORY;
	SAFE_IOCTL(vm_.vcpu_fd, KVM_SET_SREGS, &sregs);
	EXPECT_EQ(tst_kvm_get_phys_address(&vm_, 0x1000), 0u);
}

TEST_F(OwnLoop, TimeoutNamesCallsThatWait)
{
	int pipe_fds[2];

	Make({}, "spin");
	ASSERT_EQ(pipe(pipe_fds), 0);
	std::thread reader([&] {
		char byte;

		SAFE_READ(1, pipe_fds[0], &byte, 1);
	});
	const auto results = Collect([&] {
		tst_watchdog_arm(1);
		tst_kvm_run_instance(&vm_, 0);
	});
	EXPECT_EQ(write(pipe_fds[1], "x", 1), 1);
	reader.join();
	ASSERT_GE(results.size(), 1u);
	EXPECT_THAT(results[0].text, AllOf(StartsWith("the test did not end within 1 s; stopping "
						      "its guests; waiting: read() at "),
					   HasSubstr("loops_test.cc:")));
	SAFE_CLOSE(pipe_fds[0]);
	SAFE_CLOSE(pipe_fds[1]);
}

// A virtual machine that the library knows nothing of, whose CPUs execute @code in real mode.
class ForeignMachine : public OwnLoop
{
protected:
	static constexpr int kCpus = 2;

	void SetUp() override
	{
		OwnLoop::SetUp();
		kvm_fd_ = SAFE_OPEN("/dev/kvm", O_RDWR | O_CLOEXEC);
		vm_fd_ = SAFE_IOCTL(kvm_fd_, KVM_CREATE_VM, 0);
		memory_ = SAFE_MMAP(nullptr, GUEST_PAGE, PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		kvm_userspace_memory_region region = {};
		region.memory_size = GUEST_PAGE;
		region.userspace_addr = reinterpret_cast<uintptr_t>(memory_);
		SAFE_IOCTL(vm_fd_, KVM_SET_USER_MEMORY_REGION, &region);
		for (int i = 0; i < kCpus; i++)
			MakeCpu(i);
	}

	void TearDown() override
	{
		for (int &fd : cpu_fds_)
			SAFE_CLOSE(fd);
		SAFE_CLOSE(vm_fd_);
		SAFE_CLOSE(kvm_fd_);
		SAFE_MUNMAP(memory_, GUEST_PAGE);
		OwnLoop::TearDown();
	}

	void SetCode(const std::string &code)
	{
		ASSERT_LE(code.size(), size_t{GUEST_PAGE});
		code.copy(static_cast<char *>(memory_), code.size());
	}

	// As RunToTheLimit() reports it, for one CPU.
	auto IsShown(int fd) const
	{
		return ResultIs(TBROK, AllOf(StartsWith("the test's time is over and the virtual "
							"CPU of descriptor " +
							std::to_string(fd) +
							" still runs, in a "
							"loop of the test's own around KVM_RUN"),
					     HasSubstr("real mode, eip 0000000")));
	}

	int cpu_fds_[kCpus];

private:
	void MakeCpu(int index)
	{
		const int fd = SAFE_IOCTL(vm_fd_, KVM_CREATE_VCPU, index);
		kvm_sregs sregs;
		kvm_regs regs = {};

		cpu_fds_[index] = fd;
		SAFE_IOCTL(fd, KVM_GET_SREGS, &sregs);
		sregs.cs.base = sregs.cs.selector = 0;
		SAFE_IOCTL(fd, KVM_SET_SREGS, &sregs);
		regs.rflags = 2;
		SAFE_IOCTL(fd, KVM_SET_REGS, &regs);
	}

	int kvm_fd_, vm_fd_;
	void *memory_;
};

TEST_F(ForeignMachine, GuestThatSpinsIsShown)
{
	SetCode("\xeb\xfe"); // jmp to itself
	EXPECT_THAT(
		RunToTheLimit(cpu_fds_[0]),
		ElementsAre(ResultIs(TBROK, "the test did not end within 1 s; stopping its guests"),
			    IsShown(cpu_fds_[0])));
}

TEST_F(ForeignMachine, EachCpuIsShown)
{
	SetCode("\xeb\xfe");
	const auto results = Collect([&] {
		std::thread other([&] {
			while (ioctl(cpu_fds_[1], KVM_RUN, 0) == 0)
				;
		});
		tst_watchdog_arm(1);
		while (ioctl(cpu_fds_[0], KVM_RUN, 0) == 0)
			;
		other.join();
	});
	EXPECT_THAT(results, ::testing::UnorderedElementsAre(
				     ResultIs(TBROK, HasSubstr("stopping its guests")),
				     IsShown(cpu_fds_[0]), IsShown(cpu_fds_[1])));
}

// What calls KVM_RUN again whatever it returns is shown once.
TEST_F(ForeignMachine, GuestWhoseExitsDoNotEndIsShown)
{
	SetCode("\xe4\x80\xeb\xfc"); // in $0x80, %al, for ever
	EXPECT_THAT(Collect([&] {
			    int interrupted = 0;

			    tst_watchdog_arm(1);
			    while (interrupted < 3) {
				    if (ioctl(cpu_fds_[0], KVM_RUN, 0) < 0) {
					    EXPECT_EQ(errno, EINTR);
					    interrupted++;
				    }
			    }
		    }),
		    ElementsAre(ResultIs(TBROK, HasSubstr("did not end within 1 s")),
				IsShown(cpu_fds_[0])));
}

// The next test's time is its own.
TEST_F(ForeignMachine, CpuRunsAgainInTheNextTest)
{
	SetCode("\xeb\xfe");
	EXPECT_EQ(RunToTheLimit(cpu_fds_[0]).size(), 2u);
	SetCode("\xf4"); // hlt
	tst_watchdog_arm(ringside::kDefaultTimeout);
	EXPECT_EQ(ioctl(cpu_fds_[0], KVM_RUN, 0), 0);
}

} // namespace
