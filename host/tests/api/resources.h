// SPDX-License-Identifier: MIT
// What a process holds: nothing may stay behind when the library refuses.
#ifndef RINGSIDE_HOST_TESTS_API_RESOURCES_H
#define RINGSIDE_HOST_TESTS_API_RESOURCES_H

#include <dirent.h>
#include <malloc.h>

#include <cstdio>
#include <fstream>
#include <ostream>
#include <string>

// Open descriptors, and the memory that is mapped into this process.
//
// The number of mappings would be no measure: neighbours with the same access
// are one, and who is whose neighbour depends on where the kernel finds room. Nor
// is memory that glibc takes when it likes: an arena of 64 MiB for a thread that
// comes while another holds the one that it would use, and a mapping for a large
// buffer. So malloc() has to do with one arena, which is the heap.
struct Resources {
#if __has_feature(address_sanitizer)
	// The sanitizer makes mappings of its own, whenever it likes.
	static constexpr bool kCountsMemory = false;
#else
	static constexpr bool kCountsMemory = true;
#endif
	int descriptors = 0;
	size_t kilobytes = 0; // of all mappings but the heap, which comes and goes

	static Resources Now()
	{
		Resources now;
		std::ifstream maps("/proc/self/maps");

		for (std::string line; std::getline(maps, line);) {
			unsigned long start, end;

			if (line.find("[heap]") == std::string::npos &&
			    sscanf(line.c_str(), "%lx-%lx", &start, &end) == 2)
				now.kilobytes += (end - start) / 1024;
		}
		DIR *dir = opendir("/proc/self/fd");
		while (dir && readdir(dir))
			now.descriptors++;
		if (dir)
			closedir(dir);
		return now;
	}

	bool operator==(const Resources &other) const
	{
		return descriptors == other.descriptors &&
		       (!kCountsMemory || kilobytes == other.kilobytes);
	}

private:
	// Before there is a second thread. The threshold is the largest that mallopt() takes.
	static inline const bool kOneArena =
		mallopt(M_ARENA_MAX, 1) && mallopt(M_MMAP_THRESHOLD, 32 << 20);
};

inline void PrintTo(const Resources &resources, std::ostream *os)
{
	*os << resources.descriptors << " descriptors and " << resources.kilobytes
	    << " KB of memory";
}

#endif // RINGSIDE_HOST_TESTS_API_RESOURCES_H
