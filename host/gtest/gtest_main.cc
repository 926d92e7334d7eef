// SPDX-License-Identifier: MIT
/* main() of every controller. */
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "host/gtest/reporter.h"
#include "host/gtest/suite_tests.h"
#include "ringside/runner.h"

namespace
{

constexpr int kUsageError = 2;

void PrintUsage(FILE *out, const char *program)
{
	fprintf(out,
		"usage: %s [-i N] [-h] [--gtest_...]\n"
		"  -i N    run each case of a struct tst_test N times\n"
		"  -h      print this help\n"
		"  --help  print GoogleTest's flags, too (--gtest_filter, --gtest_repeat, ...)\n",
		program);
}

bool ParseIterations(const char *text, unsigned long *iterations)
{
	char *end;

	errno = 0;
	*iterations = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && *iterations > 0 &&
	       *iterations <= INT_MAX;
}

/* What GoogleTest has left on the command line. Returns false after an error. */
bool ParseOptions(int argc, char **argv, unsigned long *iterations)
{
	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "-i", 2) != 0) {
			fprintf(stderr, "%s: unknown argument \"%s\"\n", argv[0], argv[i]);
			PrintUsage(stderr, argv[0]);
			return false;
		}
		const char *value = argv[i][2] ? argv[i] + 2 : i + 1 < argc ? argv[++i] : "";

		if (!ParseIterations(value, iterations)) {
			fprintf(stderr, "%s: -i \"%s\": it needs a number from 1 to %d\n", argv[0],
				value, INT_MAX);
			return false;
		}
	}
	return true;
}

bool HasArgument(int argc, char **argv, const char *wanted)
{
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], wanted))
			return true;
	}
	return false;
}

} /* namespace */

int main(int argc, char **argv)
{
	const bool help = HasArgument(argc, argv, "--help");
	unsigned long iterations = 1;

	if (help || HasArgument(argc, argv, "-h")) {
		PrintUsage(stdout, argv[0]);
		if (!help)
			return 0;
	}
	::testing::InitGoogleMock(&argc, argv);
	if (help)
		return 0;
	if (!ParseOptions(argc, argv, &iterations))
		return kUsageError;

	if (iterations > 1 && !tst_suites()) {
		fprintf(stderr,
			"%s: -i is for tests that are a struct tst_test; this program has none, use "
			"--gtest_repeat\n",
			argv[0]);
		return kUsageError;
	}

	ringside::InstallReporter();
	if (!ringside::RegisterSuites(iterations))
		return kUsageError;
	if (::testing::UnitTest::GetInstance()->total_test_count() == 0) {
		fprintf(stderr,
			"%s: there is no test in this program; a C source defines "
			"\"static struct tst_test test = { ... };\", a C++ source has a TEST()\n",
			argv[0]);
		return kUsageError;
	}
	return RUN_ALL_TESTS();
}
