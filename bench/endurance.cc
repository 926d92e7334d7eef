// SPDX-License-Identifier: MIT
// A thousand machines, one after the other: nothing of them stays behind.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "footprint.h"
#include "machine.h"

namespace
{

constexpr int kMachines = 1000;

// Before that, the process takes what it keeps.
constexpr int kFirst = 100;

/*
 * What may come and go of pages while nothing leaks, in KiB. Over the other 900 machines,
 * 146 bytes that each leaves behind are more.
 */
constexpr long kSlack = 128;

// What a process holds more than when this was made, in words; empty if nothing.
class Drift
{
public:
	std::string Seen() const
	{
		const Footprint now = Footprint::Now();
		std::string seen;

		if (now.descriptors != start_.descriptors)
			seen += Change("file descriptors", start_.descriptors, now.descriptors);
		if (now.maps != start_.maps)
			seen += Change("mappings", start_.maps, now.maps);
		if (now.rss > start_.rss + kSlack)
			seen += Change("KiB of memory", start_.rss, now.rss);
		return seen;
	}

private:
	static std::string Change(const char *what, long before, long now)
	{
		return std::string(what) + ": " + std::to_string(before) + ", now " +
		       std::to_string(now) + "\n";
	}

	const Footprint start_ = Footprint::Now();
};

void LiveOnce()
{
	Machine machine("report", 1);

	machine.Run();
}

TEST(Endurance, ThousandMachinesLeaveNothing)
{
	for (int i = 0; i < kFirst; i++)
		LiveOnce();

	const Drift drift;

	for (int i = kFirst; i < kMachines; i++)
		LiveOnce();
	EXPECT_EQ(drift.Seen(), "");
}

// The check itself.

TEST(Drift, SeesADescriptor)
{
	const Drift drift;
	const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	EXPECT_NE(drift.Seen().find("file descriptors"), std::string::npos);
	close(fd);
	EXPECT_EQ(drift.Seen(), "");
}

TEST(Drift, SeesAMapping)
{
	const Drift drift;
	const size_t size = 4096;
	void *page = mmap(nullptr, size, PROT_NONE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	EXPECT_NE(drift.Seen().find("mappings"), std::string::npos);
	munmap(page, size);
	EXPECT_EQ(drift.Seen(), "");
}

TEST(Drift, SeesALeakPerMachine)
{
	constexpr int kBytes = 256;
	void *leaked[kMachines - kFirst];
	const Drift drift;

	for (void *&memory : leaked) {
		memory = malloc(kBytes);
		memset(memory, 1, kBytes);
	}
	EXPECT_NE(drift.Seen().find("KiB of memory"), std::string::npos);
	for (void *memory : leaked)
		free(memory);
	EXPECT_EQ(drift.Seen(), "");
}

} // namespace
