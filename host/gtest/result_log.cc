// SPDX-License-Identifier: MIT
#include "host/gtest/result_log.h"

#include <cstdlib>

namespace ringside
{
namespace
{

/* Bytes. All together stay well below 1 MiB, with what others print. */
constexpr size_t kDetailsShown = 256 << 10;
constexpr size_t kSkipsShown = 448 << 10;
constexpr size_t kFailuresShown = 640 << 10;
constexpr size_t kLastLine = 1000;

constexpr size_t kLastLines = 20;

/* Bazel keeps the folder under this name: "…/bazel-out/<any>/testlogs/…". */
std::string PlaceOf(const std::string &path)
{
	static const std::string testlogs = "/testlogs/";
	const size_t at = path.find(testlogs);

	return at == std::string::npos ? path
				       : "bazel-testlogs/" + path.substr(at + testlogs.size());
}

} /* namespace */

void ResultLog::Open()
{
	const char *folder = getenv("TEST_UNDECLARED_OUTPUTS_DIR");

	/* Run by hand, or with no place for the rest: better too much than too little. */
	unlimited_ = true;
	if (!folder || !*folder)
		return;
	const std::string path = std::string(folder) + "/results.log";

	file_ = fopen(path.c_str(), "we");
	if (!file_)
		return;
	unlimited_ = false;
	place_ = PlaceOf(path);
	Write(all_);
	all_.clear();
	printf("ringside: these are many results: from here on, only failures and skips are shown; "
	       "every result is in %s\n",
	       place_.c_str());
}

/* The process may end at any time. */
void ResultLog::Write(const std::string &text)
{
	fwrite(text.data(), 1, text.size(), file_);
	fflush(file_);
}

/* Whether @size bytes more are too many for all to be shown. */
bool ResultLog::IsFull(size_t size)
{
	if (!file_ && !unlimited_ && shown_ + size > kDetailsShown)
		Open();
	return file_;
}

bool ResultLog::HasRoom(size_t size, Weight weight)
{
	size_t limit = kDetailsShown;

	if (weight == Weight::kSkip)
		limit = kSkipsShown;
	else if (weight == Weight::kFailure)
		limit = kFailuresShown;
	if (IsFull(size) && shown_ + size > limit)
		return false;
	shown_ += size;
	return true;
}

bool ResultLog::Take(const std::string &text, Weight weight)
{
	if (!IsFull(text.size())) {
		if (!unlimited_)
			all_ += text;
		return HasRoom(text.size(), weight);
	}
	Write(text);
	if (weight != Weight::kDetail && HasRoom(text.size(), weight))
		return true;
	left_out_++;
	skips_left_out_ += weight == Weight::kSkip;
	failures_left_out_ += weight == Weight::kFailure;
	last_.push_back(text.substr(0, kLastLine));
	if (last_.size() > kLastLines)
		last_.pop_front();
	return false;
}

void ResultLog::PrintRest()
{
	if (!left_out_)
		return;
	printf("ringside: %lu results are left out", left_out_);
	if (failures_left_out_)
		printf(", %lu of them failures", failures_left_out_);
	if (skips_left_out_)
		printf(", %lu of them skips", skips_left_out_);
	printf("; the last of them:\n");
	for (const std::string &text : last_)
		printf("%s%s", text.c_str(), text.back() == '\n' ? "" : " ...\n");
	printf("ringside: every result is in %s\n"
	       "  (in outputs.zip there, unless Bazel runs with --nozip_undeclared_test_outputs)\n",
	       place_.c_str());
	fflush(stdout);
	left_out_ = 0;
	skips_left_out_ = 0;
	failures_left_out_ = 0;
	last_.clear();
}

} /* namespace ringside */
