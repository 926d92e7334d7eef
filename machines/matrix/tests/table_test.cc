// SPDX-License-Identifier: MIT
//
// What becomes of Bazel's events: verdicts, reasons, logs, and the reports on them.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <sys/stat.h>

#include "jansson.h"
#include "gtest/gtest.h"

extern "C" {
#include "machines/matrix/artifacts.h"
#include "machines/matrix/events.h"
#include "machines/matrix/place.h"
#include "machines/matrix/report.h"
#include "machines/matrix/table.h"
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

std::string read_file(const std::string &path)
{
	std::ifstream file(path);
	std::stringstream text;
	text << file.rdbuf();
	return text.str();
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
	"<skipped message=\"no &lt;SVM&gt; &amp; no &quot;SMP&quot;\"/></testcase></testsuite></testsuites>";

class Events : public testing::Test
{
protected:
	Events()
	{
		table_add_column(&table, "amd", "@@ringside_linux//:linux");
		table_add_column(&table, "host", nullptr);
	}

	void take(const std::string &text, const char *folder = nullptr,
		  events_place *place = nullptr)
	{
		struct events events = {};

		make_file("events", text);
		events.table = &table;
		events.column = column();
		events.folder = folder;
		events.place = place;
		events_read(&events, in_temporary("events").c_str());
		free(events_problem);
		events_problem = events.problem;
	}

	struct column *column()
	{
		return &table.columns[0];
	}

	// What take() found wrong.
	std::string problem() const
	{
		return events_problem ? events_problem : "";
	}

	struct cell *cell(const std::string &test = "//a:b")
	{
		return table_cell(&table, column(), test.c_str());
	}

	// The verdict that this status becomes, in a whole series of events.
	enum verdict verdict_of(const std::string &status)
	{
		take(configured("//a:b") + result("//a:b", status) + summary("//a:b", status) +
		     last);
		EXPECT_EQ(problem(), "");
		return cell()->verdict;
	}

	struct table table = {};
	char *events_problem = nullptr;
};

TEST_F(Events, EachStatusIsAVerdict)
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

TEST_F(Events, ATestThatHasNotEndedIsNotRun)
{
	take(configured("//a:b") + configured("//a:c") + summary("//a:c", "PASSED") + last);
	EXPECT_EQ(cell()->verdict, NOT_RUN);
	EXPECT_EQ(cell("//a:c")->verdict, PASSED);
}

TEST_F(Events, OtherTargetsHaveNoRow)
{
	take(R"({"id":{"targetConfigured":{"label":"//a:lib"}},"configured":{"targetKind":"cc_library rule"}})"
	     "\n"
	     R"({"id":{"targetCompleted":{"label":"//a:lib"}},"completed":{}})"
	     "\n" +
	     last);
	EXPECT_EQ(table.test_count, 0u);
}

TEST_F(Events, TimesAndCachesAddUp)
{
	take(configured("//a:b") +
	     result("//a:b", "PASSED", "", "", R"(,"cachedLocally":true)", 1) +
	     result("//a:b", "PASSED", "", "", R"(,"executionInfo":{"cachedRemotely":true})", 2) +
	     result("//a:b", "PASSED", "", "", "", 3) + summary("//a:b", "PASSED") + last);
	EXPECT_DOUBLE_EQ(cell()->seconds, 3.75);
	EXPECT_EQ(cell()->runs, 3u);
	EXPECT_EQ(cell()->cached, 2u);
}

TEST_F(Events, ASkipIsOneWhenAllOfItIs)
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
	EXPECT_EQ(cell()->verdict, SKIPPED);
	EXPECT_STREQ(cell()->message, "no <SVM> & no \"SMP\"");
	take(configured("//a:partly") + result("//a:partly", "PASSED", "", partly) +
	     summary("//a:partly", "PASSED") + last);
	EXPECT_EQ(cell("//a:partly")->verdict, PASSED);
	take(configured("//a:quoted") + result("//a:quoted", "PASSED", "", quoted) +
	     summary("//a:quoted", "PASSED") + last);
	EXPECT_EQ(cell("//a:quoted")->verdict, PASSED);
	take(configured("//a:shards") + result("//a:shards", "PASSED", "", skipped, "", 1) +
	     result("//a:shards", "PASSED", "", "", "", 2) + summary("//a:shards", "PASSED") +
	     last);
	EXPECT_EQ(cell("//a:shards")->verdict, PASSED);
	EXPECT_EQ(cell("//a:shards")->message, nullptr);
}

TEST_F(Events, ATestForAnotherPlatformIsSkipped)
{
	take(configured("//a:b") +
	     R"({"id":{"targetCompleted":{"label":"//a:b"}},"aborted":{"reason":"SKIPPED","description":"d"}})"
	     "\n" +
	     last);
	EXPECT_EQ(cell()->verdict, SKIPPED);
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

TEST_F(Events, WhatIsNotBuiltHasItsCompilersWords)
{
	std::string said = make_file("stderr", "a.c:1: error: oh\n");

	take(configured("//a:b") + failed_action("CppCompile", said) + not_completed + last);
	EXPECT_EQ(cell()->verdict, NOT_BUILT);
	EXPECT_STREQ(cell()->message, "a.c:1: error: oh\n");
	EXPECT_EQ(problem(), "");
}

TEST_F(Events, WithoutThemBazelsOwn)
{
	take(configured("//a:b") + not_completed + last);
	EXPECT_EQ(cell()->verdict, NOT_BUILT);
	EXPECT_STREQ(cell()->message, "clang failed");
}

TEST_F(Events, TargetsBelongWhereTheirNamesSay)
{
	const std::string amd = "//ringside_matrix:amd-linux/t=a",
			  host = "@@//ringside_matrix:host/t=a",
			  other = "@@//ringside_matrix:intel/t=a";

	take(configured(amd) + configured(host) + configured(other) + configured("//t:b") +
		     result(host, "FAILED") + result(other, "FAILED") + summary(host, "FAILED") +
		     summary(amd, "PASSED") + summary(other, "FAILED") + last,
	     nullptr, place_cell);
	ASSERT_EQ(table.test_count, 1u);
	EXPECT_STREQ(table.tests[0], "//t:a");
	EXPECT_EQ(table.columns[0].cells[0].verdict, PASSED);
	EXPECT_EQ(table.columns[1].cells[0].verdict, FAILED);
	EXPECT_EQ(problem(), "");
}

// As declare_test.bzl has them, the other way round.
TEST_F(Events, NamesAreLabels)
{
	const std::pair<const char *, const char *> pairs[] = {
		{"a/b=c", "//a/b:c"},  {"a=b/c", "//a:b/c"},	  {"=a", "//:a"},
		{"@r/a=b", "@r//a:b"}, {"@@r~/a=b", "@@r~//a:b"}, {"@r/=a", "@r//:a"},
		{"a=b=c", "//a:b=c"},
	};

	for (const auto &pair : pairs) {
		struct column *column;
		char *label = place_cell(
			&table, (std::string("//ringside_matrix:host/") + pair.first).c_str(),
			&column);
		EXPECT_STREQ(label, pair.second);
		EXPECT_EQ(column, &table.columns[1]);
		free(label);
	}
}

TEST_F(Events, AnalysisThatFails)
{
	take(R"({"id":{"configuredLabel":{"label":"//a:b"}},"aborted":{"reason":"ANALYSIS_FAILURE","description":"no such target"}})"
	     "\n"
	     R"({"id":{"targetConfigured":{"label":"//a:b"}},"aborted":{"reason":"ANALYSIS_FAILURE"}})"
	     "\n" +
	     last);
	EXPECT_EQ(cell()->verdict, NOT_BUILT);
	EXPECT_STREQ(cell()->message, "no such target");
}

TEST_F(Events, AnalysisThatFailsForWhatATestNeeds)
{
	take(R"({"id":{"configuredLabel":{"label":"//m:machine"}},"aborted":{"reason":"ANALYSIS_FAILURE","description":"no kernel"}})"
	     "\n"
	     R"({"id":{"targetConfigured":{"label":"//a:b"}},"children":[{"configuredLabel":{"label":"//m:machine"}}],"aborted":{"reason":"ANALYSIS_FAILURE"}})"
	     "\n" + last,
	     nullptr);
	EXPECT_EQ(cell()->verdict, NOT_BUILT);
	ASSERT_NE(cell()->message, nullptr);
	EXPECT_STREQ(cell()->message, "no kernel");
}

TEST_F(Events, ALineThatIsNoJson)
{
	take(configured("//a:b") + "{\"id\": nonsense}\n" + summary("//a:b", "FAILED") + last);
	EXPECT_EQ(cell()->verdict, FAILED);
	EXPECT_EQ(problem().find("Bazel's events can't be read: line 2: "), 0u) << problem();
}

TEST_F(Events, ALineThatIsNoEvent)
{
	take("[1, 2]\n" + last);
	EXPECT_EQ(problem(), "Bazel's events can't be read: line 1: it is no object");
}

TEST_F(Events, EventsOfTheWrongShapeDoNoHarm)
{
	take("{}\n\n{\"id\":7}\n{\"id\":{\"testSummary\":{}}}\n{\"id\":{\"testResult\":[]}}\n"
	     "{\"id\":{\"testResult\":{\"label\":7}},\"testResult\":{\"status\":[]}}\n"
	     "{\"id\":{\"targetCompleted\":{\"label\":\"//no:row\"}}}\n" +
	     last);
	EXPECT_EQ(table.test_count, 0u);
	EXPECT_EQ(problem(), "");
}

TEST_F(Events, AFileThatIsCutOff)
{
	std::string whole = configured("//a:b") + summary("//a:b", "PASSED") + last;

	take(whole.substr(0, whole.size() - last.size()));
	EXPECT_EQ(cell()->verdict, PASSED);
	EXPECT_EQ(problem(), "Bazel's events end after 2 lines, before the last one");
}

TEST_F(Events, ALineThatIsCutOff)
{
	take(configured("//a:b") + "{\"id\":{\"testSum");
	EXPECT_EQ(cell()->verdict, NOT_RUN);
	EXPECT_EQ(problem().find("Bazel's events can't be read: line 2"), 0u) << problem();
}

TEST_F(Events, AnEmptyFile)
{
	take("");
	EXPECT_EQ(problem(), "Bazel's events end after 0 lines, before the last one");
}

TEST_F(Events, LogsAreKeptAndSayTheRelease)
{
	std::string folder = in_temporary("kept");
	std::string log =
		make_file("a log", "exec ...\n---\nringside: host: no SVM; running on machine "
				   "amd, Linux 6.1.0-50\nthe rest\n");
	std::string encoded = log.substr(0, log.size() - 5) + "a%20log";
	mkdir(folder.c_str(), 0755);

	take(configured("@@r//a/b:c") + result("@@r//a/b:c", "PASSED", encoded, "", "", 1) +
		     result("@@r//a/b:c", "FAILED", encoded, "", "", 2) +
		     result("@@r//a/b:c", "PASSED", encoded, "", "", 3) +
		     summary("@@r//a/b:c", "FAILED") + last,
	     folder.c_str());
	// The worst one is shown.
	ASSERT_STREQ(cell("@@r//a/b:c")->log, "logs/amd-linux/r//a/b/c.shard2.log");
	EXPECT_NE(read_file(folder + "/" + cell("@@r//a/b:c")->log).find("the rest"),
		  std::string::npos);
	EXPECT_NE(read_file(folder + "/logs/amd-linux/r/a/b/c.log").find("the rest"),
		  std::string::npos);
	EXPECT_STREQ(column()->release, "6.1.0-50");
}

TEST_F(Events, ALogThatIsGone)
{
	take(configured("//a:b") + result("//a:b", "FAILED", "file:///nowhere/test.log") +
		     result("//a:b", "FAILED", "bytestream://cache/x") +
		     summary("//a:b", "FAILED") + last,
	     in_temporary("gone").c_str());
	EXPECT_EQ(cell()->verdict, FAILED);
	EXPECT_EQ(cell()->log, nullptr);
}

TEST(Table, ColumnsAreNamedAfterMachineAndKernel)
{
	struct table table = {};

	table_add_column(&table, "host", nullptr);
	table_add_column(&table, "amd", "@@ringside_linux_generic//:linux");
	table_add_column(&table, "amd", "//my/own:kernel");
	table_add_column(&table, "amd", "//my:own/kernel");
	/* With Ringside as a module. */
	table_add_column(&table, "amd", "@@ringside~~packages~ringside_linux_generic//:linux");
	table_add_column(&table, "amd", "@@other+ringside_linux//:linux");
	table_add_column(&table, "amd", "@@ringside~//machines/kernels:linux");
	table_add_column(&table, "amd", "//machines/kernels:linux_generic");
	table_add_column(&table, "//my:machine", "//k:k");
	EXPECT_STREQ(table.columns[0].title, "host");
	EXPECT_STREQ(table.columns[1].title, "amd linux_generic");
	EXPECT_STREQ(table.columns[2].title, "amd my/own:kernel");
	EXPECT_STREQ(table.columns[2].id, "amd-my-own-kernel");
	EXPECT_STREQ(table.columns[4].title, "amd linux_generic");
	EXPECT_STREQ(table.columns[5].title, "amd linux");
	EXPECT_STREQ(table.columns[6].title, "amd linux");
	EXPECT_STREQ(table.columns[7].title, "amd linux_generic");
	EXPECT_STREQ(table.columns[8].title, "my:machine k:k");
	EXPECT_STRNE(table.columns[3].id, table.columns[2].id);
}

TEST(Table, RowsAreSortedInAllColumns)
{
	struct table table = {};

	table_add_column(&table, "host", nullptr);
	table_add_column(&table, "amd", "//k");
	table_cell(&table, &table.columns[0], "//b:1")->verdict = PASSED;
	table_cell(&table, &table.columns[1], "//a:1")->verdict = FAILED;
	table_sort(&table);
	EXPECT_STREQ(table.tests[0], "//a:1");
	EXPECT_EQ(table.columns[0].cells[0].verdict, NOT_RUN);
	EXPECT_EQ(table.columns[1].cells[0].verdict, FAILED);
	EXPECT_EQ(table.columns[0].cells[1].verdict, PASSED);
}

TEST(Table, TheExitStatusIsTheWorst)
{
	struct table table = {};

	table_add_column(&table, "host", nullptr);
	table_add_column(&table, "amd", "//k");
	table_cell(&table, &table.columns[0], "//a:1")->verdict = PASSED;
	table.columns[0].status = 0;
	EXPECT_EQ(table_status(&table), 0);
	table.columns[0].cells[0].verdict = TIMED_OUT;
	table.columns[0].status = 3;
	EXPECT_EQ(table_status(&table), 3);
	table.columns[1].state = COLUMN_BROKEN;
	EXPECT_EQ(table_status(&table), 1);
	table.columns[1].status = 8;
	EXPECT_EQ(table_status(&table), 8);
	table.columns[0].cells[0].verdict = PASSED;
	table.columns[0].status = table.columns[1].status = 0;
	table.columns[1].state = COLUMN_DONE;
	EXPECT_EQ(table_status(&table), 0);
	table.status = 37;
	EXPECT_EQ(table_status(&table), 37);
}

// A table with something of everything, and a test with a name as hostile as can be.
class Reports : public testing::Test
{
protected:
	Reports()
	{
		table_add_column(&table, "amd", "//k:<k>");
		table_add_column(&table, "intel", "//k");
		struct column *column = &table.columns[0];
		column->state = COLUMN_DONE;
		column->status = 3;
		column->seconds = 12.3456;
		column->release = strdup("6.1");
		for (int verdict = 0; verdict < VERDICTS; verdict++) {
			std::string test = "//a:" + std::to_string(verdict);
			struct cell *cell = table_cell(&table, column, test.c_str());
			cell->verdict = static_cast<enum verdict>(verdict);
			cell->runs = verdict != NOT_RUN;
			cell->seconds = 1.5;
		}
		struct cell *cell = table_cell(&table, column, "//a:<script>\"&");
		cell->verdict = FAILED;
		cell->message = strdup("why <b>&\"");
		cell->log = strdup("logs/a b#?.log");
		table.columns[1].state = COLUMN_BROKEN;
		table.columns[1].problem = strdup("<no machine>\nsecond line\n");
	}

	template <typename Print> std::string print(Print print)
	{
		char *text;
		size_t size;
		FILE *file = open_memstream(&text, &size);
		print(file);
		fclose(file);
		std::string result(text, size);
		free(text);
		return result;
	}

	struct table table = {};
};

TEST_F(Reports, Json)
{
	std::string text = print([&](FILE *file) { report_json(file, &table); });
	json_error_t error;
	json_t *root = json_loads(text.c_str(), 0, &error);
	ASSERT_NE(root, nullptr) << error.text;
	json_t *column = json_array_get(json_object_get(root, "columns"), 0);
	json_t *broken = json_array_get(json_object_get(root, "columns"), 1);
	json_t *counts = json_object_get(column, "counts");
	json_t *results = json_object_get(column, "results");

	EXPECT_EQ(json_integer_value(json_object_get(root, "version")), 2);
	EXPECT_EQ(json_integer_value(json_object_get(root, "exit_status")), 1);
	EXPECT_STREQ(json_string_value(json_object_get(column, "machine")), "amd");
	EXPECT_STREQ(json_string_value(json_object_get(column, "kernel")), "//k:<k>");
	EXPECT_STREQ(json_string_value(json_object_get(column, "release")), "6.1");
	EXPECT_STREQ(json_string_value(json_object_get(column, "state")), "done");
	EXPECT_DOUBLE_EQ(json_real_value(json_object_get(column, "seconds")), 12.346);
	EXPECT_EQ(json_integer_value(json_object_get(counts, "failed")), 2);
	EXPECT_EQ(json_integer_value(json_object_get(counts, "flaky")), 1);
	ASSERT_EQ(json_array_size(results), table.test_count);
	json_t *hostile = json_array_get(results, VERDICTS);
	EXPECT_STREQ(json_string_value(json_object_get(hostile, "test")), "//a:<script>\"&");
	EXPECT_STREQ(json_string_value(json_object_get(hostile, "verdict")), "failed");
	EXPECT_STREQ(json_string_value(json_object_get(hostile, "log")), "logs/a b#?.log");
	EXPECT_STREQ(json_string_value(json_object_get(broken, "state")), "broken");
	EXPECT_STREQ(json_string_value(json_object_get(broken, "problem")),
		     "<no machine>\nsecond line\n");
	EXPECT_TRUE(json_is_null(json_object_get(broken, "exit_status")));
	json_decref(root);
}

TEST_F(Reports, HtmlHasNoMarkupFromOutside)
{
	std::string html = print([&](FILE *file) { report_html(file, &table); });

	EXPECT_EQ(html.find("<script"), std::string::npos);
	EXPECT_EQ(html.find("<no machine>"), std::string::npos);
	EXPECT_NE(html.find("&lt;script&gt;&quot;&amp;"), std::string::npos);
	EXPECT_NE(html.find("title=\"why &lt;b&gt;&amp;&quot;\""), std::string::npos);
	EXPECT_NE(html.find("href=\"logs/a%20b%23%3F.log\""), std::string::npos);
	EXPECT_NE(html.find("<b>2</b> FAIL"), std::string::npos);
	EXPECT_NE(html.find("intel k is incomplete"), std::string::npos);
	EXPECT_NE(html.find("</html>"), std::string::npos);
}

TEST_F(Reports, Text)
{
	table_sort(&table);
	std::string text = print([&](FILE *file) { report_text(file, &table, "/f", false); });

	EXPECT_NE(text.find("//a:2           PASS 1.5 s       not run\n"), std::string::npos)
		<< text;
	EXPECT_NE(text.find("//a:<script>\"& on amd k:<k>: FAIL; /f/logs/a b#?.log\n"
			    "    why <b>&\"\n"),
		  std::string::npos)
		<< text;
	EXPECT_NE(text.find("intel k is incomplete:\n    <no machine>\n    second line\n"),
		  std::string::npos)
		<< text;
	EXPECT_NE(text.find("amd k:<k>, Linux 6.1: 1 NOT BUILT, 1 TIMEOUT, 2 FAIL, 1 NO STATUS, "
			    "1 FLAKY, 1 PASS, 1 SKIP, 1 not run in 12.3 s\n"),
		  std::string::npos)
		<< text;
	EXPECT_EQ(text.find('\033'), std::string::npos);
}

TEST_F(Reports, AProblemOfNeighboursIsToldOnce)
{
	table.columns[0].problem = strdup(table.columns[1].problem);
	std::string text = print([&](FILE *file) { report_text(file, &table, "/f", false); });

	EXPECT_NE(text.find("amd k:<k> is incomplete:\n"), std::string::npos) << text;
	EXPECT_EQ(text.find("<no machine>"), text.rfind("<no machine>")) << text;
}

} // namespace
