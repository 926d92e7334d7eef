// SPDX-License-Identifier: MIT
// Who gets an interrupt: SDM Vol. 3 "Determining IPI Destination", "Interrupt Command
// Register (ICR)", "Message Signalled Interrupts". CPU 0 sends; the others do not run, and
// their APICs tell what they got.
#include <unistd.h>

#include "apic_fixture.h"

namespace
{

using namespace kvm_tests; // the registers' names

constexpr unsigned int kVector = 0x51;
constexpr unsigned int kCpus = 4;
constexpr uint32_t kFlatModel = 0xffffffff, kClusterModel = 0x0fffffff;

// More CPUs, with these APIC IDs; the last one is the highest there is.
constexpr uint32_t kMoreIds[] = {16, 17, 40, 70, 300};

// Each receiver is a bit: CPUs 0 to 3, then those of kMoreIds.
constexpr uint32_t kAll = 0xf, kId16 = 0x10, kId17 = 0x20, kId40 = 0x40, kId70 = 0x80,
		   kId300 = 0x100, kAllX2apic = 0x1ff;

enum Layout {
	kFlat, // xAPIC, logical IDs 1, 2, 4, 8
	kFlatDisabled, // the same, CPU 2 disabled by software, CPU 3 by IA32_APIC_BASE
	kCluster, // xAPIC, logical IDs 0x11, 0x12, 0x24, 0x28
	kMoved, // flat, CPU 1 has the ID 7 and the logical ID 0x10
	kMixedFlat, // CPUs 0 and 1 as in flat, 2 and 3 in x2APIC mode
	kMixedCluster, // CPUs 0 and 1 as in cluster, 2 and 3 in x2APIC mode
	kX2apic, // with kMoreIds
	kX2apicDisabled, // the same, CPU 2 disabled by software, CPU 3 by IA32_APIC_BASE
};

struct DestinationCase {
	const char *name;
	Layout layout;
	uint32_t icr, destination;
	uint32_t receivers;
	bool one; // of the receivers gets it, and no other
};

// The cases of a layout share a machine.
struct LayoutCase {
	const char *name;
	Layout layout;
};

[[maybe_unused]] void PrintTo(const LayoutCase &c, std::ostream *os)
{
	*os << c.name;
}

constexpr LayoutCase kLayouts[] = {
	{"Flat", kFlat},     {"FlatDisabled", kFlatDisabled},	  {"Cluster", kCluster},
	{"Moved", kMoved},   {"MixedFlat", kMixedFlat},		  {"MixedCluster", kMixedCluster},
	{"X2apic", kX2apic}, {"X2apicDisabled", kX2apicDisabled},
};

class ApicDestinations : public ApicTest
{
protected:
	void TearDown() override
	{
		for (const int fd : more_)
			close(fd);
		ApicTest::TearDown();
	}

	void Arrange(Layout layout)
	{
		const bool x2apic = layout == kX2apic || layout == kX2apicDisabled;

		Create(TST_KVM_KERNEL_IRQCHIP, kCpus);
		if (x2apic) {
			EnableCap(KVM_CAP_X2APIC_API, KVM_X2APIC_API_USE_32BIT_IDS);
			for (const uint32_t id : kMoreIds)
				AddCpu(id);
		}
		Follow();
		for (unsigned int i = 0; i < Fds().size(); i++)
			Arrange(layout, i);
		sender_x2apic_ = x2apic;
		for (const int fd : Fds())
			arranged_.push_back(LapicOf(fd));
	}

	// As Arrange() has left it: nobody has got anything.
	void Restore()
	{
		const std::vector<int> fds = Fds();

		for (unsigned int i = 0; i < fds.size(); i++) {
			kvm_vcpu_events events = {};
			kvm_mp_state state = {};

			SAFE_IOCTL(fds[i], KVM_SET_LAPIC, &arranged_[i]);
			SAFE_IOCTL(fds[i], KVM_GET_VCPU_EVENTS, &events);
			events.nmi.pending = 0;
			events.smi.pending = 0;
			events.flags = KVM_VCPUEVENT_VALID_NMI_PENDING | KVM_VCPUEVENT_VALID_SMM;
			SAFE_IOCTL(fds[i], KVM_SET_VCPU_EVENTS, &events);
			state.mp_state = i ? KVM_MP_STATE_UNINITIALIZED : KVM_MP_STATE_RUNNABLE;
			SAFE_IOCTL(fds[i], KVM_SET_MP_STATE, &state);
		}
	}

	void Arrange(Layout layout, unsigned int i)
	{
		constexpr uint32_t kFlatIds[] = {1, 2, 4, 8},
				   kClusterIds[] = {0x11, 0x12, 0x24, 0x28};
		const bool cluster = layout == kCluster || layout == kMixedCluster;
		const bool disabled = layout == kFlatDisabled || layout == kX2apicDisabled;
		const bool x2apic = layout == kX2apic || layout == kX2apicDisabled ||
				    ((layout == kMixedFlat || layout == kMixedCluster) && i >= 2);
		const int fd = Fds()[i];

		if (x2apic)
			SetApicBaseOf(fd, kBase | (i ? 0 : kBsp) | kEn | kExtd);
		kvm_lapic_state state = LapicOf(fd);
		Put(&state, kSvr, disabled && i == 2 ? 0xff : kSvrEnabled);
		if (!x2apic) {
			Put(&state, kDfr, cluster ? kClusterModel : kFlatModel);
			Put(&state, kLdr, (cluster ? kClusterIds[i] : kFlatIds[i]) << 24);
		}
		if (layout == kMoved && i == 1) {
			Put(&state, kId, 7u << 24);
			Put(&state, kLdr, 0x10u << 24);
		}
		SAFE_IOCTL(fd, KVM_SET_LAPIC, &state);
		if (disabled && i == 3)
			SetApicBaseOf(fd, kBase);
	}

	// A CPU that the library does not know; it never runs.
	void AddCpu(uint32_t id)
	{
		constexpr unsigned int kEntries = 256;
		std::vector<char> buffer(sizeof(kvm_cpuid2) + kEntries * sizeof(kvm_cpuid_entry2));
		auto *const cpuid = reinterpret_cast<kvm_cpuid2 *>(buffer.data());

		more_.push_back(SAFE_IOCTL(vm()->vm_fd, KVM_CREATE_VCPU, id));
		cpuid->nent = kEntries;
		SAFE_IOCTL(cpu()->fd, KVM_GET_CPUID2, cpuid);
		SAFE_IOCTL(more_.back(), KVM_SET_CPUID2, cpuid);
	}

	std::vector<int> Fds()
	{
		std::vector<int> fds;

		fds.reserve(kCpus + more_.size());
		for (unsigned int i = 0; i < kCpus; i++)
			fds.push_back(cpu(i)->fd);
		fds.insert(fds.end(), more_.begin(), more_.end());
		return fds;
	}

	void SendIpi(uint32_t icr, uint32_t destination)
	{
		if (sender_x2apic_)
			ASSERT_EQ(WriteMsr(kMsrX2apic + 0x30, uint64_t{destination} << 32 | icr),
				  kNoFault);
		else
			Do({Set(kIcrHigh, destination << 24), Set(kIcr, icr)});
	}

	// What KVM_SIGNAL_MSI returns: more than 0 if it was delivered.
	int SendMsi(uint32_t icr, uint32_t destination)
	{
		kvm_msi msi = {};

		msi.address_lo =
			0xfee00000 | (destination & 0xff) << 12 | (icr & kIcrLogical ? 1 << 2 : 0);
		msi.address_hi = destination & 0xffffff00;
		msi.data = icr & (kIcrLevel | kIcrAssert | 0x7ff);
		return ioctl(vm()->vm_fd, KVM_SIGNAL_MSI, &msi);
	}

	int64_t SendPvIpi(uint64_t low, uint64_t high, uint32_t min, uint32_t icr)
	{
		constexpr uint64_t kSendIpi = 10; // KVM_HC_SEND_IPI
		auto *const args = Shared<uint64_t>("hypercall_args");

		args[0] = low;
		args[1] = high;
		args[2] = min;
		args[3] = icr;
		return Do({{kSendIpi, 0, APIC_HYPERCALL, 0}})[0].value;
	}

	bool Got(int fd, uint32_t icr)
	{
		kvm_vcpu_events events = {};
		kvm_mp_state state = {};

		switch (icr & 0x700) {
		case kIcrNmi:
			SAFE_IOCTL(fd, KVM_GET_VCPU_EVENTS, &events);
			return events.nmi.pending;
		case kIcrSmi:
			SAFE_IOCTL(fd, KVM_GET_VCPU_EVENTS, &events);
			return events.smi.pending;
		case kIcrInit:
			SAFE_IOCTL(fd, KVM_GET_MP_STATE, &state);
			return state.mp_state == KVM_MP_STATE_INIT_RECEIVED;
		default:
			return Has(LapicOf(fd), kIrr, icr & 0xff);
		}
	}

	uint32_t Receivers(uint32_t icr)
	{
		uint32_t receivers = 0;
		unsigned int i = 0;

		for (const int fd : Fds())
			receivers |= uint32_t{Got(fd, icr)} << i++;
		return receivers;
	}

	void Expect(const DestinationCase &c)
	{
		const uint32_t receivers = Receivers(c.icr);

		if (!c.one) {
			EXPECT_EQ(receivers, c.receivers) << "a bit for each CPU";
			return;
		}
		EXPECT_EQ(__builtin_popcount(receivers), 1) << std::hex << receivers;
		EXPECT_EQ(receivers & ~c.receivers, 0u);
	}

private:
	std::vector<int> more_;
	std::vector<kvm_lapic_state> arranged_;
	bool sender_x2apic_ = false;
};

/*
 * Interrupts from CPU 0.
 */
constexpr uint32_t kFixed = kIcrAssert | kVector, kLogical = kFixed | kIcrLogical,
		   kLowest = kFixed | kIcrLowest, kLogicalLowest = kLogical | kIcrLowest,
		   kNmi = kIcrAssert | kIcrNmi, kSmi = kIcrAssert | kIcrSmi,
		   kInit = kIcrAssert | kIcrInit, kInitLevel = kInit | kIcrLevel,
		   kInitDeassert = kIcrInit | kIcrLevel;

constexpr DestinationCase kIpis[] = {
	// "Physical Destination Mode"
	{"PhysicalOne", kFlat, kFixed, 2, 1 << 2},
	{"PhysicalFirst", kFlat, kFixed, 0, 1 << 0},
	{"PhysicalNobody", kFlat, kFixed, 9, 0},
	{"PhysicalAll", kFlat, kFixed, 0xff, kAll},
	{"PhysicalHighest", kFlat, kFixed, 0xfe, 0},
	{"PhysicalDisabled", kFlatDisabled, kFixed, 2, 0},
	{"PhysicalAbsent", kFlatDisabled, kFixed, 3, 0},
	{"PhysicalAllEnabled", kFlatDisabled, kFixed, 0xff, 1 << 0 | 1 << 1},
	{"PhysicalNewId", kMoved, kFixed, 7, 1 << 1},
	{"PhysicalOldId", kMoved, kFixed, 1, 0},
	{"PhysicalX2apic", kX2apic, kFixed, 3, 1 << 3},
	{"PhysicalX2apic16", kX2apic, kFixed, 16, kId16},
	{"PhysicalX2apicHighest", kX2apic, kFixed, 300, kId300},
	{"PhysicalX2apicBeyond", kX2apic, kFixed, 301, 0},
	{"PhysicalX2apicNobody", kX2apic, kFixed, 18, 0},
	{"PhysicalX2apic255", kX2apic, kFixed, 0xff, 0},
	{"PhysicalX2apicAll", kX2apic, kFixed, 0xffffffff, kAllX2apic},
	{"PhysicalX2apicDisabled", kX2apicDisabled, kFixed, 2, 0},
	{"PhysicalX2apicAbsent", kX2apicDisabled, kFixed, 3, 0},
	{"PhysicalToX2apic", kMixedFlat, kFixed, 3, 1 << 3},
	{"PhysicalToXapic", kMixedFlat, kFixed, 1, 1 << 1},
	// "Logical Destination Mode": flat model
	{"FlatOne", kFlat, kLogical, 4, 1 << 2},
	{"FlatTwo", kFlat, kLogical, 0xa, 1 << 1 | 1 << 3},
	{"FlatNobody", kFlat, kLogical, 0xf0, 0},
	{"FlatSome", kFlat, kLogical, 0x81, 1 << 0},
	{"FlatAll", kFlat, kLogical, 0xff, kAll},
	{"FlatEnabledOnly", kFlatDisabled, kLogical, 0xf, 1 << 0 | 1 << 1},
	{"FlatNewId", kMoved, kLogical, 0x10, 1 << 1},
	{"FlatOldId", kMoved, kLogical, 2, 0},
	// cluster model
	{"ClusterOne", kCluster, kLogical, 0x12, 1 << 1},
	{"ClusterTwo", kCluster, kLogical, 0x2c, 1 << 2 | 1 << 3},
	{"ClusterSome", kCluster, kLogical, 0x2a, 1 << 3},
	{"ClusterNobody", kCluster, kLogical, 0x31, 0},
	{"ClusterNobodyIn", kCluster, kLogical, 0x1c, 0},
	{"ClusterAll", kCluster, kLogical, 0xff, kAll},
	// "Deriving Logical x2APIC ID from the Local x2APIC ID"
	{"LogicalX2apicOne", kX2apic, kLogical, 0x2, 1 << 1},
	{"LogicalX2apicAllInCluster", kX2apic, kLogical, 0xffff, kAll},
	{"LogicalX2apicCluster1", kX2apic, kLogical, 0x10001, kId16},
	{"LogicalX2apicCluster1Two", kX2apic, kLogical, 0x10007, kId16 | kId17},
	{"LogicalX2apicNobodyIn", kX2apic, kLogical, 0x10004, 0},
	{"LogicalX2apicCluster2", kX2apic, kLogical, 0x20100, kId40},
	{"LogicalX2apicCluster4", kX2apic, kLogical, 0x40040, kId70},
	{"LogicalX2apicHighest", kX2apic, kLogical, 0x121000, kId300},
	{"LogicalX2apicBesideHighest", kX2apic, kLogical, 0x12e000, 0},
	{"LogicalX2apicBeyond", kX2apic, kLogical, 0x130001, 0},
	{"LogicalX2apicAll", kX2apic, kLogical, 0xffffffff, kAllX2apic},
	{"LogicalX2apicEnabledOnly", kX2apicDisabled, kLogical, 0xf, 1 << 0 | 1 << 1},
	{"LogicalFlatBesideX2apic", kMixedFlat, kLogical, 2, 1 << 1},
	{"LogicalFlatTwoBesideX2apic", kMixedFlat, kLogical, 3, 1 << 0 | 1 << 1},
	{"LogicalFlatNobodyBesideX2apic", kMixedFlat, kLogical, 0x70, 0},
	{"LogicalClusterBesideX2apic", kMixedCluster, kLogical, 0x12, 1 << 1},
	{"LogicalClusterTwoBesideX2apic", kMixedCluster, kLogical, 0x13, 1 << 0 | 1 << 1},
	{"LogicalOtherClusterBesideX2apic", kMixedCluster, kLogical, 0x33, 0},
	// "Destination Shorthand"
	{"Self", kFlat, kFixed | kIcrSelf, 3, 1 << 0},
	{"All", kFlat, kFixed | kIcrAll, 3, kAll},
	{"AllEnabled", kFlatDisabled, kFixed | kIcrAll, 0, 1 << 0 | 1 << 1},
	{"Others", kFlat, kFixed | kIcrOthers, 0, kAll & ~1},
	{"SelfX2apic", kX2apic, kFixed | kIcrSelf, 3, 1 << 0},
	{"AllX2apic", kX2apic, kFixed | kIcrAll, 3, kAllX2apic},
	{"OthersX2apic", kX2apic, kFixed | kIcrOthers, 3, kAllX2apic & ~1},
	// "Lowest Priority Delivery Mode"
	{"LowestFlat", kFlat, kLogicalLowest, 0xe, 0xe, true},
	{"LowestFlatOne", kFlat, kLogicalLowest, 4, 1 << 2, true},
	{"LowestFlatNobody", kFlat, kLogicalLowest, 0, 0},
	{"LowestFlatAll", kFlat, kLogicalLowest, 0xff, kAll, true},
	{"LowestCluster", kCluster, kLogicalLowest, 0x2c, 1 << 2 | 1 << 3, true},
	{"LowestPhysical", kFlat, kLowest, 3, 1 << 3},
	{"LowestX2apic", kX2apic, kLogicalLowest, 0xe, 0xe, true},
	{"LowestX2apicNobody", kX2apic, kLogicalLowest, 0x130001, 0},
	// "Delivery Mode"
	{"NmiOne", kFlat, kNmi, 2, 1 << 2},
	{"NmiOthers", kFlat, kNmi | kIcrOthers, 0, 0xe},
	{"NmiSoftwareDisabled", kFlatDisabled, kNmi, 2, 1 << 2},
	{"NmiAbsent", kFlatDisabled, kNmi, 3, 0},
	{"NmiLogical", kFlat, kNmi | kIcrLogical, 0xc, 0xc},
	{"SmiOne", kFlat, kSmi, 3, 1 << 3},
	{"InitOne", kFlat, kInit, 3, 1 << 3},
	{"InitOthers", kFlat, kInit | kIcrOthers, 0, 0xe},
	{"InitSoftwareDisabled", kFlatDisabled, kInit, 2, 1 << 2},
	{"InitLevel", kFlat, kInitLevel, 1, 1 << 1},
	{"InitDeassert", kFlat, kInitDeassert, 1, 0},
	{"InitX2apic", kX2apic, kInit, 300, kId300},
};

class ApicIpi : public ApicDestinations, public testing::WithParamInterface<LayoutCase>
{
};

TEST_P(ApicIpi, Receivers)
{
	Arrange(GetParam().layout);
	for (const DestinationCase &c : kIpis) {
		SCOPED_TRACE(c.name);
		if (c.layout != GetParam().layout)
			continue;
		SendIpi(c.icr, c.destination);
		Expect(c);
		Restore();
	}
}

INSTANTIATE_TEST_SUITE_P(Layouts, ApicIpi, testing::ValuesIn(kLayouts), NameOf<LayoutCase>);

/*
 * Messages from devices.
 */
constexpr DestinationCase kMsis[] = {
	{"PhysicalOne", kFlat, kFixed, 2, 1 << 2},
	{"PhysicalNobody", kFlat, kFixed, 9, 0},
	{"PhysicalAll", kFlat, kFixed, 0xff, kAll},
	{"PhysicalDisabled", kFlatDisabled, kFixed, 2, 0},
	{"LogicalTwo", kFlat, kLogical, 6, 1 << 1 | 1 << 2},
	{"LogicalNobody", kFlat, kLogical, 0xf0, 0},
	{"LogicalCluster", kCluster, kLogical, 0x28, 1 << 3},
	{"LowestFlat", kFlat, kLogicalLowest, 0xf, 0xf, true},
	{"LowestBesideX2apic", kMixedFlat, kLogicalLowest, 3, 3, true},
	{"FlatBesideX2apic", kMixedFlat, kLogical, 2, 1 << 1},
	{"PhysicalToX2apic", kMixedFlat, kFixed, 2, 1 << 2},
	{"AllWithX2apic", kMixedFlat, kFixed, 0xff, kAll},
	{"X2apicHighest", kX2apic, kFixed, 300, kId300},
	{"X2apicNobody", kX2apic, kFixed, 301, 0},
	{"X2apicLogical", kX2apic, kLogical, 0x10003, kId16 | kId17},
	{"X2apicAll", kX2apic, kFixed, 0xff, kAllX2apic},
	{"LogicalClusterBesideX2apic", kMixedCluster, kLogical, 0x12, 1 << 1},
	{"NewId", kMoved, kFixed, 7, 1 << 1},
	{"X2apicDisabled", kX2apicDisabled, kFixed, 2, 0},
	{"Nmi", kFlat, kIcrNmi, 1, 1 << 1},
	{"Smi", kFlat, kIcrSmi, 1, 1 << 1},
	{"Init", kFlat, kIcrInit, 1, 1 << 1},
};

class ApicMsi : public ApicDestinations, public testing::WithParamInterface<LayoutCase>
{
};

TEST_P(ApicMsi, Receivers)
{
	Arrange(GetParam().layout);
	for (const DestinationCase &c : kMsis) {
		SCOPED_TRACE(c.name);
		if (c.layout != GetParam().layout)
			continue;
		const int result = SendMsi(c.icr, c.destination);
		Expect(c);
		if (c.receivers)
			EXPECT_GT(result, 0) << "KVM_SIGNAL_MSI: delivered";
		else
			EXPECT_LE(result, 0) << "KVM_SIGNAL_MSI: blocked";
		Restore();
	}
}

INSTANTIATE_TEST_SUITE_P(Layouts, ApicMsi, testing::ValuesIn(kLayouts), NameOf<LayoutCase>);

// KVM API, KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK: in logical mode, 0xff is CPUs 0 to 7 of
// cluster 0; for all there is 0xffffffff.
TEST_F(ApicDestinations, MsiWithoutBroadcastQuirk)
{
	Arrange(kX2apic);
	EnableCap(KVM_CAP_X2APIC_API,
		  KVM_X2APIC_API_USE_32BIT_IDS | KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK);
	EXPECT_GT(SendMsi(kLogical, 0xff), 0);
	EXPECT_EQ(Receivers(kVector), kAll);
	EXPECT_LE(SendMsi((kFixed & ~0xffu) | 0x61, 0xff), 0) << "nobody has ID 255";
	EXPECT_EQ(Receivers(0x61), 0u);
	EXPECT_GT(SendMsi((kFixed & ~0xffu) | 0x71, 0xffffffff), 0);
	EXPECT_EQ(Receivers(0x71), kAllX2apic);
}

TEST_F(ApicDestinations, MsiToXapicWithoutBroadcastQuirk)
{
	Arrange(kFlat);
	EnableCap(KVM_CAP_X2APIC_API, KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK);
	EXPECT_GT(SendMsi(kFixed, 0xff), 0);
	EXPECT_EQ(Receivers(kVector), kAll) << "0xff is a broadcast in xAPIC mode";
}

// The guest changes its own IDs: the very next interrupt goes by them.
TEST_F(ApicDestinations, FollowTheGuestsChanges)
{
	Arrange(kFlat);
	Do({Set(kLdr, 0x40000000), Set(kIcrHigh, 0x41000000), Set(kIcr, kLogical)});
	EXPECT_TRUE(Has(Lapic(), kIrr, kVector)) << "LDR";
	Do({Set(kIcrHigh, 0x1000000), Set(kIcr, (kLogical & ~0xffu) | 0x61)});
	EXPECT_FALSE(Has(Lapic(), kIrr, 0x61)) << "the old LDR";
	Do({Set(kId, 0x70000000), Set(kIcrHigh, 0x70000000), Set(kIcr, (kFixed & ~0xffu) | 0x71)});
	EXPECT_TRUE(Has(Lapic(), kIrr, 0x71)) << "ID";
	Do({Set(kIcrHigh, 0), Set(kIcr, (kFixed & ~0xffu) | 0x81)});
	EXPECT_FALSE(Has(Lapic(), kIrr, 0x81)) << "the old ID";
	Do({Set(kSvr, 0xff), Set(kSvr, kSvrEnabled), Set(kIcrHigh, 0x40000000),
	    Set(kIcr, (kLogical & ~0xffu) | 0x91)});
	EXPECT_TRUE(Has(Lapic(), kIrr, 0x91)) << "SVR";
}

TEST_F(ApicDestinations, FollowTheGuestsModel)
{
	Arrange(kCluster);
	for (unsigned int i = 1; i < kCpus; i++)
		SetApicBase(kBase, i);
	Do({Set(kLdr, 0x10000000), Set(kDfr, kFlatModel), Set(kIcrHigh, 0x10000000),
	    Set(kIcr, kLogical)});
	EXPECT_TRUE(Has(Lapic(), kIrr, kVector)) << "0x10 is a bit in the flat model";
	Do({Set(kDfr, kClusterModel), Set(kIcrHigh, 0x10000000),
	    Set(kIcr, (kLogical & ~0xffu) | 0x61)});
	EXPECT_FALSE(Has(Lapic(), kIrr, 0x61)) << "and nobody in cluster 1";
}

// An APIC that is disabled and enabled again, from outside.
TEST_F(ApicDestinations, FollowTheMode)
{
	Arrange(kFlat);
	SetApicBase(kBase, 1);
	SendIpi(kFixed, 1);
	EXPECT_FALSE(Has(Lapic(1), kIrr, kVector));
	SetApicBase(kBase | kEn, 1);
	SendIpi(kFixed, 1);
	EXPECT_TRUE(Has(Lapic(1), kIrr, kVector));
	SetApicBase(kBase | kEn | kExtd, 1);
	SendIpi((kFixed & ~0xffu) | 0x61, 1);
	EXPECT_TRUE(Has(Lapic(1), kIrr, 0x61));
}

// "MP Initialization Protocol Algorithm": a startup IPI starts a CPU that waits for it, after an
// INIT, at its vector's page; any other CPU ignores it.
TEST_F(ApicDestinations, StartupIpi)
{
	kvm_mp_state state = {};
	kvm_sregs sregs = {};
	kvm_regs regs = {};

	Arrange(kFlat);
	SendIpi(kIcrAssert | kIcrStartup | 0x55, 1);
	SAFE_IOCTL(cpu(1)->fd, KVM_GET_MP_STATE, &state);
	EXPECT_EQ(state.mp_state, static_cast<uint32_t>(KVM_MP_STATE_UNINITIALIZED))
		<< "no INIT yet";
	SendIpi(kInit, 1);
	SendIpi(kIcrAssert | kIcrStartup | 0x9a, 1);
	SAFE_IOCTL(cpu(1)->fd, KVM_GET_MP_STATE, &state);
	EXPECT_EQ(state.mp_state, static_cast<uint32_t>(KVM_MP_STATE_RUNNABLE));
	SAFE_IOCTL(cpu(1)->fd, KVM_GET_SREGS, &sregs);
	EXPECT_EQ(sregs.cs.base, 0x9a000u);
	EXPECT_EQ(sregs.cs.selector, 0x9a00u);
	SAFE_IOCTL(cpu(1)->fd, KVM_GET_REGS, &regs);
	EXPECT_EQ(regs.rip, 0u);
	SendIpi(kIcrAssert | kIcrStartup | 0x55, 1);
	SAFE_IOCTL(cpu(1)->fd, KVM_GET_MP_STATE, &state);
	SAFE_IOCTL(cpu(1)->fd, KVM_GET_SREGS, &sregs);
	EXPECT_EQ(sregs.cs.base, 0x9a000u) << "it has been started";
	SAFE_IOCTL(cpu(2)->fd, KVM_GET_MP_STATE, &state);
	EXPECT_EQ(state.mp_state, static_cast<uint32_t>(KVM_MP_STATE_UNINITIALIZED));
}

// The bootstrap processor needs no startup IPI.
TEST_F(ApicDestinations, InitOfBootstrapProcessor)
{
	kvm_mp_state state = {};
	kvm_regs regs = {};

	Arrange(kFlat);
	EXPECT_GT(SendMsi(kIcrInit, 0), 0);
	SAFE_IOCTL(cpu(0)->fd, KVM_GET_MP_STATE, &state);
	EXPECT_EQ(state.mp_state, static_cast<uint32_t>(KVM_MP_STATE_RUNNABLE));
	SAFE_IOCTL(cpu(0)->fd, KVM_GET_REGS, &regs);
	EXPECT_EQ(regs.rip, 0xfff0u) << "at the reset vector";
}

/*
 * KVM_HC_SEND_IPI: Linux, x86/kvm/hypercalls.rst. Bit i of the bitmap is the APIC ID
 * min + i; each half has as many bits as the guest's words.
 */
struct PvCase {
	const char *name;
	uint64_t low, high;
	uint32_t min, icr;
	uint32_t receivers;
	int64_t result;
};

constexpr int64_t kInvalid = -22; // KVM_EINVAL

constexpr PvCase kPvIpis[] = {
	{"One", 1 << 1, 0, 0, kVector, 1 << 1, 1},
	{"Two", 1 << 1 | 1 << 3, 0, 0, kVector, 1 << 1 | 1 << 3, 2},
	{"Self", 1, 0, 0, kVector, 1, 1},
	{"FromTwo", 3, 0, 2, kVector, 1 << 2 | 1 << 3, 2},
	{"Bits16And17", 3 << 16, 0, 0, kVector, kId16 | kId17, 2},
	{"From16", 3, 0, 16, kVector, kId16 | kId17, 2},
	{"SomeAbsent", 0xf, 0, 14, kVector, kId16 | kId17, 2},
	{"Nobody", 1 << 8, 0, 0, kVector, 0, 0},
	{"Empty", 0, 0, 0, kVector, 0, 0},
	{"Highest", 1, 0, 300, kVector, kId300, 1},
	{"HighestInBitmap", 1 << 3, 0, 297, kVector, kId300, 1},
	{"Beyond", 1, 0, 301, kVector, 0, 0},
	{"FarBeyond", 0xff, 0xff, 100000, kVector, 0, 0},
	{"Nmi", 1 << 2, 0, 0, kIcrNmi, 1 << 2, 1},
	{"Logical", 1 << 2, 0, 0, kIcrLogical | kVector, 0, kInvalid},
	{"Shorthand", 1 << 2, 0, 0, kIcrAll | kVector, 0, kInvalid},
};

TEST_F(ApicDestinations, PvIpi)
{
	Arrange(kX2apic);
	for (const PvCase &c : kPvIpis) {
		SCOPED_TRACE(c.name);
		EXPECT_EQ(SendPvIpi(c.low, c.high, c.min, c.icr), c.result) << "the number of CPUs";
		EXPECT_EQ(Receivers(c.icr), c.receivers);
		Restore();
	}
}

// Bit 6 of the upper half: ID 70 behind 64 bits, ID 38 + 2 behind 32.
TEST_F(ApicDestinations, PvIpiOfTheUpperHalf)
{
	Arrange(kX2apic);
	const bool wide = *Shared<uint32_t>("word_bits") == 64;
	EXPECT_EQ(SendPvIpi(1 << 1, 1 << 6, wide ? 0 : 2, kVector), 2);
	EXPECT_EQ(Receivers(kVector), wide ? 1 << 1 | kId70 : 1 << 3 | kId40);
}

// KVM_HC_KICK_CPU: Linux, x86/kvm/hypercalls.rst. It wakes a CPU from HLT, by its APIC ID.
TEST_F(ApicDestinations, KickWakesOne)
{
	constexpr uint64_t kKickCpu = 5; // KVM_HC_KICK_CPU
	kvm_mp_state state = {};

	Arrange(kFlat);
	state.mp_state = KVM_MP_STATE_HALTED;
	for (unsigned int i : {1u, 2u})
		SAFE_IOCTL(cpu(i)->fd, KVM_SET_MP_STATE, &state);
	auto *const args = Shared<uint64_t>("hypercall_args");
	args[0] = 0;
	args[1] = 2;
	EXPECT_EQ(Do({{kKickCpu, 0, APIC_HYPERCALL, 0}})[0].value, 0u);
	SAFE_IOCTL(cpu(2)->fd, KVM_GET_MP_STATE, &state);
	EXPECT_EQ(state.mp_state, static_cast<uint32_t>(KVM_MP_STATE_RUNNABLE));
	SAFE_IOCTL(cpu(1)->fd, KVM_GET_MP_STATE, &state);
	EXPECT_EQ(state.mp_state, static_cast<uint32_t>(KVM_MP_STATE_HALTED));
}

} // namespace
