// SPDX-License-Identifier: MIT
// RAM in a snapshot: what is packed is unpacked; what is damaged is refused.
extern "C" {
#include "machines/qemu/ram.h"
}

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "gtest/gtest.h"

namespace
{

constexpr uint64_t kPages = 64;
constexpr uint64_t kSize = kPages * RAM_PAGE;

std::string Contents(int fd)
{
	std::string data(static_cast<size_t>(lseek(fd, 0, SEEK_END)), '\0');

	EXPECT_EQ(static_cast<ssize_t>(data.size()), pread(fd, data.data(), data.size(), 0));
	return data;
}

int FileWith(const std::string &data)
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	EXPECT_EQ(static_cast<ssize_t>(data.size()), pwrite(fd, data.data(), data.size(), 0));
	return fd;
}

std::string Packed(const std::string &ram)
{
	int from = FileWith(ram), to = memfd_create("packed", MFD_CLOEXEC);

	EXPECT_EQ(0, ram_pack(from, ram.size(), to));
	std::string packed = Contents(to);
	close(from);
	close(to);
	return packed;
}

// Unpacks; returns errno, or 0 with the RAM in *ram.
int Unpack(const std::string &packed, std::string *ram)
{
	int from = FileWith(packed), to = FileWith(std::string(kSize, '\0'));
	int result = ram_unpack(to, kSize, from) ? errno : 0;

	*ram = Contents(to);
	close(from);
	close(to);
	return result;
}

// RAM with pages in use at both ends and in the middle.
std::string SomeRam()
{
	std::string ram(kSize, '\0');

	ram[1] = 'a';
	memset(&ram[5 * RAM_PAGE], 'b', 3 * RAM_PAGE);
	ram[kSize - 1] = 'c';
	return ram;
}

TEST(Ram, IsTheSameAfterwards)
{
	std::string ram;

	for (const std::string &before :
	     {SomeRam(), std::string(kSize, '\0'), std::string(kSize, 'x')}) {
		ASSERT_EQ(0, Unpack(Packed(before), &ram));
		EXPECT_TRUE(before == ram);
	}
}

TEST(Ram, ZeroPagesTakeNoSpace)
{
	EXPECT_EQ(sizeof(ram_header) + 4 * sizeof(ram_run) + 5 * RAM_PAGE,
		  Packed(SomeRam()).size());
}

TEST(Ram, RefusesWhatIsCutOff)
{
	const std::string packed = Packed(SomeRam());
	std::string ram;

	for (size_t size = 0; size < packed.size(); size += size < 100 ? 1 : 1000)
		EXPECT_EQ(EBADMSG, Unpack(packed.substr(0, size), &ram)) << size << " bytes";
}

TEST(Ram, RefusesAnotherMachines)
{
	std::string ram;

	EXPECT_EQ(EBADMSG, Unpack(Packed(std::string(2 * kSize, 'x')), &ram));
	EXPECT_EQ(EBADMSG, Unpack(std::string(kSize, 'x'), &ram));
}

TEST(Ram, RefusesRunsOutsideOfIt)
{
	const ram_run bad[] = {
		{kSize, RAM_PAGE},
		{UINT64_MAX - RAM_PAGE + 1, RAM_PAGE},
		{kSize - RAM_PAGE, 2 * RAM_PAGE},
		{0, UINT64_MAX - RAM_PAGE + 1},
	};
	std::string ram;

	for (const ram_run &run : bad) {
		std::string packed = Packed(SomeRam());

		memcpy(&packed[sizeof(ram_header)], &run, sizeof(run));
		EXPECT_EQ(EBADMSG, Unpack(packed, &ram)) << run.offset << " + " << run.size;
		EXPECT_EQ(kSize, ram.size());
	}
}

} // namespace
