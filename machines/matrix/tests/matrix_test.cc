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

// Says what it is asked, in "asked"; a query finds what has no "missing" in it; a
// test writes the events-MACHINE of its folder, and ends as status-MACHINE says.
const char fake_bazel[] = R"SH(#!/bin/sh
echo "$PWD: $*" >>"$FAKE/asked"
case $1 in
query)
	case $* in
	*missing*)
		echo "INFO: here" >&2
		echo "ERROR: no such target '//missing:kernel'" >&2
		exit 7
		;;
	esac
	exit 0
	;;
esac
for word; do
	case $word in
	--build_event_json_file=*) events=${word#*=} ;;
	*:machine=*) machine=${word#*=} ;;
	esac
done
echo "[1 / 2] Booting"
cat "$FAKE/message-$machine" >&2
cat "$FAKE/events-$machine" >"$events"
if [ -e "$FAKE/hang-$machine" ]; then
	tail -f /dev/null &
	trap 'kill $!; echo interrupted >>"$FAKE/asked"; exit 8' INT
	echo ready >"$FAKE/ready"
	wait
fi
exit "$(cat "$FAKE/status-$machine")"
)SH";

std::string events(const std::string &test, const std::string &status, bool complete = true)
{
	return R"({"id":{"targetConfigured":{"label":")" + test +
	       R"("}},"configured":{"testSize":"SMALL"}})" + "\n" +
	       R"({"id":{"testSummary":{"label":")" + test +
	       R"("}},"testSummary":{"overallStatus":")" + status + R"("}})" + "\n" +
	       (complete ? "{\"id\":{\"buildFinished\":{}},\"lastMessage\":true}\n" : "");
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
		for (const char *machine : {"host", "amd", "intel"})
			answer(machine, events("//a:b", "PASSED"), 0);
		setenv("FAKE", fake.c_str(), 1);
		setenv("BUILD_WORKSPACE_DIRECTORY", work.c_str(), 1);
		setenv("BUILD_WORKING_DIRECTORY", folder.c_str(), 1);
		setenv("RINGSIDE_MACHINES", "host,amd,intel", 1);
		setenv("RINGSIDE_KERNELS", "@@ringside_linux//:linux,@@other//:kernel", 1);
		setenv("RINGSIDE_MACHINE_FLAG", "@@r//m:machine", 1);
		setenv("RINGSIDE_KERNEL_FLAG", "@@r//m:kernel", 1);
	}

	// What Bazel is going to do for a machine.
	void answer(const std::string &machine, const std::string &with, int status,
		    const std::string &message = "")
	{
		write_file(fake + "/events-" + machine, with);
		write_file(fake + "/status-" + machine, std::to_string(status));
		write_file(fake + "/message-" + machine, message);
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

	// Nothing but a message that holds @text, and no test has run.
	void expect_refused(const std::vector<std::string> &arguments, int status,
			    const std::string &text)
	{
		Result result = run(arguments);
		EXPECT_EQ(result.status, status);
		EXPECT_EQ(result.output, "");
		EXPECT_EQ(result.errors.find("ringside: "), 0u) << result.errors;
		EXPECT_NE(result.errors.find(text), std::string::npos) << result.errors;
		EXPECT_EQ(asked().find(": test "), std::string::npos) << asked();
	}

	const std::string work = std::string(getenv("TEST_TMPDIR")) + "/" +
				 testing::UnitTest::GetInstance()->current_test_info()->name();
	const std::string fake = work + "/fake", folder = work + "/folder";
};

TEST_F(Matrix, RunsEachMachineWithEachKernel)
{
	Result result = run({"//a:b"});
	EXPECT_EQ(result.status, 0);
	EXPECT_NE(result.output.find(
			  "test   host  amd linux  amd other//:kernel  intel linux  "
			  "intel other//:kernel\n"
			  "//a:b  PASS  PASS       PASS                PASS         PASS\n"),
		  std::string::npos)
		<< result.output;
	EXPECT_NE(result.errors.find("[1/5] host ...\n[1/5] host: 1 PASS ("), std::string::npos)
		<< result.errors;
	for (const char *flags :
	     {"--@@r//m:machine=host --build",
	      "--@@r//m:machine=amd --@@r//m:kernel=@@ringside_linux//:linux --build",
	      "--@@r//m:machine=amd --@@r//m:kernel=@@other//:kernel --build",
	      "--@@r//m:machine=intel --@@r//m:kernel=@@ringside_linux//:linux --build",
	      "--@@r//m:machine=intel --@@r//m:kernel=@@other//:kernel --build"})
		EXPECT_NE(asked().find(flags), std::string::npos) << flags << " in\n" << asked();
	// In the folder where the user is: labels may be relative.
	EXPECT_NE(asked().find(folder + ": test --keep_going "), std::string::npos) << asked();
	EXPECT_NE(read_file(work + "/bazel-matrix-report/index.html").find("</html>"),
		  std::string::npos);
	EXPECT_NE(read_file(work + "/bazel-matrix-report/matrix.json").find("\"exit_status\": 0"),
		  std::string::npos);
	EXPECT_EQ(read_file(work + "/bazel-matrix-report/bazel/host.json"),
		  events("//a:b", "PASSED"));
}

TEST_F(Matrix, PassesPatternsAndOptionsOn)
{
	Result result = run({"--machines=host", "--output=here", "//a/...", "-//a:c", "--",
			     "--runs_per_test=3"});
	EXPECT_EQ(result.status, 0);
	EXPECT_NE(asked().find(" --runs_per_test=3 --build_event_json_file=" + folder +
			       "/here/bazel/host.json -- //a/... -//a:c\n"),
		  std::string::npos)
		<< asked();
	EXPECT_NE(asked().find(" '//a:c'\n"), std::string::npos) << asked();
	EXPECT_NE(result.output.find(folder + "/here/index.html"), std::string::npos);
}

TEST_F(Matrix, AFailedTest)
{
	answer("amd", events("//a:b", "FAILED"), 3);
	Result result = run({"--machines=amd,host", "--kernels=//k", "//a:b"});
	EXPECT_EQ(result.status, 3);
	EXPECT_NE(result.output.find("//a:b  FAIL   PASS\n"), std::string::npos) << result.output;
	EXPECT_NE(result.output.find("//a:b on amd k: FAIL\n"), std::string::npos) << result.output;
}

TEST_F(Matrix, AColumnThatBreaksLeavesTheOthers)
{
	answer("amd", "", 37, "INFO: no\nERROR: the server crashed\nin two lines\n");
	Result result = run({"--machines=amd,host", "--kernels=//k", "//a:b"});
	EXPECT_EQ(result.status, 37);
	EXPECT_NE(result.output.find("//a:b  not run  PASS\n"), std::string::npos) << result.output;
	EXPECT_NE(result.output.find("amd k is incomplete:\n    the server crashed\n    in two "
				     "lines\n"),
		  std::string::npos)
		<< result.output;
}

TEST_F(Matrix, EventsThatAreCutOff)
{
	answer("host", events("//a:b", "PASSED", false), 0);
	Result result = run({"--machines=host", "//a:b"});
	EXPECT_EQ(result.status, 1);
	EXPECT_NE(result.output.find("host is incomplete:\n    Bazel's events end after 2 lines"),
		  std::string::npos)
		<< result.output;
}

TEST_F(Matrix, ASignalEndsBazelAndWhatIsKnownIsReported)
{
	answer("amd", events("//a:b", "FAILED", false), 0);
	write_file(fake + "/hang-amd", "");
	ASSERT_EQ(mkfifo((fake + "/ready").c_str(), 0600), 0);
	pid_t pid = start({"--machines=host,amd,intel", "--kernels=//k", "//a:b"});
	EXPECT_EQ(read_file(fake + "/ready"), "ready\n"); // which waits for it
	kill(pid, SIGINT);
	Result result = finish(pid);
	EXPECT_EQ(result.status, 8);
	EXPECT_NE(asked().find("interrupted\n"), std::string::npos) << asked();
	EXPECT_EQ(asked().find("=intel"), std::string::npos) << asked();
	EXPECT_NE(result.output.find("//a:b  PASS  FAIL   not run\n"), std::string::npos)
		<< result.output;
	EXPECT_NE(result.output.find(", interrupted\n"), std::string::npos) << result.output;
	EXPECT_EQ(result.output.find("incomplete"), std::string::npos) << result.output;
	EXPECT_NE(read_file(work + "/bazel-matrix-report/matrix.json").find("\"interrupted\""),
		  std::string::npos);
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

TEST_F(OnATerminal, ProgressIsALineThatGoesAway)
{
	start();
	expect_end(0);
	EXPECT_NE(shown.find("\r[1/1] host: 0/0 tests, "), std::string::npos) << shown;
	EXPECT_NE(shown.find("\r\033[K[1/1] host: 1 PASS"), std::string::npos) << shown;
	EXPECT_NE(shown.find("\033[32mPASS"), std::string::npos) << shown;
}

TEST_F(OnATerminal, ProgressFitsAndCtrlCEndsIt)
{
	write_file(fake + "/hang-host", "");
	ASSERT_EQ(mkfifo((fake + "/ready").c_str(), 0600), 0);
	start();
	EXPECT_EQ(read_file(fake + "/ready"), "ready\n");
	read_until("[1 / 2] B");
	type('\x03');
	expect_end(8);
	EXPECT_NE(shown.find("[1 / 2] B"), std::string::npos) << shown;
	for (size_t end, i = shown.find('\r'); (end = shown.find("\033[K", i)) != std::string::npos;
	     i = end + 1)
		EXPECT_LT(end - shown.rfind('\r', end), 41u) << shown;
	EXPECT_NE(asked().find("interrupted\n"), std::string::npos) << asked();
}

TEST_F(Matrix, BadInput)
{
	expect_refused({}, 2, "no tests are named; name some");
	expect_refused({"--machines=host,sparc", "//a:b"}, 2,
		       "--machines: there is no machine 'sparc'; there are host,amd,intel");
	expect_refused({"--machines=host,host", "//a:b"}, 2, "names host twice");
	expect_refused({"--machines=", "//a:b"}, 2, "empty name");
	expect_refused({"--runs_per_test=3", "//a:b"}, 2,
		       "unknown option '--runs_per_test=3'; known are --machines=, --kernels=, "
		       "--output= and --help; Bazel's own options come last, behind --");
	expect_refused({"//a:b", "--", "//a:c"}, 2, "'//a:c' stands behind --");
	expect_refused(
		{"--kernels=//k,//missing:kernel", "//a:b"}, 7,
		"--kernels: there is no '//missing:kernel'; name a linux_kernel, or a target "
		"of one bzImage and .ko files:\n"
		"    no such target '//missing:kernel'\n");
	expect_refused({"//missing/..."}, 7,
		       "Bazel finds no tests by '//missing/...':\n    no such target");
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
