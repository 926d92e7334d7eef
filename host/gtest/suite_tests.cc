// SPDX-License-Identifier: MIT
#include "host/gtest/suite_tests.h"

#include <gtest/gtest.h>

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>

#include "host/gtest/reporter.h"
#include "kvm_abi.h"
#include "ringside/reporter.h"
#include "ringside/runner.h"

namespace ringside
{
namespace
{

enum class SetUpOutcome {
	kNotYet,
	kDone,
	kFailed,
	kSkipped
};

/* A suite on its way through GoogleTest's tests. */
struct SuiteState {
	tst_suite *suite;
	unsigned long iterations;
	SetUpOutcome set_up;
	int tests_left; /* until the clean-up */
};

std::map<std::string, SuiteState> &States()
{
	static std::map<std::string, SuiteState> states;

	return states;
}

void CleanUp(SuiteState *state)
{
	if (state->set_up == SetUpOutcome::kNotYet)
		return;
	CallUntilBreak([state] { tst_suite_clean_up(state->suite); });
	CallUntilBreak([state] { tst_suite_finish(state->suite); });
	state->set_up = SetUpOutcome::kNotYet;
}

/*
 * One case. The first test that runs does the suite's set-up, and the last one
 * its clean-up, so that failures in there belong to a test: GoogleTest's
 * report has no place for those of a suite.
 */
class SuiteCase : public ::testing::Test
{
public:
	SuiteCase(SuiteState *state, unsigned int nr) : state_(state), nr_(nr)
	{
	}

	/* For a suite that was cut short by --gtest_fail_fast. */
	static void TearDownTestSuite()
	{
		const auto *suite = ::testing::UnitTest::GetInstance()->current_test_suite();
		const auto found = States().find(suite->name());

		if (found != States().end())
			CleanUp(&found->second);
	}

protected:
	void SetUp() override
	{
		switch (state_->set_up) {
		case SetUpOutcome::kNotYet:
			SetUpSuite();
			break;
		case SetUpOutcome::kDone:
			break;
		case SetUpOutcome::kFailed:
			tst_report(nullptr, 0, TBROK,
				   "the test's set-up failed, see the first of its cases");
			break;
		case SetUpOutcome::kSkipped:
			tst_report(nullptr, 0, TCONF,
				   "the test is skipped, see the first of its cases");
			break;
		}
	}

	void TestBody() override
	{
		for (unsigned long i = 0; i < state_->iterations && !HasFatalFailure(); i++)
			CallUntilBreak([this, i] { RunOnce(i + 1 < state_->iterations); });
	}

	void TearDown() override
	{
		tst_watchdog_disarm();
		if (--state_->tests_left == 0)
			CleanUp(state_);
		if (HasFailure())
			PrintHints();
	}

private:
	void SetUpSuite()
	{
		const auto *suite = ::testing::UnitTest::GetInstance()->current_test_suite();

		state_->tests_left = suite->test_to_run_count();
		const bool completed = CallUntilBreak([this] { tst_suite_set_up(state_->suite); });

		/* A TFAIL or TWARN alone does not keep the cases from running. */
		if (HasFatalFailure() || (!completed && HasFailure()))
			state_->set_up = SetUpOutcome::kFailed;
		else
			state_->set_up = IsSkipped() ? SetUpOutcome::kSkipped : SetUpOutcome::kDone;
	}

	void RunOnce(bool again)
	{
		const unsigned long before = ResultCount();

		tst_suite_run_case(state_->suite, nr_, again);
		if (ResultCount() == before)
			tst_report(nullptr, 0, TBROK,
				   "the test ended without a result; it must call tst_res() or "
				   "tst_brk() with TPASS, TFAIL, TBROK, TWARN or TCONF");
	}

	void PrintHints()
	{
		const std::unique_ptr<char, decltype(&free)> hints(tst_suite_hints(state_->suite),
								   &free);

		if (hints)
			printf("%s", hints.get());
		fflush(stdout);
	}

	SuiteState *state_;
	unsigned int nr_;
};

/* The source's name without folder and extension, as GoogleTest wants names. */
std::string SuiteName(const std::string &file)
{
	const size_t slash = file.rfind('/');
	std::string name = slash == std::string::npos ? file : file.substr(slash + 1);
	std::string unique;

	name = name.substr(0, name.rfind('.'));
	for (char &c : name) {
		if (!isalnum(static_cast<unsigned char>(c)))
			c = '_';
	}
	unique = name;
	for (int nr = 2; States().count(unique); nr++)
		unique = name + "_" + std::to_string(nr);
	return unique;
}

void RegisterSuite(tst_suite *suite, unsigned long iterations)
{
	const std::string name = SuiteName(suite->file);
	SuiteState *state = &States()[name];

	*state = {suite, iterations, SetUpOutcome::kNotYet, 0};
	for (unsigned int nr = 0; nr < tst_suite_cases(suite); nr++) {
		const std::string test =
			suite->test->test ? "test_" + std::to_string(nr) : "test_all";

		/* Line 0: nobody knows where in the source the test is. */
		::testing::RegisterTest(
			name.c_str(), test.c_str(), nullptr, nullptr, suite->file, 0,
			[state, nr]() -> SuiteCase * { return new SuiteCase(state, nr); });
	}
}

} /* namespace */

bool RegisterSuites(unsigned long iterations)
{
	bool sound = true;

	for (tst_suite *suite = tst_suites(); suite; suite = suite->next) {
		const char *error = tst_suite_error(suite);

		if (error) {
			fprintf(stderr, "%s: %s\n", suite->file, error);
			sound = false;
			continue;
		}
		RegisterSuite(suite, iterations);
	}
	return sound;
}

} /* namespace ringside */
