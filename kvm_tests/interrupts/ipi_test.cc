// SPDX-License-Identifier: MIT
// Interrupts from CPU to CPU, in both modes of the local APIC.
#include "case_test.h"

namespace
{

struct IpiCase {
	const char *name;
	unsigned int cpus;
	bool x2apic;
	const char *first, *others; // what CPU 0 runs, and what all others do
	unsigned int rounds;
};

[[maybe_unused]] void PrintTo(const IpiCase &c, std::ostream *os)
{
	*os << c.name;
}

class Ipi : public kvm_tests::CaseTest, public testing::WithParamInterface<IpiCase>
{
	// 20,000 interrupts take seconds where each instruction is emulated.
	int TimeoutSeconds() const override
	{
		return 240;
	}
};

TEST_P(Ipi, Arrives)
{
	const IpiCase &c = GetParam();

	Create(TST_KVM_KERNEL_IRQCHIP, c.cpus);
	*Shared<uint32_t>("use_x2apic") = c.x2apic;
	*Shared<uint32_t>("rounds") = c.rounds;
	Choose(c.first);
	for (unsigned int i = 1; i < c.cpus; i++)
		tst_kvm_start_vcpu(cpu(i), c.others, 0);
	Run();
}

constexpr IpiCase kCases[] = {
	{"ThousandEachWayXapic", 2, false, "ping", "pong", 1000},
	{"TenThousandEachWayX2apic", 2, true, "ping", "pong", 10000},
	{"EachToEachOf2Xapic", 2, false, "each_to_each", "each_to_each_cpu", 0},
	{"EachToEachOf4Xapic", 4, false, "each_to_each", "each_to_each_cpu", 0},
	{"EachToEachOf16Xapic", 16, false, "each_to_each", "each_to_each_cpu", 0},
	{"EachToEachOf2X2apic", 2, true, "each_to_each", "each_to_each_cpu", 0},
	{"EachToEachOf4X2apic", 4, true, "each_to_each", "each_to_each_cpu", 0},
	{"EachToEachOf16X2apic", 16, true, "each_to_each", "each_to_each_cpu", 0},
	{"AllButSelfXapic", 4, false, "all_but_self", "all_but_self_cpu", 0},
	{"AllButSelfX2apic", 4, true, "all_but_self", "all_but_self_cpu", 0},
	{"SelfXapic", 1, false, "self", nullptr, 0},
	{"SelfX2apic", 1, true, "self", nullptr, 0},
	{"HigherVectorFirst", 1, false, "priority", nullptr, 0},
	{"TaskPriorityXapic", 1, false, "task_priority", nullptr, 0},
	{"TaskPriorityX2apic", 1, true, "task_priority", nullptr, 0},
	{"NmiXapic", 2, false, "nmi_sender", "nmi_receiver", 0},
	{"NmiX2apic", 2, true, "nmi_sender", "nmi_receiver", 0},
};

INSTANTIATE_TEST_SUITE_P(Cases, Ipi, testing::ValuesIn(kCases), kvm_tests::NameOf<IpiCase>);

} // namespace
