// SPDX-License-Identifier: MIT
// A machine's console: init's lines are told, the last lines are kept.
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
		console_->on_init = [](void *context, const char *text) {
			static_cast<std::vector<std::string> *>(context)->push_back(text);
		};
		console_->context = &said_;
	}

	void Add(const std::string &text)
	{
		console_add(console_.get(), text.data(), text.size());
	}

	std::string Printed(size_t lines)
	{
		char *text;
		size_t size;
		FILE *file = open_memstream(&text, &size);

		console_print(console_.get(), file, lines);
		fclose(file);
		std::string result(text, size);
		free(text);
		return result;
	}

	std::unique_ptr<console> console_ = std::make_unique<console>();
	std::vector<std::string> said_;
};

TEST_F(Console, TellsInitsLinesHoweverTheyAreCut)
{
	Add("[ 1.0] boot\r\nringside-in");
	EXPECT_TRUE(said_.empty());
	Add("it: ready\r");
	EXPECT_TRUE(said_.empty());
	Add("\nringside-init: done\nrest");
	EXPECT_EQ((std::vector<std::string>{"ready", "done"}), said_);
	EXPECT_EQ("    [ 1.0] boot\n    ringside-init: ready\n    ringside-init: done\n    rest\n",
		  Printed(10));
}

TEST_F(Console, KeepsTheLastLines)
{
	for (int i = 0; i < 3 * CONSOLE_LINES; i++)
		Add("line " + std::to_string(i) + "\n");
	EXPECT_EQ("    line 382\n    line 383\n", Printed(2));
	EXPECT_TRUE(console_contains(console_.get(), "line 383"));
	EXPECT_FALSE(console_contains(console_.get(), "line 1\n"));
	EXPECT_FALSE(console_contains(console_.get(), "line 200"));
	const std::string all = Printed(1000);
	EXPECT_EQ(CONSOLE_LINES - 1, std::count(all.begin(), all.end(), '\n'));
}

TEST_F(Console, CutsLongLinesAndDropsControlCharacters)
{
	Add("\x1b[31mred\x07\n" + std::string(10000, 'x') + "\n");
	EXPECT_EQ("    [31mred\n    " + std::string(CONSOLE_LINE - 1, 'x') + "\n", Printed(2));
}

} // namespace
