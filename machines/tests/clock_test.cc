// SPDX-License-Identifier: MIT
// KVM counts with the TSC's rate that the kernel has. Where the TSC is not invariant, it keeps the
// rate of when it was loaded, which must not be the first, coarse one.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <x86intrin.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <ctime>

#include <linux/kvm.h>

#include "gtest/gtest.h"

namespace
{

// Rates that are closer are the same to KVM: kernel-parameters.txt, kvm.tsc_tolerance_ppm.
constexpr double kTolerance = 250e-6;

struct Moment {
	uint64_t tsc;
	double nanoseconds; // of a clock that nobody corrects
};

// The two as close together as can be had.
Moment Now()
{
	uint64_t shortest = UINT64_MAX;
	Moment moment = {};

	for (int i = 0; i < 50; i++) {
		timespec time;
		const uint64_t before = __rdtsc();

		clock_gettime(CLOCK_MONOTONIC_RAW, &time);
		const uint64_t passed = __rdtsc() - before;
		if (passed >= shortest)
			continue;
		shortest = passed;
		moment = {before + passed / 2, time.tv_sec * 1e9 + time.tv_nsec};
	}
	return moment;
}

TEST(Clock, KvmHasTheTscsRate)
{
	const int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	ASSERT_GE(kvm, 0) << strerror(errno);
	const int vm = ioctl(kvm, KVM_CREATE_VM, 0);
	ASSERT_GE(vm, 0) << strerror(errno);
	const int rate = ioctl(vm, KVM_GET_TSC_KHZ, 0); // in kHz
	ASSERT_GT(rate, 0) << strerror(errno);
	close(vm);
	close(kvm);

	const Moment first = Now();
	Moment last;

	do
		last = Now();
	while (last.nanoseconds < first.nanoseconds + 50e6);
	const double kernels =
		(last.tsc - first.tsc) / (last.nanoseconds - first.nanoseconds) * 1e6;
	EXPECT_NEAR(rate, kernels, kernels * kTolerance);
}

} // namespace
