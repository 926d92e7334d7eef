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
#include <memory>
#include <vector>

namespace bare
{

constexpr uint64_t kEnd = 0x100000000; // of RAM
constexpr size_t kResetVector = 16; // bytes below the end

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

// A virtual CPU, and what it shares with us.
class Vcpu
{
public:
	Vcpu(int vm_fd, unsigned long index)
		: fd_(ioctl(vm_fd, KVM_CREATE_VCPU, index)),
		  run_(static_cast<kvm_run *>(mmap(nullptr, Host::Get().run_size,
						   PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0)))
	{
		Check(run_ != MAP_FAILED);
	}

	~Vcpu()
	{
		munmap(run_, Host::Get().run_size);
		close(fd_);
	}

	Vcpu(const Vcpu &) = delete;
	Vcpu &operator=(const Vcpu &) = delete;

	void Run(uint32_t reason)
	{
		Check(ioctl(fd_, KVM_RUN, 0) == 0 && run_->exit_reason == reason);
	}

	int fd() const
	{
		return fd_;
	}

private:
	int fd_;
	kvm_run *run_;
};

// By default one CPU, and as much RAM as the library's machines have. CPU 0 runs.
class Vm
{
public:
	explicit Vm(const void *code, size_t size, unsigned int cpus = 1,
		    size_t ram_size = DEFAULT_RAM_SIZE)
		: vm_fd_(ioctl(Host::Get().fd, KVM_CREATE_VM, 0)), ram_size_(ram_size),
		  ram_(static_cast<unsigned char *>(
			  mmap(nullptr, ram_size, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)))
	{
		kvm_userspace_memory_region region = {};

		region.guest_phys_addr = kEnd - ram_size;
		region.memory_size = ram_size;
		region.userspace_addr = reinterpret_cast<uintptr_t>(ram_);
		memcpy(ram_ + ram_size - kResetVector, code, size);
		Check(ioctl(vm_fd_, KVM_SET_USER_MEMORY_REGION, &region) == 0);
		for (unsigned int i = 0; i < cpus; i++)
			cpus_.push_back(std::make_unique<Vcpu>(vm_fd_, i));
	}

	~Vm()
	{
		cpus_.clear();
		close(vm_fd_);
		munmap(ram_, ram_size_);
	}

	Vm(const Vm &) = delete;
	Vm &operator=(const Vm &) = delete;

	void Run(uint32_t reason)
	{
		cpus_[0]->Run(reason);
	}

	int fd() const
	{
		return cpus_[0]->fd();
	}

private:
	int vm_fd_;
	size_t ram_size_;
	unsigned char *ram_;
	std::vector<std::unique_ptr<Vcpu>> cpus_;
};

// Intel SDM Vol. 2: HLT; OUT DX, AL in a loop (JMP -3).
constexpr unsigned char kHalt[] = {0xf4};
constexpr unsigned char kOut[] = {0xee, 0xeb, 0xfd};

} // namespace bare

#endif // RINGSIDE_BENCH_BARE_H
