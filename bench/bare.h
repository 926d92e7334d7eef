// SPDX-License-Identifier: MIT
// The floor: virtual machines made of the fewest ioctls that KVM needs.
#ifndef RINGSIDE_BENCH_BARE_H
#define RINGSIDE_BENCH_BARE_H

#include "ringside/kvm_gtest.h"

#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace bare
{

constexpr uint64_t kEnd = 0x100000000; // the reset vector is 16 bytes below
constexpr size_t kCode = DEFAULT_RAM_SIZE - 16;

// Asked once for the process, as the library does.
struct Host {
	Host()
		: fd(SAFE_OPEN("/dev/kvm", O_RDWR | O_CLOEXEC)),
		  run_size(SAFE_IOCTL(fd, KVM_GET_VCPU_MMAP_SIZE, 0))
	{
	}

	static const Host &Get()
	{
		static const Host host;

		return host;
	}

	int fd;
	size_t run_size;
};

inline void Check(bool ok)
{
	if (!ok)
		abort();
}

// One CPU, and as much RAM as the library's machines have by default.
class Vm
{
public:
	explicit Vm(const void *code, size_t size)
		: vm_fd_(ioctl(Host::Get().fd, KVM_CREATE_VM, 0)),
		  ram_(static_cast<unsigned char *>(
			  mmap(nullptr, DEFAULT_RAM_SIZE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)))
	{
		kvm_userspace_memory_region region = {};

		region.guest_phys_addr = kEnd - DEFAULT_RAM_SIZE;
		region.memory_size = DEFAULT_RAM_SIZE;
		region.userspace_addr = reinterpret_cast<uintptr_t>(ram_);
		memcpy(ram_ + kCode, code, size);
		Check(ioctl(vm_fd_, KVM_SET_USER_MEMORY_REGION, &region) == 0);
		fd_ = ioctl(vm_fd_, KVM_CREATE_VCPU, 0);
		run_ = static_cast<kvm_run *>(mmap(nullptr, Host::Get().run_size,
						   PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0));
	}

	~Vm()
	{
		munmap(run_, Host::Get().run_size);
		close(fd_);
		close(vm_fd_);
		munmap(ram_, DEFAULT_RAM_SIZE);
	}

	Vm(const Vm &) = delete;
	Vm &operator=(const Vm &) = delete;

	void Run(uint32_t reason)
	{
		Check(ioctl(fd_, KVM_RUN, 0) == 0 && run_->exit_reason == reason);
	}

	int fd() const
	{
		return fd_;
	}

private:
	int vm_fd_, fd_ = -1;
	unsigned char *ram_;
	kvm_run *run_ = nullptr;
};

// Intel SDM Vol. 2: HLT; OUT DX, AL in a loop (JMP -3).
constexpr unsigned char kHalt[] = {0xf4};
constexpr unsigned char kOut[] = {0xee, 0xeb, 0xfd};

} // namespace bare

#endif // RINGSIDE_BENCH_BARE_H
