// SPDX-License-Identifier: MIT
// A hypervisor enters a nested guest with an EPT pointer that leads to no memory. The entry
// does not look there (SDM Vol. 3 "Checks on VMX Controls": the address's width alone counts),
// and a VMX-preemption timer of 0 stops the guest before its first instruction, so that
// nobody does ("VMX-Preemption Timer").
//
// KVM took that for a triple fault in the middle of the entry, warned, and gave the whole
// virtual machine up: fixed by 0e3223d8d00a.
#include <sys/ioctl.h>

#include <cerrno>
#include <cstring>

#include "case_test.h"

namespace
{

constexpr uint32_t kPreemptionTimer = 52; // SDM Vol. 3 "Basic Exit Reasons"

class EptRoot : public kvm_tests::CaseTest
{
};

TEST_F(EptRoot, IsNotLookedAtByTheEntry)
{
	Choose("ept_root");
	// That KVM_RUN fails is what the test is about, and no accident.
	ASSERT_EQ(ioctl(cpu()->fd, KVM_RUN, 0), 0) << "KVM_RUN: " << strerror(errno);
	ASSERT_EQ(cpu()->run->exit_reason, uint32_t{KVM_EXIT_IO}) << tst_kvm_describe_exit(cpu());
	EXPECT_EQ(*Shared<uint32_t>("exit_reason"), kPreemptionTimer);
	RunTo(TST_KVM_ENDED);
}

} // namespace
