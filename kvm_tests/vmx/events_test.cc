// SPDX-License-Identifier: MIT
// Interrupts, NMIs, INIT, startup IPIs, traps and timers around a nested guest: the tables in
// events.h. Which of guest and hypervisor gets an event is for the VMCS to say.
#include "case_test.h"
#include "events.h"

namespace
{

using kvm_tests::NamedCase;

int Ignore(struct tst_kvm_vcpu *, void *)
{
	return 0;
}

class Events : public kvm_tests::CaseTest, public testing::WithParamInterface<NamedCase>
{
};

TEST_P(Events, AreTold)
{
	Create(TST_KVM_KERNEL_IRQCHIP);
	// A port, of which no device is behind it.
	tst_kvm_on_exit(vm(), KVM_EXIT_IO, Ignore, nullptr);
	Choose(GetParam().name);
	RunTo(TST_KVM_ENDED);
}

#define NAME(name, ...) {#name},
#define DELIVERED(name, ...) {#name "Delivered"}, {#name "Faults"},

constexpr NamedCase kCases[] = {EVENT_CASES(NAME) INJECTIONS(DELIVERED)};

INSTANTIATE_TEST_SUITE_P(Cases, Events, testing::ValuesIn(kCases), kvm_tests::NameOf<NamedCase>);

class TwoCpus : public kvm_tests::CaseTest
{
};

// "Activity State": wait-for-SIPI. The other CPU sends it.
TEST_F(TwoCpus, StartupIpiStopsAWaitingGuest)
{
	Create(TST_KVM_KERNEL_IRQCHIP, 2);
	Choose("StartupIpi");
	tst_kvm_run_instance(vm(), 0);
}

} // namespace
