// SPDX-License-Identifier: MIT
//
// A machine declares all that it has: one whose emulator or kernel was mended, or has
// gained something, fails here until machines/machines.bzl and "What the emulators get
// wrong" in docs/machines.md say so. (That it has all that it declares, init has seen.)
//
// usage: declared_program CAPABILITY,...
#include <sstream>
#include <string>

#include "gtest/gtest.h"

extern "C" {
#include "machines/capabilities/capabilities.h"
}

namespace
{

std::string declared_names;

TEST(Machine, DeclaresWhatItHas)
{
	std::istringstream names(declared_names);
	capability_set declared = CAPABILITY_KVM;
	char text[CAPABILITY_LIST_SIZE];
	struct probe probe;

	for (std::string name; std::getline(names, name, ',');) {
		ASSERT_NE(capability_parse(name.c_str()), 0u) << name;
		declared |= capability_parse(name.c_str());
	}
	probe_kvm(~capability_set(0), &probe);
	ASSERT_STREQ(probe.problem, "");
	EXPECT_STREQ(capability_list(probe.provides & ~declared, text), "")
		<< "the machine has this and does not declare it: add it to machines/machines.bzl, "
		   "and correct docs/machines.md";
	EXPECT_STREQ(capability_list(declared & ~probe.provides, text), "");
}

} // namespace

int main(int argc, char **argv)
{
	testing::InitGoogleTest(&argc, argv);
	if (argc != 2) {
		fprintf(stderr, "usage: declared_program CAPABILITY,...\n");
		return 2;
	}
	declared_names = argv[1];
	return RUN_ALL_TESTS();
}
