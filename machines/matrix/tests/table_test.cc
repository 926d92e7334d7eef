// SPDX-License-Identifier: MIT
//
// What becomes of Bazel's results: a table, logs, and the reports on them.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <vector>

#include "jansson.h"
#include "gtest/gtest.h"

extern "C" {
#include "machines/matrix/fill.h"
#include "machines/matrix/report.h"
#include "machines/matrix/table.h"
}

namespace
{

std::string read_file(const std::string &path)
{
	std::ifstream file(path);
	std::stringstream text;
	text << file.rdbuf();
	return text.str();
}

TEST(Table, ColumnsAreNamedAfterMachineAndKernel)
{
	struct table table = {};

	table_add_column(&table, "host", nullptr);
	table_add_column(&table, "amd", "//machines/kernels:linux_generic");
	table_add_column(&table, "amd", "//my/own:kernel");
	table_add_column(&table, "amd", "//my:own/kernel");
	/* With Ringside as a module. */
	table_add_column(&table, "amd", "@@ringside~//machines/kernels:linux");
	table_add_column(&table, "//my:machine", "//k:k");
	EXPECT_STREQ(table.columns[0].title, "host");
	EXPECT_STREQ(table.columns[1].title, "amd linux_generic");
	EXPECT_STREQ(table.columns[2].title, "amd my/own:kernel");
	EXPECT_STREQ(table.columns[2].id, "amd-my-own-kernel");
	EXPECT_STREQ(table.columns[4].title, "amd linux");
	EXPECT_STREQ(table.columns[5].title, "my:machine k:k");
	EXPECT_STRNE(table.columns[3].id, table.columns[2].id);
}

TEST(Table, RowsAreSortedInAllColumns)
{
	struct table table = {};

	table_add_column(&table, "host", nullptr);
	table_add_column(&table, "amd", "//k");
	table_cell(&table, &table.columns[0], "//b:1")->verdict = PASSED;
	table_cell(&table, &table.columns[1], "//a:1")->verdict = FAILED;
	table_cell(&table, &table.columns[1], "//b:1")->verdict = SKIPPED;
	ASSERT_EQ(table.test_count, 2u);
	EXPECT_STREQ(table.tests[0], "//a:1");
	EXPECT_STREQ(table.tests[1], "//b:1");
	EXPECT_EQ(table.columns[0].cells[0].verdict, NOT_RUN);
	EXPECT_EQ(table.columns[1].cells[0].verdict, FAILED);
	EXPECT_EQ(table.columns[0].cells[1].verdict, PASSED);
	EXPECT_EQ(table.columns[1].cells[1].verdict, SKIPPED);
}

TEST(Table, TheExitStatusIsBazelsUnlessAColumnIsIncomplete)
{
	struct table table = {};

	table_add_column(&table, "host", nullptr);
	EXPECT_EQ(table_status(&table), 0);
	table.status = 3;
	EXPECT_EQ(table_status(&table), 3);
	table.columns[0].problem = strdup("the events end early");
	EXPECT_EQ(table_status(&table), 3);
	table.status = 0;
	EXPECT_EQ(table_status(&table), 1);
}

const std::string amd = "//ringside_matrix:amd-linux/", host = "@@//ringside_matrix:host/";

// A table of two columns, and what Bazel says of their targets.
class Fill : public testing::Test
{
protected:
	Fill()
	{
		table_add_column(&table, "amd", "//machines/kernels:linux");
		table_add_column(&table, "host", nullptr);
		mkdir(folder.c_str(), 0755);
	}

	struct test_result *add(const std::string &label, enum verdict verdict)
	{
		list.push_back({});
		list.back().label = strdup(label.c_str());
		list.back().verdict = verdict;
		return &list.back();
	}

	// A run of @result that leaves @log, which need not be there.
	void run(struct test_result *result, unsigned int shard, enum verdict verdict,
		 const char *log)
	{
		struct test_run run = {};

		run.verdict = verdict;
		run.run = run.attempt = 1;
		run.shard = shard;
		run.seconds = 1.25;
		run.cached = shard == 2;
		run.log = log ? strdup(log) : nullptr;
		result->runs = static_cast<struct test_run *>(
			realloc(result->runs, (result->run_count + 1) * sizeof(run)));
		result->runs[result->run_count++] = run;
	}

	void fill(const char *problem = nullptr)
	{
		struct results results = {};

		results.list = list.data();
		results.count = list.size();
		results.problem = const_cast<char *>(problem);
		fill_table(&table, &results, folder.c_str());
	}

	const std::string folder = std::string(getenv("TEST_TMPDIR")) + "/" +
				   testing::UnitTest::GetInstance()->current_test_info()->name();
	std::vector<struct test_result> list;
	struct table table = {};
};

TEST_F(Fill, TargetsBelongWhereTheirNamesSay)
{
	add(amd + "t=a", PASSED);
	add(host + "t=a", FAILED);
	add("@@//ringside_matrix:intel/t=a", FAILED);
	add("//t:b", FAILED);
	fill();
	ASSERT_EQ(table.test_count, 1u);
	EXPECT_STREQ(table.tests[0], "//t:a");
	EXPECT_EQ(table.columns[0].cells[0].verdict, PASSED);
	EXPECT_EQ(table.columns[1].cells[0].verdict, FAILED);
}

// As declare_test.bzl has them, the other way round.
TEST_F(Fill, NamesAreLabels)
{
	const std::pair<const char *, const char *> pairs[] = {
		{"=a", "//:a"},	       {"a/b=c", "//a/b:c"},	  {"a=b/c", "//a:b/c"},
		{"a=b=c", "//a:b=c"},  {"@@r~/a=b", "@@r~//a:b"}, {"@r/=a", "@r//:a"},
		{"@r/a=b", "@r//a:b"},
	};

	for (const auto &pair : pairs)
		add(host + pair.first, PASSED);
	fill();
	ASSERT_EQ(table.test_count, list.size());
	for (const auto &pair : pairs)
		EXPECT_EQ(table_cell(&table, &table.columns[1], pair.second)->verdict, PASSED)
			<< pair.second;
	EXPECT_EQ(table.test_count, list.size());
}

TEST_F(Fill, LogsAreKeptAndSayTheRelease)
{
	const std::string log = folder + "/a log";
	std::ofstream(log) << "exec ...\n---\nringside: host: no SVM; running on machine amd, "
			      "Linux 6.1.0-50\nthe rest\n";
	struct test_result *result = add(amd + "@@r/a/b=c", FAILED);

	run(result, 1, PASSED, log.c_str());
	run(result, 2, FAILED, log.c_str());
	run(result, 3, PASSED, log.c_str());
	fill();
	const struct cell *cell = table_cell(&table, &table.columns[0], "@@r//a/b:c");
	// The worst one is shown.
	ASSERT_STREQ(cell->log, "logs/amd-linux/r//a/b/c.shard2.log");
	EXPECT_EQ(read_file(folder + "/" + cell->log), read_file(log));
	EXPECT_EQ(read_file(folder + "/logs/amd-linux/r/a/b/c.log"), read_file(log));
	EXPECT_STREQ(table.columns[0].release, "6.1.0-50");
	EXPECT_DOUBLE_EQ(cell->seconds, 3.75);
	EXPECT_EQ(cell->runs, 3u);
	EXPECT_EQ(cell->cached, 1u);
}

TEST_F(Fill, ALogThatIsGone)
{
	struct test_result *result = add(host + "a=b", FAILED);

	run(result, 1, FAILED, "/nowhere/test.log");
	run(result, 2, FAILED, nullptr);
	fill();
	EXPECT_EQ(table.columns[1].cells[0].verdict, FAILED);
	EXPECT_EQ(table.columns[1].cells[0].log, nullptr);
	EXPECT_EQ(table.columns[1].release, nullptr);
}

TEST_F(Fill, AProblemIsThatOfIncompleteColumns)
{
	add(host + "a=b", PASSED);
	add(amd + "a=b", NOT_RUN);
	fill("events end early");
	EXPECT_STREQ(table.columns[0].problem, "events end early");
	EXPECT_EQ(table.columns[1].problem, nullptr);
}

TEST_F(Fill, WhatNoTestIsBuiltWithoutIsAColumnsProblem)
{
	for (const char *label : {"a=b", "a=c"}) {
		add(amd + label, NOT_BUILT)->message = strdup("no kernel");
		add(host + label, NOT_BUILT)->message = strdup(label);
	}
	fill();
	EXPECT_STREQ(table.columns[0].problem, "no kernel");
	EXPECT_EQ(table.columns[1].problem, nullptr);
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
		column->release = strdup("6.1");
		for (int verdict = 0; verdict < VERDICTS; verdict++) {
			std::string test = "//a:" + std::to_string(verdict);
			struct cell *cell = table_cell(&table, column, test.c_str());
			cell->verdict = static_cast<enum verdict>(verdict);
			cell->runs = verdict != NOT_RUN;
			cell->seconds = 1.5432;
		}
		struct cell *cell = table_cell(&table, column, "//a:<script>\"&");
		cell->verdict = FAILED;
		cell->message = strdup("why <b>&\"");
		cell->log = strdup("logs/a b#?.log");
		table.status = 1;
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
	EXPECT_EQ(json_integer_value(json_object_get(column, "exit_status")), 1);
	EXPECT_EQ(json_integer_value(json_object_get(broken, "exit_status")), 1);
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
