/* SPDX-License-Identifier: MIT */
/* Filling in a machine's drive; see transfer.h and machines/job/job.h. */
#include "machines/runner/transfer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "machines/job/job.h"
#include "machines/runner/message.h"
#include "machines/runner/output_paths.h"

/* The drive from after its header to where the results begin. */
#define ARCHIVE_SIZE (JOB_RESULT_OFFSET - JOB_BLOCK)

/* Folders in folders: more is a loop of links. */
#define DEPTH_MAX 64

/* Bazel's runfiles manifest names files of the host. */
static const char *const dropped[] = {"RUNFILES_MANIFEST_FILE=", "RUNFILES_MANIFEST_ONLY="};

static void write_record(struct job_stream *stream, enum job_record_type type, const char *name)
{
	if (job_write(stream, type, 0755, name, NULL, 0))
		die("cannot hand '%.100s' to the machine: %s", name, strerror(errno));
}

static void write_file(struct job_stream *stream, const char *path, int fd)
{
	if (!job_write_file(stream, path, fd))
		return;
	if (errno == ENOSPC)
		die("%s does not fit on the machine's drive (%llu MB for a test and its data); give "
		    "the test less data",
		    path, ARCHIVE_SIZE >> 20);
	die("cannot hand %s to the machine: %s", path, strerror(errno));
}

static void write_tree(struct job_stream *stream, const char *path, int depth);

static void write_folder(struct job_stream *stream, const char *path, int fd, int depth)
{
	DIR *folder = fdopendir(fd);
	struct dirent *entry;

	if (!folder || depth == DEPTH_MAX)
		die("cannot read folder %s: %s", path, strerror(folder ? ELOOP : errno));
	write_record(stream, JOB_FOLDER, path);
	while ((entry = readdir(folder))) {
		char *below;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		below = format_text("%s/%s", path, entry->d_name);
		write_tree(stream, below, depth + 1);
		free(below);
	}
	closedir(folder);
}

/* Runfiles are links on the host; the machine gets what they lead to. */
static void write_tree(struct job_stream *stream, const char *path, int depth)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;

	if (fd < 0 || fstat(fd, &status))
		die("cannot open %s: %s", path, strerror(errno));
	if (S_ISDIR(status.st_mode)) {
		write_folder(stream, path, fd, depth); /* which closes it */
		return;
	}
	if (!S_ISREG(status.st_mode))
		die("%s is neither a file nor a folder; a machine can't get it", path);
	write_file(stream, path, fd);
	close(fd);
}

static void write_environment(struct job_stream *stream)
{
	for (char **variable = environ; *variable; variable++) {
		bool drop = false;

		for (size_t i = 0; i < sizeof(dropped) / sizeof(*dropped); i++)
			drop |= !strncmp(*variable, dropped[i], strlen(dropped[i]));
		if (!drop)
			write_record(stream, JOB_ENVIRONMENT, *variable);
	}
}

/* The folders that Bazel has made for the test, and what to bring out. */
static void write_places(struct job_stream *stream)
{
	const char *temporary = getenv("TEST_TMPDIR");

	if (temporary && *temporary == '/')
		write_record(stream, JOB_FOLDER, temporary);
	for (size_t i = 0; i < OUTPUT_PATHS; i++) {
		char *path = output_path(i);

		if (!path)
			continue;
		write_record(stream, JOB_COLLECT, path);
		if (!output_is_folder(i))
			*strrchr(path, '/') = '\0';
		if (*path)
			write_record(stream, JOB_FOLDER, path);
		free(path);
	}
}

static void write_program(struct job_stream *stream, const struct test_description *test,
			  char **arguments)
{
	char *controller = runfile(test, test->controller);
	char here[4096];

	if (!getcwd(here, sizeof(here)))
		die("cannot tell the current folder: %s", strerror(errno));
	write_record(stream, JOB_FOLDER, here);
	write_record(stream, JOB_DIRECTORY, here);
	write_record(stream, JOB_ARGUMENT, controller);
	for (size_t i = 1; arguments[0] && arguments[i]; i++)
		write_record(stream, JOB_ARGUMENT, arguments[i]);
	write_tree(stream, controller, 0);
	free(controller);
	for (size_t i = 0; i < test->data_count; i++) {
		char *path = runfile(test, test->data[i]);

		write_tree(stream, path, 0);
		free(path);
	}
}

void hand_in(int drive, const struct test_description *test, char **arguments)
{
	struct timespec now;
	struct job_stream stream;
	struct job_header header = {
		.version = JOB_VERSION,
		.archive_offset = JOB_BLOCK,
		.result_offset = JOB_RESULT_OFFSET,
		.result_size = JOB_DRIVE_SIZE - JOB_RESULT_OFFSET,
	};

	if (job_stream_open(&stream, drive, JOB_BLOCK, ARCHIVE_SIZE))
		die("out of memory");
	write_environment(&stream);
	write_places(&stream);
	write_program(&stream, test, arguments);
	write_record(&stream, JOB_END, "");
	if (job_stream_flush(&stream))
		die("cannot fill the machine's drive: %s", strerror(errno));
	header.archive_size = (stream.offset - JOB_BLOCK + JOB_BLOCK - 1) / JOB_BLOCK * JOB_BLOCK;
	job_stream_close(&stream);

	clock_gettime(CLOCK_REALTIME, &now);
	header.seconds = (uint64_t)now.tv_sec;
	header.nanoseconds = (uint32_t)now.tv_nsec;
	if (getrandom(header.seed, sizeof(header.seed), 0) != sizeof(header.seed))
		die("cannot get random numbers: %s", strerror(errno));
	memcpy(header.magic, JOB_MAGIC, sizeof(header.magic));
	if (job_write_block(drive, 0, &header, sizeof(header)))
		die("cannot fill the machine's drive: %s", strerror(errno));
}
