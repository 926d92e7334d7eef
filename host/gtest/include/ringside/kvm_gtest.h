/* SPDX-License-Identifier: MIT */
/*
 * KVM tests in C++: a fixture that owns a virtual machine, guests' results as
 * values, and matchers for memslots and address translation.
 *
 *	class PageTables : public ringside::KvmTest {};
 *
 *	TEST_F(PageTables, MapTheFirstGigabyteToItself)
 *	{
 *		Run();
 *		EXPECT_THAT(vm(), ringside::TranslatesTo(0x200000, 0x200000));
 *	}
 *
 * The controller's C functions work as they do in C: a result of the guest is
 * a GoogleTest failure or skip at the guest's file and line, and tst_brk()
 * ends the test.
 */
#ifndef RINGSIDE_KVM_GTEST_H
#define RINGSIDE_KVM_GTEST_H

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "kvm_test.h"

namespace ringside
{

/* Seconds that a test with a KvmTest fixture may take, unless it says otherwise. */
constexpr int kDefaultTimeout = 30;

/*
 * A fixture that owns a virtual machine: vm() or Create() makes it, and it is
 * destroyed after the test, whatever happened in between. A test that takes too
 * long has its guest stopped and fails.
 */
class KvmTest : public ::testing::Test
{
public:
	KvmTest(const KvmTest &) = delete;
	KvmTest &operator=(const KvmTest &) = delete;

protected:
	KvmTest();
	~KvmTest() override;

	/* A fixture of its own that overrides these calls them, too. */
	void SetUp() override;
	void TearDown() override;

	/* Seconds that the test may take, or TST_UNLIMITED_TIMEOUT. */
	virtual int TimeoutSeconds() const;

	/*
	 * The virtual machine, which the first call makes with all default unless Create()
	 * has been called. The fixture keeps ownership.
	 */
	tst_kvm_instance *vm();

	/* Makes the virtual machine with @config, in place of one that is there. */
	void Create(const tst_kvm_config &config);

	/*
	 * Runs the guest to its end. Its results become the test's; without
	 * any, the test breaks.
	 */
	void Run();

private:
	tst_kvm_instance vm_;
	bool created_;
};

/* A result as data: what tst_res() or tst_brk() said, on either side. */
struct Result {
	int type; /* TPASS, TFAIL, TBROK, TWARN, TINFO, TCONF */
	std::string file; /* empty if unknown */
	int line;
	std::string text;
};

/*
 * Calls @function and returns the results that it and its guests report, in
 * order; they do not count for the test. tst_brk() ends @function, not the
 * test. Results of other threads land here, too: one thread at a time can
 * collect. When the process gives up meanwhile, they are the test's.
 */
std::vector<Result> Collect(const std::function<void()> &function);

/* Runs the guest and returns its results, and why it broke if it did. */
std::vector<Result> RunAndCollect(tst_kvm_instance *vm);

void PrintTo(const Result &result, std::ostream *os);

using VmMatcher = ::testing::Matcher<const tst_kvm_instance *>;

/*
 * Matches a result of @type whose text matches @text.
 *
 * Expected: has type TFAIL and text that has substring "wrong"
 *   Actual: TPASS: it is right (of type ringside::Result)
 */
::testing::Matcher<const Result &> ResultIs(int type,
					    const ::testing::Matcher<const std::string &> &text);

/*
 * The guest's page tables map @virt to @phys.
 *
 * Expected: maps virtual address 0x200000 to physical address 0x200000
 *   Actual: a VM with …, which maps it to 0x201000
 *   Actual: a VM with …, which does not map it
 * Negated, in EXPECT_THAT(vm(), Not(…)):
 * Expected: does not map virtual address 0x200000 to physical address 0x200000
 */
VmMatcher TranslatesTo(uint64_t virt, uint64_t phys);

/*
 * The guest's page tables do not map @virt.
 *
 * Expected: does not map virtual address 0x80000000
 *   Actual: a VM with …, which maps it to 0x80000000
 * Negated:
 * Expected: maps virtual address 0x80000000
 *   Actual: a VM with …, which does not map it
 */
VmMatcher IsNotMapped(uint64_t virt);

/*
 * Memslot @slot is @size bytes at physical address @base.
 *
 * Expected: has in slot 2: 0x1000 bytes at 0x80000000
 *   Actual: a VM with …, which has nothing in that slot
 *   Actual: a VM with …, which has 0x2000 bytes at 0x80000000 in that slot
 * Negated:
 * Expected: has not in slot 2: 0x1000 bytes at 0x80000000
 */
VmMatcher HasMemslot(unsigned int slot, uint64_t base, uint64_t size);

/*
 * Memslot @slot is free.
 *
 * Expected: has nothing in slot 2
 *   Actual: a VM with …, which has 0x1000 bytes at 0x80000000 in that slot
 * Negated:
 * Expected: has something in slot 2
 *   Actual: a VM with …, which has nothing in that slot
 */
VmMatcher HasFreeSlot(unsigned int slot);

/*
 * The physical address @phys, or what the guest maps at @virt, is in memslot
 * @slot.
 *
 * Expected: has physical address 0x1000 in slot 0
 *   Actual: a VM with …, which has it in slot 1
 *   Actual: a VM with …, which has it in no slot
 * Negated:
 * Expected: does not have physical address 0x1000 in slot 0
 */
VmMatcher HasPhysInSlot(uint64_t phys, unsigned int slot);
VmMatcher HasVirtInSlot(uint64_t virt, unsigned int slot);

/*
 * No memslot holds the physical address @phys.
 *
 * Expected: has physical address 0x80000000 in no slot
 *   Actual: a VM with …, which has it in slot 2
 * Negated:
 * Expected: has physical address 0x80000000 in a slot
 *   Actual: a VM with …, which has it in no slot
 */
VmMatcher HasPhysInNoSlot(uint64_t phys);

} /* namespace ringside */

/* "a VM with slot 0: 0x1000000 bytes at 0, …", in the messages of matchers. */
void PrintTo(const tst_kvm_instance *inst, std::ostream *os);
void PrintTo(tst_kvm_instance *inst, std::ostream *os);

#endif /* RINGSIDE_KVM_GTEST_H */
