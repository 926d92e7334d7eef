/* SPDX-License-Identifier: MIT */
/* Controllers of tests of the local APIC: their guest does what it is told. */
#ifndef RINGSIDE_KVM_TESTS_APIC_FIXTURE_H
#define RINGSIDE_KVM_TESTS_APIC_FIXTURE_H

#include <sys/ioctl.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <initializer_list>
#include <ostream>
#include <vector>

#include "apic.h"
#include "case_test.h"

namespace kvm_tests
{

/* Registers, by their MMIO offsets: SDM Vol. 3 "Local APIC Register Address Map". */
constexpr uint32_t kId = 0x20, kVersion = 0x30, kTpr = 0x80, kApr = 0x90, kPpr = 0xa0, kEoi = 0xb0,
		   kLdr = 0xd0, kDfr = 0xe0, kSvr = 0xf0, kIsr = 0x100, kTmr = 0x180, kIrr = 0x200,
		   kEsr = 0x280, kCmci = 0x2f0, kIcr = 0x300, kIcrHigh = 0x310, kLvtTimer = 0x320,
		   kLvtThermal = 0x330, kLvtPerformance = 0x340, kLint0 = 0x350, kLint1 = 0x360,
		   kLvtError = 0x370, kInitial = 0x380, kCurrent = 0x390, kDivide = 0x3e0,
		   kSelfIpi = 0x3f0;

constexpr uint32_t kIcrLowest = 0x100, kIcrSmi = 0x200, kIcrNmi = 0x400, kIcrInit = 0x500,
		   kIcrStartup = 0x600, kIcrLogical = 0x800, kIcrPending = 0x1000,
		   kIcrAssert = 0x4000, kIcrLevel = 0x8000, kIcrSelf = 0x40000, kIcrAll = 0x80000,
		   kIcrOthers = 0xc0000;

constexpr uint32_t kMasked = 0x10000, kPeriodic = 0x20000, kTscDeadline = 0x40000;
constexpr uint32_t kSvrEnabled = 0x1ff; /* and the vector it has after a reset */

constexpr uint32_t kMsrApicBase = 0x1b, kMsrDeadline = 0x6e0, kMsrX2apic = 0x800;
constexpr uint64_t kBase = 0xfee00000, kBsp = 0x100, kExtd = 0x400, kEn = 0x800;

constexpr int kNoFault = -1, kGp = 13;

inline apic_step Load(uint64_t address)
{
	return {address, 0, APIC_LOAD, 0};
}

inline apic_step Store(uint64_t address, uint32_t value)
{
	return {address, value, APIC_STORE, 0};
}

/* A register, in xAPIC mode. */
inline apic_step Get(uint32_t reg)
{
	return Load(kBase + reg);
}

inline apic_step Set(uint32_t reg, uint32_t value)
{
	return Store(kBase + reg, value);
}

inline apic_step Rdmsr(uint32_t msr)
{
	return {msr, 0, APIC_RDMSR, 0};
}

inline apic_step Wrmsr(uint32_t msr, uint64_t value)
{
	return {msr, value, APIC_WRMSR, 0};
}

inline apic_step Take()
{
	return {0, 0, APIC_TAKE, 0};
}

inline apic_step Wait(unsigned int count)
{
	return {0, count, APIC_WAIT, 0};
}

inline apic_step Spin(uint64_t ticks)
{
	return {0, ticks, APIC_SPIN, 0};
}

inline apic_step Out(uint16_t port, uint8_t value)
{
	return {port, value, APIC_OUT, 0};
}

class ApicTest : public CaseTest
{
protected:
	void Begin(unsigned int vcpus = 1, enum tst_kvm_irqchip irqchip = TST_KVM_KERNEL_IRQCHIP)
	{
		Create(irqchip, vcpus);
		Follow();
	}

	/* The machine is made: its guest comes to wait for steps. */
	void Follow()
	{
		Choose("follow_steps");
		RunTo(KVM_EXIT_HLT);
	}

	/* Has the guest follow the steps, and returns them with what was read. */
	std::vector<apic_step> Do(std::initializer_list<apic_step> list)
	{
		auto *const steps = Prepare(list);

		RunTo(KVM_EXIT_HLT);
		return {steps, steps + list.size()};
	}

	/* The steps are the guest's next ones. */
	apic_step *Prepare(std::initializer_list<apic_step> list)
	{
		auto *const steps = static_cast<apic_step *>(tst_kvm_symbol(vm(), "steps"));

		memcpy(steps, list.begin(), list.size() * sizeof(apic_step));
		*Shared<uint32_t>("step_count") = list.size();
		return steps;
	}

	uint32_t Read(uint32_t reg)
	{
		return Do({Get(reg)})[0].value;
	}

	/* An MSR that can be read. */
	uint64_t ReadMsr(uint32_t msr)
	{
		const apic_step step = Do({Rdmsr(msr)})[0];

		EXPECT_EQ(step.fault, kNoFault) << "MSR " << std::hex << msr;
		return step.value;
	}

	/* The exception's vector. */
	int WriteMsr(uint32_t msr, uint64_t value)
	{
		return Do({Wrmsr(msr, value)})[0].fault;
	}

	void EnableX2apic()
	{
		ASSERT_EQ(WriteMsr(kMsrApicBase, kBase | kBsp | kEn | kExtd), kNoFault);
	}

	/* The vectors taken since the last call. */
	std::vector<unsigned int> Taken()
	{
		const uint32_t count = *Shared<uint32_t>("taken_count");
		auto *const first = Shared<uint32_t>("taken");

		*Shared<uint32_t>("taken_count") = 0;
		return {first, first + std::min<uint32_t>(count, APIC_MAX_TAKEN)};
	}

	kvm_lapic_state Lapic(unsigned int index = 0)
	{
		return LapicOf(cpu(index)->fd);
	}

	void SetLapic(const kvm_lapic_state &state, unsigned int index = 0)
	{
		SAFE_IOCTL(cpu(index)->fd, KVM_SET_LAPIC, &state);
	}

	static kvm_lapic_state LapicOf(int fd)
	{
		kvm_lapic_state state = {};

		SAFE_IOCTL(fd, KVM_GET_LAPIC, &state);
		return state;
	}

	static uint32_t At(const kvm_lapic_state &state, uint32_t reg)
	{
		uint32_t value;

		memcpy(&value, state.regs + reg, sizeof(value));
		return value;
	}

	static void Put(kvm_lapic_state *state, uint32_t reg, uint32_t value)
	{
		memcpy(state->regs + reg, &value, sizeof(value));
	}

	/* A vector's bit in ISR, TMR or IRR. */
	static bool Has(const kvm_lapic_state &state, uint32_t reg, unsigned int vector)
	{
		return At(state, reg + vector / 32 * 0x10) >> vector % 32 & 1;
	}

	static void Add(kvm_lapic_state *state, uint32_t reg, unsigned int vector)
	{
		reg += vector / 32 * 0x10;
		Put(state, reg, At(*state, reg) | 1u << vector % 32);
	}

	/* How many bits are set in ISR, TMR or IRR. */
	static unsigned int Count(const kvm_lapic_state &state, uint32_t reg)
	{
		unsigned int count = 0;

		for (unsigned int vector = 0; vector < 256; vector++)
			count += Has(state, reg, vector);
		return count;
	}

	uint64_t GetApicBase(unsigned int index = 0)
	{
		kvm_sregs sregs = {};

		SAFE_IOCTL(cpu(index)->fd, KVM_GET_SREGS, &sregs);
		return sregs.apic_base;
	}

	void SetApicBase(uint64_t base, unsigned int index = 0)
	{
		SetApicBaseOf(cpu(index)->fd, base);
	}

	static void SetApicBaseOf(int fd, uint64_t base)
	{
		kvm_sregs sregs = {};

		SAFE_IOCTL(fd, KVM_GET_SREGS, &sregs);
		sregs.apic_base = base;
		SAFE_IOCTL(fd, KVM_SET_SREGS, &sregs);
	}

	/* Whether the CPU itself delivers interrupts, and reads and writes registers. */
	static bool HasApicv()
	{
		std::ifstream intel("/sys/module/kvm_intel/parameters/enable_apicv");
		std::ifstream amd("/sys/module/kvm_amd/parameters/avic");

		return intel.get() == 'Y' || amd.get() == 'Y';
	}

	void EnableCap(uint32_t cap, uint64_t arg)
	{
		kvm_enable_cap enable = {};

		enable.cap = cap;
		enable.args[0] = arg;
		SAFE_IOCTL(vm()->vm_fd, KVM_ENABLE_CAP, &enable);
	}
};

} /* namespace kvm_tests */

#endif /* RINGSIDE_KVM_TESTS_APIC_FIXTURE_H */
