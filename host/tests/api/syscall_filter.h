// SPDX-License-Identifier: MIT
// Makes system calls fail on demand, so that a test sees what a user would on
// a machine without /dev/kvm, without permission or without memory. It takes no
// privileges and changes nothing outside the one thread.
#ifndef RINGSIDE_HOST_TESTS_API_SYSCALL_FILTER_H
#define RINGSIDE_HOST_TESTS_API_SYSCALL_FILTER_H

#include <vector>

#include "ringside/kvm_gtest.h"

struct FailingCall {
	int number; // SYS_...
	int error; // the errno; 0 makes the call return 0 without doing anything
	bool any_request = true; // if not, only with this second argument:
	uint32_t request = 0; // an ioctl's number
};

// Collect() in a thread of its own, in which the call fails as described.
std::vector<ringside::Result> CollectWithFailing(const FailingCall &call,
						 const std::function<void()> &function);

// Whether this kernel can do that; otherwise a test that needs it is skipped.
bool CanFilterSyscalls();

#endif // RINGSIDE_HOST_TESTS_API_SYSCALL_FILTER_H
