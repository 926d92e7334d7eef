// SPDX-License-Identifier: MIT
// What a run says of KVM, and what it does not.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

extern "C" {
#include "kvm_lab/verdict/verdict.h"
}

namespace
{

struct Run {
	int status;
	std::string log;
	std::string xml; // empty: none was written
};

std::string Write(const std::string &name, const std::string &text)
{
	const std::string path = std::string(getenv("TEST_TMPDIR")) + "/" + name;

	std::ofstream(path) << text;
	return path;
}

struct verdict Read(const Run &run)
{
	const std::string log = Write("log", run.log), xml = Write("xml", run.xml);

	return verdict_read(run.status, run.xml.empty() ? "/nowhere" : xml.c_str(), log.c_str());
}

std::string Outcome(const Run &run)
{
	const struct verdict verdict = Read(run);

	return outcome_names[verdict_outcome(&verdict)];
}

const std::string passed = "<testcase name=\"a\" status=\"run\" result=\"completed\" />\n";
const std::string failed = "<testcase name=\"b\" result=\"completed\">\n"
			   "<failure message=\"TFAIL: CR3 is 0\"/>\n</testcase>\n";
const std::string late = "<testcase name=\"b\" result=\"completed\">\n"
			 "<failure message=\"TBROK: the guest did not end within 5 s\"/>\n"
			 "</testcase>\n";
const std::string skipped = "<testcase name=\"c\" result=\"completed\">\n<skipped message=\"\"/>\n"
			    "</testcase>\n";
const std::string warned = "ringside: the kernel of machine amd reported a warning while the test "
			   "ran:\n    [  1.0] WARNING: CPU: 0\n";
const std::string oopsed = "ringside: the kernel of machine amd reported an oops while the test "
			   "ran:\n    [  1.0] BUG: unable to handle page fault\n";

TEST(Verdict, OfTheTest)
{
	EXPECT_EQ("pass", Outcome({0, "", passed}));
	EXPECT_EQ("pass", Outcome({0, "", passed + skipped}));
	EXPECT_EQ("skip", Outcome({0, "", skipped}));
	EXPECT_EQ("fail", Outcome({1, "", passed + failed}));
	EXPECT_EQ("hang", Outcome({1, "", passed + late}));
	EXPECT_EQ("fail", Outcome({1, "", failed + late}));
}

TEST(Verdict, OfTheMachine)
{
	EXPECT_EQ("hang",
		  Outcome({125,
			   "ringside: machine amd failed while running the test: no verdict "
			   "before the test's timeout of 60 s: it hangs\n",
			   ""}));
	EXPECT_EQ("crash",
		  Outcome({125,
			   "ringside: machine amd failed while running the test: its kernel "
			   "panicked\n",
			   ""}));
	EXPECT_EQ("crash", Outcome({125,
				    "ringside: machine intel failed while running the test: it was "
				    "reset\n",
				    ""}));
	EXPECT_EQ("not loaded",
		  Outcome({125,
			   "ringside: machine amd failed while unpacking the test: cannot load "
			   "module kvm_amd.ko (parameters \"\"): Cannot allocate memory\n",
			   ""}));
}

TEST(Verdict, OfTheKernel)
{
	EXPECT_EQ("warn", Outcome({125, warned, passed}));
	EXPECT_EQ("oops", Outcome({125, oopsed, passed}));
	EXPECT_EQ("oops", Outcome({137, oopsed, ""}));
	/* The test's own words are the clearer ones. */
	EXPECT_EQ("fail", Outcome({1, warned, failed}));
	EXPECT_EQ("oops", Outcome({1, oopsed, failed}));
}

TEST(Verdict, IsEachOfTwo)
{
	const struct verdict both = Read({1, warned, failed});
	const struct verdict kernel = Read({125, warned, passed});

	EXPECT_TRUE(verdict_is(&both, FAILED));
	EXPECT_TRUE(verdict_is(&both, WARNED));
	EXPECT_FALSE(verdict_is(&both, PASSED));
	EXPECT_FALSE(verdict_is(&kernel, PASSED));
	EXPECT_TRUE(verdict_is(&kernel, WARNED));
}

// None of these says anything about KVM.
TEST(Verdict, OfNobody)
{
	EXPECT_EQ("no verdict", Outcome({0, "", ""}));
	EXPECT_EQ("no verdict", Outcome({1, "", ""}));
	EXPECT_EQ("no verdict", Outcome({1, "", passed}));
	EXPECT_EQ("no verdict", Outcome({139, "", passed}));
	EXPECT_EQ("no verdict", Outcome({125, "ringside: cannot open x: No such file\n", ""}));
	EXPECT_EQ("no verdict", Outcome({125,
					 "ringside: machine amd failed while unpacking the test: "
					 "the job names no program\n",
					 ""}));
	EXPECT_EQ("no verdict",
		  Outcome({125,
			   "ringside: machine amd failed while restoring the snapshot: no "
			   "sign of life within 90 s: it hangs\n",
			   ""}));
	EXPECT_EQ("no verdict",
		  Outcome({125,
			   "ringside: machine amd failed while running the test: Bochs "
			   "was killed\n",
			   ""}));
	EXPECT_EQ("no verdict", Outcome({125,
					 "ringside: machine amd failed while running the test: its "
					 "emulator ended with status 1\n",
					 ""}));
	EXPECT_EQ("no verdict",
		  Outcome({143,
			   "ringside: machine amd failed while running the test: the test "
			   "was ended from outside by signal 15\n",
			   ""}));
}

TEST(Verdict, NamesAreWhatTheyWere)
{
	for (int i = 0; i < OUTCOMES; i++)
		EXPECT_EQ(i, outcome_parse(outcome_names[i]));
	EXPECT_EQ(OUTCOMES, outcome_parse("nothing"));
	EXPECT_FALSE(outcome_is_catch(NO_VERDICT));
	EXPECT_FALSE(outcome_is_catch(PASSED));
	EXPECT_FALSE(outcome_is_catch(SKIPPED));
	EXPECT_TRUE(outcome_is_catch(FAILED));
	EXPECT_TRUE(outcome_is_catch(OOPSED));
}

} // namespace
