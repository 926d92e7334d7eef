// SPDX-License-Identifier: MIT
// What the score makes of its cells: rates, machines, the next test, the sample.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

extern "C" {
#include "kvm_lab/score/order.h"
#include "kvm_lab/score/reached.h"
#include "kvm_lab/score/run.h"
#include "kvm_lab/score/sample.h"
#include "kvm_lab/score/score.h"
}

namespace
{

char *Text(const std::string &text)
{
	return strdup(text.c_str());
}

// Two machines; faults and tests as they are added.
class Score : public testing::Test
{
protected:
	void AddTest(const std::string &label, const char *required, const char *pinned = nullptr)
	{
		struct test test = {};

		test.label = Text(label);
		test.required = required ? capability_parse(required) : 0;
		test.pinned = pinned ? Text(pinned) : nullptr;
		tests_.push_back(test);
	}

	void AddFault(const std::string &source, const std::string &function,
		      const std::string &machine = "")
	{
		struct fault fault = {};

		fault.label = Text("//f:f_" + std::to_string(faults_.size()));
		fault.source = Text("arch/x86/kvm/" + source);
		fault.area = Text(source);
		fault.function = Text(function);
		fault.machine = Text(machine);
		fault.state = FAULT_READY;
		faults_.push_back(fault);
	}

	struct score *Get()
	{
		cells_.resize(tests_.size() * faults_.size());
		score_.machines = machines_;
		score_.machine_count = 2;
		score_.suites = &suite_;
		score_.suite_count = 1;
		score_.tests = tests_.data();
		score_.test_count = tests_.size();
		score_.faults = faults_.data();
		score_.fault_count = faults_.size();
		score_.cells = cells_.data();
		return &score_;
	}

	void Set(size_t fault, size_t test, enum outcome outcome)
	{
		struct cell *cell = score_cell(Get(), fault, test);

		cell->has_run = true;
		cell->outcome = outcome;
	}

	std::string MachineOf(size_t fault, size_t test)
	{
		const size_t machine = score_machine(Get(), &faults_[fault], &tests_[test]);

		return machine < 2 ? machines_[machine].name : "none";
	}

	std::vector<struct test> tests_;
	std::vector<struct fault> faults_;
	std::vector<struct cell> cells_;

private:
	struct machine machines_[2] = {
		{Text("amd"), nullptr, capability_parse("svm") | capability_parse("irqchip")},
		{Text("intel"), nullptr, capability_parse("vmx") | capability_parse("irqchip")},
	};
	struct suite suite_ = {Text("suite"), nullptr};
	struct score score_ = {};
};

TEST_F(Score, TakesAMachineWithTheModuleAtFault)
{
	AddFault("svm/nested.c", "f");
	AddFault("vmx/nested.c", "f");
	AddFault("lapic.c", "f");
	AddFault("lapic.c", "f", "intel");
	AddTest("//t:any", nullptr);
	AddTest("//t:svm", "svm");
	AddTest("//t:vmx", "vmx");
	AddTest("//t:pinned", nullptr, "intel");
	AddTest("//t:elsewhere", nullptr, "other");

	EXPECT_EQ("amd", MachineOf(0, 0));
	EXPECT_EQ("intel", MachineOf(1, 0));
	EXPECT_EQ("amd", MachineOf(2, 0));
	EXPECT_EQ("intel", MachineOf(3, 0));
	EXPECT_EQ("amd", MachineOf(0, 1));
	EXPECT_EQ("none", MachineOf(1, 1));
	EXPECT_EQ("amd", MachineOf(2, 1));
	EXPECT_EQ("none", MachineOf(0, 2));
	EXPECT_EQ("intel", MachineOf(2, 2));
	EXPECT_EQ("none", MachineOf(0, 3));
	EXPECT_EQ("intel", MachineOf(1, 3));
	EXPECT_EQ("none", MachineOf(2, 4));
}

TEST_F(Score, CountsWhatIsCaught)
{
	struct rate rate;
	double low, high;

	AddFault("lapic.c", "f");
	AddFault("lapic.c", "f");
	AddFault("mmu/mmu.c", "f");
	AddFault("mmu/mmu.c", "f");
	AddFault("mmu/mmu.c", "f");
	AddTest("//t:a", nullptr);
	faults_[4].state = FAULT_SAME_CODE;
	Set(0, 0, FAILED);
	Set(1, 0, PASSED);
	Set(2, 0, FAILED);
	score_cell(Get(), 2, 0)->fails_anyway = true;

	rate = score_rate(Get(), 0, nullptr);
	EXPECT_EQ(4u, rate.faults);
	EXPECT_EQ(1u, rate.caught);
	EXPECT_EQ(1u, rate.undecided);
	rate = score_rate(Get(), 0, "lapic.c");
	EXPECT_EQ(2u, rate.faults);
	EXPECT_EQ(1u, rate.caught);
	EXPECT_EQ(0u, rate.undecided);
	EXPECT_EQ(&tests_[0], score_catch(Get(), 0, 0));
	EXPECT_EQ(nullptr, score_catch(Get(), 2, 0));

	/* Wilson's interval of 8 out of 10, from its formula. */
	rate = {10, 8, 0};
	score_interval(&rate, &low, &high);
	EXPECT_NEAR(49.0, low, 0.1);
	EXPECT_NEAR(94.3, high, 0.1);
}

TEST_F(Score, SkipsAndMissingVerdictsAreNoCatch)
{
	AddFault("lapic.c", "f");
	AddTest("//t:a", nullptr);
	AddTest("//t:b", nullptr);
	Set(0, 0, SKIPPED);
	Set(0, 1, NO_VERDICT);
	EXPECT_EQ(nullptr, score_catch(Get(), 0, 0));
}

TEST_F(Score, FaultThatATestHasNotMetIsUndecided)
{
	AddFault("lapic.c", "f");
	AddFault("lapic.c", "f");
	AddTest("//t:a", nullptr);
	AddTest("//t:b", nullptr);
	for (size_t fault : {0, 1}) {
		Set(fault, 0, PASSED);
		Set(fault, 1, fault ? NO_VERDICT : PASSED);
	}
	EXPECT_FALSE(score_is_undecided(Get(), 0, 0));
	EXPECT_TRUE(score_is_undecided(Get(), 1, 0));
	EXPECT_EQ(1u, score_rate(Get(), 0, nullptr).undecided);
}

// The build of the faults takes what it does not need out of the execution root.
TEST_F(Score, FilesOfOtherRepositoriesAreTakenFromWhereTheyStay)
{
	const std::string folder = testing::TempDir() + "/prepared";
	const std::string base = folder + "/base", root = base + "/execroot/ringside";
	std::string own = "ringside/a bazel-out/a", others = "busybox/b external/busybox/b";
	char *files[] = {own.data(), others.data()};

	std::filesystem::create_directories(base + "/external/busybox");
	std::filesystem::create_directories(root + "/bazel-out");
	std::ofstream(base + "/external/busybox/b") << "b";
	std::ofstream(root + "/bazel-out/a") << "a";
	Get()->root = Text(root);
	Get()->files.list = files;
	Get()->files.count = 2;
	run_prepare(Get(), folder.c_str());
	EXPECT_TRUE(std::filesystem::is_regular_file(folder + "/runfiles/ringside/a"));
	EXPECT_TRUE(std::filesystem::is_regular_file(folder + "/runfiles/busybox/b"));
}

TEST_F(Score, BeginsWithTheFolderOfTheSource)
{
	AddFault("lapic.c", "f");
	AddTest("//kvm_tests/memory:a", nullptr);
	AddTest("//kvm_tests/interrupts:b", nullptr);
	EXPECT_EQ(1u, order_next(Get(), 0, 0));
	Set(0, 1, PASSED);
	EXPECT_EQ(0u, order_next(Get(), 0, 0));
	Set(0, 0, PASSED);
	EXPECT_EQ(2u, order_next(Get(), 0, 0));
}

TEST_F(Score, LearnsFromCatches)
{
	AddFault("lapic.c", "f");
	AddFault("lapic.c", "f");
	AddTest("//t:a", nullptr);
	AddTest("//t:b", nullptr);
	EXPECT_EQ(0u, order_next(Get(), 1, 0));
	Set(0, 1, FAILED);
	EXPECT_EQ(1u, order_next(Get(), 1, 0));
}

TEST_F(Score, TakesTheQuickOneFirst)
{
	AddFault("lapic.c", "f");
	AddTest("//t:a", nullptr);
	AddTest("//t:b", nullptr);
	tests_[0].seconds = 30;
	tests_[1].seconds = 1;
	EXPECT_EQ(1u, order_next(Get(), 0, 0));
}

// Else a slow computer would make it prefer whatever it knows nothing of.
TEST_F(Score, TakesTheUnknownForAsSlowAsOthers)
{
	AddFault("lapic.c", "f");
	AddTest("//kvm_tests/interrupts:a", nullptr);
	AddTest("//t:b", nullptr);
	tests_[0].seconds = 100;
	EXPECT_EQ(0u, order_next(Get(), 0, 0));
}

TEST_F(Score, IsPatientWithSlowTests)
{
	struct test test = {};

	test.limit = 400;
	EXPECT_EQ(score_patience(&test), 400u) << "nobody knows how long it takes";
	test.seconds = 2;
	EXPECT_EQ(score_patience(&test), 50u);
	test.seconds = 60;
	EXPECT_EQ(score_patience(&test), 400u) << "no more than its limit";
}

TEST_F(Score, LeavesTwinsForLater)
{
	AddFault("lapic.c", "f");
	AddTest("//t:a_i386", nullptr);
	AddTest("//t:a_x86_64", nullptr);
	AddTest("//t:b_i386", nullptr);
	Set(0, 0, PASSED);
	EXPECT_EQ(2u, order_next(Get(), 0, 0));
	Set(0, 2, PASSED);
	EXPECT_EQ(1u, order_next(Get(), 0, 0));
}

TEST_F(Score, BelievesTheFaultsOwnList)
{
	AddFault("lapic.c", "f");
	AddTest("//kvm_tests/interrupts:a", nullptr);
	AddTest("//t:b", nullptr);
	add_word(&faults_[0].caught_by, Text("//t:b"));
	EXPECT_EQ(1u, order_next(Get(), 0, 0));
}

std::string WriteFile(const std::string &text)
{
	const std::string path = testing::TempDir() + "reached.txt";
	FILE *file = fopen(path.c_str(), "w");

	EXPECT_EQ(text.size(), fwrite(text.data(), 1, text.size(), file));
	fclose(file);
	return path;
}

// Two tests, a function whose lines are 10 to 14, and a comment in line 12.
class Reached : public Score
{
protected:
	Reached()
	{
		AddTest("//t:a", nullptr);
		AddTest("//t:b", nullptr);
	}

	// Which of the two tests are left for a fault in that line: "ab", "a", "b" or "".
	std::string LeftOf(const std::string &line, const std::string &text,
			   const std::string &source = "lapic.c")
	{
		AddFault(source, "f");
		faults_.back().line = Text(line);
		cells_.clear();
		reached_load(Get(), WriteFile(text).c_str());
		return std::string(score_is_left(Get(), faults_.size() - 1, 0) ? "a" : "") +
		       (score_is_left(Get(), faults_.size() - 1, 1) ? "b" : "");
	}

	const std::string lines_ = "lines\tarch/x86/kvm/lapic.c\t10-11,13-14\n";
};

TEST_F(Reached, LeavesOutWhoDoesNotComeThere)
{
	const std::string text = lines_ + "test\t//t:a\tamd\n"
					  "reached\tarch/x86/kvm/lapic.c\t10-11,14\n"
					  "reached\tarch/x86/kvm/x86.c\t13\n"
					  "test\t//t:b\tamd\n"
					  "reached\tarch/x86/kvm/lapic.c\t11\n";

	EXPECT_EQ("a", LeftOf("10", text));
	EXPECT_EQ("ab", LeftOf("11", text));
	EXPECT_EQ("", LeftOf("13", text));
	EXPECT_EQ("a", LeftOf("14", text));
	EXPECT_FALSE(score_is_unreached(Get(), 0, 0));
	EXPECT_TRUE(score_is_unreached(Get(), 2, 0));
	EXPECT_EQ(1u, score_rate(Get(), 0, nullptr).unreached);
	EXPECT_EQ(3u, score_rate(Get(), 0, nullptr).undecided);
}

TEST_F(Reached, SaysNothingOfWhatItDoesNotKnow)
{
	const std::string a = "test\t//t:a\tamd\nreached\tarch/x86/kvm/lapic.c\t11\n";

	EXPECT_EQ("b", LeftOf("10", lines_ + a)) << "of the other test";
	EXPECT_EQ("ab", LeftOf("12", lines_ + a)) << "of a line that does not count";
	EXPECT_EQ("ab", LeftOf("10", lines_ + a, "x86.c")) << "of another file";
	EXPECT_EQ("ab", LeftOf("10", lines_ + "test\t//t:a\tintel\n")) << "of amd";
	EXPECT_EQ("ab", LeftOf("10", "")) << "of anything";
}

// What a test has done counts for more than what is known of it.
TEST_F(Reached, LeavesWhatHasRun)
{
	EXPECT_EQ("b", LeftOf("10", lines_ + "test\t//t:a\tamd\n"));
	Set(0, 1, PASSED);
	EXPECT_FALSE(score_is_unreached(Get(), 0, 0));
}

TEST_F(Reached, TellsHowLongTestsTake)
{
	LeftOf("10", lines_ + "test\t//t:b\tamd\t2.5\ntest\t//t:a\tamd\t\n");
	EXPECT_EQ(0, tests_[0].seconds);
	EXPECT_EQ(2.5, tests_[1].seconds);
}

TEST_F(Reached, RefusesAnotherFile)
{
	EXPECT_EXIT(LeftOf("10", "SF:lapic.c\n"), testing::ExitedWithCode(2),
		    "is none of 'bazel run //kvm_lab:coverage -- --tests'");
	EXPECT_EXIT(reached_load(Get(), "/nowhere"), testing::ExitedWithCode(2),
		    "cannot read /nowhere");
}

std::vector<std::string> Shuffled(struct score *score, uint64_t seed)
{
	std::vector<std::string> labels;

	labels.reserve(score->fault_count);
	score->seed = seed;
	sample_shuffle(score);
	for (size_t i = 0; i < score->fault_count; i++)
		labels.push_back(score->faults[i].label);
	return labels;
}

TEST_F(Score, SampleDependsOnTheSeedAlone)
{
	std::vector<std::string> first, again, other;

	for (int i = 0; i < 100; i++)
		AddFault("lapic.c", "f");
	const std::vector<struct fault> faults = faults_;
	first = Shuffled(Get(), 1);
	faults_ = faults;
	again = Shuffled(Get(), 1);
	faults_ = faults;
	other = Shuffled(Get(), 2);
	EXPECT_EQ(first, again);
	EXPECT_NE(first, other);
	std::sort(first.begin(), first.end());
	EXPECT_EQ(first.end(), std::unique(first.begin(), first.end()));
}

} // namespace
