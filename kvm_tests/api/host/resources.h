// SPDX-License-Identifier: MIT
// What a process holds: nothing may stay behind when the library refuses.
#ifndef RINGSIDE_KVM_TESTS_API_HOST_RESOURCES_H
#define RINGSIDE_KVM_TESTS_API_HOST_RESOURCES_H

#include <dirent.h>

#include <fstream>
#include <ostream>
#include <string>

// Open descriptors and mappings of this process.
struct Resources {
#if __has_feature(address_sanitizer)
	// The sanitizer makes mappings of its own, whenever it likes.
	static constexpr bool kCountsMappings = false;
#else
	static constexpr bool kCountsMappings = true;
#endif
	int descriptors = 0;
	int mappings = 0;

	static Resources Now()
	{
		Resources now;
		std::ifstream maps("/proc/self/maps");

		for (std::string line; std::getline(maps, line);)
			now.mappings++;
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
		       (!kCountsMappings || mappings == other.mappings);
	}
};

inline void PrintTo(const Resources &resources, std::ostream *os)
{
	*os << resources.descriptors << " descriptors and " << resources.mappings << " mappings";
}

#endif // RINGSIDE_KVM_TESTS_API_HOST_RESOURCES_H
