// SPDX-License-Identifier: MIT
//
// What becomes of Bazel's events: verdicts, reasons, where files are.
#include <cstdlib>
#include <fstream>
#include <string>

#include "gtest/gtest.h"

extern "C" {
#include "machines/bazel/results.h"
}

namespace
{

std::string in_temporary(const std::string &name)
{
	return std::string(getenv("TEST_TMPDIR")) + "/" + name;
}

// Writes a file and returns its URI.
std::string make_file(const std::string &name, const std::string &text)
{
	std::ofstream(in_temporary(name)) << text;
	return "file://" + in_temporary(name);
}

std::string configured(const std::string &label)
{
	return R"({"id":{"targetConfigured":{"label":")" + label +
	       R"("}},"configured":{"targetKind":"machine_test rule","testSize":"SMALL"}})"
	       "\n";
}

std::string result(const std::string &label, const std::string &status, const std::string &log = "",
		   const std::string &xml = "", const std::string &more = "", int shard = 1)
{
	return R"({"id":{"testResult":{"label":")" + label + R"(","run":1,"shard":)" +
	       std::to_string(shard) + R"(,"attempt":1}},"testResult":{"testActionOutput":[)" +
	       R"({"name":"test.log","uri":")" + log + R"("},{"name":"test.xml","uri":")" + xml +
	       R"("}],"status":")" + status + R"(","testAttemptDuration":"1.25s")" + more + "}}\n";
}

std::string summary(const std::string &label, const std::string &status)
{
	return R"({"id":{"testSummary":{"label":")" + label +
	       R"("}},"testSummary":{"overallStatus":")" + status + R"("}})" + "\n";
}

const std::string last = R"({"id":{"buildFinished":{}},"lastMessage":true})"
			 "\n";

const char skipped_xml[] =
	"<testsuites tests=\"1\"><testsuite name=\"x\" skipped=\"1\">\n"
	"<testcase name=\"x\" result=\"skipped\">\n"
	"<skipped message=\"a.c:1&#x0A; no &lt;SVM&gt; &amp; no &quot;SMP&quot;\"/></testcase></testsuite></testsuites>";

class Results : public testing::Test
{
protected:
	~Results() override
	{
		results_free(&results);
	}

	void take(const std::string &text)
	{
		make_file("events", text);
		results_free(&results);
		results = results_read(in_temporary("events").c_str());
	}

	// What take() found wrong.
	std::string problem() const
	{
		return results.problem ? results.problem : "";
	}

	const struct test_result *result_of(const std::string &label = "//a:b") const
	{
		static const struct test_result none = {};

		for (size_t i = 0; i < results.count; i++)
			if (results.list[i].label == label)
				return &results.list[i];
		ADD_FAILURE() << "there is no result of " << label;
		return &none;
	}

	// The verdict that this status becomes, in a whole series of events.
	enum verdict verdict_of(const std::string &status)
	{
		take(configured("//a:b") + result("//a:b", status) + summary("//a:b", status) +
		     last);
		EXPECT_EQ(problem(), "");
		return result_of()->verdict;
	}

	struct results results = {};
};

TEST_F(Results, EachStatusIsAVerdict)
{
	EXPECT_EQ(verdict_of("PASSED"), PASSED);
	EXPECT_EQ(verdict_of("FLAKY"), FLAKY);
	EXPECT_EQ(verdict_of("FAILED"), FAILED);
	EXPECT_EQ(verdict_of("TIMEOUT"), TIMED_OUT);
	EXPECT_EQ(verdict_of("FAILED_TO_BUILD"), NOT_BUILT);
	EXPECT_EQ(verdict_of("NO_STATUS"), NO_STATUS);
	EXPECT_EQ(verdict_of("REMOTE_FAILURE"), NO_STATUS);
	EXPECT_EQ(verdict_of("SOMETHING_NEW"), NO_STATUS);
}

TEST_F(Results, ATestThatHasNotEndedIsNotRun)
{
	take(configured("//a:b") + configured("//a:c") + summary("//a:c", "PASSED") + last);
	EXPECT_EQ(result_of()->verdict, NOT_RUN);
	EXPECT_EQ(result_of("//a:c")->verdict, PASSED);
}

TEST_F(Results, OtherTargetsHaveNone)
{
	take(R"({"id":{"targetConfigured":{"label":"//a:lib"}},"configured":{"targetKind":"cc_library rule"}})"
	     "\n"
	     R"({"id":{"targetCompleted":{"label":"//a:lib"}},"completed":{}})"
	     "\n" +
	     last);
	EXPECT_EQ(results.count, 0u);
}

TEST_F(Results, EachRunIsTold)
{
	take(configured("//a:b") +
	     result("//a:b", "PASSED", "", "", R"(,"cachedLocally":true)", 1) +
	     result("//a:b", "PASSED", "", "", R"(,"executionInfo":{"cachedRemotely":true})", 2) +
	     result("//a:b", "PASSED", "", "", "", 3) + summary("//a:b", "PASSED") + last);
	const struct test_result *sharded = result_of();
	ASSERT_EQ(sharded->run_count, 3u);
	for (unsigned int i = 0; i < 3; i++) {
		EXPECT_EQ(sharded->runs[i].shard, i + 1);
		EXPECT_EQ(sharded->runs[i].run, 1u);
		EXPECT_EQ(sharded->runs[i].attempt, 1u);
		EXPECT_EQ(sharded->runs[i].cached, i < 2);
		EXPECT_DOUBLE_EQ(sharded->runs[i].seconds, 1.25);
	}
}

TEST_F(Results, ASkipIsOneWhenAllOfItIs)
{
	std::string skipped = make_file("skipped.xml", skipped_xml);
	std::string partly =
		make_file("partly.xml", "<testcase name=\"a\"><skipped message=\"no\"/></testcase>"
					"<testcase name=\"b\"></testcase>");
	std::string quoted =
		make_file("quoted.xml", "<testcase name=\"a\"><system-out><![CDATA[<skipped "
					"message=\"no\"/>]]></system-out></testcase>");

	take(configured("//a:b") + result("//a:b", "PASSED", "", skipped) +
	     summary("//a:b", "PASSED") + last);
	EXPECT_EQ(result_of()->verdict, SKIPPED);
	EXPECT_STREQ(result_of()->message, "a.c:1\n no <SVM> & no \"SMP\"");
	take(configured("//a:partly") + result("//a:partly", "PASSED", "", partly) +
	     summary("//a:partly", "PASSED") + last);
	EXPECT_EQ(result_of("//a:partly")->verdict, PASSED);
	take(configured("//a:quoted") + result("//a:quoted", "PASSED", "", quoted) +
	     summary("//a:quoted", "PASSED") + last);
	EXPECT_EQ(result_of("//a:quoted")->verdict, PASSED);
	take(configured("//a:shards") + result("//a:shards", "PASSED", "", skipped, "", 1) +
	     result("//a:shards", "PASSED", "", "", "", 2) + summary("//a:shards", "PASSED") +
	     last);
	EXPECT_EQ(result_of("//a:shards")->verdict, PASSED);
	EXPECT_EQ(result_of("//a:shards")->message, nullptr);
}

TEST_F(Results, ATestForAnotherPlatformIsSkipped)
{
	take(configured("//a:b") +
	     R"({"id":{"targetCompleted":{"label":"//a:b"}},"aborted":{"reason":"SKIPPED","description":"d"}})"
	     "\n" +
	     last);
	EXPECT_EQ(result_of()->verdict, SKIPPED);
}

std::string failed_action(const std::string &type, const std::string &said)
{
	return R"({"id":{"actionCompleted":{"primaryOutput":"out/x"}},"action":{"exitCode":1,"type":")" +
	       type + R"(","stderr":{"name":"stderr","uri":")" + said + R"("}}})" + "\n";
}

const std::string not_completed =
	R"({"id":{"targetCompleted":{"label":"//a:b"}},"children":[{"actionCompleted":)"
	R"({"primaryOutput":"out/x","label":"//a:b"}}],"completed":{"failureDetail":{"message":"clang failed"}}})"
	"\n";

TEST_F(Results, WhatIsNotBuiltHasItsCompilersWords)
{
	std::string said = make_file("stderr", "a.c:1: error: oh\n");

	take(configured("//a:b") + failed_action("CppCompile", said) + not_completed + last);
	EXPECT_EQ(result_of()->verdict, NOT_BUILT);
	EXPECT_STREQ(result_of()->message, "a.c:1: error: oh\n");
	EXPECT_EQ(problem(), "");
}

TEST_F(Results, WithoutThemBazelsOwn)
{
	take(configured("//a:b") + not_completed + last);
	EXPECT_EQ(result_of()->verdict, NOT_BUILT);
	EXPECT_STREQ(result_of()->message, "clang failed");
}

TEST_F(Results, AnalysisThatFails)
{
	take(R"({"id":{"configuredLabel":{"label":"//a:b"}},"aborted":{"reason":"ANALYSIS_FAILURE","description":"no such target"}})"
	     "\n"
	     R"({"id":{"targetConfigured":{"label":"//a:b"}},"aborted":{"reason":"ANALYSIS_FAILURE"}})"
	     "\n" +
	     last);
	EXPECT_EQ(result_of()->verdict, NOT_BUILT);
	EXPECT_STREQ(result_of()->message, "no such target");
}

TEST_F(Results, AnalysisThatFailsForWhatATestNeeds)
{
	take(R"({"id":{"configuredLabel":{"label":"//m:machine"}},"aborted":{"reason":"ANALYSIS_FAILURE","description":"no kernel"}})"
	     "\n"
	     R"({"id":{"targetConfigured":{"label":"//a:b"}},"children":[{"configuredLabel":{"label":"//m:machine"}}],"aborted":{"reason":"ANALYSIS_FAILURE"}})"
	     "\n" +
	     last);
	EXPECT_EQ(result_of()->verdict, NOT_BUILT);
	ASSERT_NE(result_of()->message, nullptr);
	EXPECT_STREQ(result_of()->message, "no kernel");
}

TEST_F(Results, ALineThatIsNoJson)
{
	take(configured("//a:b") + "{\"id\": nonsense}\n" + summary("//a:b", "FAILED") + last);
	EXPECT_EQ(result_of()->verdict, FAILED);
	EXPECT_EQ(problem().find("Bazel's events can't be read: line 2: "), 0u) << problem();
}

TEST_F(Results, ALineThatIsNoEvent)
{
	take("[1, 2]\n" + last);
	EXPECT_EQ(problem(), "Bazel's events can't be read: line 1: it is no object");
}

TEST_F(Results, EventsOfTheWrongShapeDoNoHarm)
{
	take("{}\n\n{\"id\":7}\n{\"id\":{\"testSummary\":{}}}\n{\"id\":{\"testResult\":[]}}\n"
	     "{\"id\":{\"testResult\":{\"label\":7}},\"testResult\":{\"status\":[]}}\n"
	     "{\"id\":{\"targetCompleted\":{\"label\":\"//no:row\"}}}\n" +
	     last);
	EXPECT_EQ(results.count, 0u);
	EXPECT_EQ(problem(), "");
}

TEST_F(Results, AFileThatIsCutOff)
{
	std::string whole = configured("//a:b") + summary("//a:b", "PASSED") + last;

	take(whole.substr(0, whole.size() - last.size()));
	EXPECT_EQ(result_of()->verdict, PASSED);
	EXPECT_EQ(problem(), "Bazel's events end after 2 lines, before the last one");
}

TEST_F(Results, ALineThatIsCutOff)
{
	take(configured("//a:b") + "{\"id\":{\"testSum");
	EXPECT_EQ(result_of()->verdict, NOT_RUN);
	EXPECT_EQ(problem().find("Bazel's events can't be read: line 2"), 0u) << problem();
}

TEST_F(Results, AnEmptyFile)
{
	take("");
	EXPECT_EQ(problem(), "Bazel's events end after 0 lines, before the last one");
}

TEST_F(Results, AreSortedByLabel)
{
	take(configured("//a:c") + configured("//b:a") + configured("//a:b") + last);
	ASSERT_EQ(results.count, 3u);
	EXPECT_STREQ(results.list[0].label, "//a:b");
	EXPECT_STREQ(results.list[1].label, "//a:c");
	EXPECT_STREQ(results.list[2].label, "//b:a");
}

TEST_F(Results, WhereARunsFilesAre)
{
	take(configured("//a:b") + result("//a:b", "PASSED", "file:///a%20folder/test.log") +
	     result("//a:b", "PASSED", "bytestream://cache/x") + summary("//a:b", "PASSED") + last);
	ASSERT_EQ(result_of()->run_count, 2u);
	EXPECT_STREQ(result_of()->runs[0].log, "/a folder/test.log");
	EXPECT_STREQ(result_of()->runs[0].folder, "/a folder");
	EXPECT_EQ(result_of()->runs[1].log, nullptr);
	EXPECT_EQ(result_of()->runs[1].folder, nullptr);
}

TEST(Verdicts, OfWhichSomebodyHasToLookIntoIt)
{
	for (enum verdict verdict : {NOT_RUN, SKIPPED, PASSED, FLAKY})
		EXPECT_FALSE(verdict_is_failure(verdict)) << verdict;
	for (enum verdict verdict : {NO_STATUS, FAILED, TIMED_OUT, NOT_BUILT})
		EXPECT_TRUE(verdict_is_failure(verdict)) << verdict;
}

} // namespace
