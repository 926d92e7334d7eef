/* SPDX-License-Identifier: MIT */
/* A virtual machine beside a test's own. */
#ifndef RINGSIDE_KVM_TESTS_NEIGHBOUR_H
#define RINGSIDE_KVM_TESTS_NEIGHBOUR_H

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "ringside/kvm_gtest.h"

namespace kvm_tests
{

/*
 * It never runs. For the first machine of a host KVM switches the CPU's virtualization
 * on, for the first CPU without an APIC it patches its own code (jump labels), and when
 * the last one goes it takes both back. With a neighbour it does so once for a program
 * and not for each of its cases, of which that is a quarter where KVM is emulated.
 */
class Neighbour
{
public:
	Neighbour()
		: kvm_(Made("open() of /dev/kvm", open("/dev/kvm", O_RDWR | O_CLOEXEC))),
		  vm_(kvm_ < 0 ? -1 : Made("KVM_CREATE_VM", ioctl(kvm_, KVM_CREATE_VM, 0))),
		  cpu_(vm_ < 0 ? -1 : Made("KVM_CREATE_VCPU", ioctl(vm_, KVM_CREATE_VCPU, 0)))
	{
	}

	~Neighbour()
	{
		for (int fd : {cpu_, vm_, kvm_})
			close(fd);
	}

	Neighbour(const Neighbour &) = delete;
	Neighbour &operator=(const Neighbour &) = delete;

private:
	static int Made(const char *call, int fd)
	{
		EXPECT_GE(fd, 0) << "a second virtual machine: " << call << ": " << strerror(errno);
		return fd;
	}

	int kvm_, vm_, cpu_;
};

} /* namespace kvm_tests */

#endif /* RINGSIDE_KVM_TESTS_NEIGHBOUR_H */
