// SPDX-License-Identifier: MIT
// Capabilities by name and in words. That they are found where they are, and not where
// they aren't, is seen on machines: boot_failures_test.sh, decide_test.sh.
#include <cstring>
#include <fcntl.h>
#include <string>
#include <unistd.h>

#include "gtest/gtest.h"

extern "C" {
#include "machines/capabilities/capabilities.h"
}

namespace
{

std::string words(capability_set set)
{
	char text[CAPABILITY_LIST_SIZE];

	return capability_list(set, text);
}

TEST(Capabilities, HaveABitEach)
{
	const capability_set svm = capability_parse("svm"), smp = capability_parse("smp");

	EXPECT_NE(svm, 0u);
	EXPECT_EQ(svm & (svm - 1), 0u);
	EXPECT_EQ(svm & (smp | CAPABILITY_KVM), 0u);
	EXPECT_EQ(capability_parse("avic") & CAPABILITY_KVM, 0u);
	EXPECT_EQ(capability_parse("SVM"), 0u);
	EXPECT_EQ(capability_parse(""), 0u);
}

TEST(Capabilities, AreShownInTheTablesOrder)
{
	EXPECT_EQ(words(0), "");
	EXPECT_EQ(words(CAPABILITY_KVM), "usable /dev/kvm");
	EXPECT_EQ(words(capability_parse("svm") | capability_parse("smp")), "second CPU, SVM");
	// Bits that are nobody's say nothing, and all together fit.
	EXPECT_LT(words(~capability_set(0)).size(), size_t(CAPABILITY_LIST_SIZE) / 2);
}

TEST(Capabilities, SayHowTheyAreFoundOut)
{
	EXPECT_STREQ(capability_how(capability_parse("svm")),
		     "KVM_GET_SUPPORTED_CPUID, leaf 0x80000001, ECX bit 2");
	EXPECT_STREQ(capability_how(CAPABILITY_KVM), "opening /dev/kvm");
}

// What is no KVM has none of them, but for those that are no KVM's.
TEST(Capabilities, AreNotFoundInAnyFile)
{
	const int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	ASSERT_GE(fd, 0);
	for (const char *name :
	     {"faults", "guest_debug", "interrupts", "irqchip", "native", "nested_state", "pae",
	      "posted_interrupts", "simd", "svm", "svm_exits", "x2apic"})
		EXPECT_EQ(capability_probe(fd, capability_parse(name)), 0u) << name;
	close(fd);
}

TEST(Capabilities, ToReloadModulesIsUpToTheUser)
{
	const capability_set reload = capability_parse("reload");

	unsetenv("RINGSIDE_RELOAD_MODULES");
	EXPECT_EQ(capability_probe(-1, reload), 0u);
	setenv("RINGSIDE_RELOAD_MODULES", "0", 1);
	EXPECT_EQ(capability_probe(-1, reload), 0u);
	setenv("RINGSIDE_RELOAD_MODULES", "1", 1);
	EXPECT_EQ(capability_probe(-1, reload), reload);
}

} // namespace
