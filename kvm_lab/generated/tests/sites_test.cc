// SPDX-License-Identifier: MIT
// Where in a source which fault can be made.
#include <gtest/gtest.h>

#include <string>
#include <vector>

extern "C" {
#include "kvm_lab/generated/sites.h"
}

namespace
{

// All faults of a source, each as "operator line function: what => by what".
std::vector<std::string> FaultsOf(const std::string &source,
				  std::vector<const char *> functions = {})
{
	std::vector<std::string> result;
	struct tokens tokens;
	struct sites sites;

	functions.push_back(nullptr);
	tokens_read(&tokens, source.c_str());
	sites_find(&sites, &tokens, functions.data());
	for (size_t i = 0; i < sites.count; i++) {
		const struct site &site = sites.list[i];
		result.push_back(std::string(operator_names[site.kind]) + " " +
				 std::to_string(site.line) + " " + site.function + ": " +
				 source.substr(site.start, site.size) + " => " + site.replacement);
	}
	sites_free(&sites);
	tokens_free(&tokens);
	return result;
}

using Faults = std::vector<std::string>;

TEST(Sites, DropAndNegateACheck)
{
	EXPECT_EQ((Faults{"drop_check 3 f: (a && b(c)) => ((a && b(c)) && 0)",
			  "negate 3 f: (a && b(c)) => (!(a && b(c)))"}),
		  FaultsOf("int f(void)\n{\n\tif (a && b(c))\n\t\treturn -1;\n}\n"));
}

TEST(Sites, DropACheckWithABlock)
{
	EXPECT_EQ((Faults{"drop_check 1 f: (a) => ((a) && 0)", "negate 1 f: (a) => (!(a))",
			  "drop_statement 1 f: b = 1; => ;"}),
		  FaultsOf("void f(void) { if (a) { b = 1; goto out; } }"));
}

TEST(Sites, NegateWhatDoesNotLeave)
{
	EXPECT_EQ((Faults{"negate 1 f: (a) => (!(a))", "drop_statement 1 f: b(); => ;"}),
		  FaultsOf("void f(void) { if (a) b(); }"));
}

TEST(Sites, DropStatements)
{
	EXPECT_EQ(
		(Faults{"drop_statement 1 f: a->b[1].c |= d; => ;",
			"drop_statement 1 f: e(f, g(h)); => ;", "drop_statement 1 f: *p = 2; => ;",
			"drop_statement 1 f: ++q; => ;"}),
		FaultsOf("void f(int x) { int y = 3; struct s *t = u; a->b[1].c |= d; e(f, g(h)); "
			 "*p = 2; ++q; return z; }"));
}

// A warning of the kernel's names a line; it has to be that of the source.
TEST(Sites, KeepLinesOfWhatIsDropped)
{
	EXPECT_EQ((Faults{"drop_statement 2 f: a(b,\n  c); => \n;"}),
		  FaultsOf("void f(void)\n{ a(b,\n  c);\n}"));
}

TEST(Sites, DropStatementsBehindHeads)
{
	EXPECT_EQ((Faults{"drop_statement 1 f: a(); => ;", "negate 1 f: (x) => (!(x))",
			  "drop_statement 1 f: b(); => ;", "drop_statement 1 f: c(); => ;"}),
		  FaultsOf("void f(void) { while (y) a(); if (x) b(); else c(); }"));
}

TEST(Sites, MoveBoundaries)
{
	EXPECT_EQ((Faults{"boundary 1 f: < => <=", "boundary 1 f: >= => >"}),
		  FaultsOf("int f(void) { return a < b && c >= d << 1; }"));
}

TEST(Sites, LeaveOnesOut)
{
	EXPECT_EQ((Faults{"off_by_one 1 f: 1 => 0", "off_by_one 1 f: 1 => 0"}),
		  FaultsOf("int f(void) { return a + 1 + g(b - 1, -1) + 2; }"));
}

// What only logs, asserts, traces or counts can't be seen missing.
TEST(Sites, LeaveInvisibleStatementsAlone)
{
	EXPECT_EQ(Faults{},
		  FaultsOf("void f(void) { WARN_ON_ONCE(a < b); pr_err(\"x\"); trace_kvm_exit(c); "
			   "++vcpu->stat.exits; lockdep_assert_held(&l); }"));
	EXPECT_EQ((Faults{"negate 1 f: (WARN_ON(a)) => (!(WARN_ON(a)))"}),
		  FaultsOf("int f(void) { if (WARN_ON(a)) return 1; }"));
}

TEST(Sites, SeeNoFaultsOutsideOfFunctions)
{
	EXPECT_EQ(Faults{}, FaultsOf("#define F(x) if (x) return 1\n"
				     "int g(int x);\n"
				     "static int a[] = { b < c };\n"
				     "struct s { int x; };\n"));
}

TEST(Sites, SeeNoFaultsOutsideOfCode)
{
	EXPECT_EQ(Faults{}, FaultsOf("const char *f(void)\n{\n"
				     "#define G \\\n\tif (a) return;\n"
				     "\t/* if (a) return; */\n"
				     "\t// a();\n"
				     "\treturn \"if (a) return; b < c\";\n}\n"));
}

TEST(Sites, LookIntoTheFunctionsThatAreNamed)
{
	const std::string source = "void set_a(void) { a(); } void set_b(void) { b(); } "
				   "void get_a(void) { c(); }";

	EXPECT_EQ(
		(Faults{"drop_statement 1 set_a: a(); => ;", "drop_statement 1 set_b: b(); => ;"}),
		FaultsOf(source, {"set_*"}));
	EXPECT_EQ((Faults{"drop_statement 1 get_a: c(); => ;"}), FaultsOf(source, {"get_a"}));
	EXPECT_EQ(Faults{}, FaultsOf(source, {"get"}));
}

} // namespace
