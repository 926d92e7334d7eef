// SPDX-License-Identifier: MIT
#include "syscall_filter.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include <cstddef>

#include "tst_safe_pthread.h"

namespace
{

struct Job {
	const FailingCall *call;
	const std::function<void()> *function;
	bool installed;
};

// Kernel documentation, "Seccomp BPF (SECure COMPuting with filters)". The
// filter only makes calls fail, so it need not tell architectures apart.
bool Install(const FailingCall &call)
{
	const auto number = static_cast<uint32_t>(offsetof(seccomp_data, nr));
	const auto request = static_cast<uint32_t>(offsetof(seccomp_data, args) + 8);
	const uint8_t any_other = call.any_request ? 0 : 1; // how far to jump
	sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, number),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(call.number), 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, request),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call.request, 0, any_other),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<uint32_t>(call.error)),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

void *RunJob(void *arg)
{
	auto *job = static_cast<Job *>(arg);

	job->installed = Install(*job->call);
	if (job->installed)
		(*job->function)();
	return nullptr;
}

} // namespace

std::vector<ringside::Result> CollectWithFailing(const FailingCall &call,
						 const std::function<void()> &function)
{
	Job job = {&call, &function, false};
	auto results = ringside::Collect([&job] {
		pthread_t thread;

		SAFE_PTHREAD_CREATE(&thread, nullptr, RunJob, &job);
		SAFE_PTHREAD_JOIN(thread, nullptr);
	});

	EXPECT_TRUE(job.installed) << "prctl(PR_SET_SECCOMP) failed";
	return results;
}

bool CanFilterSyscalls()
{
	return prctl(PR_GET_SECCOMP) >= 0;
}
