// SPDX-License-Identifier: MIT
// Frames of the channel: what was sent is read, however it comes; the rest is refused.
extern "C" {
#include "machines/channel/channel.h"
}

#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace
{

std::string Bytes(const void *data, size_t size)
{
	return std::string(static_cast<const char *>(data), size);
}

std::string Number(uint32_t number)
{
	return Bytes(&number, sizeof(number));
}

std::string Head(uint32_t type, uint32_t size)
{
	return Number(type) + Number(size);
}

std::string Frame(uint32_t type, const std::string &data)
{
	return Head(type, uint32_t(data.size())) + data;
}

std::string File(const std::string &path)
{
	const channel_file head = {5, 0644, 0};

	return Frame(CHANNEL_FILE, Bytes(&head, sizeof(head)) + path);
}

std::string Link(const std::string &path)
{
	return Frame(CHANNEL_LINK, Number(0) + path);
}

std::string Connect(uint32_t connection)
{
	const channel_connect connect = {connection, {25, 80}};

	return Frame(CHANNEL_CONNECT, Bytes(&connect, sizeof(connect)));
}

struct Result {
	std::vector<std::string> frames;
	bool refused; // what followed them
};

// Has a reader take in a stream, in pieces of so many bytes.
Result Read(channel_sender sender, const std::string &stream, size_t piece = SIZE_MAX)
{
	auto reader = std::make_unique<channel_reader>();
	Result result = {{}, false};

	reader->sender = sender;
	for (size_t start = 0; start < stream.size(); start += piece) {
		// Of just that size, for AddressSanitizer to watch.
		const std::string part = stream.substr(start, piece);
		const auto *data = reinterpret_cast<const unsigned char *>(part.data());
		size_t size = part.size();
		int found;

		while ((found = channel_read(reader.get(), &data, &size)) > 0)
			result.frames.push_back(Bytes(
				&reader->frame, sizeof(channel_head) + reader->frame.head.size));
		if (found < 0) {
			result.refused = true;
			break;
		}
		EXPECT_EQ(size, 0u);
		if (piece == SIZE_MAX)
			break;
	}
	return result;
}

const std::vector<std::string> &Sound()
{
	static const std::vector<std::string> frames = {
		Frame(CHANNEL_STAGE, Number(CHANNEL_COLLECTING)),
		Frame(CHANNEL_OUTPUT, std::string("\0bytes\xff", 7)),
		Frame(CHANNEL_DATA, std::string(CHANNEL_DATA_MAX, 'x')),
		Frame(CHANNEL_FOLDER, "/a folder"),
		File("/a file"),
		Frame(CHANNEL_NOTE, "n"),
		Frame(CHANNEL_STATUS, Number(0xffff)),
	};

	return frames;
}

std::string Joined(const std::vector<std::string> &frames)
{
	std::string stream;

	for (const std::string &frame : frames)
		stream += frame;
	return stream;
}

TEST(Channel, ReadsWhatWasSentHoweverItComes)
{
	for (size_t piece :
	     {size_t(1), size_t(2), size_t(3), size_t(7), size_t(11), size_t(65536), SIZE_MAX}) {
		const Result result = Read(CHANNEL_MACHINE, Joined(Sound()), piece);

		EXPECT_FALSE(result.refused) << piece;
		EXPECT_EQ(result.frames, Sound()) << piece;
	}
}

TEST(Channel, HasNoFrameOfWhatIsCutOff)
{
	const std::string stream = Frame(CHANNEL_NOTE, "one") + Frame(CHANNEL_STATUS, Number(0));
	const size_t one = Frame(CHANNEL_NOTE, "one").size();

	for (size_t size = 0; size < stream.size(); size++) {
		const Result result = Read(CHANNEL_MACHINE, stream.substr(0, size));

		EXPECT_FALSE(result.refused) << size;
		EXPECT_EQ(result.frames.size(), size < one ? 0u : 1u) << size;
	}
}

TEST(Channel, FramesHaveTextBehindThem)
{
	auto reader = std::make_unique<channel_reader>();
	const std::string stream = Frame(CHANNEL_NOTE, "a longer one") + File("/path");
	const auto *data = reinterpret_cast<const unsigned char *>(stream.data());
	size_t size = stream.size();

	reader->sender = CHANNEL_MACHINE;
	memset(reader->frame.data, 'x', sizeof(reader->frame.data));
	ASSERT_EQ(channel_read(reader.get(), &data, &size), 1);
	EXPECT_STREQ(channel_text(&reader->frame), "a longer one");
	ASSERT_EQ(channel_read(reader.get(), &data, &size), 1);
	EXPECT_STREQ(channel_text(&reader->frame), "/path");
}

TEST(Channel, FramesWithoutData)
{
	const Result result = Read(CHANNEL_HOST,
				   Frame(CHANNEL_RUN, "") + Frame(CHANNEL_ARGUMENT, "") +
					   Frame(CHANNEL_INPUT_END, ""),
				   1);

	EXPECT_FALSE(result.refused);
	EXPECT_EQ(result.frames.size(), 3u);
}

// As soon as its head is there: nobody waits for the rest.
TEST(Channel, RefusesHeads)
{
	const struct {
		const char *what;
		channel_sender sender;
		std::string head;
	} cases[] = {
		{"no type", CHANNEL_MACHINE, Head(0, 0)},
		{"a type behind the last", CHANNEL_MACHINE, Head(CHANNEL_STATUS + 1, 4)},
		{"a type far behind", CHANNEL_MACHINE, Head(UINT32_MAX, 4)},
		{"what a host sends", CHANNEL_MACHINE, Head(CHANNEL_ARGUMENT, 4)},
		{"what a machine sends", CHANNEL_HOST, Head(CHANNEL_OUTPUT, 4)},
		{"more than the most", CHANNEL_MACHINE, Head(CHANNEL_OUTPUT, CHANNEL_DATA_MAX + 1)},
		{"far more", CHANNEL_MACHINE, Head(CHANNEL_DATA, UINT32_MAX)},
		{"output of nothing", CHANNEL_MACHINE, Head(CHANNEL_OUTPUT, 0)},
		{"a piece of nothing", CHANNEL_MACHINE, Head(CHANNEL_DATA, 0)},
		{"a file without a path", CHANNEL_MACHINE, Head(CHANNEL_FILE, 16)},
		{"a folder without a path", CHANNEL_MACHINE, Head(CHANNEL_FOLDER, 0)},
		{"a small number", CHANNEL_MACHINE, Head(CHANNEL_STAGE, 3)},
		{"a large number", CHANNEL_MACHINE, Head(CHANNEL_STATUS, 5)},
		{"a link without a path", CHANNEL_HOST, Head(CHANNEL_LINK, 4)},
		{"an end with data", CHANNEL_HOST, Head(CHANNEL_RUN, 1)},
		{"a short window", CHANNEL_HOST, Head(CHANNEL_WINDOW, 2)},
		{"a short waking", CHANNEL_HOST, Head(CHANNEL_WAKE_UP, 47)},
	};

	for (const auto &c : cases) {
		const Result result = Read(c.sender, c.head);

		EXPECT_TRUE(result.refused) << c.what;
		EXPECT_TRUE(result.frames.empty()) << c.what;
	}
}

TEST(Channel, RefusesData)
{
	const struct {
		const char *what;
		channel_sender sender;
		std::string frame;
	} cases[] = {
		{"a NUL in a text", CHANNEL_MACHINE, Frame(CHANNEL_NOTE, std::string("a\0b", 3))},
		{"a NUL at its end", CHANNEL_MACHINE,
		 Frame(CHANNEL_FOLDER, std::string("/a\0", 3))},
		{"a NUL in a path", CHANNEL_MACHINE, File(std::string("/a\0b", 4))},
		{"a path of NULs", CHANNEL_MACHINE, File(std::string(1, '\0'))},
		{"a NUL in a link's path", CHANNEL_HOST, Link(std::string("/a\0b", 4))},
		{"no stage", CHANNEL_MACHINE, Frame(CHANNEL_STAGE, Number(CHANNEL_COLLECTING + 1))},
		{"no wait status", CHANNEL_MACHINE, Frame(CHANNEL_STATUS, Number(0x10000))},
		{"no connection", CHANNEL_HOST, Connect(CHANNEL_TERMINAL + 1)},
	};

	EXPECT_FALSE(Read(CHANNEL_HOST, Connect(CHANNEL_TERMINAL) + Link("/a")).refused);
	for (const auto &c : cases) {
		const Result result = Read(c.sender, c.frame);

		EXPECT_TRUE(result.refused) << c.what;
		EXPECT_TRUE(result.frames.empty()) << c.what;
	}
}

TEST(Channel, GarbageEndsAStreamAtAnyPoint)
{
	const std::string garbage(100, '\xee');

	for (size_t i = 0; i < Sound().size(); i++) {
		const std::vector<std::string> before(Sound().begin(), Sound().begin() + i);
		const Result result = Read(CHANNEL_MACHINE, Joined(before) + garbage);

		EXPECT_TRUE(result.refused) << i;
		EXPECT_EQ(result.frames, before) << i;
	}
}

// Whatever comes: a frame that is handed out is a valid one.
TEST(Channel, RandomBytes)
{
	std::mt19937 random(1);

	for (int round = 0; round < 20000; round++) {
		std::string stream;
		const size_t frames = random() % 4;

		for (size_t i = 0; i <= frames; i++)
			stream += Head(random() % (CHANNEL_STATUS + 2), random() % 24);
		for (size_t i = 0; i < 40; i++)
			stream.insert(stream.begin() + 8 + long(random() % (stream.size() - 7)),
				      char(random() % 3));
		for (const std::string &frame :
		     Read(CHANNEL_MACHINE, stream, 1 + random() % 9).frames) {
			channel_frame copy;

			memcpy(&copy, frame.data(), frame.size());
			EXPECT_TRUE(channel_head_is_valid(&copy.head, CHANNEL_MACHINE));
			EXPECT_TRUE(channel_data_is_valid(&copy));
		}
	}
}

} // namespace
