// SPDX-License-Identifier: MIT
//
// The matrix as a user meets it, with a workspace and a Bazel of the test's own.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <pty.h>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "gtest/gtest.h"

namespace
{

std::string read_file(const std::string &path)
{
	std::ifstream file(path);
	std::stringstream text;
	text << file.rdbuf();
	return text.str();
}

void write_file(const std::string &path, const std::string &text)
{
	std::ofstream(path) << text;
}

// Says what it is asked, in "asked". A query for tests finds those in "tests", one for
// a label finds it unless it has "missing" in it. A test writes "events", and ends as
// "status" says.
const char fake_bazel[] = R"SH(#!/bin/sh
echo "$PWD: $*" >>"$FAKE/asked"
for last; do :; done
case $1 in
info)
	case $last in
	package_path) echo "%workspace%" ;;
	*) echo "$FAKE" ;;
	esac
	exit 0
	;;
query)
	case $* in
	*missing*)
		echo "ERROR: no such target '//missing:kernel'" >&2
		exit 7
		;;
	*streamed_jsonproto*) cat "$FAKE/tests" ;;
	*except*kind*) cat "$FAKE/others" ;;
	*) echo "$last" | tr -d "'" ;;
	esac
	exit 0
	;;
esac
for word; do
	case $word in
	--build_event_json_file=*) events=${word#*=} ;;
	esac
done
echo "[1 / 2] Booting" >&2
cat "$FAKE/message" >&2
cat "$FAKE/events" >"$events"
if [ -e "$FAKE/hang" ]; then
	tail -f /dev/null &
	trap 'kill $!; echo interrupted >>"$FAKE/asked"; exit 8' INT
	echo ready >"$FAKE/ready"
	wait
fi
exit "$(cat "$FAKE/status")"
)SH";

// A test as Bazel's query tells of it.
const char declared[] = "{\"rule\":{\"name\":\"//a:b\"}}\n";

const std::string last = "{\"id\":{\"buildFinished\":{}},\"lastMessage\":true}\n";

// What becomes of a test in a column.
std::string events(const std::string &column, const std::string &status)
{
	const std::string label = "//ringside_matrix:" + column + "/a=b";

	return R"({"id":{"targetConfigured":{"label":")" + label +
	       R"("}},"configured":{"testSize":"SMALL"}})" + "\n" +
	       (status.empty() ? ""
			       : R"({"id":{"testSummary":{"label":")" + label +
					 R"("}},"testSummary":{"overallStatus":")" + status +
					 R"("}})" + "\n");
}

// An action that fails, and the test that is not built without it.
std::string unbuilt(const std::string &column, const std::string &said)
{
	return events(column, "") + R"({"id":{"actionCompleted":{"primaryOutput":"out/)" + column +
	       R"("}},"action":{"type":"MachineSnapshot","failureDetail":{"message":")" + said +
	       R"("}}})" + "\n" + R"({"id":{"targetCompleted":{"label":"//ringside_matrix:)" +
	       column + R"(/a=b"}},"children":[{"actionCompleted":{"primaryOutput":"out/)" +
	       column + R"("}}],"completed":{}})" + "\n";
}

struct Result {
	int status;
	std::string output, errors;
};

class Matrix : public testing::Test
{
protected:
	void SetUp() override
	{
		mkdir(work.c_str(), 0755);
		mkdir(fake.c_str(), 0755);
		mkdir(folder.c_str(), 0755);
		write_file(work + "/bazelw", fake_bazel);
		chmod((work + "/bazelw").c_str(), 0755);
		write_file(fake + "/tests", declared);
		write_file(fake + "/others", "");
		answer(events("host", "PASSED") + last, 0);
		setenv("FAKE", fake.c_str(), 1);
		setenv("BUILD_WORKSPACE_DIRECTORY", work.c_str(), 1);
		setenv("BUILD_WORKING_DIRECTORY", folder.c_str(), 1);
		setenv("RINGSIDE_MACHINES", "host,amd,intel", 1);
		setenv("RINGSIDE_KERNELS", "//machines/kernels:linux,@@other//:kernel", 1);
		setenv("RINGSIDE_MACHINE_PREFIX", "@@r//m:", 1);
		setenv("RINGSIDE_DECLARE", "@@r//m:declare.bzl", 1);
	}

	// What Bazel is going to do.
	void answer(const std::string &with, int status, const std::string &message = "")
	{
		write_file(fake + "/events", with);
		write_file(fake + "/status", std::to_string(status));
		write_file(fake + "/message", message);
	}

	[[noreturn]] static void become(const std::vector<std::string> &arguments)
	{
		const std::string program =
			std::string(getenv("TEST_SRCDIR")) + "/ringside/machines/matrix/matrix";
		std::vector<char *> list = {const_cast<char *>(program.c_str())};

		for (const std::string &argument : arguments)
			list.push_back(const_cast<char *>(argument.c_str()));
		list.push_back(nullptr);
		execv(program.c_str(), list.data());
		_exit(99);
	}

	pid_t start(const std::vector<std::string> &arguments)
	{
		pid_t pid = fork();
		if (!pid) {
			if (!freopen((work + "/out").c_str(), "w", stdout) ||
			    !freopen((work + "/err").c_str(), "w", stderr))
				_exit(98);
			become(arguments);
		}
		return pid;
	}

	Result finish(pid_t pid)
	{
		int status = 0;
		waitpid(pid, &status, 0);
		return {WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
			read_file(work + "/out"), read_file(work + "/err")};
	}

	Result run(const std::vector<std::string> &arguments)
	{
		return finish(start(arguments));
	}

	std::string asked() const
	{
		return read_file(fake + "/asked");
	}

	std::string package(const std::string &file) const
	{
		return read_file(fake + "/ringside_matrix/ringside_matrix/" + file);
	}

	// Nothing but a message that holds @text, and no test has run.
	void expect_refused(const std::vector<std::string> &arguments, int status,
			    const std::string &text, bool is_first = true)
	{
		Result result = run(arguments);
		EXPECT_EQ(result.status, status);
		EXPECT_EQ(result.output, "");
		EXPECT_NE(result.errors.find(text), std::string::npos) << result.errors;
		if (is_first)
			EXPECT_EQ(asked().find(": test "), std::string::npos) << asked();
	}

	const std::string work = std::string(getenv("TEST_TMPDIR")) + "/" +
				 testing::UnitTest::GetInstance()->current_test_info()->name();
	const std::string fake = work + "/fake", folder = work + "/folder";
};

TEST_F(Matrix, OneBazelRunsEachTestOnEachMachineWithEachKernel)
{
	answer(events("amd-linux", "PASSED") + events("host", "PASSED") +
		       events("amd-other---kernel", "FAILED") + last,
	       3);
	Result result = run({"--machines=host,amd", "//a:b"});
	EXPECT_EQ(result.status, 3);
	EXPECT_NE(result.output.find("test   host  amd linux  amd other//:kernel\n"
				     "//a:b  PASS  PASS       FAIL\n"),
		  std::string::npos)
		<< result.output;
	EXPECT_NE(result.output.find("//a:b on amd other//:kernel: FAIL\n"), std::string::npos)
		<< result.output;
	EXPECT_NE(result.errors.find("[1 / 2] Booting\n"), std::string::npos) << result.errors;
	EXPECT_EQ(asked().find(": test "), asked().rfind(": test ")) << asked();
	// In the folder where the user is: flags' labels may be relative.
	EXPECT_NE(asked().find(folder + ": test --keep_going "), std::string::npos) << asked();
	EXPECT_NE(read_file(work + "/bazel-matrix-report/index.html").find("</html>"),
		  std::string::npos);
	EXPECT_NE(read_file(work + "/bazel-matrix-report/matrix.json").find("\"exit_status\": 3"),
		  std::string::npos);
	EXPECT_EQ(read_file(work + "/bazel-matrix-report/bazel/events.json"),
		  read_file(fake + "/events"));
}

TEST_F(Matrix, DeclaresWhatItRuns)
{
	run({"--machines=host,amd,//my:amd2", "--kernels=//k", "//a:b"});
	EXPECT_EQ(package("BUILD.bazel"), R"(load("@@r//m:declare.bzl", "declare_cells")
load(":tests.bzl", "TESTS")

declare_cells(TESTS, [
    ("host", "", ""),
    ("amd-k", "@@r//m:amd", "//k"),
    ("my-amd2-k", "//my:amd2", "//k"),
])
)");
	EXPECT_EQ(package("tests.bzl"), std::string("TESTS = r\"\"\"\n") + declared + "\"\"\"\n");
}

TEST_F(Matrix, WhatIsNoTestOfKvmIsLeftOut)
{
	write_file(fake + "/others", "//a:1\n//a:2\n//a:3\n//a:4\n//a:5\n");
	Result result = run({"--machines=host", "//a/..."});
	EXPECT_EQ(result.status, 0);
	EXPECT_NE(result.errors.find("left out, as they are no tests of kvm_test and its like: "
				     "//a:1 //a:2 //a:3 and 2 more\n"),
		  std::string::npos)
		<< result.errors;
	write_file(fake + "/tests", "");
	expect_refused({"--machines=host", "--output=other", "//a/..."}, 2,
		       "the patterns name no test of kvm_test and its like; name some\n", false);
}

TEST_F(Matrix, PassesPatternsAndOptionsOn)
{
	Result result = run({"--machines=host", "--output=here", "//a/...", "-//a:c", "//a:d", "--",
			     "--runs_per_test=3"});
	EXPECT_EQ(result.status, 0);
	EXPECT_NE(asked().find(" kind('machine_test rule', set() + tests('//a/...' except "
			       "attr('tags', '[\\[ ]manual[,\\]]', '//a/...')) - "
			       "tests('//a:c') + tests('//a:d'))\n"),
		  std::string::npos)
		<< asked();
	EXPECT_NE(asked().find(" --runs_per_test=3 --check_visibility=false "
			       "--package_path=%workspace%:" +
			       fake + "/ringside_matrix --build_event_json_file=" + folder +
			       "/here/bazel/events.json -- //ringside_matrix:all\n"),
		  std::string::npos)
		<< asked();
	EXPECT_NE(result.output.find(folder + "/here/index.html"), std::string::npos);
}

TEST_F(Matrix, AMachineThatIsNotBuiltLeavesTheOtherColumns)
{
	answer(events("host", "PASSED") + unbuilt("amd-k", "the kernel panicked") + last, 1);
	Result result = run({"--machines=amd,host", "--kernels=//k", "//a:b"});
	EXPECT_EQ(result.status, 1);
	EXPECT_NE(result.output.find("//a:b  NOT BUILT  PASS\n"), std::string::npos)
		<< result.output;
	EXPECT_NE(result.output.find("amd k is incomplete:\n    the kernel panicked\n"),
		  std::string::npos)
		<< result.output;
	EXPECT_EQ(result.output.find("host is incomplete"), std::string::npos) << result.output;
}

TEST_F(Matrix, ABazelThatBreaksLeavesWhatIsKnown)
{
	answer(events("host", "PASSED") + last, 37, "ERROR: the server crashed\n");
	Result result = run({"--machines=amd,host", "--kernels=//k", "//a:b"});
	EXPECT_EQ(result.status, 37);
	EXPECT_NE(result.output.find("//a:b  not run  PASS\n"), std::string::npos) << result.output;
	EXPECT_NE(result.output.find("amd k is incomplete:\n    Bazel has ended with status 37, "
				     "and says above why\n"),
		  std::string::npos)
		<< result.output;
	EXPECT_NE(result.errors.find("ERROR: the server crashed\n"), std::string::npos);
	EXPECT_EQ(result.output.find("host is incomplete"), std::string::npos) << result.output;
}

TEST_F(Matrix, EventsThatAreCutOff)
{
	answer(events("host", ""), 0);
	Result result = run({"--machines=host", "//a:b"});
	EXPECT_EQ(result.status, 1);
	EXPECT_NE(result.output.find("host is incomplete:\n    Bazel's events end after 1 lines"),
		  std::string::npos)
		<< result.output;
}

TEST_F(Matrix, ASignalEndsBazelAndWhatIsKnownIsReported)
{
	answer(events("host", "PASSED") + events("amd-k", "FAILED") + events("intel-k", ""), 0);
	write_file(fake + "/hang", "");
	ASSERT_EQ(mkfifo((fake + "/ready").c_str(), 0600), 0);
	pid_t pid = start({"--machines=host,amd,intel", "--kernels=//k", "//a:b"});
	EXPECT_EQ(read_file(fake + "/ready"), "ready\n"); // which waits for it
	kill(pid, SIGINT);
	Result result = finish(pid);
	EXPECT_EQ(result.status, 8);
	EXPECT_NE(asked().find("interrupted\n"), std::string::npos) << asked();
	EXPECT_NE(result.output.find("//a:b  PASS  FAIL   not run\n"), std::string::npos)
		<< result.output;
	EXPECT_NE(result.output.find(", interrupted\n"), std::string::npos) << result.output;
	EXPECT_EQ(result.output.find("incomplete"), std::string::npos) << result.output;
	EXPECT_NE(read_file(work + "/bazel-matrix-report/matrix.json").find("\"interrupted\""),
		  std::string::npos);
}

TEST_F(Matrix, OneAtATimeInAWorkspace)
{
	write_file(fake + "/hang", "");
	ASSERT_EQ(mkfifo((fake + "/ready").c_str(), 0600), 0);
	pid_t pid = start({"--machines=host", "//a:b"});
	EXPECT_EQ(read_file(fake + "/ready"), "ready\n");
	Result second = run({"--machines=host", "--output=second", "//a:b"});
	EXPECT_EQ(second.status, 2);
	EXPECT_NE(second.errors.find("another matrix runs in this workspace; start this one when "
				     "it has ended\n"),
		  std::string::npos)
		<< second.errors;
	kill(pid, SIGINT);
	finish(pid);
}

// A terminal of 40 columns on which the matrix runs for the host.
class OnATerminal : public Matrix
{
protected:
	void start()
	{
		struct winsize size = {24, 40, 0, 0};
		pid_ = forkpty(&terminal_, nullptr, nullptr, &size);
		if (!pid_)
			become({"--machines=host", "//a:b"});
	}

	// Reads until @text is shown, or else to the end.
	void read_until(const std::string &text)
	{
		char data[4096];

		while (shown.find(text) == std::string::npos) {
			ssize_t got = read(terminal_, data, sizeof(data));
			if (got > 0)
				shown.append(data, size_t(got));
			else if (got == 0 || errno != EINTR)
				break;
		}
	}

	void type(char c)
	{
		ASSERT_EQ(write(terminal_, &c, 1), 1);
	}

	void expect_end(int want)
	{
		int status = -1;

		read_until("what is never shown");
		waitpid(pid_, &status, 0);
		close(terminal_);
		EXPECT_TRUE(WIFEXITED(status));
		EXPECT_EQ(WEXITSTATUS(status), want);
	}

	std::string shown;

private:
	pid_t pid_ = -1;
	int terminal_ = -1;
};

TEST_F(OnATerminal, VerdictsAreColored)
{
	start();
	expect_end(0);
	EXPECT_NE(shown.find("\033[32mPASS"), std::string::npos) << shown;
}

TEST_F(OnATerminal, CtrlCEndsBazelOnce)
{
	write_file(fake + "/hang", "");
	ASSERT_EQ(mkfifo((fake + "/ready").c_str(), 0600), 0);
	start();
	EXPECT_EQ(read_file(fake + "/ready"), "ready\n");
	read_until("[1 / 2] B");
	type('\x03');
	expect_end(8);
	EXPECT_EQ(asked().find("interrupted\n"), asked().rfind("interrupted\n")) << asked();
	EXPECT_NE(asked().find("interrupted\n"), std::string::npos) << asked();
}

TEST_F(Matrix, BadInput)
{
	expect_refused({}, 2, "no tests are named; name some");
	expect_refused({"--machines=host,sparc", "//a:b"}, 2,
		       "--machines: there is no machine 'sparc'; there are host,amd,intel, and "
		       "others are named by their labels");
	expect_refused({"--machines=host,host", "//a:b"}, 2, "names host twice");
	expect_refused({"--machines=", "//a:b"}, 2, "empty name");
	expect_refused({"--runs_per_test=3", "//a:b"}, 2,
		       "unknown option '--runs_per_test=3'; known are --machines=, --kernels=, "
		       "--output= and --help; Bazel's own options come last, behind --");
	expect_refused({"//a:b", "--", "//a:c"}, 2, "'//a:c' stands behind --");
	expect_refused({"--kernels=//k,//missing:kernel", "//a:b"}, 7,
		       "--kernels: there is no '//missing:kernel'; name a linux_kernel, or a "
		       "target of one bzImage and .ko files\n");
	expect_refused({"--machines=//missing:machine", "//a:b"}, 7,
		       "--machines: there is no '//missing:machine'; name a bochs_machine or a "
		       "qemu_machine\n");
	expect_refused({"//missing/..."}, 7, "Bazel finds no tests by these patterns\n");
	expect_refused({"//a:b') + deps('//x"}, 2, "is no label");
}

TEST_F(Matrix, KernelsDoNotMatterToTheHost)
{
	EXPECT_EQ(run({"--machines=host", "--kernels=//missing:kernel", "//a:b"}).status, 0);
}

TEST_F(Matrix, TheOutputFolder)
{
	expect_refused({"--output=/proc/nothing", "//a:b"}, 2,
		       "cannot make the output folder /proc/nothing: ");
	write_file(folder + "/precious", "");
	expect_refused({"--output=.", "//a:b"}, 2, "holds more than a matrix (precious)");
	EXPECT_EQ(access((folder + "/precious").c_str(), F_OK), 0);
	// One of an earlier matrix is emptied.
	ASSERT_EQ(run({"--machines=host", "--output=old", "//a:b"}).status, 0);
	write_file(folder + "/old/logs/stale", "");
	ASSERT_EQ(run({"--machines=host", "--output=old", "//a:b"}).status, 0);
	EXPECT_NE(access((folder + "/old/logs/stale").c_str(), F_OK), 0);
}

TEST_F(Matrix, NoWorkspace)
{
	unsetenv("BUILD_WORKSPACE_DIRECTORY");
	expect_refused({"//a:b"}, 2, "start this with 'bazel run'");
}

TEST_F(Matrix, Help)
{
	Result result = run({"--help"});
	EXPECT_EQ(result.status, 0);
	EXPECT_NE(result.output.find("where to run them (host,amd,intel)"), std::string::npos);
}

} // namespace
