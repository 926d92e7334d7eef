// SPDX-License-Identifier: MIT
//
// The shell of a machine, as a user meets it: through pipes, through a terminal,
// and with tests that a Bazel builds. The machine's name is the argument.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <elf.h>
#include <fstream>
#include <pty.h>
#include <sstream>
#include <string>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <vector>

#include "gtest/gtest.h"

namespace
{

std::string machine;

std::string runfiles()
{
	return getenv("TEST_SRCDIR");
}

std::string temporary()
{
	return getenv("TEST_TMPDIR");
}

[[noreturn]] void become_shell(const std::vector<std::string> &arguments)
{
	const std::string shell = runfiles() + "/ringside/machines/" + machine;
	std::vector<char *> list = {const_cast<char *>(shell.c_str())};

	for (const std::string &argument : arguments)
		list.push_back(const_cast<char *>(argument.c_str()));
	list.push_back(nullptr);
	// A shell is no test: it has no timeout.
	unsetenv("TEST_TIMEOUT");
	setenv("RUNFILES_DIR", runfiles().c_str(), 1);
	execv(shell.c_str(), list.data());
	perror(shell.c_str());
	_exit(99);
}

int status_of(int wait_status)
{
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

// Waits for whatever the shell left running: it comes to us, and has to end.
void expect_no_orphans()
{
	while (wait(nullptr) > 0 || errno == EINTR)
		;
}

std::string read_file(const std::string &path)
{
	std::ifstream file(path);
	std::stringstream text;
	text << file.rdbuf();
	return text.str();
}

void write_file(const std::string &path, const std::string &text, mode_t mode = 0644)
{
	std::ofstream(path) << text;
	chmod(path.c_str(), mode);
}

struct Result {
	int status;
	std::string output, errors;
};

// Runs the shell with files for its standard descriptors.
Result run(const std::vector<std::string> &arguments, const std::string &input = "")
{
	const std::string in = temporary() + "/in", out = temporary() + "/out",
			  err = temporary() + "/err";
	write_file(in, input);
	pid_t pid = fork();
	if (!pid) {
		if (!freopen(in.c_str(), "r", stdin) || !freopen(out.c_str(), "w", stdout) ||
		    !freopen(err.c_str(), "w", stderr))
			_exit(98);
		become_shell(arguments);
	}
	int status = 0;
	waitpid(pid, &status, 0);
	expect_no_orphans();
	return {status_of(status), read_file(out), read_file(err)};
}

TEST(Pipes, AScriptRunsInAShell)
{
	Result result = run({}, "ls /dev/kvm\necho to stderr >&2\nexit 7\n");
	EXPECT_EQ(result.status, 7);
	EXPECT_EQ(result.output, "/dev/kvm\n");
	EXPECT_EQ(result.errors, "to stderr\n");
}

TEST(Pipes, ACommandGetsItsArguments)
{
	Result result = run({"printf", "<%s>", "two words", "", "--"});
	EXPECT_EQ(result.status, 0);
	EXPECT_EQ(result.output, "<two words><><-->");
	EXPECT_EQ(result.errors, "");
}

TEST(Pipes, ACommandThatDoesNotExist)
{
	Result result = run({"no_such_command"});
	EXPECT_EQ(result.status, 127);
	EXPECT_EQ(result.output, "");
	EXPECT_EQ(result.errors, "no_such_command: no such program in the machine\n");
}

TEST(Pipes, ASignalEndsTheCommand)
{
	EXPECT_EQ(run({"sh", "-c", "kill -SEGV $$"}).status, 128 + SIGSEGV);
}

TEST(Pipes, MuchInputAndOutputPass)
{
	std::string input;
	for (int i = 0; input.size() < 300000; i++)
		input += std::to_string(i) + '\n';
	Result result = run({"cat"}, input);
	EXPECT_EQ(result.status, 0);
	EXPECT_TRUE(result.output == input) << result.output.size() << " bytes came back";
}

TEST(Pipes, InputThatNobodyReadsIsNoObstacle)
{
	Result result = run({"echo", "done"}, std::string(300000, 'x'));
	EXPECT_EQ(result.status, 0);
	EXPECT_EQ(result.output, "done\n");
}

TEST(Pipes, TheMachineDies)
{
	Result result = run({}, "echo before\necho c >/proc/sysrq-trigger\n");
	EXPECT_EQ(result.status, 125);
	EXPECT_EQ(result.output, "before\n");
	EXPECT_NE(result.errors.find("ringside: machine " + machine +
				     " failed while running the shell: its kernel panicked"),
		  std::string::npos)
		<< result.errors;
	EXPECT_NE(result.errors.find("sysrq triggered crash"), std::string::npos) << result.errors;
	// The last line is the kernel's, not the emulator's.
	const size_t last = result.errors.rfind('\n', result.errors.size() - 2);
	EXPECT_EQ(result.errors.substr(last + 1, 5), "    [") << result.errors;
}

// Ctrl-C where the shell has no terminal for its own: the machine has not failed.
TEST(Pipes, CtrlCEndsTheMachine)
{
	const std::string err = temporary() + "/err";
	int in[2], out[2];
	ASSERT_EQ(pipe(in), 0);
	ASSERT_EQ(pipe(out), 0);
	pid_t pid = fork();
	if (!pid) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		if (!freopen(err.c_str(), "w", stderr))
			_exit(98);
		close(in[1]);
		become_shell({"sh", "-c", "echo wait''ing; sleep 100000"});
	}
	close(out[1]);
	char line[8];
	ASSERT_EQ(read(out[0], line, sizeof(line)), 8);
	EXPECT_EQ(std::string(line, 7), "waiting");
	kill(pid, SIGINT);
	int status = 0;
	waitpid(pid, &status, 0);
	expect_no_orphans();
	for (int fd : {in[0], in[1], out[0]})
		close(fd);
	EXPECT_EQ(status_of(status), 130);
	EXPECT_EQ(read_file(err), "ringside: machine " + machine + " is ended\n");
}

TEST(Arguments, AnUnknownOptionIsRefused)
{
	Result result = run({"--shell"});
	EXPECT_EQ(result.status, 125);
	EXPECT_NE(result.output.find("unknown option '--shell'"), std::string::npos);
}

class Terminal : public testing::Test
{
protected:
	void start(const std::vector<std::string> &arguments)
	{
		struct winsize size = {33, 111, 0, 0};
		pid_ = forkpty(&terminal_, nullptr, nullptr, &size);
		if (!pid_)
			become_shell(arguments);
		ASSERT_GT(pid_, 0);
		ASSERT_EQ(tcgetattr(terminal_, &before_), 0);
	}

	void TearDown() override
	{
		if (pid_ > 0)
			kill(pid_, SIGKILL);
		expect_no_orphans();
		close(terminal_);
	}

	void type(const std::string &text)
	{
		ASSERT_EQ(write(terminal_, text.data(), text.size()), ssize_t(text.size()));
	}

	// Reads what is shown, up to @text; what comes behind is for the next call.
	void expect(const std::string &text)
	{
		size_t found;
		while ((found = shown_.find(text)) == std::string::npos) {
			char data[4096];
			ssize_t got = read(terminal_, data, sizeof(data));
			if (got < 0 && errno == EINTR)
				continue;
			if (got <= 0)
				FAIL() << "no '" << text << "' in:\n" << shown_;
			shown_.append(data, size_t(got));
		}
		shown_.erase(0, found + text.size());
	}

	void resize(unsigned short rows, unsigned short columns)
	{
		struct winsize size = {rows, columns, 0, 0};
		ASSERT_EQ(ioctl(terminal_, TIOCSWINSZ, &size), 0);
	}

	void signal_shell(int number)
	{
		kill(pid_, number);
	}

	// The shell ends with this status, and the terminal is as it was.
	void expect_end(int status)
	{
		int wait_status = 0;
		ASSERT_EQ(waitpid(pid_, &wait_status, 0), pid_);
		pid_ = 0;
		EXPECT_EQ(status_of(wait_status), status);
		struct termios after;
		ASSERT_EQ(tcgetattr(terminal_, &after), 0);
		EXPECT_EQ(after.c_lflag, before_.c_lflag);
		EXPECT_EQ(after.c_iflag, before_.c_iflag);
		EXPECT_EQ(after.c_oflag, before_.c_oflag);
	}

	const std::string prompt = machine + ":/root# ";

private:
	pid_t pid_ = 0;
	int terminal_ = -1;
	struct termios before_;
	std::string shown_;
};

TEST_F(Terminal, AShellWithJobControl)
{
	start({});
	expect("ringside: machine " + machine + ", Linux ");
	expect("no tests are in it");
	expect(prompt);
	type("stty size\r");
	expect("33 111");
	expect(prompt);
	// Ctrl-C is for the command in the machine.
	type("echo wait''ing; cat\r");
	expect("waiting\r\n");
	// The terminal's echo, then cat's: now cat runs, and not the shell that starts it.
	type("a line\r");
	expect("a line\r\n");
	expect("a line\r\n");
	type("\x03");
	expect(prompt);
	type("echo status $?\r");
	expect("\r\nstatus 130");
	expect(prompt);
	type("exit 5\r");
	expect_end(5);
}

TEST_F(Terminal, AResize)
{
	// The size from the start on is no resize. "wait", unlike "read", misses no signal.
	start({"sh", "-c",
	       "trap 'stty size; exit 0' WINCH; sleep 1000 & stty size; echo wait''ing; wait"});
	expect("33 111");
	expect("waiting");
	resize(40, 100);
	expect("40 100");
	expect_end(0);
}

TEST_F(Terminal, EndOfInput)
{
	start({});
	expect(prompt);
	type("\x04");
	expect_end(0);
}

TEST_F(Terminal, CtrlBracketEndsAMachineThatHangs)
{
	start({});
	expect(prompt);
	type("trap '' INT; echo hang''ing; while :; do :; done\r");
	expect("hanging");
	type("\x03\x1d");
	expect("ringside: machine " + machine + " is ended");
	expect_end(130);
}

TEST_F(Terminal, TheMachineDies)
{
	start({});
	expect(prompt);
	type("echo c >/proc/sysrq-trigger\r");
	expect("ringside: machine " + machine +
	       " failed while running the shell: its kernel panicked\r\n");
	expect("sysrq triggered crash");
	expect_end(125);
}

TEST_F(Terminal, SigtermEndsTheDoor)
{
	start({});
	expect(prompt);
	signal_shell(SIGTERM);
	expect("the shell was ended from outside by signal 15");
	expect_end(143);
}

TEST_F(Terminal, SigkillLeavesNothingBehind)
{
	start({});
	expect(prompt);
	signal_shell(SIGKILL);
	// TearDown() waits for the emulator's end.
}

// A workspace whose Bazel says what it is asked and answers what it is told.
class Tests : public testing::Test
{
protected:
	void SetUp() override
	{
		mkdir(workspace_.c_str(), 0755);
		mkdir((workspace_ + "/out").c_str(), 0755);
		mkdir((workspace_ + "/bazel-out").c_str(), 0755);
		setenv("BUILD_WORKSPACE_DIRECTORY", workspace_.c_str(), 1);
		setenv("BUILD_WORKING_DIRECTORY", workspace_.c_str(), 1);
		// In the place of what the machine's own rule says.
		setenv("RINGSIDE_SHELL_ASPECT", "//a:b.bzl%c", 1);
		setenv("RINGSIDE_SHELL_FLAGS", "--//machines:machine=auto --features=asan ", 1);
	}

	void TearDown() override
	{
		unsetenv("BUILD_WORKSPACE_DIRECTORY");
	}

	// What come_along.bzl says of a test; the paths are Bazel's.
	void describe(const std::string &name, const std::string &rest)
	{
		write_file(workspace_ + "/out/" + name + ".shell",
			   "program out/guest_program\n" + rest);
		symlink((runfiles() + "/ringside/machines/tests/guest_program").c_str(),
			(workspace_ + "/out/guest_program").c_str());
		write_file(workspace_ + "/out/data.txt", "data of a test\n");
	}

	void make_bazel(const std::string &cquery, int build_status = 0)
	{
		write_file(workspace_ + "/bazelw",
			   "#!/bin/sh\n"
			   "echo \"$PWD: $*\" >>asked\n"
			   "case $1 in\n"
			   "cquery) printf '" +
				   cquery +
				   "' ;;\n"
				   "*) exit " +
				   std::to_string(build_status) +
				   " ;;\n"
				   "esac\n",
			   0755);
	}

	const std::string &folder() const
	{
		return workspace_;
	}

	std::string asked() const
	{
		return read_file(workspace_ + "/asked");
	}

private:
	const std::string workspace_ =
		temporary() + "/" + testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(Tests, AreBuiltAndRun)
{
	describe("one", "library ringside/machines/tests/data.txt out/data.txt\n");
	describe("two", "data ringside/machines/tests/data.txt out/data.txt\n");
	make_bazel("@@//some/package:one out/one.shell\\n@@other//:two out/two.shell\\n"
		   "@//some/package:one out/one.shell\\n");
	Result result = run({"//some/...", "@other//:all", "--", "sh", "-c",
			     ("one show word; cat $RUNFILES_DIR/ringside/machines/tests/data.txt;"
			      "find /tests -type f | sort; wc -c </machines/tests/data.txt")});
	EXPECT_EQ(result.status, 0) << result.errors;
	EXPECT_NE(result.output.find("argument 1: <show>\nargument 2: <word>"), std::string::npos)
		<< result.output;
	EXPECT_NE(result.output.find("data of a test\n"
				     "/tests/.runfiles/ringside/machines/tests/data.txt\n"
				     "/tests/some/package/one\n"
				     "/tests/two\n15\n"),
		  std::string::npos)
		<< result.output;
	// With other flags than "bazel run" had, Bazel would analyze everything anew.
	EXPECT_NE(asked().find("cquery --//machines:machine=auto --features=asan --ui"),
		  std::string::npos)
		<< asked();
	EXPECT_NE(asked().find("tests(set( '//some/...' '@other//:all')"), std::string::npos)
		<< asked();
	EXPECT_NE(asked().find("build --//machines:machine=auto --features=asan --ui"),
		  std::string::npos)
		<< asked();
	EXPECT_NE(asked().find(" --aspects=//a:b.bzl%c --output_groups=ringside_shell "),
		  std::string::npos)
		<< asked();
	EXPECT_NE(asked().find(" //some/package:one @@other//:two\n"), std::string::npos)
		<< asked();
}

// As they are typed: Bazel is called in the user's folder.
TEST_F(Tests, LabelsMayBeRelative)
{
	describe("one", "library ringside/machines/tests/data.txt out/data.txt\n");
	make_bazel("@@//some/package:one out/one.shell\\n");
	for (const char *label : {":one", "package:one", "package/...", "..."}) {
		Result result = run({label, "one", "show", "a:b"});
		EXPECT_EQ(result.status, 0) << label << result.errors;
		EXPECT_NE(result.output.find("argument 2: <a:b>"), std::string::npos)
			<< label << result.output;
		EXPECT_NE(asked().find(std::string("tests(set( '") + label + "')"),
			  std::string::npos)
			<< asked();
	}
}

TEST_F(Tests, NoneAmongTheLabels)
{
	make_bazel("");
	Result result = run({"//some:thing"});
	EXPECT_EQ(result.status, 125);
	EXPECT_NE(result.errors.find("there is no kvm_test among '//some:thing'"),
		  std::string::npos)
		<< result.errors;
}

TEST_F(Tests, AStaticProgramComesAlong)
{
	describe("plain", "data ringside/note out/note\n");
	write_file(folder() + "/out/note", "data of a program\n");
	make_bazel("@@//some/package:plain out/plain.shell\n");
	Result result = run({"//some/package:plain", "--", "sh", "-c",
			     "plain show word; cat note; ls /tests/.runfiles; pwd"});
	EXPECT_NE(result.output.find("argument 1: <show>\nargument 2: <word>"), std::string::npos)
		<< result.output << result.errors;
	EXPECT_NE(result.output.find("data of a program\nringside\n/tests/.runfiles/ringside\n"),
		  std::string::npos)
		<< result.output;
	EXPECT_NE(asked().find("union (set( '//some/package:plain') except tests("),
		  std::string::npos)
		<< asked();
}

TEST_F(Tests, PatternsNameNoPrograms)
{
	make_bazel("");
	run({"//some/...", "//some:all", "@other//:all"});
	EXPECT_EQ(asked().find("union"), std::string::npos) << asked();
}

TEST_F(Tests, ADynamicProgramIsRefused)
{
	// This program's start, with a program header that names a loader.
	std::string program(sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr), '\0');
	auto *head = reinterpret_cast<Elf64_Ehdr *>(program.data());
	auto *part = reinterpret_cast<Elf64_Phdr *>(head + 1);

	memcpy(head->e_ident, ELFMAG, SELFMAG);
	head->e_ident[EI_CLASS] = ELFCLASS64;
	head->e_phoff = sizeof(*head);
	head->e_phentsize = sizeof(*part);
	head->e_phnum = 1;
	part->p_type = PT_INTERP;
	write_file(folder() + "/out/guest_program", program, 0755);
	describe("dynamic", "");
	make_bazel("@@//some:dynamic out/dynamic.shell\n");
	Result result = run({"//some:dynamic", "--", "true"});
	EXPECT_EQ(result.status, 125);
	EXPECT_NE(result.errors.find("//some:dynamic is a dynamic program"), std::string::npos)
		<< result.errors;
}

TEST_F(Tests, WhatIsNoProgram)
{
	make_bazel("@@//some:library \n");
	Result result = run({"//some:library", "--", "true"});
	EXPECT_EQ(result.status, 125);
	EXPECT_NE(result.errors.find("//some:library is neither a test nor a program. Fix: "),
		  std::string::npos)
		<< result.errors;
}

TEST_F(Tests, ABuildThatFails)
{
	make_bazel("@@//some:one out/one.shell\\n", 1);
	Result result = run({"//some:one"});
	EXPECT_EQ(result.status, 1);
	EXPECT_NE(result.errors.find("'bazel build' failed"), std::string::npos) << result.errors;
}

TEST_F(Tests, NoBazel)
{
	setenv("PATH", "/nowhere", 1);
	Result result = run({"//some:one"});
	EXPECT_EQ(result.status, 125);
	EXPECT_NE(result.errors.find("found no Bazel"), std::string::npos) << result.errors;
}

} // namespace

int main(int argc, char **argv)
{
	testing::InitGoogleTest(&argc, argv);
	if (argc != 2) {
		fprintf(stderr, "usage: shell_test MACHINE\n");
		return 2;
	}
	machine = argv[1];
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	return RUN_ALL_TESTS();
}
