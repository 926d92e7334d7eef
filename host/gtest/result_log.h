/* SPDX-License-Identifier: MIT */
/*
 * How much of a test's results is shown. Of a log above 1 MiB Bazel shows
 * nothing: results beyond what anybody reads go into a file beside it.
 */
#ifndef RINGSIDE_HOST_GTEST_RESULT_LOG_H
#define RINGSIDE_HOST_GTEST_RESULT_LOG_H

#include <cstddef>
#include <cstdio>
#include <deque>
#include <string>

namespace ringside
{

/* Not thread-safe: callers hold a lock. */
class ResultLog
{
public:
	/* What matters more is shown for longer. */
	enum class Weight {
		kDetail,
		kSkip,
		kFailure
	};

	/* Takes a result, whole lines. Returns whether the caller is to print it. */
	bool Take(const std::string &text, Weight weight);

	/* Whether there is room for @size bytes that are no result. */
	bool HasRoom(size_t size, Weight weight);

	/* Prints how much has been left out since the last time, and the end of it. */
	void PrintRest();

private:
	bool IsFull(size_t size);
	void Open();
	void Write(const std::string &text);

	FILE *file_ = nullptr; /* every result, once they are too many */
	bool unlimited_ = false; /* there is no such file */
	std::string all_; /* every result, while they are few */
	std::string place_; /* the file, as a user finds it */
	size_t shown_ = 0; /* bytes */
	std::deque<std::string> last_; /* the last ones that were left out */
	unsigned long left_out_ = 0;
	unsigned long skips_left_out_ = 0;
	unsigned long failures_left_out_ = 0;
};

} /* namespace ringside */

#endif /* RINGSIDE_HOST_GTEST_RESULT_LOG_H */
