// SPDX-License-Identifier: MIT
// What a virtual machine costs: made, run to its end and destroyed by the library, beside the
// fewest ioctls that KVM needs for as much memory and one halt. Both take turns in one process.
#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <vector>

#include "ringside/kvm_gtest.h"

namespace
{

constexpr int kRounds = 400;
constexpr int kWarmUp = 20;

double MicrosecondsOf(const std::function<void()> &work)
{
	const auto start = std::chrono::steady_clock::now();

	work();
	return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start)
		.count();
}

// One machine with a HLT at its reset vector. /dev/kvm is open, sizes are known.
void RunBare(int kvm_fd, size_t run_size)
{
	const int vm_fd = ioctl(kvm_fd, KVM_CREATE_VM, 0);
	auto *ram = static_cast<unsigned char *>(
		mmap(nullptr, DEFAULT_RAM_SIZE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
	kvm_userspace_memory_region region = {};

	// The reset vector is 16 bytes below 4 GiB.
	region.guest_phys_addr = 0x100000000 - DEFAULT_RAM_SIZE;
	region.memory_size = DEFAULT_RAM_SIZE;
	region.userspace_addr = reinterpret_cast<uintptr_t>(ram);
	ram[DEFAULT_RAM_SIZE - 16] = 0xf4;
	ASSERT_EQ(ioctl(vm_fd, KVM_SET_USER_MEMORY_REGION, &region), 0);
	const int vcpu_fd = ioctl(vm_fd, KVM_CREATE_VCPU, 0);
	auto *run = static_cast<kvm_run *>(
		mmap(nullptr, run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu_fd, 0));
	ASSERT_EQ(ioctl(vcpu_fd, KVM_RUN, 0), 0);
	ASSERT_EQ(run->exit_reason, static_cast<unsigned>(KVM_EXIT_HLT));
	munmap(run, run_size);
	close(vcpu_fd);
	close(vm_fd);
	munmap(ram, DEFAULT_RAM_SIZE);
}

struct Parts {
	double create, run, destroy;
};

Parts RunLibrary()
{
	tst_kvm_instance vm = {};
	Parts parts;

	parts.create = MicrosecondsOf([&] { tst_kvm_create(&vm, nullptr); });
	ringside::Collect([&] { // prints nothing
		parts.run = MicrosecondsOf([&] { tst_kvm_run_instance(&vm, 0); });
	});
	parts.destroy = MicrosecondsOf([&] {
		tst_kvm_destroy_instance(&vm);
		tst_free_all();
	});
	return parts;
}

double MedianOf(std::vector<double> values)
{
	std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
	return values[values.size() / 2];
}

TEST(LifeCycle, AgainstTheFloor)
{
	std::vector<double> bare, create, run, destroy, all;
	int kvm_fd = SAFE_OPEN("/dev/kvm", O_RDWR | O_CLOEXEC);
	const size_t run_size = SAFE_IOCTL(kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);

	for (int i = 0; i < kRounds + kWarmUp; i++) {
		const double floor = MicrosecondsOf([&] { RunBare(kvm_fd, run_size); });
		const Parts parts = RunLibrary();

		if (i < kWarmUp)
			continue;
		bare.push_back(floor);
		create.push_back(parts.create);
		run.push_back(parts.run);
		destroy.push_back(parts.destroy);
		all.push_back(parts.create + parts.run + parts.destroy);
	}
	SAFE_CLOSE(kvm_fd);
	printf("medians of %d: library %.0f us (create %.0f, run %.0f, destroy %.0f), bare %.0f us, "
	       "ratio %.2f\n",
	       kRounds, MedianOf(all), MedianOf(create), MedianOf(run), MedianOf(destroy),
	       MedianOf(bare), MedianOf(all) / MedianOf(bare));
}

} // namespace
