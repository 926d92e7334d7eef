// SPDX-License-Identifier: MIT
// A nested guest's triple fault is its hypervisor's business if that intercepts it, and
// else the end of the virtual CPU: APM Vol. 2, "Shutdown Intercept"; KVM API,
// KVM_EXIT_SHUTDOWN. The virtual machine is then destroyed with a CPU in the middle of a
// nested guest, whose VMCB KVM had freed while it was in use: CVE-2022-3344, fixed by
// 16ae56d7e043 and 3e87cb0caa25. A kernel with that bug warns in its log.
#include "case_test.h"

namespace
{

class Shutdown : public kvm_tests::CaseTest
{
};

TEST_F(Shutdown, InterceptedIsTheHypervisors)
{
	Choose("intercepted");
	RunTo(TST_KVM_ENDED);
}

TEST_F(Shutdown, NotInterceptedEndsTheCpu)
{
	Choose("not_intercepted");
	RunTo(KVM_EXIT_SHUTDOWN);
}

} // namespace
