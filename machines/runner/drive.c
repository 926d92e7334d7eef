/* SPDX-License-Identifier: MIT */
/* Filling in a machine's drive; see drive.h. */
#include "machines/runner/drive.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "machines/runner/message.h"

/* The drive from after its header to where the results begin. */
#define ARCHIVE_SIZE (JOB_RESULT_OFFSET - JOB_BLOCK)

/* Folders in folders: more is a loop of links. */
#define DEPTH_MAX 64

void drive_record(struct job_stream *stream, enum job_record_type type, const char *name)
{
	if (job_write(stream, type, 0755, name, NULL, 0))
		die("cannot hand '%.100s' to the machine: %s", name, strerror(errno));
}

static void write_file(struct job_stream *stream, const char *path, int fd, const char *name)
{
	if (!job_write_file(stream, name, fd))
		return;
	if (errno == ENOSPC)
		die("%s does not fit on the machine's drive (%llu MB for a test and its data); give "
		    "the test less data",
		    path, ARCHIVE_SIZE >> 20);
	die("cannot hand %s to the machine: %s", path, strerror(errno));
}

static void write_tree(struct job_stream *stream, const char *path, const char *name, int depth);

static void write_folder(struct job_stream *stream, const char *path, int fd, const char *name,
			 int depth)
{
	DIR *folder = fdopendir(fd);
	struct dirent *entry;

	if (!folder || depth == DEPTH_MAX)
		die("cannot read folder %s: %s", path, strerror(folder ? ELOOP : errno));
	drive_record(stream, JOB_FOLDER, name);
	while ((entry = readdir(folder))) {
		char *below, *name_below;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		below = format_text("%s/%s", path, entry->d_name);
		name_below = format_text("%s/%s", name, entry->d_name);
		write_tree(stream, below, name_below, depth + 1);
		free(name_below);
		free(below);
	}
	closedir(folder);
}

/* Runfiles are links on the host; the machine gets what they lead to. */
static void write_tree(struct job_stream *stream, const char *path, const char *name, int depth)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;

	if (fd < 0 || fstat(fd, &status))
		die("cannot open %s: %s", path, strerror(errno));
	if (S_ISDIR(status.st_mode)) {
		write_folder(stream, path, fd, name, depth); /* which closes it */
		return;
	}
	if (!S_ISREG(status.st_mode))
		die("%s is neither a file nor a folder; a machine can't get it", path);
	write_file(stream, path, fd, name);
	close(fd);
}

void drive_tree(struct job_stream *stream, const char *path, const char *name)
{
	write_tree(stream, path, name, 0);
}

void drive_open(struct job_stream *stream, int drive)
{
	if (job_stream_open(stream, drive, JOB_BLOCK, ARCHIVE_SIZE))
		die("out of memory");
}

void drive_close(struct job_stream *stream, int drive)
{
	struct timespec now;
	struct job_header header = {
		.version = JOB_VERSION,
		.archive_offset = JOB_BLOCK,
		.result_offset = JOB_RESULT_OFFSET,
		.result_size = JOB_DRIVE_SIZE - JOB_RESULT_OFFSET,
	};

	drive_record(stream, JOB_END, "");
	if (job_stream_flush(stream))
		die("cannot fill the machine's drive: %s", strerror(errno));
	header.archive_size = (stream->offset - JOB_BLOCK + JOB_BLOCK - 1) / JOB_BLOCK * JOB_BLOCK;
	job_stream_close(stream);

	clock_gettime(CLOCK_REALTIME, &now);
	header.seconds = (uint64_t)now.tv_sec;
	header.nanoseconds = (uint32_t)now.tv_nsec;
	if (getrandom(header.seed, sizeof(header.seed), 0) != sizeof(header.seed))
		die("cannot get random numbers: %s", strerror(errno));
	memcpy(header.magic, JOB_MAGIC, sizeof(header.magic));
	if (job_write_block(drive, 0, &header, sizeof(header)))
		die("cannot fill the machine's drive: %s", strerror(errno));
}
