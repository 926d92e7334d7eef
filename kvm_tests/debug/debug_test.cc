// SPDX-License-Identifier: MIT
// User space debugs a guest: KVM API, KVM_SET_GUEST_DEBUG and KVM_EXIT_DEBUG; SDM Vol. 3
// "Debug Registers", "Debug Exceptions".
#include <sys/ioctl.h>

#include <cstring>

#include "case_test.h"
#include "debug.h"

namespace
{

constexpr uint32_t kDebug = 1, kBreakpoint = 3; // vectors: #DB, #BP
constexpr uint64_t kDr6SingleStep = 1u << 14;
constexpr uint64_t kDr7Enabled = 1u << 10; // reserved, reads as 1
constexpr uint8_t kInt3 = 0xcc;

enum Watch {
	kExecute = 0,
	kWrite = 1,
	kReadOrWrite = 3
};

class Debug : public kvm_tests::CaseTest
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

	void SetDebug(uint32_t control)
	{
		debug_.control = control ? control | KVM_GUESTDBG_ENABLE : 0;
		SAFE_IOCTL(vm()->vcpu_fd, KVM_SET_GUEST_DEBUG, &debug_);
	}

	// Breakpoint register @number, for an access of that kind and of @bytes bytes.
	void SetWatch(unsigned int number, const char *symbol, Watch kind, unsigned int bytes)
	{
		debug_.arch.debugreg[number] = Address(symbol);
		debug_.arch.debugreg[7] |= kDr7Enabled | 2u << 2 * number |
					   uint64_t{kind} << (16 + 4 * number) |
					   uint64_t{bytes - 1} << (18 + 4 * number);
	}

	uint64_t Address(const char *symbol)
	{
		return tst_kvm_symbol_address(vm(), symbol);
	}

	uint64_t Rip()
	{
		kvm_regs regs = {};

		SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_REGS, &regs);
		return regs.rip;
	}

	// Runs to a debug exit at that symbol.
	void RunToStop(uint32_t exception, const char *symbol)
	{
		RunTo(KVM_EXIT_DEBUG);
		EXPECT_EQ(cpu()->run->debug.arch.exception, exception);
		EXPECT_EQ(cpu()->run->debug.arch.pc, Address(symbol)) << "it should be " << symbol;
		EXPECT_EQ(Rip(), Address(symbol));
	}

	// At the end: the guest has done its work, and has seen nothing of all this.
	void FinishWith(uint32_t result)
	{
		SetDebug(0);
		RunToYield();
		EXPECT_EQ(*Shared<uint32_t>("result"), result);
		EXPECT_EQ(*Shared<uint32_t>("debug_exceptions"), 0u);
		RunToEnd();
	}

	kvm_guest_debug debug_ = {};
};

TEST_F(Debug, SingleStepStopsAfterEachInstruction)
{
	Choose("steps");
	RunToYield();
	SetDebug(KVM_GUESTDBG_SINGLESTEP);
	for (int i = 0; i < 200 && Rip() != Address("step0"); i++)
		RunTo(KVM_EXIT_DEBUG);
	for (const char *symbol : {"step1", "step2", "step3", "step4"}) {
		RunToStop(kDebug, symbol);
		EXPECT_EQ(cpu()->run->debug.arch.dr6 & kDr6SingleStep, kDr6SingleStep);
	}
	FinishWith(7);
}

TEST_F(Debug, HardwareBreakpointStopsBeforeItsInstruction)
{
	Choose("steps");
	RunToYield();
	SetWatch(0, "step1", kExecute, 1);
	SetWatch(3, "step3", kExecute, 1);
	SetDebug(KVM_GUESTDBG_USE_HW_BP);
	RunToStop(kDebug, "step1");
	EXPECT_EQ(cpu()->run->debug.arch.dr6 & 0xf, 1u << 0);
	// "...the instruction is run": a step takes the guest past its breakpoint.
	SetDebug(KVM_GUESTDBG_SINGLESTEP);
	RunToStop(kDebug, "step2");
	SetDebug(KVM_GUESTDBG_USE_HW_BP);
	RunToStop(kDebug, "step3");
	EXPECT_EQ(cpu()->run->debug.arch.dr6 & 0xf, 1u << 3);
	FinishWith(7);
}

TEST_F(Debug, SoftwareBreakpointStopsAtIt)
{
	auto *code = static_cast<uint8_t *>(tst_kvm_symbol(vm(), "step1"));
	const uint8_t original = *code;

	Choose("steps");
	RunToYield();
	*code = kInt3;
	SetDebug(KVM_GUESTDBG_USE_SW_BP);
	RunToStop(kBreakpoint, "step1");
	*code = original;
	FinishWith(7);
}

TEST_F(Debug, WriteWatchpointStopsAfterTheWrite)
{
	Choose("watch");
	RunToYield();
	*Shared<uint32_t>("watched") = 5;
	SetWatch(1, "watched", kWrite, 4);
	SetDebug(KVM_GUESTDBG_USE_HW_BP);
	RunToStop(kDebug, "touch_end");
	EXPECT_EQ(cpu()->run->debug.arch.dr6 & 0xf, 1u << 1);
	EXPECT_EQ(*Shared<uint32_t>("watched"), 7u) << "a trap comes after the access";
	FinishWith(5);
}

TEST_F(Debug, ReadWatchpointStopsAfterReadAndWrite)
{
	Choose("watch");
	RunToYield();
	*Shared<uint32_t>("watched") = 5;
	SetWatch(2, "watched", kReadOrWrite, 4);
	SetDebug(KVM_GUESTDBG_USE_HW_BP);
	RunToStop(kDebug, "touch_write");
	EXPECT_EQ(cpu()->run->debug.arch.dr6 & 0xf, 1u << 2);
	EXPECT_EQ(*Shared<uint32_t>("watched"), 5u);
	RunToStop(kDebug, "touch_end");
	FinishWith(5);
}

// CVE-2022-1852, fee060cd52d6: where KVM emulates real mode, it has to look for breakpoints
// itself, and went on without an instruction. SDM Vol. 3 "First Instruction Executed".
TEST_F(Debug, BreakpointAtTheFirstInstruction)
{
	constexpr uint64_t kFirst = 0xfffffff0;

	Choose("steps");
	debug_.arch.debugreg[0] = kFirst;
	debug_.arch.debugreg[7] = kDr7Enabled | 2;
	SetDebug(KVM_GUESTDBG_USE_HW_BP);
	RunTo(KVM_EXIT_DEBUG);
	EXPECT_EQ(cpu()->run->debug.arch.exception, kDebug);
	EXPECT_EQ(cpu()->run->debug.arch.pc, kFirst);
	EXPECT_EQ(cpu()->run->debug.arch.dr6 & 0xf, 1u);
	SetDebug(0);
	RunToYield();
	FinishWith(7);
}

// Nor does it stop twice, at the CPU's and at KVM's own search.
TEST_F(Debug, BreakpointAtAnMmioInstruction)
{
	const uint32_t value = 0x5ec4e7;

	Choose("device");
	RunToYield();
	SetWatch(0, "device_read", kExecute, 1);
	SetDebug(KVM_GUESTDBG_USE_HW_BP);
	RunToStop(kDebug, "device_read");
	SetDebug(0);
	RunTo(KVM_EXIT_MMIO);
	EXPECT_EQ(cpu()->run->mmio.phys_addr, DEVICE_ADDRESS);
	memcpy(cpu()->run->mmio.data, &value, sizeof(value));
	FinishWith(value);
}

// A step over an access to a device stops behind it, once user space has answered.
TEST_F(Debug, SingleStepOverAnMmioInstruction)
{
	const uint32_t value = 0x5ec4e7;

	Choose("device");
	RunToYield();
	SetDebug(KVM_GUESTDBG_SINGLESTEP);
	for (int i = 0; i < 200 && Rip() != Address("device_read"); i++)
		RunTo(KVM_EXIT_DEBUG);
	RunTo(KVM_EXIT_MMIO);
	memcpy(cpu()->run->mmio.data, &value, sizeof(value));
	RunToStop(kDebug, "device_end");
	FinishWith(value);
}

TEST_F(Debug, SwitchedOffItStopsNothing)
{
	Choose("steps");
	RunToYield();
	SetWatch(0, "step1", kExecute, 1);
	SetDebug(KVM_GUESTDBG_USE_HW_BP | KVM_GUESTDBG_SINGLESTEP);
	FinishWith(7);
}

} // namespace
