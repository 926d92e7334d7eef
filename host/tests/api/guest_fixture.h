// SPDX-License-Identifier: MIT
// A virtual machine with the payload of guest.h.
#ifndef RINGSIDE_HOST_TESTS_API_GUEST_FIXTURE_H
#define RINGSIDE_HOST_TESTS_API_GUEST_FIXTURE_H

#include <pthread.h>
#include <signal.h>

#include <thread>

#include "guest.h"
#include "ringside/kvm_gtest.h"

class GuestTest : public ringside::KvmTest
{
protected:
	void SetUp() override
	{
		KvmTest::SetUp();
		page_ = static_cast<guest_page *>(tst_kvm_alloc_memory(
			vm(), GUEST_SLOT, GUEST_ADDRESS, sizeof(guest_page), 0));
	}

	void SetTask(guest_task task)
	{
		__atomic_store_n(&page_->task, task, __ATOMIC_RELEASE);
	}

	uint32_t Progress() const
	{
		return __atomic_load_n(&page_->progress, __ATOMIC_ACQUIRE);
	}

	std::vector<ringside::Result> RunTask(guest_task task)
	{
		SetTask(task);
		return ringside::RunAndCollect(vm());
	}

	guest_page *page_;
};

// A guest that runs in a thread of its own while this object lives.
class RunningGuest
{
public:
	RunningGuest(tst_kvm_instance *vm, int exp_errno)
		: thread_([this, vm, exp_errno] {
			  value_ = tst_kvm_run_instance(vm, exp_errno);
			  error_ = errno;
		  })
	{
	}
	~RunningGuest()
	{
		Join();
	}
	RunningGuest(const RunningGuest &) = delete;
	RunningGuest &operator=(const RunningGuest &) = delete;

	void Kill(int sig)
	{
		pthread_kill(thread_.native_handle(), sig);
	}

	// What tst_kvm_run_instance() returned, and errno after it.
	int Join()
	{
		if (thread_.joinable())
			thread_.join();
		return value_;
	}
	int Error() const
	{
		return error_;
	}

private:
	int value_ = 0, error_ = 0;
	std::thread thread_;
};

#endif // RINGSIDE_HOST_TESTS_API_GUEST_FIXTURE_H
