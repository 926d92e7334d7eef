// SPDX-License-Identifier: MIT
// What a machine hands out goes where its test may leave files, and nowhere else.
extern "C" {
#include "machines/runner/results.h"
}

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "gtest/gtest.h"

namespace
{

class Results : public testing::Test
{
protected:
	void SetUp() override
	{
		folder_ = std::string(getenv("TEST_TMPDIR")) + "/" +
			  testing::UnitTest::GetInstance()->current_test_info()->name();
		ASSERT_EQ(mkdir(folder_.c_str(), 0755), 0);
		setenv("TEST_UNDECLARED_OUTPUTS_DIR", folder_.c_str(), 1);
		xml_ = folder_ + ".xml";
		report_ = getenv("XML_OUTPUT_FILE") ?: "";
		setenv("XML_OUTPUT_FILE", xml_.c_str(), 1);
	}

	void TearDown() override
	{
		setenv("XML_OUTPUT_FILE", report_.c_str(), 1);
	}

	const char *Take(channel_type type, const std::string &data)
	{
		auto frame = std::make_unique<channel_frame>();

		frame->head = {uint32_t(type), uint32_t(data.size())};
		memcpy(frame->data, data.data(), data.size());
		EXPECT_TRUE(channel_head_is_valid(&frame->head, CHANNEL_MACHINE));
		EXPECT_TRUE(channel_data_is_valid(frame.get()));
		return results_take(&results_, frame.get());
	}

	const char *TakeFile(const std::string &path, uint64_t size)
	{
		const channel_file head = {size, 0644, 0};

		return Take(CHANNEL_FILE,
			    std::string(reinterpret_cast<const char *>(&head), sizeof(head)) +
				    path);
	}

	const char *TakeStatus()
	{
		return Take(CHANNEL_STATUS, std::string(4, '\0'));
	}

	static std::string Contents(const std::string &path)
	{
		std::ifstream file(path);
		std::stringstream text;

		text << file.rdbuf();
		return text.str();
	}

	std::string folder_, xml_, report_;
	results results_ = {};
};

TEST_F(Results, AreWritten)
{
	EXPECT_EQ(TakeFile(xml_, 7), nullptr);
	EXPECT_EQ(Take(CHANNEL_DATA, "in "), nullptr);
	EXPECT_EQ(Take(CHANNEL_DATA, "two."), nullptr);
	EXPECT_EQ(Take(CHANNEL_FOLDER, folder_), nullptr);
	EXPECT_EQ(Take(CHANNEL_FOLDER, folder_ + "/below"), nullptr);
	EXPECT_EQ(TakeFile(folder_ + "/below/empty", 0), nullptr);
	EXPECT_EQ(TakeStatus(), nullptr);
	EXPECT_EQ(Contents(xml_), "in two.");
	EXPECT_EQ(access((folder_ + "/below/empty").c_str(), F_OK), 0);
}

TEST_F(Results, GoNowhereElse)
{
	const std::string paths[] = {
		"/tmp/unasked",	    folder_ + "x",     folder_ + "/../unasked",
		folder_ + "/a/./b", folder_ + "/a//b", folder_ + "/..",
		xml_ + "/below",    xml_ + "x",	       "relative",
	};

	for (const std::string &path : paths) {
		results_ = {};
		EXPECT_STREQ(TakeFile(path, 0), "they hold a file that the test was not asked for")
			<< path;
		EXPECT_STREQ(Take(CHANNEL_FOLDER, path),
			     "they hold a file that the test was not asked for")
			<< path;
	}
}

TEST_F(Results, DoNotFollowLinks)
{
	const std::string link = folder_ + "/link";

	ASSERT_EQ(symlink((folder_ + ".elsewhere").c_str(), link.c_str()), 0);
	EXPECT_STREQ(TakeFile(link, 0), "an output file can't be written");
	EXPECT_NE(access((folder_ + ".elsewhere").c_str(), F_OK), 0);
}

TEST_F(Results, AreCutOff)
{
	EXPECT_EQ(TakeFile(xml_, 10), nullptr);
	EXPECT_EQ(Take(CHANNEL_DATA, "nine byte"), nullptr);
	EXPECT_STREQ(TakeStatus(), "they are cut off");
	EXPECT_STREQ(TakeFile(xml_, 1), "they are cut off");
	EXPECT_STREQ(Take(CHANNEL_FOLDER, folder_), "they are cut off");
}

TEST_F(Results, AreDamaged)
{
	EXPECT_STREQ(Take(CHANNEL_DATA, "of no file"), "they are damaged");
	EXPECT_EQ(TakeFile(xml_, 3), nullptr);
	EXPECT_STREQ(Take(CHANNEL_DATA, "long"), "they are damaged");
	EXPECT_EQ(Contents(xml_), "");
	EXPECT_EQ(Take(CHANNEL_DATA, "yes"), nullptr);
	EXPECT_STREQ(Take(CHANNEL_DATA, "n"), "they are damaged");
}

TEST_F(Results, AreTooLarge)
{
	EXPECT_STREQ(TakeFile(xml_, CHANNEL_RESULTS_MAX + 1), "they are too large");
	EXPECT_STREQ(TakeFile(xml_, UINT64_MAX), "they are too large");
	EXPECT_NE(access(xml_.c_str(), F_OK), 0);
	// Together, too.
	EXPECT_EQ(TakeFile(xml_, 1), nullptr);
	EXPECT_EQ(Take(CHANNEL_DATA, "x"), nullptr);
	EXPECT_STREQ(TakeFile(xml_, CHANNEL_RESULTS_MAX), "they are too large");
	EXPECT_EQ(TakeFile(xml_, CHANNEL_RESULTS_MAX - 1), nullptr);
}

TEST_F(Results, AreTooMany)
{
	for (int i = 0; i < 10000; i++)
		ASSERT_EQ(Take(CHANNEL_FOLDER, folder_), nullptr);
	EXPECT_STREQ(Take(CHANNEL_FOLDER, folder_), "they hold too many files");
}

TEST_F(Results, AreIncomplete)
{
	testing::internal::CaptureStdout();
	EXPECT_EQ(TakeFile(xml_, 3), nullptr);
	EXPECT_STREQ(Take(CHANNEL_NOTE, "cannot bring out \x1b[2J: why"), "they are incomplete");
	EXPECT_EQ(testing::internal::GetCapturedStdout(),
		  "ringside: machine: cannot bring out ?[2J: why\n");
}

} // namespace
