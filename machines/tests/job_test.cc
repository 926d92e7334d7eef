// SPDX-License-Identifier: MIT
// Records on a drive: what was written is read; what was not is refused.
extern "C" {
#include "machines/job/job.h"
}

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace
{

constexpr uint64_t kSize = 1 << 20;

class Job : public testing::Test
{
protected:
	void SetUp() override
	{
		fd_ = memfd_create("drive", MFD_CLOEXEC);
		ASSERT_GE(fd_, 0);
		ASSERT_EQ(0, ftruncate(fd_, 2 * kSize));
		ASSERT_EQ(0, job_stream_open(&stream_, fd_, JOB_BLOCK, kSize));
	}

	void TearDown() override
	{
		job_stream_close(&stream_);
		close(fd_);
	}

	void Reopen()
	{
		job_stream_close(&stream_);
		ASSERT_EQ(0, job_stream_open(&stream_, fd_, JOB_BLOCK, kSize));
	}

	// Writes a head alone, as no job_write() would.
	void Forge(const job_record &record)
	{
		ASSERT_EQ(static_cast<ssize_t>(sizeof(record)),
			  pwrite(fd_, &record, sizeof(record), JOB_BLOCK));
		Reopen();
	}

	int fd_ = -1;
	job_stream stream_ = {};
};

TEST_F(Job, ReadsWhatWasWritten)
{
	const std::vector<std::string> names = {"", "a", "12345678", std::string(70000, 'n')};
	const std::string data(150001, 'd');

	for (const std::string &name : names)
		ASSERT_EQ(0, job_write(&stream_, JOB_ARGUMENT, 0, name.c_str(), nullptr, 0));
	ASSERT_EQ(0, job_write(&stream_, JOB_FILE, 0640, "file", data.data(), data.size()));
	ASSERT_EQ(0, job_write(&stream_, JOB_END, 0, "", nullptr, 0));
	ASSERT_EQ(0, job_stream_flush(&stream_));

	Reopen();
	job_record record;
	char *name;
	for (const std::string &expected : names) {
		ASSERT_EQ(0, job_read(&stream_, &record, &name));
		EXPECT_EQ(static_cast<uint32_t>(JOB_ARGUMENT), record.type);
		EXPECT_EQ(expected, name);
		free(name);
	}
	ASSERT_EQ(0, job_read(&stream_, &record, &name));
	EXPECT_STREQ("file", name);
	EXPECT_EQ(0640u, record.mode);
	free(name);
	std::string got(record.data_size, '\0');
	ASSERT_EQ(0, job_read_data(&stream_, got.data(), got.size()));
	EXPECT_EQ(data, got);
	ASSERT_EQ(0, job_read(&stream_, &record, &name));
	EXPECT_EQ(static_cast<uint32_t>(JOB_END), record.type);
	free(name);
}

TEST_F(Job, CopiesFilesWhole)
{
	const std::string data(100003, 'x');
	int from = memfd_create("from", 0), to = memfd_create("to", 0);
	job_record record;
	char *name;

	ASSERT_EQ(static_cast<ssize_t>(data.size()), write(from, data.data(), data.size()));
	ASSERT_EQ(0, job_write_file(&stream_, "name", from));
	ASSERT_EQ(0, job_write(&stream_, JOB_END, 0, "", nullptr, 0));
	ASSERT_EQ(0, job_stream_flush(&stream_));
	Reopen();
	ASSERT_EQ(0, job_read(&stream_, &record, &name));
	free(name);
	ASSERT_EQ(0, job_read_file(&stream_, to, record.data_size));
	std::string got(data.size() + 1, '\0');
	EXPECT_EQ(static_cast<ssize_t>(data.size()), pread(to, got.data(), got.size(), 0));
	got.pop_back();
	EXPECT_EQ(data, got);
	ASSERT_EQ(0, job_read(&stream_, &record, &name));
	EXPECT_EQ(static_cast<uint32_t>(JOB_END), record.type);
	free(name);
	close(from);
	close(to);
}

TEST_F(Job, RefusesWhatDoesNotFit)
{
	const std::string data(kSize, 'x');
	int file = memfd_create("large", 0);

	ASSERT_EQ(0, ftruncate(file, kSize + 1));
	errno = 0;
	EXPECT_EQ(-1, job_write(&stream_, JOB_FILE, 0644, "f", data.data(), data.size()));
	EXPECT_EQ(ENOSPC, errno);
	errno = 0;
	EXPECT_EQ(-1, job_write_file(&stream_, "f", file));
	EXPECT_EQ(ENOSPC, errno);
	const std::string name(JOB_NAME_MAX + 1, 'n');
	errno = 0;
	EXPECT_EQ(-1, job_write(&stream_, JOB_ARGUMENT, 0, name.c_str(), nullptr, 0));
	EXPECT_EQ(ENAMETOOLONG, errno);
	close(file);
}

TEST_F(Job, RefusesForgedRecords)
{
	const job_record forged[] = {
		{JOB_MODULE + 1, 0, 0, 0, 0}, // unknown type
		{JOB_FILE, 0, JOB_NAME_MAX + 1, 0, 0}, // name too long
		{JOB_FILE, 0, kSize, 0, 0}, // name beyond the end
		{JOB_FILE, 0, 0, 0, kSize}, // data beyond the end
		{JOB_FILE, 0, 0, 0, UINT64_MAX}, // data that wraps around
		{JOB_FILE, 0, 4, 0, 0}, // NUL bytes in the name
	};

	for (const job_record &record : forged) {
		job_record read;
		char *name;

		Forge(record);
		errno = 0;
		EXPECT_EQ(-1, job_read(&stream_, &read, &name));
		EXPECT_EQ(EBADMSG, errno);
		EXPECT_EQ(nullptr, name);
	}
}

TEST_F(Job, RefusesToReadBeyondItsPlace)
{
	job_record record;
	char *name;

	job_stream_close(&stream_);
	ASSERT_EQ(0, job_stream_open(&stream_, fd_, JOB_BLOCK, JOB_BLOCK));
	// Zero bytes are JOB_END records; there is a block's worth of them.
	for (size_t i = 0; i < JOB_BLOCK / sizeof(record); i++) {
		ASSERT_EQ(0, job_read(&stream_, &record, &name));
		free(name);
	}
	errno = 0;
	EXPECT_EQ(-1, job_read(&stream_, &record, &name));
	EXPECT_EQ(EBADMSG, errno);
}

} // namespace
