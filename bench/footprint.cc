// SPDX-License-Identifier: MIT
#include "footprint.h"

#include <malloc.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace
{

// The number in a line "KEY: NUMBER kB"; 0 if there is no such line.
long Number(const char *path, const std::string &key)
{
	std::ifstream file(path);
	std::string line;

	while (std::getline(file, line)) {
		if (line.compare(0, key.size() + 1, key + ":") == 0)
			return std::stol(line.substr(key.size() + 1));
	}
	return 0;
}

long Lines(const char *path)
{
	std::ifstream file(path);
	std::string line;
	long count = 0;

	while (std::getline(file, line))
		count++;
	return count;
}

long Entries(const char *path)
{
	const std::filesystem::directory_iterator entries(path);

	return std::distance(begin(entries), end(entries));
}

} // namespace

Footprint Footprint::Now()
{
	malloc_trim(0);
	return {
		/* rss = */ Number("/proc/self/smaps_rollup", "Rss"),
		/* page_tables = */ Number("/proc/self/status", "VmPTE"),
		/* guest_page_tables = */ Number("/proc/meminfo", "SecPageTables"),
		/* descriptors = */ Entries("/proc/self/fd"),
		/* maps = */ Lines("/proc/self/maps"),
	};
}
