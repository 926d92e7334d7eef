/* SPDX-License-Identifier: MIT */
/* Controllers of tests of interrupts that the host raises. */
#ifndef RINGSIDE_KVM_TESTS_IRQCHIP_TEST_H
#define RINGSIDE_KVM_TESTS_IRQCHIP_TEST_H

#include "case_test.h"
#include "irqchip.h"

namespace kvm_tests
{

constexpr uint32_t kMsiAddress = 0xfee00000; /* to APIC ID 0 */

class IrqchipTest : public CaseTest
{
protected:
	void Begin(const char *function, enum tst_kvm_irqchip irqchip = TST_KVM_KERNEL_IRQCHIP,
		   unsigned int vcpus = 1)
	{
		Create(irqchip, vcpus);
		Choose(function);
	}

	/* The payload programs an I/O APIC and PICs: with a split irqchip, there are none. */
	void IgnoreDevices()
	{
		const auto ignore = [](auto *vcpu, void *arg) { return 0; };

		tst_kvm_on_exit(vm(), KVM_EXIT_MMIO, ignore, nullptr);
		tst_kvm_on_exit(vm(), KVM_EXIT_IO, ignore, nullptr);
	}

	/* To the guest's next kvm_yield(). */
	void RunToYield()
	{
		RunTo(KVM_EXIT_HLT);
	}

	void RunToEnd()
	{
		RunTo(TST_KVM_ENDED);
	}

	static void Signal(int fd)
	{
		const uint64_t one = 1;

		SAFE_WRITE(1, fd, &one, sizeof(one));
	}
};

} /* namespace kvm_tests */

#endif /* RINGSIDE_KVM_TESTS_IRQCHIP_TEST_H */
