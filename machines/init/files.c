/* SPDX-License-Identifier: MIT */
/* A job's files: unpacked before it runs, packed again afterwards. */
#include "machines/init/init.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Adds a string to a NULL-terminated list, which takes it over. */
static void append(char ***list, size_t *count, char *string)
{
	char **longer = realloc(*list, (*count + 2) * sizeof(*longer));

	if (!longer)
		die("no memory for the job's %zu strings", *count);
	longer[(*count)++] = string;
	longer[*count] = NULL;
	*list = longer;
}

static void make_parents(const char *path)
{
	char part[PATH_MAX];

	if (strlen(path) >= sizeof(part))
		die("path of %zu bytes: longer than %d", strlen(path), PATH_MAX - 1);
	strcpy(part, path);
	for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(part, 0755) && errno != EEXIST)
			die("cannot make %s: %s", part, strerror(errno));
		*slash = '/';
	}
}

static void unpack_folder(const char *path, mode_t mode)
{
	make_parents(path);
	/* The runner has checked the mode; a test has to be able to write there. */
	if (mkdir(path, mode) && errno != EEXIST)
		die("cannot make %s: %s", path, strerror(errno));
}

static void unpack_file(struct job_stream *stream, const char *path,
			const struct job_record *record)
{
	int fd;

	make_parents(path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, record->mode);
	if (fd < 0)
		die("cannot create %s: %s", path, strerror(errno));
	if (job_read_file(stream, fd, record->data_size)) {
		if (errno == ENOSPC)
			die("the machine's file system is full: %s (%llu bytes) does not fit; give "
			    "the test less data or the machine more memory",
			    path, (unsigned long long)record->data_size);
		die("cannot unpack %s: %s", path, strerror(errno));
	}
	close(fd);
}

static void unpack_link(struct job_stream *stream, const char *path,
			const struct job_record *record)
{
	char target[PATH_MAX];

	if (record->data_size >= sizeof(target))
		die("link %s: its target is longer than %d bytes", path, PATH_MAX - 1);
	if (job_read_data(stream, target, record->data_size))
		die("cannot read the target of link %s: %s", path, strerror(errno));
	target[record->data_size] = '\0';
	make_parents(path);
	if (symlink(target, path))
		die("cannot make link %s: %s", path, strerror(errno));
}

void take_job(int drive, const struct job_header *header, struct job *job)
{
	struct job_stream stream;
	struct job_record record;
	char *name;

	if (header->version != JOB_VERSION)
		die("the job has format version %u, this machine reads %u: rebuild the machine",
		    header->version, JOB_VERSION);
	if (job_stream_open(&stream, drive, header->archive_offset, header->archive_size))
		die("no memory for reading the job");
	for (;;) {
		if (job_read(&stream, &record, &name))
			die("cannot read the job: %s", strerror(errno));
		switch (record.type) {
		case JOB_END:
			free(name);
			job_stream_close(&stream);
			return;
		case JOB_ARGUMENT:
			append(&job->arguments, &job->argument_count, name);
			continue;
		case JOB_ENVIRONMENT:
			append(&job->environment, &job->environment_count, name);
			continue;
		case JOB_COLLECT:
			append(&job->collect, &job->collect_count, name);
			continue;
		case JOB_DIRECTORY:
			free(job->directory);
			job->directory = name;
			continue;
		case JOB_FOLDER:
			unpack_folder(name, record.mode);
			break;
		case JOB_FILE:
			unpack_file(&stream, name, &record);
			break;
		case JOB_LINK:
			unpack_link(&stream, name, &record);
			break;
		case JOB_MODULE:
			append(&job->modules, &job->module_count, name);
			continue;
		default:
			die("the job holds a record of unknown type %u", record.type);
		}
		free(name);
	}
}

static int pack_file(struct job_stream *stream, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int result = fd < 0 ? -1 : job_write_file(stream, path, fd);

	if (fd >= 0)
		close(fd);
	return result;
}

static int pack_tree(struct job_stream *stream, const char *path);

static int pack_folder(struct job_stream *stream, const char *path)
{
	struct dirent *entry;
	DIR *folder = opendir(path);
	int result = folder ? job_write(stream, JOB_FOLDER, 0755, path, NULL, 0) : -1;

	while (!result && (entry = readdir(folder))) {
		char below[PATH_MAX];

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if ((size_t)snprintf(below, sizeof(below), "%s/%s", path, entry->d_name) >=
		    sizeof(below)) {
			errno = ENAMETOOLONG;
			result = -1;
			break;
		}
		result = pack_tree(stream, below);
	}
	if (folder)
		closedir(folder);
	return result;
}

/* Regular files and folders; devices, sockets and links stay behind. */
static int pack_tree(struct job_stream *stream, const char *path)
{
	struct stat status;

	if (lstat(path, &status))
		return errno == ENOENT ? 0 : -1;
	if (S_ISDIR(status.st_mode))
		return pack_folder(stream, path);
	if (S_ISREG(status.st_mode))
		return pack_file(stream, path);
	return 0;
}

void bring_out(int drive, const struct job_header *header, const struct job *job, int wait_status)
{
	struct job_result result = {
		.version = JOB_VERSION,
		.wait_status = wait_status,
	};
	uint64_t start = header->result_offset + JOB_BLOCK;
	struct job_stream stream;

	/* The last block is kept for a note on what did not fit. */
	if (job_stream_open(&stream, drive, start, header->result_size - 2 * JOB_BLOCK))
		die("no memory for writing the results");
	for (size_t i = 0; i < job->collect_count; i++) {
		char note[PATH_MAX + 128];

		if (!pack_tree(&stream, job->collect[i]))
			continue;
		snprintf(note, sizeof(note), "cannot bring out %s: %s", job->collect[i],
			 strerror(errno));
		stream.end = header->result_offset + header->result_size;
		if (job_write(&stream, JOB_NOTE, 0, note, NULL, 0))
			die("%s", note);
		break;
	}
	if (job_write(&stream, JOB_END, 0, "", NULL, 0) || job_stream_flush(&stream))
		die("cannot write the results to the drive: %s", strerror(errno));
	result.archive_size = stream.offset - start;
	job_stream_close(&stream);

	memcpy(result.magic, JOB_RESULT_MAGIC, sizeof(result.magic));
	if (job_write_block(drive, header->result_offset, &result, sizeof(result)))
		die("cannot write the result to the drive: %s", strerror(errno));
	if (fsync(drive))
		die("cannot write the results to the drive: %s", strerror(errno));
}
