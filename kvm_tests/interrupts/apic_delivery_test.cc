// SPDX-License-Identifier: MIT
// When an interrupt comes, and how it ends: SDM Vol. 3 "Interrupt Acceptance for Fixed
// Interrupts", "Task and Processor Priorities", "Signaling Interrupt Servicing
// Completion", "Local Vector Table"; and what KVM adds to that.
#include "apic_fixture.h"

namespace
{

using namespace kvm_tests; // the registers' names
using Vectors = std::vector<unsigned int>;

constexpr unsigned int kPin = 5;

class ApicDelivery : public ApicTest
{
protected:
	void Begin()
	{
		ApicTest::Begin();
		Do({Set(kSvr, kSvrEnabled)});
	}

	static apic_step Self(unsigned int vector)
	{
		return Set(kIcr, kIcrSelf | vector);
	}

	/* Writes the pin's entry of the I/O APIC's table. */
	void Redirect(unsigned int pin, uint32_t low, uint32_t destination = 0)
	{
		constexpr uint64_t kSelect = 0xfec00000, kWindow = 0xfec00010;

		Do({Store(kSelect, 0x11 + 2 * pin), Store(kWindow, destination << 24),
		    Store(kSelect, 0x10 + 2 * pin), Store(kWindow, low)});
	}

	uint32_t Redirection(unsigned int pin)
	{
		return Do({Store(0xfec00000, 0x10 + 2 * pin), Load(0xfec00010)})[1].value;
	}

	void EndInHandler()
	{
		*Shared<uint32_t>("end_in_handler") = 1;
	}
};

constexpr uint32_t kRemoteIrr = 1 << 14, kLevelPin = 1 << 15;

// A table of priorities: what is in service, the TPR, and the PPR that follows from both.
struct PriorityCase {
	const char *name;
	unsigned int in_service; // 0: none
	uint32_t tpr, ppr;
	unsigned int pending;
	bool taken;
};

// "Task and Processor Priorities": the class of a vector that comes is above the PPR's.
constexpr PriorityCase kPriorities[] = {
	{"Nothing", 0, 0, 0, 0x31, true},
	{"TprBelow", 0, 0x40, 0x40, 0x51, true},
	{"TprSame", 0, 0x50, 0x50, 0x5f, false},
	{"TprAbove", 0, 0x60, 0x60, 0x5f, false},
	{"TprHighest", 0, 0xf0, 0xf0, 0xff, false},
	{"ServiceBelow", 0x4f, 0, 0x40, 0x50, true},
	{"ServiceSame", 0x50, 0, 0x50, 0x5f, false},
	{"ServiceAbove", 0x61, 0, 0x60, 0x5f, false},
	{"TprAboveService", 0x41, 0x60, 0x60, 0x5f, false},
	{"TprBelowService", 0x71, 0x60, 0x70, 0x6f, false},
	{"TprBelowServiceTaken", 0x71, 0x60, 0x70, 0x81, true},
	{"TprLikeService", 0x61, 0x60, 0x60, 0x71, true},
};

class ApicPriority : public ApicDelivery
{
protected:
	void Check(const PriorityCase &c);
};

void ApicPriority::Check(const PriorityCase &c)
{
	if (c.in_service) {
		Do({Self(c.in_service), Take()});
		ASSERT_EQ(Taken(), Vectors{c.in_service});
		EXPECT_TRUE(Has(Lapic(), kIsr, c.in_service));
		EXPECT_FALSE(Has(Lapic(), kIrr, c.in_service));
	}
	const auto steps = Do({Set(kTpr, c.tpr), Get(kPpr), Self(c.pending), Take()});
	EXPECT_EQ(steps[1].value, c.ppr);
	EXPECT_EQ(Taken(), c.taken ? Vectors{c.pending} : Vectors{});
	EXPECT_EQ(Has(Lapic(), kIrr, c.pending), !c.taken);
	EXPECT_EQ(Has(Lapic(), kIsr, c.pending), c.taken);
	// What has waited comes when nothing is in its way, and not before.
	if (c.taken)
		return;
	if (c.in_service)
		Do({Set(kEoi, 0)});
	Do({Set(kTpr, 0), Take()});
	EXPECT_EQ(Taken(), Vectors{c.pending});
	EXPECT_EQ(Read(kPpr), c.pending & 0xf0);
}

TEST_F(ApicPriority, Decides)
{
	Begin();
	const kvm_lapic_state before = Lapic();
	for (const PriorityCase &c : kPriorities) {
		SCOPED_TRACE(c.name);
		Check(c);
		SetLapic(before);
	}
}

// Interrupts nest by class; each EOI ends the highest that is in service.
TEST_F(ApicDelivery, Nested)
{
	Begin();
	for (const unsigned int vector : {0x31u, 0x52u, 0x73u, 0x94u}) {
		const auto steps = Do({Self(vector), Take(), Get(kPpr)});
		EXPECT_EQ(Taken(), Vectors{vector});
		EXPECT_EQ(steps[2].value, vector & 0xf0);
	}
	Do({Self(0x55), Take()});
	EXPECT_TRUE(Taken().empty());
	for (const unsigned int left : {0x70u, 0x50u}) {
		EXPECT_EQ(Do({Set(kEoi, 0), Get(kPpr)})[1].value, left);
		Do({Take()});
		EXPECT_TRUE(Taken().empty()) << "0x52 is in service";
	}
	EXPECT_EQ(Count(Lapic(), kIsr), 2u);
	EXPECT_EQ(Do({Set(kEoi, 0), Get(kPpr)})[1].value, 0x30u);
	Do({Take()});
	EXPECT_EQ(Taken(), Vectors{0x55});
	EXPECT_EQ(Do({Set(kEoi, 0), Get(kPpr)})[1].value, 0x30u);
	EXPECT_EQ(Do({Set(kEoi, 0), Get(kPpr)})[1].value, 0u);
	EXPECT_EQ(Do({Set(kEoi, 0), Get(kPpr)})[1].value, 0u) << "there is nothing to end";
	EXPECT_EQ(Count(Lapic(), kIsr), 0u);
	Do({Self(0x31), Take()});
	EXPECT_EQ(Taken(), Vectors{0x31});
}

// What waits for an EOI comes with it, without another exit: in one list of steps.
TEST_F(ApicDelivery, EoiLetsTheNextIn)
{
	Begin();
	EndInHandler();
	Do({Self(0x55), Self(0x56), Self(0x66), Self(0x57), Self(0xef), Wait(5)});
	EXPECT_EQ(Taken(), (Vectors{0xef, 0x66, 0x57, 0x56, 0x55}));
}

// The same vector is pending once, also while it is in service.
TEST_F(ApicDelivery, OneIsKeptWhileOneIsServed)
{
	Begin();
	Do({Self(0x55), Self(0x55), Take()});
	EXPECT_EQ(Taken(), Vectors{0x55});
	Do({Self(0x55), Self(0x55), Take()});
	EXPECT_EQ(Taken(), Vectors{});
	Do({Set(kEoi, 0), Take(), Set(kEoi, 0), Take()});
	EXPECT_EQ(Taken(), Vectors{0x55});
	EXPECT_EQ(Count(Lapic(), kIsr), 0u);
	EXPECT_EQ(Count(Lapic(), kIrr), 0u);
}

// A vector of each register of 32.
TEST_F(ApicDelivery, AllRegistersOfIrrAndIsr)
{
	Begin();
	Do({Self(0x25), Self(0x45), Self(0x65), Self(0x85), Self(0xa5), Self(0xc5), Self(0xe5)});
	EXPECT_EQ(Count(Lapic(), kIrr), 7u);
	Vectors expected;
	for (unsigned int vector = 0xe5; vector >= 0x25; vector -= 0x20) {
		expected.push_back(vector);
		EXPECT_EQ(Read(kIrr + vector / 32 * 0x10), 1u << 5) << std::hex << vector;
		Do({Take()});
		EXPECT_EQ(Read(kIrr + vector / 32 * 0x10), 0u) << std::hex << vector;
		EXPECT_EQ(Do({Get(kIsr + vector / 32 * 0x10), Set(kEoi, 0)})[0].value, 1u << 5);
		EXPECT_EQ(Read(kIsr + vector / 32 * 0x10), 0u) << std::hex << vector;
	}
	EXPECT_EQ(Taken(), expected);
}

// A disabled APIC delivers nothing of what is pending; it comes when it is enabled again.
TEST_F(ApicDelivery, PendingWhileDisabled)
{
	Begin();
	Do({Self(0x55), Wrmsr(kMsrApicBase, kBase | kBsp)});
	Do({Take(), Take()});
	EXPECT_TRUE(Taken().empty());
}

/*
 * Level-triggered interrupts: "Interrupt Acceptance for Fixed Interrupts" (TMR).
 */
TEST_F(ApicDelivery, TmrFollowsTheTrigger)
{
	kvm_msi msi = {};

	Begin();
	msi.address_lo = kBase;
	msi.data = 0x55 | kIcrLevel | kIcrAssert;
	EXPECT_GT(ioctl(vm()->vm_fd, KVM_SIGNAL_MSI, &msi), 0);
	EXPECT_TRUE(Has(Lapic(), kIrr, 0x55));
	EXPECT_TRUE(Has(Lapic(), kTmr, 0x55)) << "level";
	EXPECT_EQ(Count(Lapic(), kTmr), 1u);
	Do({Take(), Set(kEoi, 0)});
	EXPECT_TRUE(Has(Lapic(), kTmr, 0x55)) << "until the next one";
	msi.data = 0x55;
	EXPECT_GT(ioctl(vm()->vm_fd, KVM_SIGNAL_MSI, &msi), 0);
	EXPECT_FALSE(Has(Lapic(), kTmr, 0x55)) << "edge";
	Do({Take()});
	EXPECT_EQ(Taken(), (Vectors{0x55, 0x55}));
}

// The EOI of a level interrupt goes to the I/O APIC, whatever way the interrupt took.
struct EoiCase {
	const char *name;
	uint32_t model, logical_id; // DFR, LDR
	uint32_t low, destination; // the pin's entry
};

constexpr EoiCase kEois[] = {
	{"Physical", 0xffffffff, 0, 0, 0},
	{"All", 0xffffffff, 0, 0, 0xff},
	{"Flat", 0xffffffff, 0x4000000, 0x800, 4},
	{"FlatAll", 0xffffffff, 0x4000000, 0x800, 0xff},
	{"Cluster", 0xfffffff, 0x32000000, 0x800, 0x32},
	{"LowestPriority", 0xffffffff, 0x2000000, 0x900, 2},
};

TEST_F(ApicDelivery, EoiReachesTheIoapic)
{
	Begin();
	Do({Out(0x21, 0xff), Out(0xa1, 0xff)});
	for (const EoiCase &c : kEois) {
		SCOPED_TRACE(c.name);
		Redirect(kPin, 0x10000);
		Do({Set(kDfr, c.model), Set(kLdr, c.logical_id)});
		Redirect(kPin, 0x55 | kLevelPin | c.low, c.destination);
		tst_kvm_irq_line(vm(), kPin, 1);
		EXPECT_TRUE(Has(Lapic(), kTmr, 0x55));
		Do({Take()});
		EXPECT_TRUE(Redirection(kPin) & kRemoteIrr);
		tst_kvm_irq_line(vm(), kPin, 0);
		EXPECT_TRUE(Redirection(kPin) & kRemoteIrr);
		Do({Set(kEoi, 0)});
		EXPECT_FALSE(Redirection(kPin) & kRemoteIrr);
		EXPECT_EQ(Taken(), Vectors{0x55});
	}
}

// An interrupt of another vector ends meanwhile: the I/O APIC's is still in service.
TEST_F(ApicDelivery, EoiOfAnotherVector)
{
	Begin();
	Do({Out(0x21, 0xff), Out(0xa1, 0xff)});
	Redirect(kPin, 0x55 | kLevelPin);
	tst_kvm_irq_line(vm(), kPin, 1);
	Do({Take(), Self(0x65), Take(), Set(kEoi, 0)});
	EXPECT_EQ(Taken(), (Vectors{0x55, 0x65}));
	EXPECT_TRUE(Redirection(kPin) & kRemoteIrr);
	tst_kvm_irq_line(vm(), kPin, 0);
	Do({Set(kEoi, 0), Take()});
	EXPECT_FALSE(Redirection(kPin) & kRemoteIrr);
	EXPECT_TRUE(Taken().empty());
}

// KVM API, KVM_EXIT_IOAPIC_EOI: with a split irqchip, the controller is told of the EOIs of
// level interrupts whose routes it has given.
TEST_F(ApicDelivery, EoiLeavesTheGuestWithSplitIrqchip)
{
	std::vector<char> buffer(sizeof(kvm_irq_routing) + sizeof(kvm_irq_routing_entry));
	auto *const routing = reinterpret_cast<kvm_irq_routing *>(buffer.data());
	kvm_msi msi = {};

	ApicTest::Begin(1, TST_KVM_SPLIT_IRQCHIP);
	Do({Set(kSvr, kSvrEnabled)});
	routing->nr = 1;
	routing->entries[0].gsi = kPin;
	routing->entries[0].type = KVM_IRQ_ROUTING_MSI;
	routing->entries[0].u.msi.address_lo = kBase;
	routing->entries[0].u.msi.data = 0x55 | kIcrLevel | kIcrAssert;
	SAFE_IOCTL(vm()->vm_fd, KVM_SET_GSI_ROUTING, routing);
	msi.address_lo = kBase;
	msi.data = 0x55 | kIcrLevel | kIcrAssert;
	EXPECT_GT(ioctl(vm()->vm_fd, KVM_SIGNAL_MSI, &msi), 0);
	Do({Take()});
	EXPECT_EQ(Taken(), Vectors{0x55});
	Do({Self(0x65), Take(), Set(kEoi, 0)});
	Prepare({Set(kEoi, 0)});
	RunTo(KVM_EXIT_IOAPIC_EOI);
	EXPECT_EQ(cpu()->run->eoi.vector, 0x55);
	RunTo(KVM_EXIT_HLT);
}

/*
 * "Local Interrupt Vector Table": LINT0, to which PIC and PIT are connected.
 */
// The PIC's interrupt 0 at vector 0x60, all others masked.
#define PIC_FROM_0x60                                                                        \
	Out(0x20, 0x11), Out(0x21, 0x60), Out(0x21, 0x04), Out(0x21, 0x01), Out(0x21, 0xdf), \
		Out(0xa0, 0x11), Out(0xa1, 0x68), Out(0xa1, 0x02), Out(0xa1, 0x01),          \
		Out(0xa1, 0xff)

struct Lint0Case {
	const char *name;
	uint32_t lint0;
	uint64_t base; // mode
	bool taken;
};

[[maybe_unused]] void PrintTo(const Lint0Case &c, std::ostream *os)
{
	*os << c.name;
}

class ApicLint0 : public ApicDelivery, public testing::WithParamInterface<Lint0Case>
{
};

constexpr Lint0Case kLint0s[] = {
	{"ExtInt", 0x700, kEn, true},	    {"Masked", 0x10700, kEn, false},
	{"Fixed", 0x0, kEn, false},	    {"NmiMode", 0x400, kEn, false},
	{"ApicDisabled", 0x10700, 0, true}, // "Virtual wire": LINT0 is the CPU's INTR pin
};

TEST_P(ApicLint0, PicInterrupt)
{
	const Lint0Case &c = GetParam();

	Begin();
	Do({PIC_FROM_0x60, Set(kLint0, c.lint0), Wrmsr(kMsrApicBase, kBase | kBsp | c.base)});
	tst_kvm_irq_line(vm(), kPin, 1);
	Do({Take(), Take()});
	EXPECT_EQ(Taken(), c.taken ? Vectors{0x60 + kPin} : Vectors{});
	if (c.base)
		EXPECT_EQ(Count(Lapic(), kIsr), 0u) << "an external interrupt is the PIC's";
}

INSTANTIATE_TEST_SUITE_P(Cases, ApicLint0, testing::ValuesIn(kLint0s), NameOf<Lint0Case>);

// In NMI mode, each tick of the PIT is an NMI: a watchdog.
struct WatchdogCase {
	const char *name;
	uint32_t lint0;
	bool nmi;
	bool by_state; // KVM_SET_LAPIC instead of a write
};

[[maybe_unused]] void PrintTo(const WatchdogCase &c, std::ostream *os)
{
	*os << c.name;
}

class ApicWatchdog : public ApicDelivery, public testing::WithParamInterface<WatchdogCase>
{
};

constexpr WatchdogCase kWatchdogs[] = {
	{"Nmi", 0x400, true},
	{"Masked", 0x10400, false},
	{"ExtInt", 0x700, false},
	{"NmiByState", 0x400, true, true},
	{"MaskedByState", 0x10400, false, true},
};

TEST_P(ApicWatchdog, PitRaisesNmi)
{
	const WatchdogCase &c = GetParam();

	Begin();
	Do({PIC_FROM_0x60});
	// The PIT's ticks at the I/O APIC's pin 0 show that the time has come.
	Redirect(0, 0x55);
	EndInHandler();
	// It has been in the other mode before.
	Do({Set(kLint0, c.nmi ? 0x10000 : 0x400)});
	if (c.by_state) {
		kvm_lapic_state state = Lapic();

		Put(&state, kLint0, c.lint0);
		SetLapic(state);
	} else {
		Do({Set(kLint0, c.lint0)});
	}
	// Counter 0, mode 2, 18 Hz.
	Do({Out(0x43, 0x34), Out(0x40, 0), Out(0x40, 0)});
	Do({Wait(c.nmi ? 4 : 2)});
	Do({Out(0x43, 0x30)});
	Vectors taken = Taken();
	const auto nmis = std::count(taken.begin(), taken.end(), 2u);
	if (c.nmi)
		EXPECT_GE(nmis, 1);
	else
		EXPECT_EQ(nmis, 0);
}

INSTANTIATE_TEST_SUITE_P(Cases, ApicWatchdog, testing::ValuesIn(kWatchdogs), NameOf<WatchdogCase>);

/*
 * MSR_KVM_PV_EOI_EN: Linux, x86/kvm/msr.rst. Where bit 0 of the word is set, the guest ends
 * its interrupt by clearing it.
 */
class ApicPvEoi : public ApicDelivery
{
protected:
	static constexpr uint32_t kMsrPvEoi = 0x4b564d04;

	void BeginPvEoi()
	{
		Begin();
		EndInHandler();
		ASSERT_EQ(WriteMsr(kMsrPvEoi, Address() | 1), kNoFault);
	}

	uint64_t Address()
	{
		return tst_kvm_symbol_address(vm(), "pv_eoi");
	}

	uint32_t Used()
	{
		return *Shared<uint32_t>("pv_eoi_used");
	}
};

TEST_F(ApicPvEoi, EndsInterrupts)
{
	constexpr unsigned int kRounds = 100;
	BeginPvEoi();
	// An exit between an interrupt and its end takes the offer back: the host's own
	// interrupts do, at times.
	for (unsigned int i = 0; i < (HasApicv() ? 3 : kRounds) && Used() < 3; i++) {
		Do({Self(0x55), Take(), Get(kPpr)});
		EXPECT_EQ(Taken(), Vectors{0x55});
		EXPECT_EQ(Read(kPpr), 0u);
		EXPECT_EQ(Count(Lapic(), kIsr), 0u);
	}
	if (!HasApicv())
		EXPECT_EQ(Used(), 3u)
			<< "of " << kRounds << " interrupts with nothing else pending";
	EXPECT_EQ(*Shared<uint32_t>("pv_eoi"), 0u);
}

// While another one is pending, the EOI has to be a real one: it lets that one in.
TEST_F(ApicPvEoi, NotWhileAnotherIsPending)
{
	BeginPvEoi();
	Do({Self(0x55), Self(0x56), Wait(2)});
	EXPECT_EQ(Taken(), (Vectors{0x56, 0x55}));
	EXPECT_EQ(Count(Lapic(), kIsr), 0u);
	EXPECT_LE(Used(), 1u) << "for the last one, nothing speaks against it";
}

// The I/O APIC has to be told of the end.
TEST_F(ApicPvEoi, NotOfTheIoapicsInterrupts)
{
	BeginPvEoi();
	Do({Out(0x21, 0xff), Out(0xa1, 0xff)});
	Redirect(kPin, 0x55 | kLevelPin);
	tst_kvm_irq_line(vm(), kPin, 1);
	tst_kvm_irq_line(vm(), kPin, 0);
	Do({Take()});
	EXPECT_EQ(Taken(), Vectors{0x55});
	EXPECT_EQ(Used(), 0u);
	EXPECT_FALSE(Redirection(kPin) & kRemoteIrr);
}

// A guest that does not clear the bit has not ended its interrupt.
TEST_F(ApicPvEoi, RealEoiWorksToo)
{
	BeginPvEoi();
	*Shared<uint32_t>("end_in_handler") = 0;
	Do({Self(0x55), Take(), Get(kPpr)});
	EXPECT_EQ(Read(kPpr), 0x50u);
	EXPECT_EQ(*Shared<uint32_t>("pv_eoi") & 1, 0u) << "after an exit, it is too late";
	EXPECT_EQ(Do({Set(kEoi, 0), Get(kPpr)})[1].value, 0u);
	Do({Self(0x56), Take(), Set(kEoi, 0), Get(kPpr)});
	EXPECT_EQ(Taken(), (Vectors{0x55, 0x56}));
	EXPECT_EQ(Count(Lapic(), kIsr), 0u);
}

TEST_F(ApicPvEoi, Disabled)
{
	BeginPvEoi();
	ASSERT_EQ(WriteMsr(kMsrPvEoi, Address()), kNoFault);
	Do({Self(0x55), Take(), Get(kPpr)});
	EXPECT_EQ(Used(), 0u);
	EXPECT_EQ(Count(Lapic(), kIsr), 0u);
	EXPECT_EQ(ReadMsr(kMsrPvEoi), Address());
}

// Bit 1 is reserved, the address has to be a multiple of 4, and in memory.
TEST_F(ApicPvEoi, WrongAddresses)
{
	Begin();
	EXPECT_EQ(WriteMsr(kMsrPvEoi, Address() | 2), kGp);
	EXPECT_EQ(WriteMsr(kMsrPvEoi, Address() | 3), kGp);
	EXPECT_EQ(WriteMsr(kMsrPvEoi, 0x7000000000 | 1), kGp) << "no memory";
	EXPECT_EQ(ReadMsr(kMsrPvEoi), 0u);
	EXPECT_EQ(WriteMsr(kMsrPvEoi, Address() | 1), kNoFault);
	EXPECT_EQ(ReadMsr(kMsrPvEoi), Address() | 1);
}

// KVM_TPR_ACCESS_REPORTING: an exit for each access.
TEST_F(ApicDelivery, TprAccessIsReported)
{
	kvm_tpr_access_ctl control = {};

	Begin();
	if (HasApicv())
		GTEST_SKIP() << "the CPU reads and writes the TPR itself";
	control.enabled = 1;
	SAFE_IOCTL(cpu()->fd, KVM_TPR_ACCESS_REPORTING, &control);
	apic_step *const steps = Prepare({Set(kTpr, 0x40), Get(kTpr), Set(kLdr, 0x1000000)});
	RunTo(KVM_EXIT_TPR_ACCESS);
	EXPECT_TRUE(cpu()->run->tpr_access.is_write);
	EXPECT_NE(tst_kvm_get_phys_address(vm(), cpu()->run->tpr_access.rip), 0u);
	RunTo(KVM_EXIT_TPR_ACCESS);
	EXPECT_FALSE(cpu()->run->tpr_access.is_write);
	RunTo(KVM_EXIT_HLT);
	EXPECT_EQ(steps[1].value, 0x40u);
	control.enabled = 0;
	SAFE_IOCTL(cpu()->fd, KVM_TPR_ACCESS_REPORTING, &control);
	EXPECT_EQ(Do({Set(kTpr, 0x50), Get(kTpr)})[1].value, 0x50u);
}

} // namespace
