// SPDX-License-Identifier: MIT
// What a process holds: nothing may stay behind when the library refuses.
#ifndef RINGSIDE_HOST_TESTS_API_RESOURCES_H
#define RINGSIDE_HOST_TESTS_API_RESOURCES_H

#include <dirent.h>

#include <cstdio>
#include <fstream>
#include <ostream>
#include <string>

// Open descriptors and mappings of this process; neighbours of a kind count as one mapping.
struct Resources {
#if __has_feature(address_sanitizer)
	// The sanitizer makes mappings of its own, whenever it likes.
	static constexpr bool kCountsMappings = false;
#else
	static constexpr bool kCountsMappings = true;
#endif
	int descriptors = 0;
	int mappings = 0;
	size_t kilobytes = 0; // of all mappings but the heap, which comes and goes

	static Resources Now()
	{
		Resources now;
		std::ifstream maps("/proc/self/maps");

		for (std::string line; std::getline(maps, line);) {
			unsigned long start, end;

			now.mappings++;
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
		       (!kCountsMappings ||
			(mappings == other.mappings && kilobytes == other.kilobytes));
	}
};

inline void PrintTo(const Resources &resources, std::ostream *os)
{
	*os << resources.descriptors << " descriptors and " << resources.mappings << " mappings of "
	    << resources.kilobytes << " KB";
}

#endif // RINGSIDE_HOST_TESTS_API_RESOURCES_H
