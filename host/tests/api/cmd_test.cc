// SPDX-License-Identifier: MIT
// tst_cmd(): programs that a test runs, and every way in which they end.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "ringside/kvm_gtest.h"
#include "tst_cmd.h"

namespace
{

using ::ringside::Collect;
using ::ringside::ResultIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Read(const std::string &path)
{
	std::ifstream file(path);
	std::stringstream text;

	text << file.rdbuf();
	return text.str();
}

class Cmd : public ::testing::Test
{
protected:
	Cmd() : out_(::testing::TempDir() + "out"), err_(::testing::TempDir() + "err")
	{
	}

	// A machine has no programs of its own: the test brings its shell.
	void SetUp() override
	{
		const std::string folder = ::testing::TempDir() + "bin";
		const std::string busybox =
			std::string(getenv("TEST_SRCDIR")) + "/ringside_busybox/bin/busybox";

		mkdir(folder.c_str(), 0755);
		for (const char *name : {"/sh", "/true"}) {
			unlink((folder + name).c_str());
			ASSERT_EQ(symlink(busybox.c_str(), (folder + name).c_str()), 0);
		}
		setenv("PATH", ("/nonexistent:" + folder).c_str(), 1);
	}

	// What a script does, as tst_cmd() sees it.
	int Shell(const char *script, int flags)
	{
		const char *const argv[] = {"sh", "-c", script, nullptr};

		return tst_cmd(argv, out_.c_str(), err_.c_str(), flags);
	}

	const std::string out_, err_;
};

TEST_F(Cmd, OutputGoesWhereItIsSent)
{
	EXPECT_EQ(Shell("echo a long first line; echo error >&2", 0), 0);
	EXPECT_EQ(Read(out_), "a long first line\n");
	EXPECT_EQ(Read(err_), "error\n");
	// What was there before is gone.
	EXPECT_EQ(Shell("echo short", 0), 0);
	EXPECT_EQ(Read(out_), "short\n");
	EXPECT_EQ(Read(err_), "");
}

TEST_F(Cmd, OutputGoesToDescriptors)
{
	const char *const argv[] = {"sh", "-c", "echo one; echo two >&2", nullptr};
	const int fd = open(out_.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);

	ASSERT_GE(fd, 0);
	EXPECT_EQ(tst_cmd_fds(argv, fd, fd, 0), 0);
	close(fd);
	EXPECT_EQ(Read(out_), "one\ntwo\n");
}

TEST_F(Cmd, StatusIsReturnedOrBreaksTheTest)
{
	EXPECT_EQ(Shell("exit 7", TST_CMD_PASS_RETVAL), 7);
	EXPECT_THAT(Collect([this] { Shell("exit 7", 0); }),
		    ElementsAre(ResultIs(TBROK, AllOf(HasSubstr("tst_cmd(\"sh\")"),
						      HasSubstr("exit status 7")))));
}

TEST_F(Cmd, ASignalBreaksTheTest)
{
	EXPECT_THAT(Collect([this] { Shell("kill -KILL $$", TST_CMD_PASS_RETVAL); }),
		    ElementsAre(ResultIs(TBROK, HasSubstr("signal 9"))));
}

TEST_F(Cmd, AMissingProgramDoesWhatTheFlagsSay)
{
	static const char *const argv[] = {"ringside_no_such_program", nullptr};

	EXPECT_EQ(tst_cmd(argv, nullptr, nullptr, TST_CMD_PASS_RETVAL), 255);
	EXPECT_THAT(Collect([] { tst_cmd(argv, nullptr, nullptr, 0); }),
		    ElementsAre(ResultIs(TBROK, HasSubstr("no such program on PATH"))));
	EXPECT_THAT(Collect([] {
			    tst_cmd(argv, nullptr, nullptr,
				    TST_CMD_TCONF_ON_MISSING | TST_CMD_PASS_RETVAL);
		    }),
		    ElementsAre(ResultIs(TCONF, HasSubstr("ringside_no_such_program"))));
}

TEST_F(Cmd, WhatIsNoProgramIsNotExecuted)
{
	const std::string path = ::testing::TempDir() + "no_program";
	static const char *argv[] = {nullptr, nullptr};

	std::ofstream(path) << "\x7f"
			       "ELF no more";
	chmod(path.c_str(), 0755);
	argv[0] = path.c_str();
	EXPECT_EQ(tst_cmd(argv, nullptr, nullptr, TST_CMD_PASS_RETVAL), 254);
	EXPECT_THAT(Collect([] { tst_cmd(argv, nullptr, nullptr, 0); }),
		    ElementsAre(ResultIs(TBROK, HasSubstr("ENOEXEC"))));
	argv[0] = nullptr;
	EXPECT_THAT(Collect([] { tst_cmd(argv, nullptr, nullptr, 0); }),
		    ElementsAre(ResultIs(TBROK, HasSubstr("names no program"))));
}

TEST_F(Cmd, AnUnusableRedirectionBreaksTheTest)
{
	static const char *const argv[] = {"true", nullptr};

	EXPECT_THAT(Collect([] { tst_cmd(argv, "/nonexistent/file", nullptr, 0); }),
		    ElementsAre(ResultIs(TBROK, HasSubstr("ENOENT"))));
}

} // namespace
