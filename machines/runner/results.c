/* SPDX-License-Identifier: MIT */
/* Taking results from a machine's drive: hostile input, see transfer.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machines/job/job.h"
#include "machines/runner/message.h"
#include "machines/runner/output_paths.h"
#include "machines/runner/transfer.h"

/* More files than any test leaves. */
#define FILES_MAX 10000

static bool has_bad_part(const char *path)
{
	while (*path) {
		size_t size;

		path += *path == '/';
		size = strcspn(path, "/");
		if (size == 0 || (size == 1 && path[0] == '.') ||
		    (size == 2 && path[0] == '.' && path[1] == '.'))
			return true;
		path += size;
	}
	return false;
}

/* Whether the test was told to leave a file or folder there. */
static bool is_allowed(const char *path)
{
	for (size_t i = 0; i < OUTPUT_PATHS; i++) {
		char *allowed = output_path(i);
		size_t size = allowed ? strlen(allowed) : 0;
		bool below = size && !strncmp(path, allowed, size) &&
			     (!path[size] || (output_is_folder(i) && path[size] == '/' &&
					      !has_bad_part(path + size)));

		free(allowed);
		if (below)
			return true;
	}
	return false;
}

static const char *save_file(struct job_stream *stream, const char *path, uint64_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	const char *problem = NULL;

	if (fd < 0) {
		say("cannot create %s: %s", path, strerror(errno));
		return "an output file can't be written";
	}
	if (job_read_file(stream, fd, size))
		problem = errno == EBADMSG  ? "they are cut off"
			  : errno == ENOSPC ? "no space left on the host"
					    : strerror(errno);
	if (close(fd) && !problem)
		problem = strerror(errno);
	return problem;
}

static const char *save(struct job_stream *stream, const struct job_record *record,
			const char *name)
{
	switch (record->type) {
	case JOB_NOTE:
		/* Control characters may be in it: it names a file of the test's. */
		for (char *c = (char *)name; *c; c++)
			if (*c < ' ' || *c > '~')
				*c = '?';
		say("machine: %.1000s", name);
		return "they are incomplete";
	case JOB_FOLDER:
	case JOB_FILE:
		if (!is_allowed(name))
			return "they hold a file that the test was not asked for";
		if (record->type == JOB_FILE)
			return save_file(stream, name, record->data_size);
		if (mkdir(name, 0755) && errno != EEXIST)
			return strerror(errno);
		return NULL;
	default:
		return "they hold a record of unknown type";
	}
}

static const char *save_all(struct job_stream *stream)
{
	for (int i = 0; i < FILES_MAX; i++) {
		struct job_record record;
		const char *problem;
		char *name;

		if (job_read(stream, &record, &name))
			return "they are damaged";
		problem = record.type == JOB_END ? NULL : save(stream, &record, name);
		free(name);
		if (problem || record.type == JOB_END)
			return problem;
	}
	return "they hold too many files";
}

const char *bring_out(int drive, int *wait_status)
{
	const uint64_t place = JOB_DRIVE_SIZE - JOB_RESULT_OFFSET - JOB_BLOCK;
	struct job_result result;
	struct job_stream stream;
	const char *problem;

	if (job_read_block(drive, JOB_RESULT_OFFSET, &result, sizeof(result)))
		return strerror(errno);
	if (memcmp(result.magic, JOB_RESULT_MAGIC, sizeof(result.magic)))
		return "there are none";
	if (result.version != JOB_VERSION || result.archive_size > place)
		return "they are damaged";
	*wait_status = result.wait_status;
	if (job_stream_open(&stream, drive, JOB_RESULT_OFFSET + JOB_BLOCK, place))
		return "out of memory";
	problem = save_all(&stream);
	job_stream_close(&stream);
	return problem;
}
