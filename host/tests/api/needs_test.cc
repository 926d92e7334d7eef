// SPDX-License-Identifier: MIT
// What a struct tst_test needs of the machine, met and not met.
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include <fstream>

#include "ringside/kvm_gtest.h"
#include "ringside/runner.h"
#include "syscall_filter.h"

namespace
{

using ::ringside::Collect;
using ::ringside::Result;
using ::ringside::ResultIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class Needs : public ::testing::Test
{
protected:
	void SetUp() override
	{
		test_.test_all = [] {};
		unsetenv("KCONFIG_PATH");
	}

	// What the set-up of a test with these needs says.
	std::vector<Result> Check()
	{
		tst_suite suite = {nullptr, &test_, "needs.c", 0};

		return Collect([&suite] {
			tst_suite_set_up(&suite);
			tst_suite_finish(&suite);
		});
	}

	void ExpectSkip(const std::string &why)
	{
		EXPECT_THAT(Check(), ElementsAre(ResultIs(TCONF, HasSubstr(why))));
	}

	std::string WriteFile(const std::string &name, const std::string &contents)
	{
		const std::string path = ::testing::TempDir() + name;

		std::ofstream(path, std::ios::binary) << contents;
		return path;
	}

	tst_test test_ = {};
};

TEST_F(Needs, NothingIsAlwaysMet)
{
	EXPECT_THAT(Check(), IsEmpty());
}

TEST_F(Needs, TconfMsgSkips)
{
	test_.tconf_msg = "not today";
	ExpectSkip("not today");
}

TEST_F(Needs, Root)
{
	if (!CanFilterSyscalls())
		GTEST_SKIP() << "this kernel has no seccomp filters";
	test_.needs_root = 1;
	tst_suite suite = {nullptr, &test_, "needs.c", 0};
	const auto set_up = [&suite] { tst_suite_set_up(&suite); };

	// A user's number that is not 0, and 0, whoever runs this test.
	EXPECT_THAT(CollectWithFailing({SYS_geteuid, EPERM}, set_up),
		    ElementsAre(ResultIs(TCONF, "the test needs root")));
	EXPECT_THAT(CollectWithFailing({SYS_geteuid, 0}, set_up), IsEmpty());
	tst_suite_finish(&suite);
}

TEST_F(Needs, KernelVersion)
{
	test_.min_kver = "2.6";
	EXPECT_THAT(Check(), IsEmpty());
	test_.min_kver = "2.6.32";
	EXPECT_THAT(Check(), IsEmpty());
	// Exactly the running one, and the next.
	utsname kernel;
	unsigned int version, level, patch = 0;
	uname(&kernel);
	ASSERT_GE(sscanf(kernel.release, "%u.%u.%u", &version, &level, &patch), 2);
	const std::string series = std::to_string(version) + "." + std::to_string(level) + ".";
	const std::string same = series + std::to_string(patch);
	const std::string next = series + std::to_string(patch + 1);
	test_.min_kver = same.c_str();
	EXPECT_THAT(Check(), IsEmpty());
	test_.min_kver = next.c_str();
	ExpectSkip("the test needs " + next);
	test_.min_kver = "99.1";
	ExpectSkip("the test needs 99.1");
	test_.min_kver = "new";
	EXPECT_THAT(Check(), ElementsAre(ResultIs(TBROK, HasSubstr(".min_kver is \"new\""))));
}

TEST_F(Needs, Cpus)
{
	cpu_set_t set;

	ASSERT_EQ(sched_getaffinity(0, sizeof(set), &set), 0);
	test_.min_cpus = CPU_COUNT(&set);
	EXPECT_THAT(Check(), IsEmpty());
	test_.min_cpus++;
	ExpectSkip("the test needs " + std::to_string(test_.min_cpus) + " CPUs; ");
	test_.min_cpus = 1000000;
	ExpectSkip("the test needs 1000000 CPUs; this process may use ");
}

TEST_F(Needs, Memory)
{
	test_.min_mem_avail = 1;
	EXPECT_THAT(Check(), IsEmpty());
	test_.min_mem_avail = 1ul << 40;
	ExpectSkip("the test needs 1099511627776 MiB of memory; ");
}

TEST_F(Needs, Architecture)
{
	static const char *const ours[] = {"s390x", "x86_64", nullptr};
	static const char *const others[] = {"s390x", "ppc64le", nullptr};

	test_.supported_archs = ours;
	EXPECT_THAT(Check(), IsEmpty());
	test_.supported_archs = others;
	ExpectSkip("this controller is for x86_64, which is not among");
}

TEST_F(Needs, Drivers)
{
	static const char *const absent[] = {"ringside_no_such_module", nullptr};
	utsname kernel;

	uname(&kernel);
	const std::string folder = std::string("/lib/modules/") + kernel.release;
	const bool known = !access((folder + "/modules.builtin").c_str(), R_OK) &&
			   !access((folder + "/modules.dep").c_str(), R_OK);
	test_.needs_drivers = absent;
	// The running kernel may not say which modules it has.
	EXPECT_THAT(Check(), ElementsAre(known ? ResultIs(TCONF, "the kernel has no driver "
								 "ringside_no_such_module")
					       : ResultIs(TBROK, AllOf(HasSubstr("can't be told"),
								       HasSubstr(folder)))));
}

class Kconfig : public Needs
{
protected:
	void SetUp() override
	{
		Needs::SetUp();
		path_ = WriteFile("config", "# CONFIG_OFF is not set\n"
					    "CONFIG_NO=n\n"
					    "CONFIG_ON=y\n"
					    "CONFIG_MODULE=m\n"
					    "CONFIG_HZ=250\n"
					    "CONFIG_NAME=\"a b\"\n");
		setenv("KCONFIG_PATH", path_.c_str(), 1);
		test_.needs_kconfigs = list_;
	}

	void TearDown() override
	{
		unsetenv("KCONFIG_PATH");
	}

	std::vector<Result> CheckFor(const char *expression)
	{
		list_[0] = expression;
		return Check();
	}

	std::string path_;
	const char *list_[3] = {};
};

TEST_F(Kconfig, MetExpressions)
{
	for (const char *expression :
	     {"CONFIG_ON", "CONFIG_ON=y", "CONFIG_MODULE", "CONFIG_MODULE=m", "CONFIG_HZ=250",
	      "CONFIG_NAME=\"a b\"", "!CONFIG_OFF", "CONFIG_OFF=n", "CONFIG_ABSENT=n",
	      "CONFIG_NO=n", "!CONFIG_NO", "CONFIG_OFF | CONFIG_ON", "CONFIG_ON & CONFIG_MODULE",
	      "CONFIG_ON & (CONFIG_OFF | CONFIG_HZ=250)", "!(CONFIG_OFF | CONFIG_ABSENT)"})
		EXPECT_THAT(CheckFor(expression), IsEmpty()) << expression;
}

TEST_F(Kconfig, UnmetExpressions)
{
	for (const char *expression :
	     {"CONFIG_OFF", "CONFIG_ABSENT", "CONFIG_NO", "CONFIG_ON=m", "CONFIG_ON=n",
	      "CONFIG_HZ=25", "CONFIG_HZ=2500", "CONFIG_NAME=\"a\"", "!CONFIG_ON", "CONFIG_O",
	      "CONFIG_OFF | CONFIG_ABSENT", "CONFIG_ON & CONFIG_OFF"})
		EXPECT_THAT(CheckFor(expression),
			    ElementsAre(ResultIs(TCONF, AllOf(HasSubstr("does not meet"),
							      HasSubstr(expression)))))
			<< expression;
}

TEST_F(Kconfig, MalformedExpressions)
{
	for (const char *expression :
	     {"", "KVM", "CONFIG_", "CONFIG_ON=", "CONFIG_ON CONFIG_OFF", "(CONFIG_ON",
	      "CONFIG_ON)", "CONFIG_ON |", "CONFIG_NAME=\"a", "CONFIG_ON | x"})
		EXPECT_THAT(CheckFor(expression),
			    ElementsAre(ResultIs(TBROK, StartsWith(".needs_kconfigs: "))))
			<< expression;
}

TEST_F(Kconfig, AllOfAListMustBeMet)
{
	list_[1] = "CONFIG_OFF";
	EXPECT_THAT(CheckFor("CONFIG_ON"), ElementsAre(ResultIs(TCONF, HasSubstr("CONFIG_OFF"))));
}

// printf 'CONFIG_PACKED=y\n' | gzip -9n
const unsigned char kPacked[] = {
	0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x73, 0xf6,
	0xf7, 0x73, 0xf3, 0x74, 0x8f, 0x0f, 0x70, 0x74, 0xf6, 0x76, 0x75, 0xb1,
	0xad, 0xe4, 0x02, 0x00, 0x0d, 0x52, 0x75, 0xc9, 0x10, 0x00, 0x00, 0x00,
};

TEST_F(Kconfig, MayBeCompressed)
{
	const std::string packed(reinterpret_cast<const char *>(kPacked), sizeof(kPacked));

	path_ = WriteFile("config.gz", packed);
	setenv("KCONFIG_PATH", path_.c_str(), 1);
	EXPECT_THAT(CheckFor("CONFIG_PACKED"), IsEmpty());
	EXPECT_THAT(CheckFor("CONFIG_ON"), ElementsAre(ResultIs(TCONF, HasSubstr("CONFIG_ON"))));
}

// Neither a skip, which would hide it, nor a run without what was asked for.
TEST_F(Kconfig, UnknownConfigurationBreaksTheTest)
{
	setenv("KCONFIG_PATH", "/nonexistent/config", 1);
	EXPECT_THAT(CheckFor("CONFIG_ON"),
		    ElementsAre(ResultIs(TBROK, AllOf(HasSubstr("CONFIG_ON can't be told"),
						      HasSubstr("/nonexistent/config")))));
}

// .save_restore
TEST_F(Needs, FilesAreSetAndPutBack)
{
	const std::string path = WriteFile("setting", "old\n");
	const tst_path_val entries[] = {{path.c_str(), "new", TST_SR_TBROK}, {}};
	tst_suite suite = {nullptr, &test_, "needs.c", 0};
	std::string during, after;

	test_.save_restore = entries;
	tst_suite_set_up(&suite);
	std::getline(std::ifstream(path), during);
	tst_suite_finish(&suite);
	std::getline(std::ifstream(path), after);
	EXPECT_EQ(during, "new");
	EXPECT_EQ(after, "old");
}

TEST_F(Needs, MissingFileDoesWhatItsFlagsSay)
{
	tst_path_val entries[] = {{"/nonexistent/setting", "1", TST_SR_TBROK}, {}};

	test_.save_restore = entries;
	EXPECT_THAT(Check(), ElementsAre(ResultIs(TBROK, HasSubstr("cannot find /nonexistent"))));
	entries[0].flags = TST_SR_TCONF;
	EXPECT_THAT(Check(), ElementsAre(ResultIs(TCONF, HasSubstr("cannot find /nonexistent"))));
	entries[0].flags = TST_SR_SKIP;
	EXPECT_THAT(Check(), IsEmpty());
}

// Root may write what nobody may write: the mode decides.
TEST_F(Needs, ReadOnlyFileDoesWhatItsFlagsSay)
{
	const std::string path = WriteFile("read_only", "1\n");
	tst_path_val entries[] = {{path.c_str(), "1", TST_SR_TBROK}, {}};

	ASSERT_EQ(chmod(path.c_str(), 0444), 0);
	test_.save_restore = entries;
	EXPECT_THAT(Check(), ElementsAre(ResultIs(TBROK, HasSubstr("cannot write " + path))));
	entries[0].flags = TST_SR_TCONF;
	EXPECT_THAT(Check(), ElementsAre(ResultIs(TCONF, HasSubstr("cannot write " + path))));
	for (unsigned int flags : {TST_SR_SKIP_RO, TST_SR_SKIP}) {
		entries[0].flags = flags;
		EXPECT_THAT(Check(), IsEmpty());
	}
	// What is right for a missing file is not for this one.
	for (unsigned int flags : {TST_SR_SKIP_MISSING, TST_SR_TCONF_MISSING, TST_SR_IGNORE_ERR}) {
		entries[0].flags = flags;
		EXPECT_THAT(Check(), ElementsAre(ResultIs(TBROK, HasSubstr("cannot write"))));
	}
}

TEST_F(Needs, RefusedValueDoesWhatItsFlagsSay)
{
	tst_path_val entries[] = {{"/proc/self/oom_score_adj", "no number", TST_SR_TBROK}, {}};

	test_.save_restore = entries;
	EXPECT_THAT(Check(),
		    ElementsAre(ResultIs(TBROK,
					 AllOf(HasSubstr("cannot write /proc/self/oom_score_adj"),
					       HasSubstr("EINVAL")))));
	entries[0].flags = TST_SR_TCONF | TST_SR_SKIP;
	EXPECT_THAT(Check(), ElementsAre(ResultIs(TBROK, HasSubstr("EINVAL"))));
	entries[0].flags = TST_SR_IGNORE_ERR;
	EXPECT_THAT(Check(), IsEmpty());
}

// Without a value, the file is the test's to change.
TEST_F(Needs, EachFileIsPutBack)
{
	const std::string first = WriteFile("first", "1\n"), second = WriteFile("second", "2\n");
	const tst_path_val entries[] = {
		{first.c_str(), nullptr, TST_SR_TBROK}, {second.c_str(), "3", TST_SR_TBROK}, {}};
	tst_suite suite = {nullptr, &test_, "needs.c", 0};
	std::string line;

	test_.save_restore = entries;
	tst_suite_set_up(&suite);
	std::getline(std::ifstream(first), line);
	EXPECT_EQ(line, "1");
	WriteFile("first", "4\n");
	tst_suite_finish(&suite);
	std::getline(std::ifstream(first), line);
	EXPECT_EQ(line, "1");
	std::getline(std::ifstream(second), line);
	EXPECT_EQ(line, "2");
}

TEST_F(Needs, BuffersAreFreedAtTheEnd)
{
	test_.setup = [] { static_cast<volatile char *>(tst_alloc(10))[-1] = 1; };
	EXPECT_THAT(Check(), ElementsAre(ResultIs(TWARN, HasSubstr("guarded buffer of 10 bytes"))));
	tst_free_all();
}

TEST_F(Needs, TaintOfBeforeIsNoFailure)
{
	test_.taint_check = TST_TAINT_W | TST_TAINT_D;
	EXPECT_THAT(Check(),
		    ::testing::AnyOf(IsEmpty(), ElementsAre(ResultIs(
							TCONF, HasSubstr("is tainted already")))));
}

TEST(Definition, FaultsAreNamed)
{
	const auto error = [](const tst_test &test) {
		const tst_suite suite = {nullptr, &test, "test.c", 0};
		const char *text = tst_suite_error(&suite);

		return std::string(text ? text : "");
	};
	tst_test test = {};

	test.min_cpus = 1;
	EXPECT_THAT(error(test), HasSubstr("neither .test_all nor .test"));
	test.test_all = [] {};
	EXPECT_EQ(error(test), "");
	test.tcnt = 2;
	EXPECT_THAT(error(test), HasSubstr(".tcnt, which is for .test"));
	test.test = [](unsigned int) {};
	EXPECT_THAT(error(test), HasSubstr("both .test_all and .test"));
	test.test_all = nullptr;
	EXPECT_EQ(error(test), "");
	test.tcnt = 0;
	EXPECT_THAT(error(test), HasSubstr(".tcnt is 0"));
	test.tcnt = 1;
	test.timeout = TST_UNLIMITED_TIMEOUT;
	EXPECT_EQ(error(test), "");
	test.timeout = -2;
	EXPECT_THAT(error(test), HasSubstr("no limit is TST_UNLIMITED_TIMEOUT"));
}

} // namespace
