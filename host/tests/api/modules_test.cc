// SPDX-License-Identifier: MIT
// What tst_module_reload() and its halves refuse. Nothing here changes a module.
#include <sys/syscall.h>

#include "ringside/kvm_gtest.h"
#include "syscall_filter.h"
#include "tst_module.h"

namespace
{

using ::ringside::Collect;
using ::ringside::ResultIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kPermission[] = "RINGSIDE_RELOAD_MODULES";
constexpr char kNoSuchModule[] = "ringside_no_such_module";

class Modules : public ::testing::Test
{
protected:
	void SetUp() override
	{
		if (!CanFilterSyscalls())
			GTEST_SKIP() << "this kernel has no seccomp filters";
		setenv(kPermission, "1", 1);
	}

	void TearDown() override
	{
		unsetenv(kPermission);
	}

	// A module that is not there: should a refusal fail, nothing is lost.
	static void ExpectAllRefuse(const FailingCall &call, const std::string &why)
	{
		for (auto *function : {+[] { tst_module_reload(kNoSuchModule, nullptr); },
				       +[] { tst_module_load(kNoSuchModule, nullptr); },
				       +[] { tst_module_unload(kNoSuchModule); }})
			EXPECT_THAT(CollectWithFailing(call, function),
				    ElementsAre(ResultIs(TBROK, HasSubstr(why))));
	}
};

TEST_F(Modules, AreLeftToRoot)
{
	ExpectAllRefuse({SYS_geteuid, EPERM},
			"(ringside_no_such_module): only root may load and remove modules");
}

TEST_F(Modules, AreLeftAloneWithoutPermission)
{
	const char *why = "(ringside_no_such_module): tests may not change this machine's modules; "
			  "allow it with --test_env=RINGSIDE_RELOAD_MODULES=1, or use an emulated "
			  "machine";

	unsetenv(kPermission);
	ExpectAllRefuse({SYS_geteuid, 0}, why);
	setenv(kPermission, "0", 1);
	ExpectAllRefuse({SYS_geteuid, 0}, why);
}

TEST_F(Modules, ThatDoNotExistAreNamed)
{
	for (auto *function : {+[] { tst_module_reload(kNoSuchModule, nullptr); },
			       +[] { tst_module_unload(kNoSuchModule); }})
		EXPECT_THAT(CollectWithFailing({SYS_geteuid, 0}, function),
			    ElementsAre(ResultIs(TBROK, AllOf(HasSubstr(kNoSuchModule),
							      HasSubstr("is not loaded")))));
	EXPECT_THAT(CollectWithFailing({SYS_geteuid, 0},
				       [] { tst_module_load(kNoSuchModule, nullptr); }),
		    ElementsAre(ResultIs(TBROK, AllOf(HasSubstr(kNoSuchModule),
						      HasSubstr("file was not found")))));
}

TEST_F(Modules, NamesAreChecked)
{
	const std::string longest(64, 'x');

	for (const char *name : {"", "../kvm", static_cast<const char *>(nullptr)})
		EXPECT_THAT(Collect([name] { tst_module_reload(name, nullptr); }),
			    ElementsAre(ResultIs(TBROK, HasSubstr("tst_module_reload(mod_name): "
								  "mod_name must be"))));
	EXPECT_THAT(Collect([&] { tst_module_unload((longest + 'x').c_str()); }),
		    ElementsAre(ResultIs(TBROK, HasSubstr("of at most 64 characters"))));
	EXPECT_THAT(
		CollectWithFailing({SYS_geteuid, 0}, [&] { tst_module_unload(longest.c_str()); }),
		ElementsAre(ResultIs(TBROK, HasSubstr("is not loaded"))));
}

TEST_F(Modules, ParametersAreLimited)
{
	static std::string parameter(1022, 'x');

	EXPECT_THAT(CollectWithFailing({SYS_geteuid, 0},
				       [] {
					       char *const argv[] = {parameter.data(), nullptr};

					       tst_module_load(kNoSuchModule, argv);
				       }),
		    ElementsAre(ResultIs(TBROK, HasSubstr("file was not found"))));
	parameter += 'x';
	EXPECT_THAT(CollectWithFailing({SYS_geteuid, 0},
				       [] {
					       char *const argv[] = {parameter.data(), nullptr};

					       tst_module_load(kNoSuchModule, argv);
				       }),
		    ElementsAre(ResultIs(TBROK, HasSubstr("the parameters have more than 1022 "
							  "characters"))));
}

} // namespace
