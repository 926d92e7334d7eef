// SPDX-License-Identifier: MIT
//
// What KVM needs of a CPU, on the machines that emulate one: an in-kernel interrupt
// controller, a debugger's exits, events whose delivery is interrupted. It speaks to
// KVM itself: what is wrong here is wrong in the machine.
#include <csignal>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <initializer_list>
#include <linux/kvm.h>
#include <string>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>
#include <vector>

#include "machines/tests/cpu_guests.h"
#include "gtest/gtest.h"

extern "C" {
extern const char guests_start[], guests_end[], guest_vectors[];
extern const char guest_self_ipi[], guest_timer[], guest_masked[], guest_cr2[], guest_spin[];
extern const char guest_int[], guest_int3[], guest_into[];
extern const char guest_debugged[], guest_debugged_here[], guest_debugged_written[],
	guest_debugged_access[];
}

namespace
{

constexpr uint32_t db_vector = 1, bp_vector = 3;

// DR6 without anything that happened.
constexpr uint64_t dr6_nothing = 0xffff0ff0;

constexpr uint64_t dr7_nothing = 0x400;

uint32_t address_of(const char *label)
{
	return CODE_ADDRESS + uint32_t(label - guests_start);
}

class Cpu : public testing::Test
{
protected:
	void SetUp() override
	{
		kvm_ = open("/dev/kvm", O_RDWR | O_CLOEXEC);
		ASSERT_GE(kvm_, 0) << strerror(errno);
		vm_ = ioctl(kvm_, KVM_CREATE_VM, 0);
		ASSERT_GE(vm_, 0) << strerror(errno);
		ASSERT_EQ(ioctl(vm_, KVM_SET_TSS_ADDR, 0xfffbd000ul), 0) << strerror(errno);
		// Smaller than a large page: KVM maps each page when it is touched.
		memory_ = static_cast<char *>(mmap(nullptr, GUEST_MEMORY, PROT_READ | PROT_WRITE,
						   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
		ASSERT_NE(memory_, MAP_FAILED) << strerror(errno);
		kvm_userspace_memory_region region = {};
		region.memory_size = GUEST_MEMORY;
		region.userspace_addr = reinterpret_cast<uintptr_t>(memory_);
		ASSERT_EQ(ioctl(vm_, KVM_SET_USER_MEMORY_REGION, &region), 0) << strerror(errno);
		fill_memory();
	}

	void TearDown() override
	{
		for (int fd : {vcpu_, vm_, kvm_})
			if (fd >= 0)
				close(fd);
	}

	void create_irqchip()
	{
		ASSERT_EQ(ioctl(vm_, KVM_CREATE_IRQCHIP, 0), 0) << strerror(errno);
	}

	void create_cpu(const char *entry)
	{
		vcpu_ = ioctl(vm_, KVM_CREATE_VCPU, 0);
		ASSERT_GE(vcpu_, 0) << strerror(errno);
		const int size = ioctl(kvm_, KVM_GET_VCPU_MMAP_SIZE, 0);
		void *run =
			mmap(nullptr, size_t(size), PROT_READ | PROT_WRITE, MAP_SHARED, vcpu_, 0);
		ASSERT_NE(run, MAP_FAILED) << strerror(errno);
		run_ = static_cast<kvm_run *>(run);

		kvm_sregs sregs;
		ASSERT_EQ(ioctl(vcpu_, KVM_GET_SREGS, &sregs), 0) << strerror(errno);
		sregs.cs = segment(8, 11);
		for (kvm_segment *data : {&sregs.ds, &sregs.es, &sregs.fs, &sregs.gs, &sregs.ss})
			*data = segment(16, 3);
		sregs.gdt = {GDT_ADDRESS, 3 * 8 - 1, {}};
		sregs.idt = {IDT_ADDRESS, 256 * 8 - 1, {}};
		sregs.cr0 |= 1;
		ASSERT_EQ(ioctl(vcpu_, KVM_SET_SREGS, &sregs), 0) << strerror(errno);
		set_rip(address_of(entry));
	}

	void set_rip(uint32_t rip)
	{
		kvm_regs regs = {};
		regs.rip = rip;
		regs.rsp = STACK_END;
		regs.rflags = 2;
		ASSERT_EQ(ioctl(vcpu_, KVM_SET_REGS, &regs), 0) << strerror(errno);
	}

	// Runs the guest to its end; returns its %eax.
	uint32_t run_to_end()
	{
		const int status = ioctl(vcpu_, KVM_RUN, 0);
		EXPECT_EQ(status, 0) << strerror(errno);
		EXPECT_EQ(run_->exit_reason, uint32_t(KVM_EXIT_IO));
		if (status || run_->exit_reason != KVM_EXIT_IO)
			return 0xdeadbeef;
		EXPECT_EQ(run_->io.port, DONE_PORT);
		uint32_t eax;
		memcpy(&eax, reinterpret_cast<char *>(run_) + run_->io.data_offset, sizeof(eax));
		return eax;
	}

	void expect_log(std::initializer_list<unsigned> vectors)
	{
		uint32_t count;
		memcpy(&count, memory_ + LOG_ADDRESS, sizeof(count));
		std::vector<unsigned> log;
		for (uint32_t i = 0; i < count && i < 64; i++)
			log.push_back(uint8_t(memory_[LOG_ADDRESS + 4 + i]));
		EXPECT_EQ(log, std::vector<unsigned>(vectors));
	}

	// Runs it under a debugger until that has to look.
	void debug(uint32_t control, unsigned index, uint64_t address, uint64_t dr7)
	{
		kvm_guest_debug debug = {};
		debug.control = KVM_GUESTDBG_ENABLE | control;
		debug.arch.debugreg[index] = address;
		debug.arch.debugreg[7] = dr7;
		ASSERT_EQ(ioctl(vcpu_, KVM_SET_GUEST_DEBUG, &debug), 0) << strerror(errno);
		ASSERT_EQ(ioctl(vcpu_, KVM_RUN, 0), 0) << strerror(errno);
	}

	void expect_stop(uint32_t vector, const char *where, uint64_t dr6)
	{
		ASSERT_EQ(run_->exit_reason, uint32_t(KVM_EXIT_DEBUG));
		EXPECT_EQ(run_->debug.arch.exception, vector);
		EXPECT_EQ(run_->debug.arch.pc, address_of(where));
		if (vector == db_vector)
			EXPECT_EQ(run_->debug.arch.dr6, dr6);
	}

	int vcpu_ = -1;

private:
	static kvm_segment segment(uint16_t selector, uint8_t type)
	{
		kvm_segment segment = {};
		segment.limit = 0xffffffff;
		segment.selector = selector;
		segment.type = type;
		segment.present = segment.db = segment.s = segment.g = 1;
		return segment;
	}

	void fill_memory()
	{
		const uint64_t gdt[] = {0, 0x00cf9b000000ffff, 0x00cf93000000ffff};
		memcpy(memory_ + GDT_ADDRESS, gdt, sizeof(gdt));
		memcpy(memory_ + CODE_ADDRESS, guests_start, size_t(guests_end - guests_start));
		for (uint32_t vector = 0; vector < 256; vector++) {
			const uint64_t entry = address_of(guest_vectors) + 16 * vector;
			const uint64_t gate =
				(entry & 0xffff) | 8ul << 16 | 0x8e00ul << 32 | (entry >> 16) << 48;
			memcpy(memory_ + IDT_ADDRESS + 8 * vector, &gate, sizeof(gate));
		}
	}

	int kvm_ = -1, vm_ = -1;
	char *memory_ = nullptr;
	kvm_run *run_ = nullptr;
};

// The first of them needs pages that are not mapped yet: the IDT, the stack.
TEST_F(Cpu, TakesInterruptsOfItsOwn)
{
	create_irqchip();
	create_cpu(guest_self_ipi);
	EXPECT_EQ(run_to_end(), 0u) << "interrupts came while RFLAGS.IF was clear";
	expect_log({0x52, 0x31});
}

TEST_F(Cpu, TakesTimerInterrupts)
{
	create_irqchip();
	create_cpu(guest_timer);
	run_to_end();
	expect_log({0x45});
}

TEST_F(Cpu, KeepsMaskedInterruptsWaiting)
{
	create_irqchip();
	create_cpu(guest_masked);
	EXPECT_EQ(run_to_end(), 0u) << "an interrupt came while RFLAGS.IF was clear";
	expect_log({0x31});
}

// A page fault of the host's own does not show in the guest's CR2.
TEST_F(Cpu, KeepsTheGuestsCr2)
{
	create_cpu(guest_cr2);
	EXPECT_EQ(run_to_end(), 0x12345678u);
	void *page =
		mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(page, MAP_FAILED) << strerror(errno);
	*static_cast<volatile char *>(page) = 1;
	EXPECT_EQ(run_to_end(), 0x12345678u);
	munmap(page, 4096);
}

void ignore_signal(int)
{
}

// Nothing but the host's own interrupts ends it.
TEST_F(Cpu, LeavesTimeToTheHost)
{
	struct sigaction action = {};
	action.sa_handler = ignore_signal;
	ASSERT_EQ(sigaction(SIGALRM, &action, nullptr), 0);
	create_cpu(guest_spin);
	itimerval soon = {};
	soon.it_value.tv_usec = 50000;
	ASSERT_EQ(setitimer(ITIMER_REAL, &soon, nullptr), 0);
	EXPECT_EQ(ioctl(vcpu_, KVM_RUN, 0), -1);
	EXPECT_EQ(errno, EINTR);
}

// What each of these pushes and where it returns to, though its delivery is
// interrupted: the IDT and the stack are not mapped yet.
TEST_F(Cpu, DeliversSoftwareInterrupts)
{
	create_cpu(guest_int);
	EXPECT_EQ(run_to_end(), 1u);
	expect_log({0x60});
}

TEST_F(Cpu, DeliversBreakpoints)
{
	create_cpu(guest_int3);
	EXPECT_EQ(run_to_end(), 1u);
	expect_log({3});
}

TEST_F(Cpu, DeliversOverflows)
{
	create_cpu(guest_into);
	EXPECT_EQ(run_to_end(), 1u);
	expect_log({4});
}

TEST_F(Cpu, StopsAtBreakpointInstructions)
{
	create_cpu(guest_debugged);
	debug(KVM_GUESTDBG_USE_SW_BP, 0, 0, dr7_nothing);
	expect_stop(bp_vector, guest_debugged_written, 0);
}

TEST_F(Cpu, StopsAtBreakpoints)
{
	create_cpu(guest_debugged);
	for (unsigned i = 0; i < 4; i++) {
		SCOPED_TRACE("DR" + std::to_string(i));
		debug(KVM_GUESTDBG_USE_HW_BP, i, address_of(guest_debugged_here),
		      dr7_nothing | 2u << 2 * i);
		expect_stop(db_vector, guest_debugged_here, dr6_nothing | 1u << i);
	}
}

TEST_F(Cpu, StopsAfterWatchedWrites)
{
	create_cpu(guest_debugged);
	for (unsigned i = 0; i < 4; i++) {
		SCOPED_TRACE("DR" + std::to_string(i));
		set_rip(address_of(guest_debugged));
		// Four bytes, written.
		debug(KVM_GUESTDBG_USE_HW_BP, i, DATA_ADDRESS,
		      dr7_nothing | 2u << 2 * i | 0xd0000u << 4 * i);
		expect_stop(db_vector, guest_debugged_written, dr6_nothing | 1u << i);
	}
}

TEST_F(Cpu, StopsAfterEachStep)
{
	create_cpu(guest_debugged);
	debug(KVM_GUESTDBG_SINGLESTEP, 0, 0, dr7_nothing);
	expect_stop(db_vector, guest_debugged_here, dr6_nothing | 0x4000);
}

TEST_F(Cpu, StopsAtDebugRegisters)
{
	create_cpu(guest_debugged_access);
	debug(KVM_GUESTDBG_USE_HW_BP, 0, 0, dr7_nothing | 0x2000);
	expect_stop(db_vector, guest_debugged_access, dr6_nothing | 0x2000);
}

} // namespace
