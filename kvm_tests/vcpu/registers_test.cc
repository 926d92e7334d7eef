// SPDX-License-Identifier: MIT
// Registers that user space reads and sets, each of them: KVM API, KVM_GET_REGS, KVM_GET_SREGS,
// KVM_GET_SREGS2, KVM_GET_FPU, KVM_GET_XSAVE, KVM_GET_XCRS, their counterparts, and
// KVM_CAP_SYNC_REGS.
#include <sys/ioctl.h>

#include <cstddef>
#include <cstring>

#include "case_test.h"
#include "kvm_x86_bits.h"
#include "registers.h"

namespace
{

struct NamedRegister {
	const char *name;
	__u64 kvm_regs::*reg;
};

constexpr NamedRegister kGeneral[GENERAL_REGISTERS] = {
	{"rax", &kvm_regs::rax}, {"rbx", &kvm_regs::rbx}, {"rcx", &kvm_regs::rcx},
	{"rdx", &kvm_regs::rdx}, {"rsi", &kvm_regs::rsi}, {"rdi", &kvm_regs::rdi},
	{"rsp", &kvm_regs::rsp}, {"rbp", &kvm_regs::rbp}, {"r8", &kvm_regs::r8},
	{"r9", &kvm_regs::r9},	 {"r10", &kvm_regs::r10}, {"r11", &kvm_regs::r11},
	{"r12", &kvm_regs::r12}, {"r13", &kvm_regs::r13}, {"r14", &kvm_regs::r14},
	{"r15", &kvm_regs::r15},
};

struct NamedSegment {
	const char *name;
	kvm_segment kvm_sregs::*segment;
};

constexpr NamedSegment kSegments[] = {
	{"cs", &kvm_sregs::cs}, {"ds", &kvm_sregs::ds},	  {"es", &kvm_sregs::es},
	{"fs", &kvm_sregs::fs}, {"gs", &kvm_sregs::gs},	  {"ss", &kvm_sregs::ss},
	{"tr", &kvm_sregs::tr}, {"ldt", &kvm_sregs::ldt},
};

struct NamedControl {
	const char *name;
	__u64 kvm_sregs::*reg;
};

constexpr NamedControl kControls[] = {
	{"cr0", &kvm_sregs::cr0},
	{"cr2", &kvm_sregs::cr2},
	{"cr3", &kvm_sregs::cr3},
	{"cr4", &kvm_sregs::cr4},
	{"cr8", &kvm_sregs::cr8},
	{"efer", &kvm_sregs::efer},
	{"apic_base", &kvm_sregs::apic_base},
};

void ExpectEqual(const kvm_regs &got, const kvm_regs &expected)
{
	for (const NamedRegister &r : kGeneral)
		EXPECT_EQ(got.*r.reg, expected.*r.reg) << r.name;
	EXPECT_EQ(got.rip, expected.rip);
	EXPECT_EQ(got.rflags, expected.rflags);
}

void ExpectEqual(const kvm_dtable &got, const kvm_dtable &expected, const char *name)
{
	EXPECT_EQ(got.base, expected.base) << name;
	EXPECT_EQ(got.limit, expected.limit) << name;
}

void ExpectEqual(const kvm_sregs &got, const kvm_sregs &expected)
{
	for (const NamedSegment &s : kSegments) {
		const kvm_segment &one = got.*s.segment, &other = expected.*s.segment;

		EXPECT_EQ(one.base, other.base) << s.name;
		EXPECT_EQ(one.limit, other.limit) << s.name;
		EXPECT_EQ(one.selector, other.selector) << s.name;
		EXPECT_EQ(one.type, other.type) << s.name;
		EXPECT_EQ(one.present, other.present) << s.name;
		EXPECT_EQ(one.dpl, other.dpl) << s.name;
		EXPECT_EQ(one.s, other.s) << s.name;
		EXPECT_EQ(one.unusable, other.unusable) << s.name;
	}
	for (const NamedControl &c : kControls)
		EXPECT_EQ(got.*c.reg, expected.*c.reg) << c.name;
	ExpectEqual(got.gdt, expected.gdt, "gdt");
	ExpectEqual(got.idt, expected.idt, "idt");
	EXPECT_EQ(memcmp(got.interrupt_bitmap, expected.interrupt_bitmap,
			 sizeof(got.interrupt_bitmap)),
		  0);
}

class Registers : public kvm_tests::CaseTest
{
protected:
	kvm_regs Get()
	{
		kvm_regs regs = {};

		SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_REGS, &regs);
		return regs;
	}

	void Set(const kvm_regs &regs)
	{
		SAFE_IOCTL(vm()->vcpu_fd, KVM_SET_REGS, &regs);
	}

	kvm_sregs GetSystem()
	{
		kvm_sregs sregs = {};

		SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_SREGS, &sregs);
		return sregs;
	}

	void Rest()
	{
		Choose("rest");
		RunTo(KVM_EXIT_HLT);
	}

	// How many of the general registers the guest has.
	size_t Count()
	{
		return GetSystem().efer & EFER_LMA ? GENERAL_REGISTERS : GENERAL_REGISTERS / 2;
	}

	// A value of its own for each register of the guest; DX is the port.
	uint64_t ValueOf(size_t index, uint64_t salt)
	{
		return index == 3 ? salt | REGISTERS_PORT : salt | (index + 1) << 4;
	}
};

TEST_F(Registers, GeneralOnesGoBothWays)
{
	constexpr uint64_t kBefore = 0x11110000, kAfter = 0x22220000;
	constexpr uint64_t kFlags = RFLAGS_FIXED | RFLAGS_CF | RFLAGS_DF;
	volatile uint64_t *before = Shared<uint64_t>("registers_before");
	volatile uint64_t *after = Shared<uint64_t>("registers_after");

	Choose("swap_registers");
	for (size_t i = 0; i < GENERAL_REGISTERS; i++)
		before[i] = ValueOf(i, kBefore);
	RunTo(KVM_EXIT_IO);
	ASSERT_EQ(cpu()->run->io.port, REGISTERS_PORT);
	cpu()->run->immediate_exit = 1;
	RunTo(TST_KVM_INTERRUPTED); // completes the instruction
	cpu()->run->immediate_exit = 0;

	kvm_regs regs = Get();
	for (size_t i = 0; i < Count(); i++)
		EXPECT_EQ(regs.*kGeneral[i].reg, ValueOf(i, kBefore)) << kGeneral[i].name;
	EXPECT_EQ(regs.rip, tst_kvm_symbol_address(vm(), "registers_done"));
	EXPECT_EQ(regs.rflags & kFlags, kFlags);

	for (size_t i = 0; i < Count(); i++)
		regs.*kGeneral[i].reg = ValueOf(i, kAfter);
	regs.rip = tst_kvm_symbol_address(vm(), "registers_on");
	regs.rflags = RFLAGS_ZF; // and the bit that is always 1
	Set(regs);
	regs.rflags |= RFLAGS_FIXED;
	ExpectEqual(Get(), regs);
	RunTo(TST_KVM_ENDED);
	for (size_t i = 0; i < Count(); i++)
		EXPECT_EQ(after[i], ValueOf(i, kAfter)) << kGeneral[i].name;
	EXPECT_EQ(*Shared<uint32_t>("flags_after"), uint32_t{RFLAGS_FIXED | RFLAGS_ZF});
	EXPECT_EQ(*Shared<uint32_t>("skipped"), 0u);
}

// Whatever mode the CPU is in, there are 16 of 64 bits.
TEST_F(Registers, GeneralOnesAreKept)
{
	kvm_regs regs = Get();

	for (size_t i = 0; i < GENERAL_REGISTERS; i++)
		regs.*kGeneral[i].reg = 0x1234567800000000 + i;
	regs.rip = 0x1357;
	regs.rflags = RFLAGS_FIXED | RFLAGS_CF;
	Set(regs);
	ExpectEqual(Get(), regs);
}

/* --- System registers --- */

class SystemRegisters : public Registers
{
protected:
	// A legal value for each field, none of which the CPU has by itself.
	kvm_sregs Different()
	{
		kvm_sregs sregs = GetSystem();
		uint64_t number = 1;

		for (const NamedSegment &s : kSegments) {
			kvm_segment &segment = sregs.*s.segment;

			segment.selector = number << 3;
			if (s.segment != &kvm_sregs::cs && s.segment != &kvm_sregs::ss) {
				segment.base = number << 12;
				segment.limit = 0xff + number;
				segment.present = 1;
				segment.unusable = 0;
				segment.g = 0;
			}
			number++;
		}
		sregs.ldt.s = 0;
		sregs.ldt.type = 2;
		sregs.gdt.base = 0x11000;
		sregs.gdt.limit = 0x1f;
		sregs.idt.base = 0x22000;
		sregs.idt.limit = 0x2f;
		sregs.cr2 = 0x33000;
		sregs.cr3 = 0x44000;
		sregs.cr8 = 5;
		sregs.cr0 ^= CR0_WP | CR0_AM;
		sregs.cr4 ^= CR4_TSD | CR4_DE;
		sregs.efer ^= EFER_SCE;
		sregs.apic_base = 0xfed00800;
		return sregs;
	}
};

TEST_F(SystemRegisters, EachIsKept)
{
	Rest();
	const kvm_sregs different = Different();
	SAFE_IOCTL(vm()->vcpu_fd, KVM_SET_SREGS, &different);
	ExpectEqual(GetSystem(), different);
}

// Both structures begin with the same fields.
TEST_F(SystemRegisters, EachIsKeptBySregs2)
{
	kvm_sregs2 set = {}, got = {};

	Rest();
	kvm_sregs different = Different();
	memcpy(&set, &different, offsetof(kvm_sregs2, flags));
	SAFE_IOCTL(vm()->vcpu_fd, KVM_SET_SREGS2, &set);
	ExpectEqual(GetSystem(), different);
	SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_SREGS2, &got);
	kvm_sregs told = {};
	memcpy(&told, &got, offsetof(kvm_sregs2, flags));
	ExpectEqual(told, different);
}

// Those with which the guest can go on.
TEST_F(SystemRegisters, GuestHasThem)
{
	const volatile system_registers *seen = Shared<system_registers>("system_registers");

	Choose("look_at_system_registers");
	RunTo(KVM_EXIT_HLT);
	kvm_sregs sregs = GetSystem();
	sregs.cr0 ^= CR0_WP | CR0_AM;
	sregs.cr2 = 0x12345678;
	sregs.cr4 ^= CR4_TSD | CR4_DE;
	sregs.efer ^= EFER_SCE;
	sregs.apic_base = 0xfed00900; // the first CPU's, enabled
	sregs.ds.selector |= 0x100;
	SAFE_IOCTL(vm()->vcpu_fd, KVM_SET_SREGS, &sregs);
	RunTo(TST_KVM_ENDED);
	EXPECT_EQ(seen->cr0, sregs.cr0);
	EXPECT_EQ(seen->cr2, sregs.cr2);
	EXPECT_EQ(seen->cr4, sregs.cr4);
	EXPECT_EQ(seen->efer, sregs.efer);
	EXPECT_EQ(seen->apic_base, sregs.apic_base);
	EXPECT_EQ(seen->ds, sregs.ds.selector);
}

// The way between the local APIC's modes is the guest's to keep to: "x2APIC State Transitions".
TEST_F(SystemRegisters, ApicLeavesX2apicModeForXapicMode)
{
	constexpr uint64_t kX2apic = 1 << 10;

	Create(TST_KVM_KERNEL_IRQCHIP);
	kvm_sregs sregs = GetSystem();
	for (uint64_t mode : {kX2apic, uint64_t{0}}) {
		sregs.apic_base = (sregs.apic_base & ~kX2apic) | mode;
		SAFE_IOCTL(vm()->vcpu_fd, KVM_SET_SREGS, &sregs);
		EXPECT_EQ(GetSystem().apic_base, sregs.apic_base);
	}
}

/* --- KVM_SET_LAPIC --- */

// KVM API, KVM_CAP_X2APIC_API: in x2APIC mode, the ID is the CPU's, and of 32 bits.
TEST_F(SystemRegisters, ApicIdOfAnotherIsRefused)
{
	constexpr size_t kId = 0x20;
	constexpr uint64_t kX2apic = 1 << 10;
	const uint32_t other = 5;
	kvm_enable_cap cap = {};
	kvm_lapic_state apic = {};
	kvm_sregs sregs = {};
	uint32_t id = 0;

	Create(TST_KVM_KERNEL_IRQCHIP, 2);
	cap.cap = KVM_CAP_X2APIC_API;
	cap.args[0] = KVM_X2APIC_API_USE_32BIT_IDS;
	SAFE_IOCTL(vm()->vm_fd, KVM_ENABLE_CAP, &cap);
	SAFE_IOCTL(cpu(1)->fd, KVM_GET_SREGS, &sregs);
	sregs.apic_base |= kX2apic;
	SAFE_IOCTL(cpu(1)->fd, KVM_SET_SREGS, &sregs);
	SAFE_IOCTL(cpu(1)->fd, KVM_GET_LAPIC, &apic);
	memcpy(&id, apic.regs + kId, sizeof(id));
	EXPECT_EQ(id, 1u);
	EXPECT_EQ(ioctl(cpu(1)->fd, KVM_SET_LAPIC, &apic), 0) << strerror(errno);
	memcpy(apic.regs + kId, &other, sizeof(other));
	EXPECT_EQ(ioctl(cpu(1)->fd, KVM_SET_LAPIC, &apic), -1);
	EXPECT_EQ(errno, EINVAL);
}

/* --- KVM_CAP_SYNC_REGS: what stood in struct kvm_run is overwritten --- */

TEST_F(Registers, SyncedOnesAreOverwritten)
{
	kvm_run *run = cpu()->run;
	kvm_vcpu_events events = {};
	constexpr uint8_t kNothing[sizeof(events.reserved)] = {};

	Choose("rest");
	memset(&run->s.regs, 0xff, sizeof(run->s.regs));
	memset(run->s.regs.sregs.interrupt_bitmap, 0, sizeof(run->s.regs.sregs.interrupt_bitmap));
	run->kvm_valid_regs = KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS | KVM_SYNC_X86_EVENTS;
	RunTo(KVM_EXIT_HLT);
	ExpectEqual(run->s.regs.regs, Get());
	ExpectEqual(run->s.regs.sregs, GetSystem());
	SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_VCPU_EVENTS, &events);
	const kvm_vcpu_events &synced = run->s.regs.events;
	EXPECT_EQ(synced.flags, events.flags);
	EXPECT_EQ(synced.exception.injected, 0);
	EXPECT_EQ(synced.exception.pending, 0);
	EXPECT_EQ(synced.exception.nr, events.exception.nr);
	EXPECT_EQ(synced.exception.has_error_code, events.exception.has_error_code);
	EXPECT_EQ(synced.exception.error_code, events.exception.error_code);
	EXPECT_EQ(synced.exception_has_payload, 0);
	EXPECT_EQ(synced.exception_payload, events.exception_payload);
	EXPECT_EQ(synced.interrupt.injected, 0);
	EXPECT_EQ(synced.interrupt.nr, events.interrupt.nr);
	EXPECT_EQ(synced.interrupt.soft, 0);
	EXPECT_EQ(synced.interrupt.shadow, 0);
	EXPECT_EQ(synced.nmi.injected, 0);
	EXPECT_EQ(synced.nmi.pending, 0);
	EXPECT_EQ(synced.nmi.masked, 0);
	EXPECT_EQ(synced.nmi.pad, 0);
	EXPECT_EQ(synced.sipi_vector, 0u) << "never told";
	EXPECT_EQ(synced.smi.smm, 0);
	EXPECT_EQ(synced.smi.pending, 0);
	EXPECT_EQ(synced.smi.smm_inside_nmi, 0);
	EXPECT_EQ(synced.smi.latched_init, 0);
	EXPECT_EQ(memcmp(synced.reserved, kNothing, sizeof(kNothing)), 0);
	run->kvm_valid_regs = 0;
	RunTo(TST_KVM_ENDED);
}

/* --- x87 and SSE: SDM Vol. 1 "FXSAVE Area" --- */

class FloatingPoint : public Registers
{
protected:
	static kvm_fpu Different()
	{
		kvm_fpu fpu = {};

		memset(fpu.fpr, 0x11, sizeof(fpu.fpr));
		memset(fpu.xmm, 0x22, sizeof(fpu.xmm));
		fpu.fcw = 0x27f;
		fpu.fsw = 0x3800;
		fpu.ftwx = 0x80;
		fpu.last_opcode = 0x123;
		fpu.last_ip = 0x456789;
		fpu.last_dp = 0xabcdef;
		return fpu;
	}

	kvm_fpu GetFpu()
	{
		kvm_fpu fpu = {};

		SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_FPU, &fpu);
		return fpu;
	}

	static void ExpectEqual(const kvm_fpu &got, const kvm_fpu &expected)
	{
		EXPECT_EQ(memcmp(got.fpr, expected.fpr, sizeof(got.fpr)), 0);
		EXPECT_EQ(memcmp(got.xmm, expected.xmm, sizeof(got.xmm)), 0);
		EXPECT_EQ(got.fcw, expected.fcw);
		EXPECT_EQ(got.fsw, expected.fsw);
		EXPECT_EQ(got.ftwx, expected.ftwx);
		EXPECT_EQ(got.last_opcode, expected.last_opcode);
		EXPECT_EQ(got.last_ip, expected.last_ip);
		EXPECT_EQ(got.last_dp, expected.last_dp);
	}
};

TEST_F(FloatingPoint, EachFieldIsKept)
{
	const kvm_fpu different = Different();

	SAFE_IOCTL(vm()->vcpu_fd, KVM_SET_FPU, &different);
	ExpectEqual(GetFpu(), different);
}

// The same registers by KVM_SET_XSAVE: offsets in the legacy region, and XSTATE_BV.
TEST_F(FloatingPoint, XsaveSetsAndTellsThem)
{
	constexpr size_t kFcw = 0, kSt0 = 32, kXmm0 = 160, kXstateBv = 512;
	constexpr uint64_t kX87AndSse = 3;
	const uint16_t fcw = 0x27f;
	kvm_xsave set = {}, got = {};
	auto at = [](kvm_xsave &area, size_t offset) {
		return reinterpret_cast<uint8_t *>(area.region) + offset;
	};

	SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_XSAVE, &set);
	memcpy(at(set, kFcw), &fcw, sizeof(fcw));
	memset(at(set, kSt0), 0x33, 10);
	memset(at(set, kXmm0), 0x44, 16);
	memcpy(at(set, kXstateBv), &kX87AndSse, sizeof(kX87AndSse));
	SAFE_IOCTL(vm()->vcpu_fd, KVM_SET_XSAVE, &set);
	EXPECT_EQ(GetFpu().fcw, fcw);
	EXPECT_EQ(memcmp(GetFpu().fpr[0], at(set, kSt0), 10), 0);
	EXPECT_EQ(memcmp(GetFpu().xmm[0], at(set, kXmm0), 16), 0);
	SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_XSAVE, &got);
	EXPECT_EQ(memcmp(at(got, kFcw), &fcw, sizeof(fcw)), 0);
	EXPECT_EQ(memcmp(at(got, kSt0), at(set, kSt0), 10), 0);
	EXPECT_EQ(memcmp(at(got, kXmm0), at(set, kXmm0), 16), 0);
}

/* --- XCR0 --- */

// "nr_xcrs" says how many count; those that KVM does not know are no business of its.
TEST_F(Registers, XcrsBeyondTheirNumberDontCount)
{
	kvm_xcrs xcrs = {};

	SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_XCRS, &xcrs);
	ASSERT_EQ(xcrs.nr_xcrs, 1u);
	const uint64_t before = xcrs.xcrs[0].value;
	xcrs.nr_xcrs = 0;
	xcrs.xcrs[0].value = 0; // which no CPU takes
	EXPECT_EQ(ioctl(vm()->vcpu_fd, KVM_SET_XCRS, &xcrs), 0) << strerror(errno);
	xcrs.nr_xcrs = KVM_MAX_XCRS;
	xcrs.xcrs[0].value = before;
	for (unsigned int i = 1; i < KVM_MAX_XCRS; i++)
		xcrs.xcrs[i].xcr = i;
	EXPECT_EQ(ioctl(vm()->vcpu_fd, KVM_SET_XCRS, &xcrs), 0) << strerror(errno);
	SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_XCRS, &xcrs);
	EXPECT_EQ(xcrs.xcrs[0].value, before);
}

} // namespace
