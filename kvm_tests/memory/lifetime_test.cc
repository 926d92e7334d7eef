// SPDX-License-Identifier: MIT
// Virtual machines come and go, and the kernel gets back all memory that they took.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "case_test.h"

namespace
{

constexpr int kFirst = 30; // until the kernel has what it keeps
constexpr int kMachines = 100;
constexpr int kLots = 3; // of so many machines

// Of what comes and goes while nothing is left behind, in KiB: in slabs, for what is a few bytes
// of each machine, and in all.
constexpr long kSlabSlack = 16, kSlack = 128;

// The sum of the numbers in a file's lines that begin with @name.
long Sum(const char *path, const char *name)
{
	const size_t size = strlen(name);
	FILE *file = fopen(path, "re");
	bool found = false;
	char line[256];
	long sum = 0;

	while (file && fgets(line, sizeof(line), file)) {
		const char *start = line + strspn(line, " ");

		if (strncmp(start, name, size))
			continue;
		sum += strtol(start + size, nullptr, 10);
		found = true;
	}
	if (file)
		fclose(file);
	EXPECT_TRUE(found) << path << " has no " << name;
	return sum;
}

// What the kernel holds for itself, in KiB: proc(5), /proc/meminfo and /proc/zoneinfo.
struct KernelMemory {
	static KernelMemory Now()
	{
		const long page = sysconf(_SC_PAGESIZE) >> 10;

		Refresh();
		return {MemInfo("SUnreclaim:"), MemInfo("MemTotal:") - MemInfo("MemFree:") -
							MemInfo("Cached:") - MemInfo("Buffers:") -
							MemInfo("AnonPages:") -
							MemInfo("SReclaimable:") -
							// Free pages that CPUs keep for themselves.
							Sum("/proc/zoneinfo", "count:") * page};
	}

	long slabs, all;

private:
	// Each CPU counts by itself: admin-guide/sysctl/vm.rst, stat_refresh.
	static void Refresh()
	{
		const int fd = open("/proc/sys/vm/stat_refresh", O_WRONLY | O_CLOEXEC);

		EXPECT_EQ(write(fd, "1", 1), 1) << strerror(errno);
		close(fd);
	}

	static long MemInfo(const char *name)
	{
		return Sum("/proc/meminfo", name);
	}
};

class Lifetime : public kvm_tests::CaseTest
{
protected:
	// On an emulated machine, a virtual machine takes its time to be made.
	int TimeoutSeconds() const override
	{
		return 280;
	}

	void Live(int times)
	{
		for (int i = 0; i < times; i++) {
			Create(TST_KVM_KERNEL_IRQCHIP, 2);
			Choose("live");
			RunTo(TST_KVM_ENDED);
			tst_kvm_destroy_instance(vm());
			tst_free_all();
		}
	}
};

TEST_F(Lifetime, LeavesNoMemoryBehind)
{
	Live(kFirst);
	KernelMemory before = {}, after = {};
	const auto is_much = [&] {
		return after.slabs > before.slabs + kSlabSlack || after.all > before.all + kSlack;
	};
	// The kernel's own work takes memory too; what machines leave behind, each lot does.
	for (int i = 0; !i || (is_much() && i < kLots); i++) {
		before = KernelMemory::Now();
		Live(kMachines);
		after = KernelMemory::Now();
	}
	EXPECT_LE(after.slabs, before.slabs + kSlabSlack)
		<< kMachines << " machines later, so many KiB in slabs";
	EXPECT_LE(after.all, before.all + kSlack)
		<< kMachines << " machines later, so many KiB of the kernel's";
}

} // namespace
