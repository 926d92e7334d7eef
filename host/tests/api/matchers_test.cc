// SPDX-License-Identifier: MIT
// The messages of the C++ layer's matchers, as its header documents them.
#include <sstream>

#include "resources.h"
#include "ringside/kvm_gtest.h"

namespace
{

using ::ringside::Result;
using ::ringside::VmMatcher;
using ::testing::Not;

constexpr uint64_t kBase = 0x40000000;

// What a failed EXPECT_THAT would say.
template <typename Value> std::string Describe(const ::testing::Matcher<Value> &matcher)
{
	std::ostringstream os;

	matcher.DescribeTo(&os);
	return os.str();
}

class Matchers : public ringside::KvmTest
{
protected:
	void SetUp() override
	{
		KvmTest::SetUp();
		tst_kvm_alloc_memory(vm(), 2, kBase, 0x1000, 0);
	}

	// Checks a matcher against the machine: whether it matches, and its words.
	void Expect(const VmMatcher &matcher, bool matches, const std::string &expected,
		    const std::string &negated, const std::string &actual)
	{
		::testing::StringMatchResultListener listener;

		EXPECT_EQ(matcher.MatchAndExplain(vm(), &listener), matches) << expected;
		EXPECT_EQ(Describe(matcher), expected);
		EXPECT_EQ(Describe(VmMatcher(Not(matcher))), negated);
		EXPECT_EQ(listener.str(), actual);
	}
};

// A guest that has not started has no paging: its addresses are physical.
TEST_F(Matchers, Translation)
{
	Expect(ringside::TranslatesTo(0x2000, 0x2000), true,
	       "maps virtual address 0x2000 to physical address 0x2000",
	       "does not map virtual address 0x2000 to physical address 0x2000",
	       "which maps it to 0x2000");
	Expect(ringside::TranslatesTo(0x2000, 0x3000), false,
	       "maps virtual address 0x2000 to physical address 0x3000",
	       "does not map virtual address 0x2000 to physical address 0x3000",
	       "which maps it to 0x2000");
	Expect(ringside::IsNotMapped(0x2000), false, "does not map virtual address 0x2000",
	       "maps virtual address 0x2000", "which maps it to 0x2000");
}

TEST_F(Matchers, Memslots)
{
	Expect(ringside::HasMemslot(2, kBase, 0x1000), true,
	       "has in slot 2: 0x1000 bytes at 0x40000000",
	       "has not in slot 2: 0x1000 bytes at 0x40000000",
	       "which has 0x1000 bytes at 0x40000000 in that slot");
	Expect(ringside::HasMemslot(2, kBase, 0x2000), false,
	       "has in slot 2: 0x2000 bytes at 0x40000000",
	       "has not in slot 2: 0x2000 bytes at 0x40000000",
	       "which has 0x1000 bytes at 0x40000000 in that slot");
	Expect(ringside::HasMemslot(3, kBase, 0x1000), false,
	       "has in slot 3: 0x1000 bytes at 0x40000000",
	       "has not in slot 3: 0x1000 bytes at 0x40000000", "which has nothing in that slot");
	Expect(ringside::HasFreeSlot(3), true, "has nothing in slot 3", "has something in slot 3",
	       "which has nothing in that slot");
	Expect(ringside::HasFreeSlot(8), false, "has nothing in slot 8", "has something in slot 8",
	       "whose slots are 0 to 7");
}

TEST_F(Matchers, SlotsOfAddresses)
{
	Expect(ringside::HasPhysInSlot(kBase, 2), true, "has physical address 0x40000000 in slot 2",
	       "does not have physical address 0x40000000 in slot 2", "which has it in slot 2");
	Expect(ringside::HasVirtInSlot(kBase, 0), false, "has virtual address 0x40000000 in slot 0",
	       "does not have virtual address 0x40000000 in slot 0", "which has it in slot 2");
	Expect(ringside::HasPhysInSlot(2 * kBase, 2), false,
	       "has physical address 0x80000000 in slot 2",
	       "does not have physical address 0x80000000 in slot 2", "which has it in no slot");
	Expect(ringside::HasPhysInNoSlot(2 * kBase), true,
	       "has physical address 0x80000000 in no slot",
	       "has physical address 0x80000000 in a slot", "which has it in no slot");
}

TEST_F(Matchers, MachinesArePrinted)
{
	tst_kvm_instance none = {};

	EXPECT_EQ(::testing::PrintToString(vm()),
		  "a VM with slot 0: 0x1000000 bytes at 0x0, slot 1: 0x1000 bytes at 0xfffff000, "
		  "slot 2: 0x1000 bytes at 0x40000000");
	EXPECT_EQ(::testing::PrintToString(&none), "no VM");
	EXPECT_EQ(::testing::PrintToString(static_cast<tst_kvm_instance *>(nullptr)), "NULL");
}

TEST(Results, Match)
{
	const auto matcher = ringside::ResultIs(TFAIL, ::testing::HasSubstr("wrong"));

	EXPECT_TRUE(matcher.Matches(Result{TFAIL, "f.c", 1, "it is wrong"}));
	EXPECT_FALSE(matcher.Matches(Result{TPASS, "f.c", 1, "it is wrong"}));
	EXPECT_FALSE(matcher.Matches(Result{TFAIL, "f.c", 1, "it is right"}));
	EXPECT_EQ(Describe(matcher), "has type TFAIL and text that has substring \"wrong\"");
}

TEST(Results, ArePrinted)
{
	EXPECT_EQ(::testing::PrintToString(Result{TFAIL, "f.c", 7, "text"}), "f.c:7: TFAIL: text");
	EXPECT_EQ(::testing::PrintToString(Result{TBROK, "", 0, "text"}), "TBROK: text");
}

TEST(Results, AreCollectedInOrderAndDoNotCount)
{
	const auto results = ringside::Collect([] {
		tst_res(TFAIL, "one");
		EXPECT_THAT(ringside::Collect([] { tst_res(TWARN, "inner"); }),
			    ::testing::SizeIs(1));
		tst_brk(TBROK, "two");
	});

	EXPECT_THAT(results, ::testing::ElementsAre(ringside::ResultIs(TFAIL, "one"),
						    ringside::ResultIs(TBROK, "two")));
	EXPECT_EQ(results[0].file, __FILE__);
}

// A fixture in a test's hands.
class Probe : public ringside::KvmTest
{
public:
	using KvmTest::Create;
	using KvmTest::SetUp;
	using KvmTest::TearDown;
	using KvmTest::vm;

	void TestBody() override
	{
	}
};

TEST(Fixture, LeavesNothingBehind)
{
	Probe probe;

	probe.SetUp(); // the first of a process makes the watchdog's thread
	probe.TearDown();
	const Resources before = Resources::Now();
	probe.SetUp();
	EXPECT_NE(probe.vm(), nullptr);
	EXPECT_FALSE(Resources::Now() == before);
	probe.TearDown();
	EXPECT_EQ(Resources::Now(), before);
}

TEST(Fixture, MakesTheMachineThatIsAskedForAndNoOther)
{
	tst_kvm_config config = {};
	Probe probe;

	probe.SetUp(); // the first of a process makes the watchdog's thread
	const Resources before = Resources::Now();
	probe.TearDown();
	probe.SetUp();
	EXPECT_EQ(Resources::Now(), before);
	config.vcpus = 2;
	probe.Create(config);
	EXPECT_NE(tst_kvm_vcpu(probe.vm(), 1), nullptr);
	probe.TearDown();
	EXPECT_EQ(Resources::Now(), before);
}

// A fixture that asks for more.
class Larger : public ringside::KvmTest
{
protected:
	void SetUp() override
	{
		tst_kvm_config config = {};

		KvmTest::SetUp();
		config.ram_size = 4 * DEFAULT_RAM_SIZE;
		Create(config);
	}
	int TimeoutSeconds() const override
	{
		return 2 * ringside::kDefaultTimeout;
	}
};

TEST_F(Larger, HasWhatItAsksFor)
{
	EXPECT_THAT(vm(), ringside::HasMemslot(0, 0, 4 * DEFAULT_RAM_SIZE));
	EXPECT_EQ(TimeoutSeconds(), 60);
	Run();
}

TEST_F(Larger, MayDestroyItsMachineItself)
{
	tst_kvm_destroy_instance(vm());
}

} // namespace
