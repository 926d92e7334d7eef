// SPDX-License-Identifier: MIT
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machines/bochs/ram.h"
#include "gtest/gtest.h"

namespace
{

constexpr size_t page_size = 4096;
constexpr size_t size = 1024 * page_size;

class Ram : public testing::Test
{
protected:
	static char *allocate()
	{
		void *ram = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				 -1, 0);
		EXPECT_NE(ram, MAP_FAILED);
		return static_cast<char *>(ram);
	}

	void TearDown() override
	{
		munmap(saved_, size);
		munmap(restored_, size);
		unlink(path_.c_str());
	}

	void Save()
	{
		ASSERT_TRUE(ram_save(path_.c_str(), saved_, size)) << strerror(errno);
	}

	off_t FileSize() const
	{
		struct stat status;
		return stat(path_.c_str(), &status) ? -1 : status.st_size;
	}

	// Overwrites one 64-bit number of the file.
	void Damage(off_t offset, uint64_t value)
	{
		int fd = open(path_.c_str(), O_WRONLY);
		ASSERT_EQ(pwrite(fd, &value, sizeof(value), offset), ssize_t(sizeof(value)));
		close(fd);
	}

	void ExpectRefused()
	{
		errno = 0;
		EXPECT_FALSE(ram_restore(path_.c_str(), restored_, size));
		EXPECT_EQ(errno, EBADMSG);
	}

	const std::string path_ = testing::TempDir() + "/ram";
	char *saved_ = allocate();
	char *restored_ = allocate();
};

TEST_F(Ram, ComesBackAsItWas)
{
	saved_[0] = 1;
	saved_[100 * page_size + 17] = 2; // far from both neighbours
	saved_[103 * page_size + 4095] = 3; // near: a gap that is saved too
	saved_[size - 1] = 4;
	Save();
	ASSERT_TRUE(ram_restore(path_.c_str(), restored_, size)) << strerror(errno);
	EXPECT_EQ(memcmp(saved_, restored_, size), 0);
}

TEST_F(Ram, EmptyOneIsAShortFile)
{
	Save();
	EXPECT_LE(FileSize(), off_t(page_size));
	ASSERT_TRUE(ram_restore(path_.c_str(), restored_, size)) << strerror(errno);
	EXPECT_EQ(memcmp(saved_, restored_, size), 0);
}

TEST_F(Ram, ZeroPagesTakeNoSpace)
{
	saved_[5 * page_size] = 1;
	saved_[500 * page_size] = 1;
	Save();
	EXPECT_EQ(FileSize(), off_t(3 * page_size));
}

TEST_F(Ram, ChangesDoNotReachTheFile)
{
	saved_[0] = 1;
	Save();
	ASSERT_TRUE(ram_restore(path_.c_str(), restored_, size));
	restored_[0] = 9;
	char *again = allocate();
	ASSERT_TRUE(ram_restore(path_.c_str(), again, size));
	EXPECT_EQ(again[0], 1);
	munmap(again, size);
}

TEST_F(Ram, FileOfAnotherSizeIsRefused)
{
	saved_[0] = 1;
	Save();
	EXPECT_FALSE(ram_restore(path_.c_str(), restored_, size / 2));
	EXPECT_EQ(errno, EBADMSG);
}

TEST_F(Ram, TruncatedFileIsRefused)
{
	saved_[0] = 1;
	Save();
	for (off_t left : {off_t(0), off_t(10), off_t(30), off_t(page_size), FileSize() - 1}) {
		SCOPED_TRACE(left);
		ASSERT_EQ(truncate(path_.c_str(), left), 0);
		ExpectRefused();
		Save();
	}
}

TEST_F(Ram, DamagedTableIsRefused)
{
	// The header is three numbers; so is the one run behind it.
	constexpr off_t magic = 0, runs = 16, ram_offset = 24, run_size = 32, file_offset = 40;
	const struct {
		off_t offset;
		uint64_t value;
	} damages[] = {
		{magic, 0},	    {runs, UINT64_MAX}, {runs, 2}, // the second run is no run
		{ram_offset, size}, {ram_offset, 1},	{run_size, UINT64_MAX},
		{run_size, size},   {run_size, 0},	{file_offset, UINT64_MAX - page_size + 1},
		{file_offset, 12},
	};
	saved_[0] = 1;
	for (const auto &damage : damages) {
		SCOPED_TRACE(damage.offset);
		SCOPED_TRACE(damage.value);
		Save();
		Damage(damage.offset, damage.value);
		ExpectRefused();
	}
}

} // namespace

int main(int argc, char **argv)
{
	testing::InitGoogleTest(&argc, argv);
	return RUN_ALL_TESTS();
}
