// SPDX-License-Identifier: MIT
// Guarded buffers: an access past either end ends the process with a report.
#include <sys/wait.h>

#include "resources.h"
#include "ringside/kvm_gtest.h"

namespace
{

using ::ringside::Collect;
using ::ringside::ResultIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr size_t kPage = 0x1000;

struct Child {
	int status;
	std::string output;
};

// Calls a function in a process of its own and reads what it prints.
Child RunInChild(const std::function<void()> &function)
{
	Child child = {};
	int ends[2];
	char buf[512];

	if (pipe(ends))
		return child;
	fflush(stdout);
	const pid_t pid = fork();
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		function();
		_exit(0);
	}
	close(ends[1]);
	for (ssize_t got; (got = read(ends[0], buf, sizeof(buf))) > 0;)
		child.output.append(buf, got);
	close(ends[0]);
	waitpid(pid, &child.status, 0);
	return child;
}

void ExpectFault(const std::function<void()> &access, const std::string &report)
{
	const Child child = RunInChild(access);

	EXPECT_TRUE(WIFSIGNALED(child.status)) << child.output;
	EXPECT_EQ(WTERMSIG(child.status), SIGSEGV) << child.output;
	EXPECT_THAT(child.output, AllOf(HasSubstr("TBROK: access to 0x"), HasSubstr(report)));
}

volatile char *Alloc(size_t size)
{
	return static_cast<volatile char *>(tst_alloc(size));
}

class Buffers : public ::testing::Test
{
protected:
	void TearDown() override
	{
		tst_free_all();
	}
};

TEST_F(Buffers, AreZeroed)
{
	volatile char *buffer = Alloc(5000);

	for (int i = 0; i < 5000; i++)
		ASSERT_EQ(buffer[i], 0) << "byte " << i;
}

TEST_F(Buffers, AccessPastTheEndIsReported)
{
	volatile char *buffer = Alloc(100);

	ExpectFault([=] { buffer[100] = 1; },
		    ", 0 bytes past the end of the guarded buffer of 100 bytes");
	ExpectFault([=] { buffer[142] = 1; },
		    ", 42 bytes past the end of the guarded buffer of 100 bytes");
	ExpectFault([=] { (void)buffer[100]; }, "of the guarded buffer of 100 bytes");
}

TEST_F(Buffers, AccessBeforeTheBeginningIsReported)
{
	volatile char *buffer = Alloc(2 * kPage);

	ExpectFault([=] { buffer[-1] = 1; }, ", 1 bytes before the guarded buffer of 8192 bytes");
	ExpectFault([=] { buffer[-static_cast<ptrdiff_t>(kPage)] = 1; },
		    ", 4096 bytes before the guarded buffer");
}

TEST_F(Buffers, WriteBetweenPageAndBufferIsFoundOnFreeing)
{
	volatile char *buffer = Alloc(100);

	buffer[-1] = 1;
	EXPECT_THAT(Collect([] { tst_free_all(); }),
		    ElementsAre(ResultIs(TWARN, HasSubstr("bytes before it were written"))));
}

TEST_F(Buffers, GuestMemoryIsGuarded)
{
	tst_kvm_instance vm;

	tst_kvm_create_instance(&vm, DEFAULT_RAM_SIZE);
	auto *ram = reinterpret_cast<volatile char *>(vm.ram[0].userspace_addr);
	auto *more =
		static_cast<volatile char *>(tst_kvm_alloc_memory(&vm, 2, 0x40000000, kPage, 0));

	ExpectFault([=] { ram[-1] = 1; }, "before the guarded buffer of 16777216 bytes");
	ExpectFault([=] { ram[DEFAULT_RAM_SIZE] = 1; }, "past the end of the guarded buffer");
	ExpectFault([=] { more[-1] = 1; }, "before the guarded buffer of 4096 bytes");
	ExpectFault([=] { more[kPage] = 1; }, "past the end of the guarded buffer of 4096 bytes");
	tst_kvm_destroy_instance(&vm);
}

TEST_F(Buffers, OtherFaultsAreNotTheirs)
{
	Alloc(100);
	const Child child = RunInChild([] {
		signal(SIGSEGV, SIG_DFL);
		Alloc(100);
		volatile char *nowhere = reinterpret_cast<volatile char *>(16);
		*nowhere = 1;
	});

	EXPECT_TRUE(WIFSIGNALED(child.status));
	EXPECT_THAT(child.output, IsEmpty());
}

TEST_F(Buffers, FreeAllFreesEverything)
{
	const Resources before = Resources::Now();

	for (size_t size = 1; size <= 4 * kPage; size *= 2)
		Alloc(size);
	tst_free_all();
	EXPECT_EQ(Resources::Now(), before);
	tst_free_all(); // and once more: nothing is left to free
}

TEST_F(Buffers, ImpossibleSizesAreRefused)
{
	EXPECT_THAT(Collect([] { tst_alloc(0); }),
		    ElementsAre(ResultIs(TBROK, HasSubstr("tst_alloc(size): size is 0"))));
	EXPECT_THAT(Collect([] { tst_alloc(SIZE_MAX); }),
		    ElementsAre(ResultIs(TBROK, AllOf(HasSubstr("tst_alloc(size): no memory for"),
						      HasSubstr("ENOMEM")))));
	EXPECT_THAT(Collect([] { tst_alloc(1ul << 60); }),
		    ElementsAre(ResultIs(TBROK, HasSubstr("ENOMEM"))));
}

TEST(DefaultRun, FreesGuardedBuffers)
{
	volatile char *buffer = Alloc(100);

	tst_kvm_setup();
	tst_kvm_run();
	tst_kvm_cleanup();
	// The access faults; a sanitizer makes another end of it than a signal.
	EXPECT_NE(RunInChild([=] { buffer[0] = 1; }).status, 0);
}

} // namespace
