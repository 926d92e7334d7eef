// SPDX-License-Identifier: MIT
// tst_module_reload() with KVM's own module: on an emulated machine it changes the
// module's parameters, on a host that has not given permission it changes nothing.
#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>

#include "ringside/kvm_gtest.h"
#include "ringside/runner.h"
#include "tst_module.h"

namespace
{

using ::ringside::Collect;
using ::ringside::ResultIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

bool IsLoaded(const std::string &module)
{
	return access(("/sys/module/" + module + "/initstate").c_str(), F_OK) == 0;
}

class ModuleReload : public ::testing::Test
{
protected:
	void SetUp() override
	{
		module_ = IsLoaded("kvm_amd") ? "kvm_amd" : "kvm_intel";
		if (!IsLoaded(module_))
			GTEST_SKIP() << "KVM is built into this kernel";
		paging_ = module_ == "kvm_amd" ? "npt" : "ept";
		ASSERT_EQ(Nested(), 1);
		if (!getenv("RINGSIDE_RELOAD_MODULES")) {
			EXPECT_THAT(
				Reload("nested=0"),
				ElementsAre(ResultIs(TBROK, HasSubstr("RINGSIDE_RELOAD_MODULES"))));
			EXPECT_EQ(Nested(), 1);
			GTEST_SKIP() << "this machine's modules are not ours to reload";
		}
	}

	int Parameter(const std::string &name) const
	{
		return tst_read_bool_sys_param(
			("/sys/module/" + module_ + "/parameters/" + name).c_str());
	}

	int Nested() const
	{
		return Parameter("nested");
	}

	std::vector<ringside::Result> Reload(std::string first, std::string second = "")
	{
		char *const argv[] = {first.data(), second.empty() ? nullptr : second.data(),
				      nullptr};

		return Collect([&] { tst_module_reload(module_.c_str(), argv); });
	}

	std::string module_, paging_; // and its parameter for nested page tables
};

TEST_F(ModuleReload, SetsParameters)
{
	EXPECT_THAT(Reload("nested=0"),
		    ElementsAre(ResultIs(TINFO, "reloading the module " + module_ +
							" with \"nested=0\"")));
	EXPECT_EQ(Nested(), 0);
	EXPECT_THAT(Reload(paging_ + "=0", "nested=1"),
		    ElementsAre(ResultIs(TINFO, HasSubstr("\"" + paging_ + "=0 nested=1\""))));
	EXPECT_EQ(Nested(), 1);
	EXPECT_EQ(Parameter(paging_), 0);
	EXPECT_THAT(Reload("nested=1"), ElementsAre(ResultIs(TINFO, HasSubstr("\"nested=1\""))));
	EXPECT_EQ(Parameter(paging_), 1);
}

TEST_F(ModuleReload, LeavesAWorkingKvm)
{
	struct tst_kvm_instance vm;

	ASSERT_THAT(Reload("nested=1"), ElementsAre(ResultIs(TINFO, StartsWith("reloading"))));
	tst_kvm_create_instance(&vm, DEFAULT_RAM_SIZE);
	EXPECT_EQ(tst_kvm_run_instance(&vm, 0), 0);
	tst_kvm_destroy_instance(&vm);
}

TEST_F(ModuleReload, GoesInHalves)
{
	char nested[] = "nested=1", *const argv[] = {nested, nullptr};

	EXPECT_THAT(
		Collect([&] { tst_module_load(module_.c_str(), argv); }),
		ElementsAre(ResultIs(TBROK, AllOf(StartsWith("tst_module_load(" + module_ + ")"),
						  HasSubstr("EEXIST")))));
	EXPECT_THAT(Collect([&] { tst_module_unload(module_.c_str()); }), IsEmpty());
	EXPECT_FALSE(IsLoaded(module_));
	EXPECT_NE(access("/dev/kvm", F_OK), 0);
	EXPECT_THAT(Collect([&] { tst_module_load(module_.c_str(), argv); }), IsEmpty());
	EXPECT_EQ(Nested(), 1);
}

// The name may be spelled as modprobe takes it.
TEST_F(ModuleReload, TakesADashForAnUnderscore)
{
	char nested[] = "nested=1", *const argv[] = {nested, nullptr};
	std::string name = module_;

	name[3] = '-';
	EXPECT_THAT(Collect([&] { tst_module_reload(name.c_str(), argv); }),
		    ElementsAre(ResultIs(TINFO,
					 "reloading the module " + name + " with \"nested=1\"")));
	EXPECT_EQ(Nested(), 1);
}

TEST_F(ModuleReload, OfAModuleInUseIsRefused)
{
	struct tst_kvm_instance vm;

	tst_kvm_create_instance(&vm, DEFAULT_RAM_SIZE);
	EXPECT_THAT(Reload("nested=0"),
		    ElementsAre(ResultIs(TINFO, StartsWith("reloading")),
				ResultIs(TBROK, HasSubstr("something uses the module; end all "
							  "virtual machines"))));
	EXPECT_EQ(Nested(), 1);
	// Another module depends on this one.
	EXPECT_THAT(Collect([] { tst_module_unload("kvm"); }),
		    ElementsAre(ResultIs(TBROK, HasSubstr("tst_module_unload(kvm): delete_module() "
							  "refused: something uses the module"))));
	EXPECT_EQ(tst_kvm_run_instance(&vm, 0), 0);
	tst_kvm_destroy_instance(&vm);
}

TEST_F(ModuleReload, TellsWhyTheKernelRefuses)
{
	char nested[] = "nested=1", *const argv[] = {nested, nullptr};

	EXPECT_THAT(Reload("nested=maybe"),
		    ElementsAre(ResultIs(TINFO, StartsWith("reloading")),
				ResultIs(TBROK, AllOf(HasSubstr("finit_module("),
						      HasSubstr("\"nested=maybe\""),
						      HasSubstr("EINVAL")))));
	EXPECT_FALSE(IsLoaded(module_));
	EXPECT_THAT(Collect([&] { tst_module_load(module_.c_str(), argv); }), IsEmpty());
}

// What a driver is to .needs_drivers: loaded, loadable, built in, absent or unknown.
class Drivers : public ModuleReload
{
protected:
	static std::vector<ringside::Result> CheckFor(const std::string &driver)
	{
		const char *const drivers[] = {driver.c_str(), nullptr};
		tst_test test = {};
		tst_suite suite = {};

		test.needs_drivers = drivers;
		suite.test = &test;
		return Collect([&] {
			tst_suite_set_up(&suite);
			tst_suite_finish(&suite);
		});
	}
};

TEST_F(Drivers, AreListedWithWhatTheyNeed)
{
	utsname kernel;
	uname(&kernel);
	std::ifstream list(std::string("/lib/modules/") + kernel.release + "/modules.dep");
	std::string line, found;

	while (std::getline(list, line))
		if (line.find(module_ == "kvm_amd" ? "amd.ko" : "intel.ko") < line.find(':') &&
		    line.find("kvm") < line.find(':'))
			found = line;
	EXPECT_THAT(found, ::testing::ContainsRegex(": .*kvm\\.ko.* .*irqbypass\\.ko"));
}

TEST_F(Drivers, MayBeLoadedOrLoadable)
{
	char nested[] = "nested=1", *const argv[] = {nested, nullptr};

	EXPECT_THAT(CheckFor(module_), IsEmpty());
	EXPECT_THAT(Collect([&] { tst_module_unload(module_.c_str()); }), IsEmpty());
	EXPECT_THAT(CheckFor(module_), IsEmpty());
	EXPECT_THAT(Collect([&] { tst_module_load(module_.c_str(), argv); }), IsEmpty());
}

// With a list of what is built in of the test's own, and with none.
TEST_F(Drivers, MayBeBuiltInOrAbsent)
{
	utsname kernel;
	uname(&kernel);
	const std::string list = std::string("/lib/modules/") + kernel.release + "/modules.builtin";

	const std::string aside = list + ".aside";
	const bool is_there = rename(list.c_str(), aside.c_str()) == 0;
	const int fd = open(list.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0644);

	ASSERT_GE(fd, 0) << strerror(errno);
	dprintf(fd, "kernel/drivers/ringside-built-in.ko\n");
	close(fd);
	EXPECT_THAT(CheckFor("ringside_built_in"), IsEmpty());
	EXPECT_THAT(CheckFor("ringside_built"),
		    ElementsAre(ResultIs(TCONF, "the kernel has no driver ringside_built")));
	unlink(list.c_str());
	EXPECT_THAT(CheckFor("ringside_built"),
		    ElementsAre(ResultIs(TBROK, HasSubstr("whether the kernel has the driver "
							  "ringside_built can't be told"))));
	if (is_there)
		EXPECT_EQ(rename(aside.c_str(), list.c_str()), 0) << strerror(errno);
}

} // namespace
