// SPDX-License-Identifier: MIT
// Iterations (-i) of tst_kvm_run(): one machine, which is as new for each of them.
#include <dirent.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>

#include "ringside/kvm_gtest.h"
#include "ringside/runner.h"
#include "syscall_filter.h"

namespace
{

using ringside::Collect;
using ringside::Result;
using ringside::ResultIs;
using testing::ElementsAre;

// How many virtual machines this process holds.
int Machines()
{
	const std::string folder = "/proc/self/fd/";
	DIR *dir = opendir(folder.c_str());
	int count = 0;

	while (const dirent *entry = dir ? readdir(dir) : nullptr) {
		char target[64] = "";

		if (readlink((folder + entry->d_name).c_str(), target, sizeof(target) - 1) > 0)
			count += std::string(target) == "anon_inode:kvm-vm";
	}
	if (dir)
		closedir(dir);
	return count;
}

void RunWrapped()
{
	tst_kvm_run();
}

tst_test TestOf(void (*function)())
{
	tst_test test = {};

	test.test_all = function;
	test.setup = tst_kvm_setup;
	test.cleanup = tst_kvm_cleanup;
	return test;
}

class Iterations : public testing::Test
{
protected:
	std::vector<Result> Run(const tst_test &test, bool again)
	{
		tst_suite suite = {nullptr, &test, __FILE__, 0};

		return Collect([&] { tst_suite_run_case(&suite, 0, again); });
	}

	void TearDown() override
	{
		tst_kvm_cleanup();
	}
};

const auto kAsNew = ElementsAre(ResultIs(TPASS, "as new"));

TEST_F(Iterations, BeginAsNewInOneMachine)
{
	const tst_test test = TestOf(tst_kvm_run);

	for (int i = 0; i < 4; i++) {
		EXPECT_THAT(Run(test, true), kAsNew);
		EXPECT_EQ(Machines(), 1);
	}
	EXPECT_THAT(Run(test, false), kAsNew);
	EXPECT_EQ(Machines(), 0) << "the last one destroys the machine";
	EXPECT_THAT(Run(test, false), kAsNew);
}

TEST_F(Iterations, NeedNoNewMachine)
{
	if (!CanFilterSyscalls())
		GTEST_SKIP() << "this kernel filters no system calls";
	const tst_test test = TestOf(tst_kvm_run);
	const FailingCall create = {SYS_ioctl, EMFILE, false, KVM_CREATE_VM};
	tst_suite suite = {nullptr, &test, __FILE__, 0};

	EXPECT_THAT(Run(test, true), kAsNew);
	EXPECT_THAT(CollectWithFailing(create, [&] { tst_suite_run_case(&suite, 0, true); }),
		    kAsNew);
}

// What the test itself does between two runs may be anything: reload KVM's modules, say.
TEST_F(Iterations, OfAFunctionOfTheTestsOwnLeaveNoMachine)
{
	const tst_test test = TestOf(RunWrapped);

	for (int i = 0; i < 3; i++) {
		EXPECT_THAT(Run(test, true), kAsNew);
		EXPECT_EQ(Machines(), 0);
	}
}

TEST_F(Iterations, FreeGuardedBuffers)
{
	const tst_test test = TestOf(tst_kvm_run);
	const long size = sysconf(_SC_PAGESIZE);
	unsigned char there;
	void *buffer;

	EXPECT_THAT(Run(test, true), kAsNew);
	buffer = tst_alloc(size);
	EXPECT_EQ(mincore(buffer, size, &there), 0);
	EXPECT_THAT(Run(test, true), kAsNew);
	EXPECT_EQ(mincore(buffer, size, &there), -1);
	EXPECT_EQ(errno, ENOMEM);
}

} // namespace
