// SPDX-License-Identifier: MIT
// Interrupts, NMIs and INIT that come while a nested guest runs, exceptions that KVM raises for
// it, and whose they are: APM Vol. 2, "Physical (INTR) Interrupts", "NMI Intercept", "INIT
// Intercept", "Virtualizing Interrupts", "Exception Intercepts". An intercepted signal stops the
// guest and stays pending for its hypervisor.
//
// An interrupt that the hypervisor masks waits. KVM looked for the moment when it is unmasked,
// though no nested guest can do that, by a virtual interrupt of vector 0 that it did not
// intercept: the guest got it. Fixed by 7334ede457c6.
#include <cstring>

#include "case_test.h"

namespace
{

using kvm_tests::NamedCase;

int Ignore(struct tst_kvm_vcpu *, void *)
{
	return 0;
}

class Signals : public kvm_tests::CaseTest, public testing::WithParamInterface<NamedCase>
{
};

TEST_P(Signals, ComeToWhoIsToHaveThem)
{
	Create(TST_KVM_KERNEL_IRQCHIP);
	tst_kvm_on_exit(vm(), KVM_EXIT_IO, Ignore, nullptr);
	Choose(GetParam().name);
	RunTo(TST_KVM_ENDED);
}

constexpr NamedCase kCases[] = {
#ifdef MASKED
	{"InterruptMaskedByHypervisor"},
#else
	{"InterruptIntercepted"}, {"InterruptInterceptedWhileMasked"},
	{"InterruptOfGuest"},	  {"InterruptWhileGuestMasks"},
	{"NmiIntercepted"},	  {"NmiOfGuest"},
	{"PageFaultOfOutput"},	  {"PageFaultOfInput"},
	{"ProtectionFaultOfMsr"}, {"PageFaultOfGuest"},
	{"SingleStepOverOutput"},
#endif
};

INSTANTIATE_TEST_SUITE_P(Cases, Signals, testing::ValuesIn(kCases), kvm_tests::NameOf<NamedCase>);

#ifndef MASKED

constexpr uint64_t kInit = 0x63; // APM Vol. 2, Appendix C
constexpr uint8_t kReset = 0x80; // a port, of which no device is behind it

class Init : public kvm_tests::CaseTest
{
};

// It stays pending, and resets the CPU as soon as the hypervisor sets its global interrupt flag.
// APM Vol. 2, "Processor Initialization State": the first instruction is at 0xfffffff0.
TEST_F(Init, StopsTheGuestAndResetsItsHypervisor)
{
	static constexpr uint8_t kCode[] = {0xe6, kReset}; // out %al, $kReset

	Create(TST_KVM_KERNEL_IRQCHIP);
	Choose("InitIntercepted");
	RunTo(KVM_EXIT_HLT); // it yields
	memcpy(tst_kvm_get_memptr(vm(), 0xfffffff0), kCode, sizeof(kCode));
	RunTo(KVM_EXIT_IO);
	EXPECT_EQ(cpu()->run->io.port, kReset);
	EXPECT_EQ(*static_cast<uint64_t *>(
			  tst_kvm_get_memptr(vm(), *Shared<uint64_t>("exit_code_address"))),
		  kInit);
}

#endif /* MASKED */

} // namespace
