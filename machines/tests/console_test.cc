// SPDX-License-Identifier: MIT
// A machine's console: init's error is told, the last lines are kept.
extern "C" {
#include "machines/emulator/console.h"
}

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace
{

class Console : public testing::Test
{
protected:
	void SetUp() override
	{
		console_->on_init_error = [](void *context, const char *text) {
			static_cast<std::vector<std::string> *>(context)->push_back(text);
		};
		console_->context = &said_;
	}

	void Add(const std::string &text)
	{
		console_add(console_.get(), text.data(), text.size());
	}

	std::string Printed()
	{
		char *text;
		size_t size;
		FILE *file = open_memstream(&text, &size);

		console_print_end(console_.get(), file);
		fclose(file);
		std::string result(text, size);
		free(text);
		return result;
	}

	std::string PrintedReport()
	{
		char *text;
		size_t size;
		FILE *file = open_memstream(&text, &size);

		console_print_report(console_.get(), file);
		fclose(file);
		std::string result(text, size);
		free(text);
		return result;
	}

	std::unique_ptr<console> console_ = std::make_unique<console>();
	std::vector<std::string> said_;
};

TEST_F(Console, TellsInitsErrorHoweverItIsCut)
{
	Add("[ 1.0] boot\r\nringside-init: remark\nringside-in");
	EXPECT_TRUE(said_.empty());
	Add("it: error: no\r");
	EXPECT_TRUE(said_.empty());
	Add(" way\nrest");
	EXPECT_EQ((std::vector<std::string>{"no way"}), said_);
	EXPECT_EQ("    [ 1.0] boot\n    ringside-init: remark\n    ringside-init: error: no way\n"
		  "    rest\n",
		  Printed());
}

TEST_F(Console, ShowsTheLastLines)
{
	for (int i = 0; i < 3 * CONSOLE_LINES; i++)
		Add("line " + std::to_string(i) + "\n");
	const std::string shown = Printed();
	EXPECT_EQ(20, std::count(shown.begin(), shown.end(), '\n'));
	EXPECT_EQ(0u, shown.find("    line 364\n")) << shown;
	EXPECT_TRUE(console_contains(console_.get(), "line 383"));
	EXPECT_TRUE(console_contains(console_.get(), "line 257"));
	EXPECT_FALSE(console_contains(console_.get(), "line 256"));
}

TEST_F(Console, ShowsAllOfAPanic)
{
	for (int i = 0; i < CONSOLE_LINES; i++)
		Add("line " + std::to_string(i) + "\n");
	Add("Kernel panic - not syncing\n");
	for (int i = 0; i < 50; i++)
		Add("call " + std::to_string(i) + "\n");
	const std::string shown = Printed();
	EXPECT_EQ(0u, shown.find("    line 123\n")) << shown;
	EXPECT_NE(std::string::npos, shown.find("    call 49\n"));
	EXPECT_EQ(5 + 1 + 50, std::count(shown.begin(), shown.end(), '\n'));
}

TEST_F(Console, DropsWhatBochsSaysForInformation)
{
	Add("=========================\n        Bochs x86 Emulator 3.0\n=========================\n"
	    "00000000000i[      ] parsing arg 4\n00000012345p[CPU0  ] >>PANIC<< triple fault\nplain\n");
	EXPECT_EQ("    00000012345p[CPU0  ] >>PANIC<< triple fault\n    plain\n", Printed());
}

// What Bochs prints at its end, some of it since its start, in place of a panic's lines.
TEST_F(Console, DropsWhatBochsSaysOfItself)
{
	Add("[ 1.0] Kernel panic - not syncing\n[ 1.1] Kernel Offset: disabled\n"
	    "mailbox: the machine was reset (software)\nPlease wait.\n"
	    "Waiting for the 'restore state' to finish.\n"
	    "Depending on the size of your emulated disk images, this may be a little while.\n");
	EXPECT_EQ("    [ 1.0] Kernel panic - not syncing\n    [ 1.1] Kernel Offset: disabled\n",
		  Printed());
	Add("mailbox: cannot write to RINGSIDE_OUT: No space left on device\n");
	EXPECT_NE(std::string::npos, Printed().find("No space left"));
}

// The reason stands far before the panic that it leads to.
TEST_F(Console, ShowsTheOopsBeforeAPanic)
{
	for (int i = 0; i < CONSOLE_LINES / 2; i++)
		Add("line " + std::to_string(i) + "\n");
	Add("[ 1.0] BUG: kernel NULL pointer dereference, address: 0000000000000008\n");
	for (int i = 0; i < 40; i++)
		Add("call " + std::to_string(i) + "\n");
	Add("[ 1.1] Kernel panic - not syncing: Fatal exception\n");
	EXPECT_EQ(0u, Printed().find("    line 59\n")) << Printed();
	EXPECT_NE(std::string::npos, Printed().find("BUG: kernel NULL pointer"));
}

// Only what stands behind the time is the kernel's own word.
TEST_F(Console, KnowsWhatTheKernelReports)
{
	Add("[    1.0] kvm: a guest says WARNING: CPU: 0\n[    1.1] Warning: nothing\n");
	EXPECT_EQ(KERNEL_SILENT, console_->report);
	Add("[    2.0] WARNING: CPU: 0 PID: 9 at arch/x86/kvm/x86.c:1 f+0x1/0x2 [kvm]\n"
	    "[    2.1] Modules linked in: kvm\n");
	EXPECT_EQ(KERNEL_WARNED, console_->report);
	Add("[    3.0] rcu: INFO: rcu_preempt self-detected stall on CPU\n");
	EXPECT_EQ("    [    2.0] WARNING: CPU: 0 PID: 9 at arch/x86/kvm/x86.c:1 f+0x1/0x2 [kvm]\n"
		  "    [    2.1] Modules linked in: kvm\n"
		  "    [    3.0] rcu: INFO: rcu_preempt self-detected stall on CPU\n",
		  PrintedReport());
	Add("[    4.0] BUG: KASAN: use-after-free in f+0x1/0x2 [kvm]\n");
	EXPECT_EQ(KERNEL_OOPSED, console_->report);
	EXPECT_EQ("    [    4.0] BUG: KASAN: use-after-free in f+0x1/0x2 [kvm]\n", PrintedReport());
}

TEST_F(Console, KnowsStallsAndOopses)
{
	static const struct {
		const char *line;
		kernel_report report;
	} lines[] = {
		{"[  1.0] watchdog: BUG: soft lockup - CPU#0 stuck for 26s!", KERNEL_WARNED},
		{"[  1.0] INFO: task init:1 blocked for more than 120 seconds.", KERNEL_WARNED},
		{"[  1.0] general protection fault, probably for non-canonical address",
		 KERNEL_OOPSED},
		{"[  1.0] Oops: 0002 [#1] PREEMPT SMP NOPTI", KERNEL_OOPSED},
		{"[  1.0] kernel BUG at arch/x86/kvm/mmu/mmu.c:1!", KERNEL_OOPSED},
		{"[  1.0] kvm: SMP vm created on host with unstable TSC", KERNEL_SILENT},
	};

	for (const auto &expected : lines) {
		console_ = std::make_unique<console>();
		Add(std::string(expected.line) + "\n");
		EXPECT_EQ(expected.report, console_->report) << expected.line;
	}
}

TEST_F(Console, CutsLongLinesAndDropsControlCharacters)
{
	Add("\x1b[31mred\x07\n" + std::string(10000, 'x') + "\n");
	EXPECT_EQ("    [31mred\n    " + std::string(CONSOLE_LINE - 1, 'x') + "\n", Printed());
}

} // namespace
