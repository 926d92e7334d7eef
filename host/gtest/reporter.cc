// SPDX-License-Identifier: MIT
#include "host/gtest/reporter.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "host/gtest/include/ringside/kvm_gtest.h"
#include "host/gtest/result_file.h"
#include "host/gtest/result_log.h"
#include "kvm_abi.h"
#include "ringside/reporter.h"
#include "ringside/runner.h"

namespace ringside
{
namespace
{

using ::testing::TestPartResult;

/* What ends a function under Collect(). */
struct CollectedBreak {
};

pthread_t test_thread;
std::atomic<unsigned long> result_count;

std::mutex output_lock;
ResultLog result_log; /* under output_lock */

std::mutex collector_lock;
std::vector<Result> *collector; /* under collector_lock */
pthread_t collecting_thread; /* under collector_lock, with a collector */

/* This thread is recording a result whose line has been printed already. */
thread_local bool printed;

bool IsTestThread()
{
	return pthread_equal(pthread_self(), test_thread);
}

bool IsColoured()
{
	const std::string flag = GTEST_FLAG_GET(color);
	const char *term = getenv("TERM");

	if (flag == "auto")
		return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0;
	return flag == "yes" || flag == "true" || flag == "t" || flag == "1";
}

const char *ColourOf(int type)
{
	switch (type) {
	case TPASS:
		return "\033[1;32m";
	case TFAIL:
	case TBROK:
		return "\033[1;31m";
	case TWARN:
		return "\033[1;35m";
	case TCONF:
		return "\033[1;33m";
	}
	return "\033[1;34m";
}

std::string Location(const char *file, int line)
{
	if (!file)
		return "";
	if (line <= 0)
		return std::string(file) + ": ";
	return std::string(file) + ":" + std::to_string(line) + ": ";
}

ResultLog::Weight WeightOf(int type)
{
	switch (type) {
	case TPASS:
	case TINFO:
		return ResultLog::Weight::kDetail;
	case TCONF:
		return ResultLog::Weight::kSkip;
	}
	return ResultLog::Weight::kFailure;
}

void PrintLine(const char *file, int line, int type, const char *text)
{
	std::lock_guard<std::mutex> hold(output_lock);
	const bool coloured = IsColoured();

	const std::string result = Location(file, line) + (coloured ? ColourOf(type) : "") +
				   tst_result_name(type) + (coloured ? "\033[0m" : "") + ": " +
				   text + "\n";

	if (result_log.Take(result, WeightOf(type)))
		fputs(result.c_str(), stdout);
	fflush(stdout);
}

/* The kind of GoogleTest event that a result is; kSuccess for none. */
TestPartResult::Type EventOf(int type)
{
	switch (type) {
	case TFAIL:
	case TWARN:
		return TestPartResult::kNonFatalFailure;
	case TBROK:
		return TestPartResult::kFatalFailure;
	case TCONF:
		return TestPartResult::kSkip;
	}
	return TestPartResult::kSuccess;
}

/* An event whose line has been printed already. */
void Record(TestPartResult::Type event, const char *file, int line, const std::string &message)
{
	printed = true;
	::testing::internal::AssertHelper(event, file, file && line > 0 ? line : -1,
					  message.c_str()) = ::testing::Message();
	printed = false;
}

bool CollectResult(const char *file, int line, int type, const char *text)
{
	std::lock_guard<std::mutex> hold(collector_lock);

	if (!collector)
		return false;
	collector->push_back({type, file ? file : "", line, text});
	return true;
}

void ReportResult(const char *file, int line, int type, const char *text)
{
	if (CollectResult(file, line, type, text))
		return;
	/* What has no place of its own is about the test that runs. */
	const ::testing::TestInfo *test = ::testing::UnitTest::GetInstance()->current_test_info();

	if (!file && test) {
		file = test->file();
		line = test->line();
	}
	if (type != TINFO)
		result_count++;
	PrintLine(file, line, type, text);

	const TestPartResult::Type event = EventOf(type);

	if (event == TestPartResult::kSuccess)
		return;
	Record(event, file, line, std::string(tst_result_name(type)) + ": " + text);
}

__attribute__((noreturn)) void EndTest(int type)
{
	if (!IsTestThread())
		pthread_exit(nullptr);

	bool collecting;
	{
		std::lock_guard<std::mutex> hold(collector_lock);
		collecting = collector != nullptr;
	}
	if (collecting)
		throw CollectedBreak();
	/* GoogleTest goes on after a failure that is not fatal: this one is. */
	if (type == TFAIL)
		Record(TestPartResult::kFatalFailure, nullptr, 0, "tst_brk(TFAIL) ended the test");
	throw ::testing::AssertionException(
		TestPartResult(EventOf(type), nullptr, -1, "tst_brk() ended the test"));
}

void PrintRest()
{
	std::lock_guard<std::mutex> hold(output_lock);

	result_log.PrintRest();
	fflush(stdout);
}

/* What a Collect() has got that will never return: it is the test's. */
void ReportCollected()
{
	std::vector<Result> results;

	{
		std::lock_guard<std::mutex> hold(collector_lock);

		if (collector)
			results = *collector;
		collector = nullptr;
	}
	for (const Result &result : results)
		ReportResult(result.file.empty() ? nullptr : result.file.c_str(), result.line,
			     result.type, result.text.c_str());
}

/* GoogleTest writes its file at the end, which is now. */
void Abandon()
{
	ReportCollected();
	::testing::UnitTest *unit = ::testing::UnitTest::GetInstance();
	::testing::TestEventListener *xml = unit->listeners().default_xml_generator();

	if (xml)
		xml->OnTestIterationEnd(*unit, 0);
	FinishResultFile();
	PrintRest();
}

const tst_reporter gtest_reporter = {
	/* result = */ ReportResult,
	/* end_test = */ EndTest,
	/* abandon = */ Abandon,
};

/* GoogleTest's own printer, silent about what has a line of its own. */
class Printer : public ::testing::TestEventListener
{
public:
	explicit Printer(::testing::TestEventListener *printer) : printer_(printer)
	{
	}

	void OnTestProgramStart(const ::testing::UnitTest &unit) override
	{
		printer_->OnTestProgramStart(unit);
	}
	void OnTestIterationStart(const ::testing::UnitTest &unit, int iteration) override
	{
		printer_->OnTestIterationStart(unit, iteration);
	}
	void OnEnvironmentsSetUpStart(const ::testing::UnitTest &unit) override
	{
		printer_->OnEnvironmentsSetUpStart(unit);
	}
	void OnEnvironmentsSetUpEnd(const ::testing::UnitTest &unit) override
	{
		printer_->OnEnvironmentsSetUpEnd(unit);
	}
	void OnTestSuiteStart(const ::testing::TestSuite &suite) override
	{
		printer_->OnTestSuiteStart(suite);
	}
	void OnTestCaseStart(const ::testing::TestSuite &suite) override
	{
		printer_->OnTestCaseStart(suite);
	}
	void OnTestStart(const ::testing::TestInfo &info) override
	{
		/* Until it sets a limit of its own, Bazel's is the only one. */
		tst_watchdog_arm(TST_UNLIMITED_TIMEOUT);
		if (HasRoom(info, ResultLog::Weight::kDetail))
			printer_->OnTestStart(info);
	}
	void OnTestDisabled(const ::testing::TestInfo &info) override
	{
		printer_->OnTestDisabled(info);
	}
	void OnTestPartResult(const TestPartResult &result) override
	{
		if (!printed && (result.passed() || Take(result)))
			printer_->OnTestPartResult(result);
	}
	void OnTestEnd(const ::testing::TestInfo &info) override
	{
		tst_watchdog_disarm();
		const auto *result = info.result();

		if (HasRoom(info, result->Failed()    ? ResultLog::Weight::kFailure
				  : result->Skipped() ? ResultLog::Weight::kSkip
						      : ResultLog::Weight::kDetail))
			printer_->OnTestEnd(info);
	}
	void OnTestSuiteEnd(const ::testing::TestSuite &suite) override
	{
		printer_->OnTestSuiteEnd(suite);
	}
	void OnTestCaseEnd(const ::testing::TestSuite &suite) override
	{
		printer_->OnTestCaseEnd(suite);
	}
	void OnEnvironmentsTearDownStart(const ::testing::UnitTest &unit) override
	{
		printer_->OnEnvironmentsTearDownStart(unit);
	}
	void OnEnvironmentsTearDownEnd(const ::testing::UnitTest &unit) override
	{
		printer_->OnEnvironmentsTearDownEnd(unit);
	}
	void OnTestIterationEnd(const ::testing::UnitTest &unit, int iteration) override
	{
		PrintRest();
		if (unit.failed_test_count() + unit.skipped_test_count() <= kListedTests) {
			printer_->OnTestIterationEnd(unit, iteration);
			return;
		}
		/* As the printer does it, without the lists of names. */
		printf("[==========] %d tests from %d test suites ran.\n", unit.test_to_run_count(),
		       unit.test_suite_to_run_count());
		printf("[  PASSED  ] %d tests.\n[  SKIPPED ] %d tests.\n[  FAILED  ] %d tests.\n",
		       unit.successful_test_count(), unit.skipped_test_count(),
		       unit.failed_test_count());
		fflush(stdout);
	}
	void OnTestProgramEnd(const ::testing::UnitTest &unit) override
	{
		printer_->OnTestProgramEnd(unit);
	}

private:
	/* More names of tests than this are not listed at the end. */
	static constexpr int kListedTests = 1000;

	/* For "[       OK ] Suite.Test (10 ms)". */
	static bool HasRoom(const ::testing::TestInfo &info, ResultLog::Weight weight)
	{
		std::lock_guard<std::mutex> hold(output_lock);

		return result_log.HasRoom(strlen(info.test_suite_name()) + strlen(info.name()) + 32,
					  weight);
	}

	/* A result of GoogleTest's own. Returns whether it is to be printed. */
	static bool Take(const TestPartResult &result)
	{
		std::lock_guard<std::mutex> hold(output_lock);

		return result_log.Take(Location(result.file_name(), result.line_number()) +
					       (result.skipped() ? "Skipped\n" : "Failure\n") +
					       result.message() + "\n",
				       result.skipped() ? ResultLog::Weight::kSkip
							: ResultLog::Weight::kFailure);
	}

	std::unique_ptr<::testing::TestEventListener> printer_;
};

/* Sends results into a list for as long as it lives. */
class Collector
{
public:
	explicit Collector(std::vector<Result> *results)
	{
		std::unique_lock<std::mutex> hold(collector_lock);

		if (collector && !pthread_equal(collecting_thread, pthread_self())) {
			hold.unlock();
			tst_brk(TBROK, "Collect(): another thread is in Collect(), which gets the "
				       "results of all threads");
		}
		previous_ = collector;
		collector = results;
		collecting_thread = pthread_self();
	}
	~Collector()
	{
		std::lock_guard<std::mutex> hold(collector_lock);

		collector = previous_;
	}
	Collector(const Collector &) = delete;
	Collector &operator=(const Collector &) = delete;

private:
	std::vector<Result> *previous_;
};

} /* namespace */

void InstallReporter()
{
	::testing::TestEventListeners &listeners = ::testing::UnitTest::GetInstance()->listeners();

	test_thread = pthread_self();
	listeners.Append(new Printer(listeners.Release(listeners.default_result_printer())));
	tst_set_reporter(&gtest_reporter);
}

unsigned long ResultCount()
{
	return result_count;
}

bool CallUntilBreak(const std::function<void()> &function)
{
	try {
		function();
	} catch (const ::testing::AssertionException &) {
		/* Recorded before it was thrown. */
		return false;
	}
	return true;
}

std::vector<Result> Collect(const std::function<void()> &function)
{
	std::vector<Result> results;
	Collector collect(&results);

	try {
		function();
	} catch (const CollectedBreak &) {
		/* The last of the results says why. */
	}
	return results;
}

std::vector<Result> RunAndCollect(tst_kvm_instance *vm)
{
	return Collect([vm] { tst_kvm_run_instance(vm, 0); });
}

} /* namespace ringside */
