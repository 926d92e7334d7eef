// SPDX-License-Identifier: MIT
/* main() of every controller. */
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "host/gtest/reporter.h"
#include "host/gtest/result_file.h"
#include "host/gtest/suite_tests.h"
#include "ringside/runner.h"

#if __has_feature(address_sanitizer)
/*
 * By default, 256 MiB of freed memory are kept for a while, as much as a whole machine of
 * docs/machines.md has; and each thread's frames are kept in 11 MiB, of which a test may
 * have 64. That is 2^20 bytes for each size of a frame; with 2^16, a return is still noticed.
 */
extern "C" const char *__asan_default_options() // NOLINT(bugprone-reserved-identifier)
{
	return "quarantine_size_mb=16:max_uar_stack_size_log=16";
}
#endif

namespace
{

constexpr int kNothingRan = 1;
constexpr int kNotWritten = 1;
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

/* Whether this process is to run a share of the tests that another process has the first of. */
bool IsLaterShard()
{
	const char *total = getenv("GTEST_TOTAL_SHARDS"), *index = getenv("GTEST_SHARD_INDEX");

	return total && index && atoi(total) > 1 && atoi(index) > 0;
}

void PrintTests()
{
	const ::testing::UnitTest &unit = *::testing::UnitTest::GetInstance();

	for (int i = 0; i < unit.total_test_suite_count(); i++) {
		const ::testing::TestSuite &suite = *unit.GetTestSuite(i);

		for (int k = 0; k < suite.total_test_count(); k++)
			fprintf(stderr, "  %s.%s\n", suite.name(), suite.GetTestInfo(k)->name());
	}
}

/*
 * After a run: whether no test ran where one had to. GoogleTest calls that a
 * success. The first test that is to run always falls to the first shard.
 */
bool RanNothing()
{
	const ::testing::UnitTest &unit = *::testing::UnitTest::GetInstance();
	const std::string filter = GTEST_FLAG_GET(filter);

	if (unit.test_to_run_count() > 0 || GTEST_FLAG_GET(list_tests) || IsLaterShard())
		return false;
	if (unit.reportable_disabled_test_count() > 0) {
		fprintf(stderr,
			"ringside: no test was run: what the filter \"%s\" fits is disabled\n"
			"  Fix: run it with --gtest_also_run_disabled_tests (bazel test: "
			"--test_arg=...), or take DISABLED_ from its name.\n",
			filter.c_str());
		return true;
	}
	fprintf(stderr,
		"ringside: no test here has a name that the filter \"%s\" fits; there are:\n",
		filter.c_str());
	PrintTests();
	fprintf(stderr,
		"  Fix: --test_filter=<one of these, or a pattern with * and ?> (without Bazel: "
		"--gtest_filter=...),\n"
		"  and give bazel test only those targets that have such a test.\n");
	return true;
}

/*
 * The exit status: a verdict that could not be written is none, on a full disk
 * for one. GoogleTest doesn't look.
 */
int Finish(int status)
{
	if (fflush(stdout) || ferror(stdout)) {
		/* Why, the next attempt tells. */
		clearerr(stdout);
		const bool mended = putchar('\n') != EOF && !fflush(stdout);

		fprintf(stderr, "ringside: cannot write the output: %s\n",
			mended ? "a part of it is lost" : strerror(errno));
	} else if (!ringside::FinishResultFile()) {
		fprintf(stderr, "ringside: cannot write the report: %s is cut off\n",
			ringside::ResultFile().c_str());
	} else {
		return status;
	}
	fprintf(stderr, "  Fix: free some space where it goes, and run the test again.\n");
	return status ? status : kNotWritten;
}

} /* namespace */

int main(int argc, char **argv)
{
	const bool help = HasArgument(argc, argv, "--help");
	unsigned long iterations = 1;

	if (help || HasArgument(argc, argv, "-h")) {
		PrintUsage(stdout, argv[0]);
		if (!help)
			return Finish(0);
	}
	::testing::InitGoogleMock(&argc, argv);
	if (help)
		return Finish(0);
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
	const int status = RUN_ALL_TESTS();

	return Finish(RanNothing() ? kNothingRan : status);
}
