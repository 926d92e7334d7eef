// SPDX-License-Identifier: MIT
// What becomes of the memory behind a memslot while the guest uses it. KVM API,
// KVM_SET_USER_MEMORY_REGION: "changes in the backing of the memory region are automatically
// reflected into the guest".
#include <sys/wait.h>
#include <unistd.h>

#include "host_pages_fixture.h"

namespace
{

using kvm_tests::kPage;

constexpr uint32_t kFirst = 0x11111111, kSecond = 0x22222222;

class HostPages : public kvm_tests::HostPages
{
protected:
	void SetUp() override
	{
		kvm_tests::HostPages::SetUp();
		Map(4 * kPage);
		Give();
		Begin();
	}

	// The guest's access can't be made: KVM_RUN fails, and the guest has not got on.
	void ExpectRefused(bool is_write, size_t page)
	{
		Prepare(is_write, page, kSecond);
		EXPECT_EQ(ioctl(cpu()->fd, KVM_RUN, 0), -1);
		EXPECT_EQ(errno, EFAULT);
	}
};

// "Another example is madvise(MADV_DROP)": madvise(2), MADV_DONTNEED.
TEST_F(HostPages, DiscardedPageReadsAsZero)
{
	Write(1, kFirst);
	Write(2, kFirst);
	ASSERT_EQ(madvise(memory_ + kPage, kPage, MADV_DONTNEED), 0);
	EXPECT_EQ(Read(1), 0u);
	EXPECT_EQ(Read(2), kFirst);
	Write(1, kSecond);
	EXPECT_EQ(*Word(1), kSecond);
}

// "an mmap() that affects the region will be made visible immediately"
TEST_F(HostPages, OtherMemoryTakesThePlace)
{
	Write(1, kFirst);
	ASSERT_NE(mmap(memory_ + kPage, kPage, PROT_READ | PROT_WRITE, kPrivate | MAP_FIXED, -1, 0),
		  MAP_FAILED);
	EXPECT_EQ(Read(1), 0u);
	*Word(1) = kSecond;
	EXPECT_EQ(Read(1), kSecond);
	Write(1, kFirst);
	EXPECT_EQ(*Word(1), kFirst);
}

// mprotect(2)
TEST_F(HostPages, ProtectedPageIsNotWritten)
{
	Write(1, kFirst);
	ASSERT_EQ(mprotect(memory_ + kPage, kPage, PROT_READ), 0);
	EXPECT_EQ(Read(1), kFirst);
	ExpectRefused(true, 1);
	EXPECT_EQ(*Word(1), kFirst);
	ASSERT_EQ(mprotect(memory_ + kPage, kPage, PROT_READ | PROT_WRITE), 0);
	RunTo(KVM_EXIT_HLT); // the write is made now
	EXPECT_EQ(*Word(1), kSecond);
}

TEST_F(HostPages, UnmappedPageIsNotRead)
{
	Write(1, kFirst);
	ASSERT_EQ(munmap(memory_ + kPage, kPage), 0);
	ExpectRefused(false, 1);
	ASSERT_NE(mmap(memory_ + kPage, kPage, PROT_READ | PROT_WRITE, kPrivate | MAP_FIXED, -1, 0),
		  MAP_FAILED);
	RunTo(KVM_EXIT_HLT);
	EXPECT_EQ(Shared<page_access>("page_access")->value, 0u);
}

// A page that nobody has written is the zero page, and no guest writes to that.
TEST_F(HostPages, ZeroPageIsNotWritten)
{
	EXPECT_EQ(Read(1), 0u);
	EXPECT_EQ(Read(2), 0u);
	Write(1, kFirst);
	EXPECT_EQ(Read(1), kFirst);
	EXPECT_EQ(Read(2), 0u);
	EXPECT_EQ(*Word(1), kFirst);
	EXPECT_EQ(*Word(2), 0u);
}

// fork(2): two processes have the same pages, until one of them writes.
class ForkedPages : public HostPages
{
protected:
	void TearDown() override
	{
		if (child_ > 0)
			End();
		HostPages::TearDown();
	}

	// A process that keeps the memory as it is, and tells of it at its end.
	void Fork(size_t page)
	{
		ASSERT_EQ(pipe(go_on_), 0);
		child_ = fork();
		ASSERT_GE(child_, 0);
		if (!child_) {
			char c;

			close(go_on_[1]);
			const ssize_t got = read(go_on_[0], &c, 1);
			_exit(got == 0 && *Word(page) == kFirst ? kSameAsBefore : kChanged);
		}
		close(go_on_[0]);
	}

	int End()
	{
		int status = 0;

		close(go_on_[1]);
		waitpid(child_, &status, 0);
		child_ = 0;
		return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	}

	static constexpr int kSameAsBefore = 10, kChanged = 11;

private:
	pid_t child_ = 0;
	int go_on_[2];
};

TEST_F(ForkedPages, GuestWritesToItsOwnCopy)
{
	Write(1, kFirst);
	Fork(1);
	EXPECT_EQ(Read(1), kFirst);
	Write(1, kSecond);
	EXPECT_EQ(*Word(1), kSecond);
	EXPECT_EQ(End(), kSameAsBefore) << "the other process sees what the guest has written";
}

TEST_F(ForkedPages, GuestSeesTheCopy)
{
	Write(1, kFirst);
	Fork(1);
	EXPECT_EQ(Read(1), kFirst);
	*Word(1) = kSecond; // of this process alone
	EXPECT_EQ(Read(1), kSecond);
	Write(1, kFirst + 1);
	EXPECT_EQ(*Word(1), kFirst + 1);
	EXPECT_EQ(End(), kSameAsBefore);
}

} // namespace
