/* SPDX-License-Identifier: MIT */
/* What output and exit status come to: judge(), and test.xml. */
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>

extern "C" {
#include "machines/supervisor/report.h"
#include "machines/supervisor/tap.h"
#include "machines/supervisor/verdict.h"
}

namespace
{

/* As waitpid() gives it. */
constexpr int Exited(int status)
{
	return status << 8;
}

struct Outcome {
	enum tap_outcome outcome;
	std::string reason;
	std::string xml;
	size_t cases;
};

Outcome Judge(const std::string &output, int wait_status = 0, const char *known_failure = nullptr,
	      size_t piece = 7, enum tap_format format = TAP_FORMAT_TAP)
{
	struct tap tap = {};
	double now = 0;
	char *text = nullptr;
	size_t size = 0;

	tap.format = format;
	for (size_t i = 0; i < output.size(); i += piece)
		tap_add(&tap, output.data() + i, std::min(piece, output.size() - i), now += 1);
	tap_end(&tap, now);
	struct verdict verdict = judge(&tap, wait_status, known_failure);
	FILE *file = open_memstream(&text, &size);
	report(file, "//a:test", &tap, &verdict, now);
	fclose(file);
	Outcome result = {verdict.outcome, verdict.reason ? verdict.reason : "", text, tap.count};
	free(text);
	free(verdict.reason);
	tap_free(&tap);
	return result;
}

Outcome JudgeImage(const std::string &output, int wait_status = 0)
{
	return Judge(output, wait_status, nullptr, 4096, TAP_FORMAT_KVM_UNIT_TESTS);
}

bool Contains(const std::string &text, const std::string &part)
{
	return text.find(part) != std::string::npos;
}

TEST(Status, ZeroPasses)
{
	EXPECT_EQ(Judge("hello\n").outcome, TAP_PASSED);
	EXPECT_TRUE(Contains(Judge("hello\n").xml, "tests=\"1\" failures=\"0\""));
}

TEST(Status, FourSkipsWithTheLastLineAsReason)
{
	const Outcome outcome = Judge("one\nno AMX\n\n", Exited(4));

	EXPECT_EQ(outcome.outcome, TAP_SKIPPED);
	EXPECT_EQ(outcome.reason, "no AMX");
	EXPECT_TRUE(Contains(outcome.xml, "<skipped message=\"no AMX\"/>"));
}

TEST(Status, OthersFail)
{
	EXPECT_EQ(Judge("", Exited(1)).reason, "exit status 1");
	EXPECT_EQ(Judge("", Exited(1)).outcome, TAP_FAILED);
	EXPECT_EQ(Judge("", 11).reason, "ended by signal 11 (Segmentation fault)");
	EXPECT_TRUE(Contains(Judge("said\n", 11).xml, "<system-out>said\n</system-out>"));
}

TEST(Tap, CasesHaveVerdictTextAndTime)
{
	const Outcome outcome = Judge("TAP version 13\n1..3\n# said\nok 1 one\nnot ok 2 - two\n"
				      "ok 3 three # SKIP no svm\n",
				      Exited(1), nullptr, 1);

	EXPECT_EQ(outcome.outcome, TAP_FAILED);
	EXPECT_EQ(outcome.reason, "1 of 3 cases failed");
	EXPECT_EQ(outcome.cases, 3u);
	EXPECT_TRUE(Contains(outcome.xml, "tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\""));
	EXPECT_TRUE(Contains(outcome.xml, "name=\"one\" classname=\"//a:test\" time=\"36.000\""));
	EXPECT_TRUE(Contains(outcome.xml, "<system-out># said\n</system-out>"));
	EXPECT_TRUE(Contains(outcome.xml, "name=\"two\""));
	EXPECT_TRUE(Contains(outcome.xml, "<failure message=\"not ok\"/>"));
	EXPECT_TRUE(Contains(outcome.xml, "<skipped message=\"SKIP: no svm\"/>"));
}

TEST(Tap, AFailedCaseFailsWhateverTheStatus)
{
	EXPECT_EQ(Judge("1..1\nnot ok 1 x\n").outcome, TAP_FAILED);
	EXPECT_EQ(Judge("1..1\nnot ok 1 x # TODO later\n").outcome, TAP_SKIPPED);
}

TEST(Tap, AStatusFailsThoughNoCaseDoes)
{
	const Outcome outcome = Judge("1..1\nok 1 x\n", Exited(3));

	EXPECT_EQ(outcome.reason, "exit status 3, though no case failed");
	EXPECT_TRUE(Contains(outcome.xml, "tests=\"2\" failures=\"1\""));
}

TEST(Tap, AnEmptyPlanSkips)
{
	const Outcome outcome = Judge("1..0 # SKIP no kvm_intel\n", Exited(4));

	EXPECT_EQ(outcome.outcome, TAP_SKIPPED);
	EXPECT_EQ(outcome.reason, "no kvm_intel");
	EXPECT_EQ(Judge("1..0 # SKIP no kvm_intel\n").outcome, TAP_SKIPPED);
	/* As the kernel's selftests write it. */
	EXPECT_EQ(Judge("1..0 # SKIP - no AMX\n", Exited(4)).reason, "no AMX");
}

TEST(Tap, SkippingBehindAPassFails)
{
	EXPECT_EQ(Judge("1..1\nok 1 x\n", Exited(4)).outcome, TAP_FAILED);
}

TEST(Tap, WhatIsNoTapIsNot)
{
	EXPECT_EQ(Judge("ok then\nnot ok, but well\n").outcome, TAP_PASSED);
	EXPECT_EQ(Judge("ok then\n").cases, 0u);
}

TEST(Tap, ThatStopsInTheMiddleFails)
{
	const Outcome outcome = Judge("1..5\nok 1 a\nok 2 b\nok 3 c");

	EXPECT_EQ(outcome.outcome, TAP_FAILED);
	EXPECT_EQ(outcome.reason, "5 tests are planned, but there are results of 3");
	EXPECT_TRUE(Contains(outcome.xml, "tests=\"4\" failures=\"1\""));
}

TEST(Tap, PlansThatDoNotMatchFail)
{
	EXPECT_EQ(Judge("ok 1 a\nok 2 b\n1..3\n").reason,
		  "3 tests are planned, but there are results of 2");
	EXPECT_EQ(Judge("1..1\nok 1 a\nok 2 b\n").reason,
		  "1 tests are planned, but there are results of 2");
	EXPECT_EQ(Judge("1..1\n1..2\nok 1 a\nok 2 b\n").reason,
		  "there are two plans, of 1 and of 2 tests");
	EXPECT_EQ(Judge("ok 1 a\n1..1\nok 2 b\n").reason,
		  "a result follows the plan that ended the series");
	EXPECT_EQ(Judge("1..2\nok 1 a\nok 1 b\n").reason, "a result is numbered 1 where 2 is next");
	EXPECT_EQ(Judge("ok 1 a\nok 2 b\n").reason, "there is no plan, so results may be missing");
	EXPECT_EQ(Judge("TAP version 13\n").outcome, TAP_FAILED);
	EXPECT_EQ(Judge("1..2\nok 1 a\nok 2 b\n").outcome, TAP_PASSED);
	EXPECT_EQ(Judge("ok 1 a\nok 2 b\n1..2\n").outcome, TAP_PASSED);
}

TEST(Tap, PlansThatAreNoNumbersAreText)
{
	EXPECT_EQ(Judge("1..99999999999999999999999\n").outcome, TAP_PASSED);
	EXPECT_EQ(Judge("1..-1\n").outcome, TAP_PASSED);
	EXPECT_EQ(Judge("1..18446744073709551615\nok 1 a\n").outcome, TAP_FAILED);
}

TEST(Tap, GivingUpFails)
{
	EXPECT_EQ(Judge("1..1\nok 1 a\nBail out! no memory\n").reason,
		  "the program gave up: Bail out! no memory");
}

TEST(Ktap, SubtestsAreNamedAfterTheirParents)
{
	const Outcome outcome = Judge("KTAP version 1\n1..2\n  KTAP version 1\n  1..2\n"
				      "    KTAP version 1\n    1..1\n    not ok 1 deep\n"
				      "  not ok 1 inner\n  ok 2 other\nnot ok 1 outer\nok 2 last\n",
				      Exited(1));

	EXPECT_EQ(outcome.reason, "1 of 3 cases failed");
	EXPECT_TRUE(Contains(outcome.xml, "name=\"outer/inner/deep\""));
	EXPECT_TRUE(Contains(outcome.xml, "name=\"outer/other\""));
	EXPECT_TRUE(Contains(outcome.xml, "name=\"last\""));
}

TEST(Ktap, AParentThatFailsAloneIsACase)
{
	const Outcome outcome = Judge("1..1\n  1..1\n  ok 1 inner\nnot ok 1 outer\n", Exited(1));

	EXPECT_EQ(outcome.outcome, TAP_FAILED);
	EXPECT_EQ(outcome.cases, 2u);
}

TEST(Ktap, SubtestsThatStopFail)
{
	EXPECT_EQ(Judge("1..1\n  1..3\n  ok 1 inner\nok 1 outer\n").reason,
		  "3 tests are planned, but there are results of 1");
}

TEST(Ktap, NestingHasAnEnd)
{
	std::string output;

	for (int i = 0; i < 100; i++)
		output += std::string(static_cast<size_t>(i), ' ') + "1..1\n";
	EXPECT_EQ(Judge(output).reason, "tests are nested more than 16 deep");
}

TEST(KvmUnitTests, LinesAreCases)
{
	const Outcome outcome = JudgeImage("setup\r\nPASS: a: one\r\nINFO: x\r\nFAIL: two \r\n"
					   "SKIP: three\nXFAIL: four\nKFAIL: five\nXPASS: six\n"
					   "SUMMARY: 6 tests, 2 unexpected failures, 1 skipped\n",
					   Exited(1));

	EXPECT_EQ(outcome.outcome, TAP_FAILED);
	EXPECT_EQ(outcome.reason, "2 of 6 cases failed");
	EXPECT_TRUE(Contains(outcome.xml, "tests=\"6\" failures=\"2\" errors=\"0\" skipped=\"3\""));
	EXPECT_TRUE(Contains(outcome.xml, "name=\"a: one\""));
	EXPECT_TRUE(Contains(outcome.xml, "<system-out>setup\n</system-out>"));
	EXPECT_TRUE(Contains(outcome.xml, "name=\"two\""));
	EXPECT_TRUE(Contains(outcome.xml, "<skipped message=\"three\"/>"));
	EXPECT_TRUE(
		Contains(outcome.xml, "<failure message=\"passes, and is expected to fail\"/>"));
}

TEST(KvmUnitTests, WithoutResultsTheStatusSays)
{
	EXPECT_EQ(JudgeImage("cpuid 31261\n").outcome, TAP_PASSED);
	EXPECT_EQ(JudgeImage("cpuid 31261\n", Exited(1)).reason, "exit status 1");
	EXPECT_EQ(JudgeImage("ok 1 x\nnot ok 2 y\n").outcome, TAP_PASSED);
}

TEST(KvmUnitTests, AllSkippedSkips)
{
	EXPECT_EQ(JudgeImage("SKIP: no x\nSUMMARY: 1 tests, 1 skipped\n", Exited(4)).outcome,
		  TAP_SKIPPED);
	EXPECT_EQ(JudgeImage("1..0 # SKIP no device\n", Exited(4)).reason, "no device");
	EXPECT_EQ(JudgeImage("PASS: x\nSUMMARY: 1 tests\n", Exited(4)).outcome, TAP_FAILED);
}

TEST(KvmUnitTests, ASummaryThatDoesNotMatchFails)
{
	/* Some have none: their status says that they have come to their end. */
	EXPECT_EQ(JudgeImage("PASS: x\n").outcome, TAP_PASSED);
	EXPECT_EQ(JudgeImage("PASS: x\n", Exited(1)).reason,
		  "exit status 1, though no case failed");
	EXPECT_EQ(JudgeImage("PASS: x\nPASS: y\nSUMMARY: 1 tests\n").reason,
		  "the summary counts 1 tests, but there are results of 2");
	EXPECT_EQ(JudgeImage("PASS: x\nSUMMARY: 2 tests, 1 unexpected failures\n").reason,
		  "the summary counts 1 unexpected failures, but the results are 0");
	EXPECT_EQ(JudgeImage("SUMMARY: 1 tests\nPASS: x\n").reason, "a result follows the summary");
	/* Passes that were not printed. */
	const Outcome outcome = JudgeImage("SKIP: x\nSUMMARY: 9 tests, 1 skipped\n");
	EXPECT_EQ(outcome.outcome, TAP_PASSED);
	EXPECT_TRUE(Contains(outcome.xml, "name=\"8 more that passed\""));
}

TEST(KvmUnitTests, GivingUpFails)
{
	EXPECT_EQ(JudgeImage("Bail out! CPU 0 has shut down\n", Exited(1)).reason,
		  "CPU 0 has shut down");
	EXPECT_EQ(JudgeImage("ABORT: a: no memory\n", Exited(1)).reason,
		  "the image gave up: a: no memory");
	EXPECT_EQ(JudgeImage("Unhandled exception 13 #GP at ip 1\n", Exited(1)).reason,
		  "the image gave up: Unhandled exception 13 #GP at ip 1");
	EXPECT_EQ(JudgeImage("x.c:1: assert failed: y\n", Exited(1)).reason,
		  "the image gave up: x.c:1: assert failed: y");
}

TEST(KvmUnitTests, AFailureBehindManyPassesIsListed)
{
	std::string output;

	for (int i = 0; i < 30000; i++)
		output += "PASS: x\n";
	const Outcome outcome = JudgeImage(
		output + "FAIL: last\nSUMMARY: 30001 tests, 1 unexpected failures\n", Exited(1));

	EXPECT_EQ(outcome.reason, "1 of 10002 cases failed");
	EXPECT_TRUE(Contains(outcome.xml, "name=\"last\""));
	EXPECT_TRUE(Contains(outcome.xml, "name=\"20000 more that passed\""));
}

TEST(KnownFailure, IsSkippedWithoutFailures)
{
	const Outcome outcome = Judge("1..1\nnot ok 1 a\n", Exited(1), "no nRIP");

	EXPECT_EQ(outcome.outcome, TAP_SKIPPED);
	EXPECT_EQ(outcome.reason, "known failure: no nRIP (1 of 1 cases failed)");
	EXPECT_TRUE(Contains(outcome.xml, "failures=\"0\" errors=\"0\" skipped=\"1\""));
	EXPECT_FALSE(Contains(outcome.xml, "<failure"));
}

TEST(KnownFailure, FailsWhenItPasses)
{
	const Outcome outcome = Judge("1..1\nok 1 a\n", 0, "no nRIP");

	EXPECT_EQ(outcome.outcome, TAP_FAILED);
	EXPECT_TRUE(Contains(outcome.reason, "Fix: remove its known_failure"));
	EXPECT_TRUE(Contains(outcome.xml, "failures=\"1\""));
}

TEST(Output, OfAnyBytesIsXml)
{
	std::string output = "1..1\n";

	for (int i = 1; i < 256; i++)
		if (i != '\n')
			output += static_cast<char>(i);
	output += "\xed\xa0\x80\xef\xbf\xbf\xc0\x80\xf4\x90\x80\x80\xc3\xa4\nok 1 <&\">\x02\n";
	const std::string xml = Judge(output).xml;

	for (const char c : xml)
		EXPECT_TRUE(c == '\n' || c == '\t' || c < 0 || c >= ' ') << int(c);
	EXPECT_TRUE(Contains(xml, "name=\"&lt;&amp;&quot;&gt;\xef\xbf\xbd\""));
	EXPECT_TRUE(Contains(xml, "\xc3\xa4"));
	EXPECT_FALSE(Contains(xml, "\xed\xa0\x80"));
	EXPECT_FALSE(Contains(xml, "\xef\xbf\xbf"));
	EXPECT_FALSE(Contains(xml, "\xc0\x80"));
	EXPECT_FALSE(Contains(xml, "\xf4\x90"));
}

TEST(Output, IsBounded)
{
	const std::string line(100000, 'x');
	std::string output = "1..20001\n";

	for (int i = 1; i <= 20001; i++)
		output += "ok " + std::to_string(i) + "\n";
	EXPECT_EQ(Judge(output, 0, nullptr, 4096).reason, "there are more than 20000 results");
	output.clear();
	for (int i = 0; i < 100; i++)
		output += line + "\n";
	EXPECT_LT(Judge(output, 0, nullptr, 4096).xml.size(), 80000u);
}

} // namespace
