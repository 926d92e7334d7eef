// SPDX-License-Identifier: MIT
#include "host/gtest/result_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstring>

#include "report/properties.h"

namespace ringside
{
namespace
{

/* What is no regular file is taken for a whole one. */
bool IsWhole(const char *path)
{
	static const char end[] = "</testsuites>\n";
	char found[sizeof(end)] = "";
	struct stat status;
	FILE *file;

	if (stat(path, &status) || !S_ISREG(status.st_mode))
		return true;
	file = fopen(path, "re");
	if (!file)
		return true;
	if (!fseek(file, 1 - static_cast<long>(sizeof(end)), SEEK_END))
		found[fread(found, 1, sizeof(end) - 1, file)] = '\0';
	fclose(file);
	return !strcmp(found, end);
}

} /* namespace */

std::string ResultFile()
{
	static const char xml[] = "xml:";
	const std::string output = GTEST_FLAG_GET(output);

	return output.compare(0, sizeof(xml) - 1, xml) ? "" : output.substr(sizeof(xml) - 1);
}

bool FinishResultFile()
{
	const std::string path = ResultFile();

	return path.empty() || (IsWhole(path.c_str()) && !property_add(path.c_str()));
}

} /* namespace ringside */
