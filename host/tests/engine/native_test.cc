// SPDX-License-Identifier: MIT
// Exits as a CPU itself makes them, not a KVM that emulates all of a guest: here AMD's.
#include <sys/ioctl.h>

#include "machine.h"

namespace
{

using ::ringside::ResultIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class Native : public MachineTest
{
};

TEST_F(Native, HypercallIsReturned)
{
	tst_kvm_config config = {};

	config.before_vcpus = [](tst_kvm_instance *inst, void *) {
		kvm_enable_cap cap = {};

		if (!(SAFE_IOCTL(inst->vm_fd, KVM_CHECK_EXTENSION, KVM_CAP_EXIT_HYPERCALL) &
		      1 << GUEST_HYPERCALL))
			tst_brk(TCONF, "this KVM's hypercalls do not leave the guest");
		cap.cap = KVM_CAP_EXIT_HYPERCALL;
		cap.args[0] = 1 << GUEST_HYPERCALL;
		SAFE_IOCTL(inst->vm_fd, KVM_ENABLE_CAP, &cap);
	};
	Make(config, "hypercall");
	ASSERT_EQ(tst_kvm_run_vcpu(Cpu(0)), KVM_EXIT_HYPERCALL);
	EXPECT_EQ(Cpu(0)->run->hypercall.nr, static_cast<unsigned>(GUEST_HYPERCALL));
	EXPECT_EQ(Cpu(0)->run->hypercall.args[0], GUEST_HYPERCALL_PAGE);
	Cpu(0)->run->hypercall.ret = 7;
	EXPECT_EQ(tst_kvm_run_vcpu(Cpu(0)), TST_KVM_ENDED);
	EXPECT_EQ(Value("value"), 7u);
}

// APM Vol. 2 "Shutdown": the VMCB says nothing after it, and KVM resets the CPU.
TEST_F(Native, TripleFaultSaysThatTheCpuWasReset)
{
	Make({}, "report_and_fault");
	const auto results = Run();

	ASSERT_THAT(results,
		    ElementsAre(ResultIs(TINFO, "the last words"),
				ResultIs(TBROK,
					 AllOf(HasSubstr("KVM_EXIT_SHUTDOWN (8); a triple fault"),
					       HasSubstr("KVM has reset the CPU"),
					       HasSubstr("it has reported last: "),
					       HasSubstr("it had not taken an interrupt"),
					       HasSubstr("the last words"), Not(HasSubstr("#0 ")),
					       Not(HasSubstr("fff0"))))));
}

// What the guest has taken is in its memory, which KVM does not reset.
TEST_F(Native, TripleFaultNamesTheLastInterrupt)
{
	Make({}, "interrupt_and_fault");
	const auto results = Run();
	ASSERT_THAT(
		results,
		ElementsAre(ResultIs(
			TBROK,
			AllOf(HasSubstr("KVM has reset the CPU"),
			      HasSubstr("the last interrupt that it took: vector 6 at 0x"),
			      HasSubstr(" interrupt_and_fault+0x"), HasSubstr("_payload.c:")))));
}

TEST_F(Native, TripleFaultBeforeAnyReportSaysSo)
{
	Make({}, "triple_fault");
	EXPECT_THAT(Run(), ElementsAre(ResultIs(TBROK, HasSubstr("it had not reported anything "
								 "yet"))));
}

} // namespace
