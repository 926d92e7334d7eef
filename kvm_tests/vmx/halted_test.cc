// SPDX-License-Identifier: MIT
// A hypervisor enters a nested guest in the HLT state, with virtual interrupts and no memory
// at its virtual-APIC address. An interrupt of the hypervisor's own ends it: SDM Vol. 3
// "Activity State", "External-Interrupt Exiting".
//
// KVM looked for a virtual interrupt in the page that was mapped at the last entry, and read
// from NULL: fixed by 321ef62b0c5f. That would end the process, so the guest is another's.
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "kernel_log.h"
#include "ringside/kvm_gtest.h"

namespace
{

constexpr uint32_t kExternalInterrupt = 1; // SDM Vol. 3 "Basic Exit Reasons"
constexpr int kTimeoutMs = 10000;

enum Outcome {
	kWoken,
	kOtherExit,
	kNotRun
};

[[noreturn]] void RunGuest()
{
	tst_kvm_instance vm = {};
	tst_kvm_config config = {};

	config.irqchip = TST_KVM_KERNEL_IRQCHIP;
	tst_kvm_create(&vm, &config);
	tst_kvm_set_arg(tst_kvm_vcpu(&vm, 0), tst_kvm_symbol_address(&vm, "halted"));
	if (tst_kvm_run_vcpu(tst_kvm_vcpu(&vm, 0)) != TST_KVM_ENDED)
		_exit(kNotRun);
	const uint32_t reason =
		*static_cast<volatile uint32_t *>(tst_kvm_symbol(&vm, "exit_reason"));
	printf("the nested guest's exit reason is %#x\n", reason);
	fflush(stdout);
	_exit(reason == kExternalInterrupt ? kWoken : kOtherExit);
}

TEST(Halted, InterruptOfTheHypervisorWakesIt)
{
	kvm_tests::KernelLog log;
	const pid_t child = fork();

	ASSERT_GE(child, 0) << strerror(errno);
	if (!child)
		RunGuest();

	pollfd ended = {static_cast<int>(syscall(SYS_pidfd_open, child, 0)), POLLIN, 0};
	int status = 0;

	ASSERT_GE(ended.fd, 0) << strerror(errno);
	const int events = poll(&ended, 1, kTimeoutMs);
	close(ended.fd);
	EXPECT_EQ(events, 1) << "the guest's process does not come to an end";
	if (events != 1)
		kill(child, SIGKILL);
	else
		waitpid(child, &status, 0);
	EXPECT_EQ(log.Complaints(), "") << "the kernel has complained";
	EXPECT_FALSE(WIFSIGNALED(status)) << "signal " << WTERMSIG(status);
	if (WIFEXITED(status))
		EXPECT_EQ(WEXITSTATUS(status), kWoken);
}

} // namespace
