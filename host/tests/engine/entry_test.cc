// SPDX-License-Identifier: MIT
// A state that KVM takes and the CPU refuses to enter.
#include <sys/ioctl.h>

#include "machine.h"

namespace
{

using ::ringside::ResultIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Entry : public MachineTest
{
protected:
	// In long mode a code segment has L or D, not both: SDM Vol. 3 "Checks on Guest Segment
	// Registers".
	void SetSize(bool size)
	{
		kvm_sregs sregs;

		SAFE_IOCTL(Cpu(0)->fd, KVM_GET_SREGS, &sregs);
		ASSERT_TRUE(sregs.cs.l);
		sregs.cs.db = size;
		SAFE_IOCTL(Cpu(0)->fd, KVM_SET_SREGS, &sregs);
	}
};

TEST_F(Entry, RefusalIsReturned)
{
	Make({}, "yield_twice");
	ASSERT_EQ(tst_kvm_run_vcpu(Cpu(0)), KVM_EXIT_HLT);
	SetSize(true);
	ASSERT_EQ(tst_kvm_run_vcpu(Cpu(0)), KVM_EXIT_FAIL_ENTRY);
	EXPECT_THAT(Describe(0),
		    AllOf(HasSubstr("KVM_EXIT_FAIL_ENTRY (9); the CPU refused to enter the guest, "
				    "hardware reason 0x"),
			  HasSubstr(" kvm_yield+0x"), HasSubstr(" yield_twice+0x")));
	// Nothing has happened to the guest.
	SetSize(false);
	ASSERT_EQ(tst_kvm_run_vcpu(Cpu(0)), KVM_EXIT_HLT);
	EXPECT_EQ(Value("progress"), 1u);
}

TEST_F(Entry, RefusalIsReported)
{
	Make({}, "yield_twice");
	ASSERT_EQ(tst_kvm_run_vcpu(Cpu(0)), KVM_EXIT_HLT);
	SetSize(true);
	EXPECT_THAT(Run(), ElementsAre(ResultIs(TBROK, HasSubstr("KVM_EXIT_FAIL_ENTRY (9)"))));
}

} // namespace
