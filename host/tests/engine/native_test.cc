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

// KVM API, "KVM_EXIT_SYSTEM_EVENT", KVM_SYSTEM_EVENT_CRASH: what a guest that knows Hyper-V
// notes in its crash MSRs. KVM tells of it where the host has set the control MSR.
TEST_F(Native, SystemEventIsReturned)
{
	struct {
		kvm_cpuid2 header;
		kvm_cpuid_entry2 entries[256];
	} cpuid = {};
	struct {
		kvm_msrs header;
		kvm_msr_entry entry;
	} msr = {};

	Make({}, "crash");
	cpuid.header.nent = 256;
	SAFE_IOCTL(Cpu(0)->fd, KVM_GET_CPUID2, &cpuid);
	// TLFS, "Hypervisor Discovery": 0x40000001 has "Hv#1" in EAX, here in place of KVM's.
	for (kvm_cpuid_entry2 &entry : cpuid.entries) {
		if (entry.function == 0x40000001)
			entry.eax = 0x31237648;
	}
	SAFE_IOCTL(Cpu(0)->fd, KVM_SET_CPUID2, &cpuid);
	msr.header.nmsrs = 1;
	msr.entry.index = GUEST_HV_CRASH_CTL;
	msr.entry.data = GUEST_HV_CRASH_NOTIFY;
	if (SAFE_IOCTL(Cpu(0)->fd, KVM_SET_MSRS, &msr) != 1)
		tst_brk(TCONF, "this KVM has no Hyper-V MSRs (CONFIG_KVM_HYPERV)");

	ASSERT_EQ(tst_kvm_run_vcpu(Cpu(0)), KVM_EXIT_SYSTEM_EVENT);
	EXPECT_EQ(Cpu(0)->run->system_event.type, static_cast<uint32_t>(KVM_SYSTEM_EVENT_CRASH));
	EXPECT_THAT(Describe(0), HasSubstr("KVM_EXIT_SYSTEM_EVENT (24); event type 3"));
	EXPECT_EQ(tst_kvm_run_vcpu(Cpu(0)), TST_KVM_ENDED);
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
