// SPDX-License-Identifier: MIT
// The local APIC's registers, from the guest and from user space: SDM Vol. 3 "Advanced
// Programmable Interrupt Controller (APIC)", whose sections are named below; what the
// ioctls do is said in the KVM API, under their names.
#include <unistd.h>

#include "apic_fixture.h"

namespace
{

using namespace kvm_tests; // the registers' names

constexpr unsigned int kVector = 0x51;

class ApicRegisters : public ApicTest
{
protected:
	// A state in which no register is as a reset leaves it; the vectors are pending, in
	// service, level-triggered.
	static kvm_lapic_state Dirty(kvm_lapic_state state)
	{
		Put(&state, kTpr, 0x20);
		Put(&state, kLdr, 0x5000000);
		Put(&state, kDfr, 0x0fffffff);
		Put(&state, kSvr, 0x1aa);
		for (unsigned int vector = 0x28; vector < 256; vector += 32) {
			Add(&state, kIsr, vector);
			Add(&state, kTmr, vector + 1);
			Add(&state, kIrr, vector + 2);
		}
		Add(&state, kIsr, 17);
		Add(&state, kTmr, 18);
		Add(&state, kIrr, 19);
		Put(&state, kEsr, 0x40);
		Put(&state, kIcr, 0x44051);
		Put(&state, kIcrHigh, 0x3000000);
		Put(&state, kLvtTimer, kPeriodic | 0x31);
		Put(&state, kLvtThermal, 0x32);
		Put(&state, kLvtPerformance, 0x33);
		Put(&state, kLint0, 0x8034);
		Put(&state, kLint1, 0x2400);
		Put(&state, kLvtError, 0x36);
		Put(&state, kInitial, 0x7fffffff);
		Put(&state, kDivide, 0xb);
		return state;
	}

	// "Local APIC State After Power-Up or Reset", "... After It Receives an INIT-RESET".
	// LINT0 is not looked at: that of the bootstrap processor is a quirk of KVM's.
	static void ExpectReset(const kvm_lapic_state &state, bool x2apic)
	{
		EXPECT_EQ(At(state, kTpr), 0u);
		EXPECT_EQ(At(state, kPpr), 0u);
		EXPECT_EQ(At(state, kSvr), 0xffu);
		if (!x2apic) {
			EXPECT_EQ(At(state, kLdr), 0u);
			EXPECT_EQ(At(state, kDfr), 0xffffffffu);
			EXPECT_EQ(At(state, kIcrHigh), 0u);
		}
		EXPECT_EQ(Count(state, kIsr), 0u);
		EXPECT_EQ(Count(state, kTmr), 0u);
		EXPECT_EQ(Count(state, kIrr), 0u);
		EXPECT_EQ(At(state, kEsr), 0u);
		EXPECT_EQ(At(state, kIcr), 0u);
		for (const uint32_t lvt :
		     {kLvtTimer, kLvtThermal, kLvtPerformance, kLint1, kLvtError})
			EXPECT_EQ(At(state, lvt), kMasked) << "LVT " << std::hex << lvt;
		EXPECT_EQ(At(state, kInitial), 0u);
		EXPECT_EQ(At(state, kCurrent), 0u);
		EXPECT_EQ(At(state, kDivide), 0u);
	}

	void SendInit(unsigned int index)
	{
		Do({Set(kIcrHigh, index << 24), Set(kIcr, kIcrInit | kIcrAssert)});
		EXPECT_EQ(MpState(index), KVM_MP_STATE_INIT_RECEIVED);
	}

	// To CPU 0; what KVM_SIGNAL_MSI returns: more than 0 if it was delivered.
	int SendMsi(unsigned int vector)
	{
		kvm_msi msi = {};

		msi.address_lo = kBase;
		msi.data = vector;
		return ioctl(vm()->vm_fd, KVM_SIGNAL_MSI, &msi);
	}

	unsigned int MpState(unsigned int index)
	{
		kvm_mp_state state = {};

		SAFE_IOCTL(cpu(index)->fd, KVM_GET_MP_STATE, &state);
		return state.mp_state;
	}
};

TEST_F(ApicRegisters, AfterPowerUp)
{
	Begin(2);
	for (unsigned int index : {0u, 1u}) {
		const kvm_lapic_state state = Lapic(index);

		ExpectReset(state, false);
		EXPECT_EQ(At(state, kId), index << 24);
		// "Local APIC Version Register": 10H to 15H; at least the six LVT entries.
		EXPECT_GE(At(state, kVersion) & 0xff, 0x10u);
		EXPECT_LE(At(state, kVersion) & 0xff, 0x15u);
		EXPECT_GE(At(state, kVersion) >> 16 & 0xff, 5u);
	}
	EXPECT_EQ(At(Lapic(1), kLint0), kMasked);
	EXPECT_EQ(GetApicBase(0), kBase | kEn | kBsp);
	EXPECT_EQ(GetApicBase(1), kBase | kEn);
}

TEST_F(ApicRegisters, AfterInit)
{
	Begin(2);
	const uint32_t version = At(Lapic(1), kVersion);
	kvm_lapic_state dirty = Dirty(Lapic(1));
	Put(&dirty, kId, 5u << 24);
	SetLapic(dirty, 1);
	Do({Set(kIcrHigh, 5u << 24), Set(kIcr, kIcrInit | kIcrAssert)});
	EXPECT_EQ(MpState(1), KVM_MP_STATE_INIT_RECEIVED);
	const kvm_lapic_state state = Lapic(1);
	ExpectReset(state, false);
	EXPECT_EQ(At(state, kLint0), kMasked);
	EXPECT_EQ(At(state, kId), 5u << 24) << "an INIT does not affect the ID";
	EXPECT_EQ(At(state, kVersion), version);
	EXPECT_EQ(GetApicBase(1), kBase | kEn) << "nor the mode";
}

TEST_F(ApicRegisters, AfterInitX2apic)
{
	Begin(2);
	SetApicBase(kBase | kEn | kExtd, 1);
	SetLapic(Dirty(Lapic(1)), 1);
	SendInit(1);
	const kvm_lapic_state state = Lapic(1);
	ExpectReset(state, true);
	EXPECT_EQ(At(state, kId), 1u << 24);
	EXPECT_EQ(At(state, kLdr), 2u) << "\"Logical x2APIC ID\": derived from the ID";
	EXPECT_EQ(GetApicBase(1), kBase | kEn | kExtd);
}

// "The initial-count and current-count registers are reset to 0": no interrupt is owed. The
// controller puts the CPU back to where it was, so that the guest can see.
TEST_F(ApicRegisters, InitStopsTheTimer)
{
	kvm_msi msi = {};
	kvm_sregs sregs = {};
	kvm_regs regs = {};

	for (const uint64_t before : {0x100u, 0x800000u}) {
		Begin();
		Do({Set(kSvr, kSvrEnabled), Set(kDivide, 0xb), Set(kLvtTimer, kPeriodic | kVector),
		    Set(kInitial, 0x400000), Spin(before)});
		SAFE_IOCTL(cpu()->fd, KVM_GET_REGS, &regs);
		SAFE_IOCTL(cpu()->fd, KVM_GET_SREGS, &sregs);
		msi.address_lo = kBase;
		msi.data = kIcrInit;
		EXPECT_GT(ioctl(vm()->vm_fd, KVM_SIGNAL_MSI, &msi), 0);
		EXPECT_EQ(MpState(0), static_cast<unsigned int>(KVM_MP_STATE_RUNNABLE));
		SAFE_IOCTL(cpu()->fd, KVM_SET_SREGS, &sregs);
		SAFE_IOCTL(cpu()->fd, KVM_SET_REGS, &regs);
		Do({Set(kSvr, kSvrEnabled), Set(kLvtTimer, kVector), Take(), Spin(0x1000000),
		    Take()});
		EXPECT_TRUE(Taken().empty());
		EXPECT_EQ(Read(kCurrent), 0u);
	}
}

// KVM API, KVM_CAP_DISABLE_QUIRKS: KVM_X86_QUIRK_LINT0_REENABLED.
TEST_F(ApicRegisters, Lint0QuirkIsOfTheBootstrapProcessor)
{
	Begin(2);
	EXPECT_EQ(At(Lapic(0), kLint0), 0x700u);
	EXPECT_EQ(At(Lapic(1), kLint0), kMasked);
}

TEST_F(ApicRegisters, Lint0IsMaskedWithoutTheQuirk)
{
	tst_kvm_config config = {};

	config.irqchip = TST_KVM_KERNEL_IRQCHIP;
	config.before_vcpus = [](tst_kvm_instance *vm, void *arg) {
		kvm_enable_cap enable = {};

		enable.cap = KVM_CAP_DISABLE_QUIRKS;
		enable.args[0] = KVM_X86_QUIRK_LINT0_REENABLED;
		SAFE_IOCTL(vm->vm_fd, KVM_ENABLE_CAP, &enable);
	};
	Create(config);
	EXPECT_EQ(At(Lapic(), kLint0), kMasked);
}

// What the guest writes, and what it reads then: reserved bits stay 0, or 1 in the DFR.
struct WriteCase {
	const char *name;
	uint32_t reg, written, read;
};

constexpr WriteCase kWrites[] = {
	{"IdHasEightBits", kId, 0x5affffff, 0x5a000000},
	{"VersionIsReadOnly", kVersion, 0, 0},
	{"TprClass", kTpr, 0xfffffff0, 0xf0},
	{"TprZero", kTpr, 0, 0},
	{"PprIsReadOnly", kPpr, 0x55, 0},
	{"LdrOnes", kLdr, 0xffffffff, 0xff000000},
	{"LdrSome", kLdr, 0x12345678, 0x12000000},
	{"DfrFlat", kDfr, 0xffffffff, 0xffffffff},
	{"DfrCluster", kDfr, 0, 0x0fffffff},
	{"SvrVector", kSvr, 0x133, 0x133},
	{"SvrReserved", kSvr, 0xffffe1fe, 0x1fe},
	{"IsrIsReadOnly", kIsr + 0x30, 0xffffffff, 0},
	{"TmrIsReadOnly", kTmr + 0x30, 0xffffffff, 0},
	{"IrrIsReadOnly", kIrr + 0x30, 0xffffffff, 0},
	{"IcrHasNoPendingBit", kIcr, kIcrSelf | kIcrPending | kVector, kIcrSelf | kVector},
	{"IcrHighHasEightBits", kIcrHigh, 0xffffffff, 0xff000000},
	{"LvtTimerOneShot", kLvtTimer, 0xfff9efff, 0x100ff},
	{"LvtTimerPeriodic", kLvtTimer, 0xfffaefff, 0x200ff},
	{"LvtTimerDeadline", kLvtTimer, 0xfffdefff, 0x500ff},
	{"LvtThermal", kLvtThermal, 0xffffefff, 0x107ff},
	{"LvtPerformance", kLvtPerformance, 0xffffefff, 0x107ff},
	{"LvtLint0", kLint0, 0xffffafff, 0x1a7ff},
	{"LvtLint1", kLint1, 0xffffafff, 0x1a7ff},
	{"LvtError", kLvtError, 0xffffefff, 0x100ff},
	{"LvtErrorUnmasked", kLvtError, 0x42, 0x42},
	{"InitialCount", kInitial, 0xfedcba98, 0xfedcba98},
	{"CurrentCountIsReadOnly", kCurrent, 0x12345, 0},
	{"DivideOnes", kDivide, 0xffffffff, 0xb},
	{"DivideZero", kDivide, 0xfffffff0, 0},
	{"EsrHasNoErrors", kEsr, 0, 0},
};

TEST_F(ApicRegisters, WritableBits)
{
	Begin();
	Do({Set(kSvr, kSvrEnabled)});
	const kvm_lapic_state before = Lapic();
	for (const WriteCase &c : kWrites) {
		SCOPED_TRACE(c.name);
		const auto steps = Do({Set(c.reg, c.written), Get(c.reg)});
		// The version is what it was.
		EXPECT_EQ(steps[1].value, c.reg == kVersion ? At(before, kVersion) : c.read);
		EXPECT_EQ(At(Lapic(), c.reg), steps[1].value) << "KVM_GET_LAPIC";
		SetLapic(before);
	}
}

// "All registers must be accessed using 128-bit aligned 32-bit loads or stores": a store
// elsewhere is none to the register below.
TEST_F(ApicRegisters, StoreBesideARegister)
{
	Begin();
	const auto steps = Do({Set(kTpr, 0x30), Set(kTpr + 4, 0x77), Set(kTpr + 8, 0x77),
			       Set(kTpr + 12, 0x77), Get(kTpr)});
	EXPECT_EQ(steps[4].value, 0x30u);
}

// "Local APIC State After It Has Been Software Disabled".
TEST_F(ApicRegisters, SoftwareDisabled)
{
	constexpr uint32_t kLvts[] = {kLvtTimer, kLvtThermal, kLvtPerformance,
				      kLint0,	 kLint1,      kLvtError};

	Begin();
	Do({Set(kSvr, kSvrEnabled), Set(kTpr, 0x20), Set(kLdr, 0x3000000)});
	for (const uint32_t lvt : kLvts)
		EXPECT_EQ(Do({Set(lvt, kVector), Get(lvt)})[1].value, kVector) << lvt;
	Do({Set(kIcr, kIcrSelf | 0x61)});
	Do({Set(kSvr, 0xff)});
	for (const uint32_t lvt : kLvts) {
		EXPECT_EQ(Read(lvt), kMasked | kVector) << "LVT " << std::hex << lvt;
		EXPECT_EQ(Do({Set(lvt, 0x52), Get(lvt)})[1].value, kMasked | 0x52)
			<< "a masked LVT entry stays so: " << std::hex << lvt;
	}
	EXPECT_EQ(Read(kTpr), 0x20u);
	EXPECT_EQ(Read(kLdr), 0x3000000u);
	EXPECT_TRUE(Has(Lapic(), kIrr, 0x61)) << "what is pending stays";
	EXPECT_LE(SendMsi(0x71), 0);
	EXPECT_FALSE(Has(Lapic(), kIrr, 0x71)) << "and nothing more comes in";
	Do({Set(kSvr, kSvrEnabled)});
	EXPECT_EQ(Read(kLvtError), kMasked | 0x52);
	EXPECT_GT(SendMsi(0x71), 0);
	EXPECT_TRUE(Has(Lapic(), kIrr, 0x71));
}

// The timer of an APIC that is switched off goes on, and its interrupt does not come.
TEST_F(ApicRegisters, SoftwareDisabledTimerIsSilent)
{
	Begin();
	Do({Set(kSvr, kSvrEnabled), Set(kLvtTimer, kPeriodic | kVector), Set(kDivide, 0xb),
	    Set(kInitial, 0x200000), Spin(0x800000), Set(kSvr, 0xff)});
	Do({Take(), Set(kEoi, 0), Take(), Set(kEoi, 0)});
	Taken();
	Do({Spin(0x1000000), Take(), Take()});
	EXPECT_TRUE(Taken().empty());
}

/*
 * "x2APIC Register Address Space": which MSRs there are, and what can be done with them.
 */
struct X2apicMsrs {
	uint32_t first, last; // from 0x800 on
	bool read, write;
};

constexpr X2apicMsrs kMsrs[] = {
	{0x02, 0x03, true, false}, {0x08, 0x08, true, true},  {0x0a, 0x0a, true, false},
	{0x0b, 0x0b, false, true}, {0x0d, 0x0d, true, false}, {0x0f, 0x0f, true, true},
	{0x10, 0x27, true, false}, {0x28, 0x28, true, true},  {0x30, 0x30, true, true},
	{0x32, 0x38, true, true},  {0x39, 0x39, true, false}, {0x3e, 0x3e, true, true},
	{0x3f, 0x3f, false, true},
};

constexpr uint32_t kCmciMsr = 0x2f; // there is one if there are machine checks to report

X2apicMsrs FindMsr(uint32_t index)
{
	for (const X2apicMsrs &msrs : kMsrs) {
		if (index >= msrs.first && index <= msrs.last)
			return msrs;
	}
	return {};
}

TEST_F(ApicRegisters, X2apicMsrsThatExist)
{
	Begin();
	EnableX2apic();
	for (uint32_t index = 0; index < 0x100; index++) {
		if (index == kCmciMsr)
			continue;
		const X2apicMsrs msrs = FindMsr(index);
		const auto steps = Do({Rdmsr(kMsrX2apic + index), Wrmsr(kMsrX2apic + index, 0)});
		// With APICv, the CPU reads any register from the virtual-APIC page.
		if (msrs.read || !HasApicv())
			EXPECT_EQ(steps[0].fault, msrs.read ? kNoFault : kGp)
				<< "RDMSR " << std::hex << kMsrX2apic + index;
		EXPECT_EQ(steps[1].fault, msrs.write ? kNoFault : kGp)
			<< "WRMSR " << std::hex << kMsrX2apic + index;
	}
}

// Outside x2APIC mode, there is none: "x2APIC Register Address Space".
TEST_F(ApicRegisters, NoX2apicMsrsInXapicMode)
{
	Begin();
	for (const uint32_t index : {0x02, 0x08, 0x0f, 0x30, 0x32, 0x3f}) {
		const auto steps = Do({Rdmsr(kMsrX2apic + index), Wrmsr(kMsrX2apic + index, 0)});
		EXPECT_EQ(steps[0].fault, kGp) << "RDMSR " << std::hex << kMsrX2apic + index;
		EXPECT_EQ(steps[1].fault, kGp) << "WRMSR " << std::hex << kMsrX2apic + index;
	}
}

// Bits 63:32 are reserved but in the ICR; its own are in the figure "Interrupt Command
// Register (ICR) in x2APIC Mode", those of SELF IPI in "SELF IPI register".
struct ReservedCase {
	const char *name;
	uint32_t index;
	uint64_t value;
	int fault;
};

constexpr ReservedCase kReserved[] = {
	{"TprHigh", 0x08, 1ull << 32, kGp},
	{"EoiHigh", 0x0b, 1ull << 63, kGp},
	{"SvrHigh", 0x0f, 1ull << 32 | 0x1ff, kGp},
	{"EsrHigh", 0x28, 1ull << 40, kGp},
	{"LvtTimerHigh", 0x32, 1ull << 32 | 0x10000, kGp},
	{"LvtErrorHigh", 0x37, 1ull << 33 | 0x10000, kGp},
	{"InitialHigh", 0x38, 1ull << 32, kGp},
	{"DivideHigh", 0x3e, 1ull << 32, kGp},
	{"SelfIpiHigh", 0x3f, 1ull << 32 | 0x51, kGp},
	{"SelfIpiBit8", 0x3f, 0x151, kGp},
	{"SelfIpiBit31", 0x3f, 0x80000051, kGp},
	{"EsrNotZero", 0x28, 1, kGp},
	{"EsrZero", 0x28, 0, kNoFault},
	{"IcrBit13", 0x30, 1 << 13 | kIcrSelf | 0x51, kGp},
	{"IcrBit16", 0x30, 1 << 16 | kIcrSelf | 0x51, kGp},
	{"IcrBit17", 0x30, 1 << 17 | kIcrSelf | 0x51, kGp},
	{"IcrBit20", 0x30, 1 << 20 | kIcrSelf | 0x51, kGp},
	{"IcrBit31", 0x30, 1ull << 31 | kIcrSelf | 0x51, kGp},
	{"IcrDestination", 0x30, 1ull << 32 | 0x51, kNoFault},
};

TEST_F(ApicRegisters, X2apicReservedBits)
{
	Begin();
	EnableX2apic();
	ASSERT_EQ(WriteMsr(kMsrX2apic + 0x0f, kSvrEnabled), kNoFault);
	for (const ReservedCase &c : kReserved) {
		SCOPED_TRACE(c.name);
		EXPECT_EQ(WriteMsr(kMsrX2apic + c.index, c.value), c.fault);
		EXPECT_EQ(Count(Lapic(), kIrr), 0u) << "what is refused has no effect";
	}
}

TEST_F(ApicRegisters, X2apicValues)
{
	Begin();
	Do({Set(kId, 0x70000000), Set(kLdr, 0x3000000)});
	EnableX2apic();
	EXPECT_EQ(ReadMsr(kMsrX2apic + 0x02), 0u) << "32 bits of ID, which can't be written";
	EXPECT_EQ(ReadMsr(kMsrX2apic + 0x0d), 1u) << "LDR: derived from the ID";
	Do({Wrmsr(kMsrX2apic + 0x0f, kSvrEnabled)});
	for (const auto &[index, value] : {std::pair<uint32_t, uint32_t>{0x08, 0x40},
					   {0x0f, 0x1f3},
					   {0x32, 0x10042},
					   {0x33, 0x10043},
					   {0x34, 0x10044},
					   {0x35, 0x18745},
					   {0x36, 0x12446},
					   {0x37, 0x10047},
					   {0x38, 0x12345678},
					   {0x3e, 0x3}}) {
		EXPECT_EQ(WriteMsr(kMsrX2apic + index, value), kNoFault);
		EXPECT_EQ(ReadMsr(kMsrX2apic + index), value);
	}
	Do({Wrmsr(kMsrX2apic + 0x38, 0)});
	// "x2APIC Register Address Space": the ICR is one register of 64 bits.
	EXPECT_EQ(WriteMsr(kMsrX2apic + 0x30, 0x123456700000051), kNoFault);
	EXPECT_EQ(ReadMsr(kMsrX2apic + 0x30), 0x123456700000051u);
	EXPECT_EQ(At(Lapic(), kIcr), 0x51u) << "KVM_GET_LAPIC: as two of 32";
	EXPECT_EQ(At(Lapic(), kIcrHigh), 0x1234567u);
}

// "SELF IPI Register": the vector comes, edge-triggered.
TEST_F(ApicRegisters, SelfIpi)
{
	Begin();
	EnableX2apic();
	Do({Wrmsr(kMsrX2apic + 0x0f, kSvrEnabled), Wrmsr(kMsrX2apic + 0x3f, 0x9a)});
	EXPECT_TRUE(Has(Lapic(), kIrr, 0x9a));
	EXPECT_EQ(Count(Lapic(), kIrr), 1u);
	EXPECT_EQ(ReadMsr(kMsrX2apic + 0x24), 1u << (0x9a - 0x80)) << "IRR by RDMSR";
	Do({Take()});
	EXPECT_EQ(Taken(), std::vector<unsigned int>{0x9a});
	EXPECT_EQ(ReadMsr(kMsrX2apic + 0x14), 1u << (0x9a - 0x80)) << "ISR by RDMSR";
	EXPECT_EQ(ReadMsr(kMsrX2apic + 0x0a), 0x90u) << "PPR";
	Do({Wrmsr(kMsrX2apic + 0x0b, 0)});
	EXPECT_EQ(ReadMsr(kMsrX2apic + 0x14), 0u);
}

// "x2APIC State Transitions", from the guest. Refused ones change nothing.
struct ModeCase {
	const char *name;
	uint64_t from, to;
	int fault;
};

[[maybe_unused]] void PrintTo(const ModeCase &c, std::ostream *os)
{
	*os << c.name;
}

class ApicMode : public ApicRegisters, public testing::WithParamInterface<ModeCase>
{
};

constexpr ModeCase kModes[] = {
	{"DisabledToDisabled", 0, 0, kNoFault},
	{"DisabledToXapic", 0, kEn, kNoFault},
	{"DisabledToX2apic", 0, kEn | kExtd, kGp},
	{"DisabledToInvalid", 0, kExtd, kGp},
	{"XapicToDisabled", kEn, 0, kNoFault},
	{"XapicToXapic", kEn, kEn, kNoFault},
	{"XapicToX2apic", kEn, kEn | kExtd, kNoFault},
	{"XapicToInvalid", kEn, kExtd, kGp},
	{"X2apicToDisabled", kEn | kExtd, 0, kNoFault},
	{"X2apicToXapic", kEn | kExtd, kEn, kGp},
	{"X2apicToX2apic", kEn | kExtd, kEn | kExtd, kNoFault},
	{"X2apicToInvalid", kEn | kExtd, kExtd, kGp},
};

TEST_P(ApicMode, Changes)
{
	const ModeCase &c = GetParam();
	constexpr uint32_t kCpuidApic = 1 << 9;

	Begin();
	SetApicBase(kBase | kBsp | c.from);
	EXPECT_EQ(WriteMsr(kMsrApicBase, kBase | kBsp | c.to), c.fault);
	const uint64_t mode = c.fault == kNoFault ? c.to : c.from;
	EXPECT_EQ(ReadMsr(kMsrApicBase), kBase | kBsp | mode);
	EXPECT_EQ(GetApicBase(), kBase | kBsp | mode);
	const apic_step features = Do({{0, 0, APIC_CPUID_1_EDX, 0}})[0];
	EXPECT_EQ(!!(features.value & kCpuidApic), !!(mode & kEn))
		<< "CPUID has an APIC if it is enabled";
	EXPECT_EQ(Do({Rdmsr(kMsrX2apic + 0x02)})[0].fault, mode & kExtd ? kNoFault : kGp);
}

INSTANTIATE_TEST_SUITE_P(Cases, ApicMode, testing::ValuesIn(kModes), NameOf<ModeCase>);

// "APIC Base Relocation": registers are where the base says, and nowhere else.
TEST_F(ApicRegisters, Relocation)
{
	constexpr uint64_t kElsewhere = 0x70000000;

	Begin();
	Do({Set(kTpr, 0x30)});
	ASSERT_EQ(WriteMsr(kMsrApicBase, kElsewhere | kBsp | kEn), kNoFault);
	EXPECT_EQ(ReadMsr(kMsrApicBase), kElsewhere | kBsp | kEn);
	EXPECT_EQ(Do({Load(kElsewhere + kTpr)})[0].value, 0x30u);
	EXPECT_EQ(Do({Store(kElsewhere + kDivide, 0xb), Load(kElsewhere + kDivide)})[1].value,
		  0xbu);
	// What is beside them or was before is no APIC's any more: the controller's.
	for (const uint64_t address :
	     {kBase + kTpr, kElsewhere + 0x1000 + kTpr, kElsewhere - 0x1000 + kTpr}) {
		apic_step *const steps = Prepare({Load(address), Store(address, 0x77)});
		RunTo(KVM_EXIT_MMIO);
		EXPECT_EQ(cpu()->run->mmio.phys_addr, address);
		EXPECT_FALSE(cpu()->run->mmio.is_write);
		const uint32_t value = 0x1234567;
		memcpy(cpu()->run->mmio.data, &value, sizeof(value));
		RunTo(KVM_EXIT_MMIO);
		EXPECT_EQ(cpu()->run->mmio.phys_addr, address);
		EXPECT_TRUE(cpu()->run->mmio.is_write);
		RunTo(KVM_EXIT_HLT);
		EXPECT_EQ(steps[0].value, value);
	}
	EXPECT_EQ(Do({Load(kElsewhere + kTpr)})[0].value, 0x30u);
	ASSERT_EQ(WriteMsr(kMsrApicBase, kBase | kBsp | kEn), kNoFault);
	EXPECT_EQ(Read(kTpr), 0x30u);
}

// Without KVM_X86_QUIRK_LAPIC_MMIO_HOLE, there are no MMIO registers in x2APIC mode, nor
// in a disabled APIC.
class ApicMmio : public ApicRegisters, public testing::WithParamInterface<NamedCase>
{
};

TEST_P(ApicMmio, IsTheControllersWithoutXapic)
{
	tst_kvm_config config = {};

	if (HasApicv())
		GTEST_SKIP() << "KVM's APIC-access page is there";
	config.irqchip = TST_KVM_KERNEL_IRQCHIP;
	config.before_vcpus = [](tst_kvm_instance *vm, void *arg) {
		kvm_enable_cap enable = {};

		enable.cap = KVM_CAP_DISABLE_QUIRKS;
		enable.args[0] = KVM_X86_QUIRK_LAPIC_MMIO_HOLE;
		SAFE_IOCTL(vm->vm_fd, KVM_ENABLE_CAP, &enable);
	};
	Create(config);
	Follow();
	Do({Set(kTpr, 0x30)});
	SetApicBase(kBase | kBsp | (!strcmp(GetParam().name, "X2apic") ? kEn | kExtd : 0));
	Prepare({Get(kTpr), Set(kTpr, 0x77)});
	RunTo(KVM_EXIT_MMIO);
	EXPECT_EQ(cpu()->run->mmio.phys_addr, kBase + kTpr);
	RunTo(KVM_EXIT_MMIO);
	EXPECT_TRUE(cpu()->run->mmio.is_write);
	RunTo(KVM_EXIT_HLT);
	EXPECT_EQ(At(Lapic(), kTpr), 0x30u);
}

// With the quirk, it is nobody's; at any rate, the registers are not there.
TEST_P(ApicMmio, IsNotTheRegisters)
{
	Begin();
	Do({Set(kTpr, 0x30)});
	SetApicBase(kBase | kBsp | (!strcmp(GetParam().name, "X2apic") ? kEn | kExtd : 0));
	EXPECT_NE(Do({Get(kTpr), Set(kTpr, 0x70)})[0].value, 0x30u);
	EXPECT_EQ(At(Lapic(), kTpr), 0x30u);
}

constexpr NamedCase kNoMmio[] = {{"Disabled"}, {"X2apic"}};
INSTANTIATE_TEST_SUITE_P(Cases, ApicMmio, testing::ValuesIn(kNoMmio), NameOf<NamedCase>);

// A disabled APIC that is enabled again has its ID from the beginning.
TEST_F(ApicRegisters, IdAfterDisabling)
{
	Begin(2);
	Do({Set(kId, 0x70000000)});
	EXPECT_EQ(Read(kId), 0x70000000u);
	ASSERT_EQ(WriteMsr(kMsrApicBase, kBase | kBsp), kNoFault);
	ASSERT_EQ(WriteMsr(kMsrApicBase, kBase | kBsp | kEn), kNoFault);
	EXPECT_EQ(Read(kId), 0u);
}

/*
 * User space: KVM_GET_LAPIC, KVM_SET_LAPIC. What is set is there for the guest.
 */
TEST_F(ApicRegisters, SetLapicTakesAllRegisters)
{
	Begin();
	const kvm_lapic_state before = Lapic();
	kvm_lapic_state dirty = Dirty(before);
	Put(&dirty, kVersion, 0x0f0f0f0f);
	SetLapic(dirty);
	const kvm_lapic_state after = Lapic();
	for (const uint32_t reg :
	     {kId, kTpr, kLdr, kDfr, kSvr, kEsr, kIcr, kIcrHigh, kLvtTimer, kLvtThermal,
	      kLvtPerformance, kLint0, kLint1, kLvtError, kInitial, kDivide}) {
		EXPECT_EQ(At(after, reg), At(dirty, reg)) << std::hex << reg;
		EXPECT_EQ(Read(reg), At(dirty, reg)) << "in the guest: " << std::hex << reg;
	}
	for (uint32_t reg = kIsr; reg < kEsr; reg += 0x10)
		EXPECT_EQ(At(after, reg), At(dirty, reg)) << std::hex << reg;
	EXPECT_EQ(At(after, kVersion), At(before, kVersion)) << "the version is KVM's";
	EXPECT_EQ(Read(kPpr), 0xe0u) << "vector 0xe8 is in service";
}

// The APIC is enabled or not as SVR says.
TEST_F(ApicRegisters, SetLapicEnables)
{
	Begin();
	kvm_lapic_state state = Lapic();
	Put(&state, kSvr, kSvrEnabled);
	SetLapic(state);
	EXPECT_GT(SendMsi(kVector), 0);
	EXPECT_TRUE(Has(Lapic(), kIrr, kVector));
	Put(&state, kSvr, 0xff);
	SetLapic(state);
	EXPECT_LE(SendMsi(kVector), 0);
	EXPECT_FALSE(Has(Lapic(), kIrr, kVector));
}

// Pending interrupts come, the highest first, above what is in service.
TEST_F(ApicRegisters, SetLapicPendingAndInService)
{
	using Vectors = std::vector<unsigned int>;

	Begin();
	Do({Set(kSvr, kSvrEnabled)});
	kvm_lapic_state state = Lapic();
	Add(&state, kIrr, 0x45);
	Add(&state, kIrr, 0x99);
	Add(&state, kIrr, 0xfe);
	Add(&state, kIsr, 0x55);
	Add(&state, kIsr, 0xa1);
	SetLapic(state);
	Do({Take()});
	EXPECT_EQ(Taken(), Vectors{0xfe});
	EXPECT_EQ(Do({Set(kEoi, 0), Get(kPpr)})[1].value, 0xa0u);
	Do({Take()});
	EXPECT_EQ(Taken(), Vectors{}) << "0xa1 is in service";
	EXPECT_EQ(Do({Set(kEoi, 0), Get(kPpr)})[1].value, 0x50u);
	Do({Take()});
	EXPECT_EQ(Taken(), Vectors{0x99});
	EXPECT_EQ(Do({Set(kEoi, 0), Get(kPpr)})[1].value, 0x50u);
	Do({Take()});
	EXPECT_EQ(Taken(), Vectors{}) << "0x55 is in service";
	EXPECT_EQ(Do({Set(kEoi, 0), Get(kPpr)})[1].value, 0u);
	Do({Take()});
	EXPECT_EQ(Taken(), Vectors{0x45});
	EXPECT_EQ(Do({Set(kEoi, 0), Get(kPpr)})[1].value, 0u);
	EXPECT_EQ(Count(Lapic(), kIsr), 0u);
	EXPECT_EQ(Count(Lapic(), kIrr), 0u);
}

// What was in service before is forgotten.
TEST_F(ApicRegisters, SetLapicOverService)
{
	Begin();
	Do({Set(kSvr, kSvrEnabled)});
	kvm_lapic_state state = Lapic();
	Do({Set(kIcr, kIcrSelf | 0x31), Take()});
	EXPECT_EQ(Read(kPpr), 0x30u);
	Add(&state, kIsr, 0x71);
	SetLapic(state);
	EXPECT_EQ(Read(kPpr), 0x70u);
	EXPECT_EQ(Do({Set(kEoi, 0), Get(kPpr)})[1].value, 0u);
}

// KVM_GET_LAPIC: the ID is in bits 31-24, or all of the register with KVM_X2APIC_API_USE_32BIT_IDS.
TEST_F(ApicRegisters, X2apicStateOf8BitIds)
{
	Begin(3);
	SetApicBase(kBase | kEn | kExtd, 2);
	kvm_lapic_state state = Lapic(2);
	EXPECT_EQ(At(state, kId), 2u << 24);
	EXPECT_EQ(At(state, kLdr), 4u);
	Put(&state, kLdr, 0);
	Put(&state, kIcr, 0x51);
	Put(&state, kIcrHigh, 0x12345678);
	SetLapic(state, 2);
	state = Lapic(2);
	EXPECT_EQ(At(state, kId), 2u << 24);
	EXPECT_EQ(At(state, kLdr), 4u) << "derived from the ID";
	EXPECT_EQ(At(state, kIcr), 0x51u);
	EXPECT_EQ(At(state, kIcrHigh), 0x12345678u);
}

TEST_F(ApicRegisters, X2apicStateOf32BitIds)
{
	Create(TST_KVM_KERNEL_IRQCHIP, 3);
	EnableCap(KVM_CAP_X2APIC_API, KVM_X2APIC_API_USE_32BIT_IDS);
	SetApicBase(kBase | kEn | kExtd, 2);
	kvm_lapic_state state = Lapic(2);
	EXPECT_EQ(At(state, kId), 2u);
	SetLapic(state, 2);
	EXPECT_EQ(At(Lapic(2), kId), 2u);
	EXPECT_EQ(At(Lapic(2), kLdr), 4u);
	Put(&state, kId, 3);
	EXPECT_EQ(ioctl(cpu(2)->fd, KVM_SET_LAPIC, &state), -1) << "another CPU's ID";
	EXPECT_EQ(errno, EINVAL);
}

// What the guest sees of an ICR that was set from outside, as two registers.
TEST_F(ApicRegisters, X2apicIcrFromOutside)
{
	Begin();
	EnableX2apic();
	kvm_lapic_state state = Lapic();
	Put(&state, kIcr, 0x4051);
	Put(&state, kIcrHigh, 0x89abcdef);
	SetLapic(state);
	EXPECT_EQ(ReadMsr(kMsrX2apic + 0x30), 0x89abcdef00004051u);
}

// "EOI-broadcast suppression" is there with an I/O APIC that can end interrupts by
// itself: version bit 24, and SVR bit 12 with it. KVM's own I/O APIC can't.
TEST_F(ApicRegisters, EoiBroadcastCanBeSuppressedWithSplitIrqchip)
{
	Begin(1, TST_KVM_SPLIT_IRQCHIP);
	EXPECT_TRUE(Read(kVersion) & 1u << 24);
	EXPECT_EQ(Do({Set(kSvr, kSvrEnabled | 1u << 12), Get(kSvr)})[1].value,
		  kSvrEnabled | 1u << 12);
}

TEST_F(ApicRegisters, EoiBroadcastCantBeSuppressedWithKernelIrqchip)
{
	Begin();
	EXPECT_FALSE(Read(kVersion) & 1u << 24);
	EXPECT_EQ(Do({Set(kSvr, kSvrEnabled | 1u << 12), Get(kSvr)})[1].value, kSvrEnabled);
}

// CR8 is the upper half of the TPR: SDM Vol. 3 "Task Priority in IA-32e Mode".
TEST_F(ApicRegisters, Cr8)
{
	kvm_sregs sregs = {};

	Begin();
	Do({Set(kTpr, 0x5a)});
	SAFE_IOCTL(cpu()->fd, KVM_GET_SREGS, &sregs);
	EXPECT_EQ(sregs.cr8, 5u);
	sregs.cr8 = 9;
	SAFE_IOCTL(cpu()->fd, KVM_SET_SREGS, &sregs);
	EXPECT_EQ(At(Lapic(), kTpr), 0x90u);
	EXPECT_EQ(Read(kPpr), 0x90u);
}

} // namespace
