/* SPDX-License-Identifier: MIT */
/* A job and its files: unpacked before it runs; what it left is sent afterwards. */
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

#include "machines/init/host.h"
#include "machines/io/io.h"

/* What files may still have together, on their way out. */
static uint64_t space = CHANNEL_RESULTS_MAX;

static char *copy(const char *text)
{
	char *result = strdup(text);

	if (!result)
		die("out of memory");
	return result;
}

/* Adds a string to a NULL-terminated list. */
static void append(char ***list, size_t *count, const char *string)
{
	char **longer = realloc(*list, (*count + 2) * sizeof(*longer));

	if (!longer)
		die("no memory for the job's %zu strings", *count);
	longer[(*count)++] = copy(string);
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

static void unpack_folder(const char *path)
{
	make_parents(path);
	if (mkdir(path, 0755) && errno != EEXIST)
		die("cannot make %s: %s", path, strerror(errno));
}

static void write_piece(int fd, const char *path, uint64_t size, const struct channel_frame *frame)
{
	if (!write_all(fd, frame->data, frame->head.size))
		return;
	if (errno == ENOSPC)
		die("the machine's file system is full: %s (%llu bytes) does not fit; give the "
		    "test less data or the machine more memory",
		    path, (unsigned long long)size);
	die("cannot unpack %s: %s", path, strerror(errno));
}

static void unpack_file(const struct channel_frame *frame)
{
	struct channel_file head;
	char *path = copy(channel_text(frame));
	uint64_t left;
	int fd;

	memcpy(&head, frame->data, sizeof(head));
	make_parents(path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, head.mode & 07777);
	if (fd < 0)
		die("cannot create %s: %s", path, strerror(errno));
	for (left = head.size; left; left -= frame->head.size) {
		frame = host_receive();
		if (frame->head.type != CHANNEL_DATA || frame->head.size > left)
			die("the host sends %s cut off: rebuild the machine", path);
		write_piece(fd, path, head.size, frame);
	}
	close(fd);
	free(path);
}

/* On the host it is one file, too, under two names. */
static void make_link(const struct job *job, const struct channel_frame *frame)
{
	const char *path = channel_text(frame), *file;
	struct channel_link head;

	memcpy(&head, frame->data, sizeof(head));
	if (head.file >= job->file_count)
		die("the host sends a link to a file that there is not: rebuild the machine");
	file = job->files[head.file];
	if (!strcmp(file, path))
		return;
	make_parents(path);
	/* The machine's modules are in a file system of their own. */
	if ((unlink(path) && errno != ENOENT) ||
	    (link(file, path) && (errno != EXDEV || symlink(file, path))))
		die("cannot make %s a link to %s: %s", path, file, strerror(errno));
}

static void begin(const struct channel_frame *frame)
{
	struct channel_wake_up head;

	memcpy(&head, frame->data, sizeof(head));
	if (head.version != CHANNEL_VERSION)
		die("the host speaks version %u of the channel, this machine version %u: rebuild "
		    "the machine",
		    head.version, CHANNEL_VERSION);
	wake_up(&head);
}

void take_job(struct job *job)
{
	for (;;) {
		const struct channel_frame *frame = host_receive();
		const char *text = channel_text(frame);

		switch (frame->head.type) {
		case CHANNEL_WAKE_UP:
			begin(frame);
			break;
		case CHANNEL_ARGUMENT:
			append(&job->arguments, &job->argument_count, text);
			break;
		case CHANNEL_ENVIRONMENT:
			append(&job->environment, &job->environment_count, text);
			break;
		case CHANNEL_COLLECT:
			append(&job->collect, &job->collect_count, text);
			break;
		case CHANNEL_MODULE:
			append(&job->modules, &job->module_count, text);
			break;
		case CHANNEL_DIRECTORY:
			free(job->directory);
			job->directory = copy(text);
			break;
		case CHANNEL_CONNECT:
			memcpy(&job->connect, frame->data, sizeof(job->connect));
			break;
		case CHANNEL_FOLDER:
			unpack_folder(text);
			break;
		case CHANNEL_FILE:
			append(&job->files, &job->file_count, text);
			unpack_file(frame);
			break;
		case CHANNEL_LINK:
			make_link(job, frame);
			break;
		case CHANNEL_RUN:
			return;
		default:
			die("the host sends a frame of type %u in a job: rebuild the machine",
			    frame->head.type);
		}
	}
}

/* Once its size is sent, as many bytes have to follow. */
static int send_contents(int fd, uint64_t size)
{
	static char piece[CHANNEL_PIECE];

	while (size) {
		const size_t part = size < sizeof(piece) ? (size_t)size : sizeof(piece);

		if (read_all(fd, piece, part)) {
			if (errno == EPIPE)
				errno = EIO; /* it was cut off meanwhile */
			return -1;
		}
		host_send(CHANNEL_DATA, piece, part);
		size -= part;
	}
	return 0;
}

static int pack_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat status;
	int result = -1, error;

	if (fd < 0)
		return -1;
	if (!fstat(fd, &status)) {
		const uint64_t size = (uint64_t)status.st_size;

		if (size > space) {
			errno = EFBIG;
		} else {
			space -= size;
			host_send_file(path, size);
			result = send_contents(fd, size);
		}
	}
	error = errno;
	close(fd);
	errno = error;
	return result;
}

static int pack_tree(const char *path);

static int pack_entries(DIR *folder, const char *path)
{
	struct dirent *entry;

	while ((entry = readdir(folder))) {
		char below[PATH_MAX];

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if ((size_t)snprintf(below, sizeof(below), "%s/%s", path, entry->d_name) >=
		    sizeof(below)) {
			errno = ENAMETOOLONG;
			return -1;
		}
		if (pack_tree(below))
			return -1;
	}
	return 0;
}

static int pack_folder(const char *path)
{
	DIR *folder = opendir(path);
	int result, error;

	if (!folder)
		return -1;
	host_send_text(CHANNEL_FOLDER, path);
	result = pack_entries(folder, path);
	error = errno;
	closedir(folder);
	errno = error;
	return result;
}

/* Regular files and folders; devices, sockets and links stay behind. */
static int pack_tree(const char *path)
{
	struct stat status;

	if (lstat(path, &status))
		return errno == ENOENT ? 0 : -1;
	if (S_ISDIR(status.st_mode))
		return pack_folder(path);
	if (S_ISREG(status.st_mode))
		return pack_file(path);
	return 0;
}

void bring_out(const struct job *job)
{
	for (size_t i = 0; i < job->collect_count; i++) {
		char note[PATH_MAX + 128];

		if (!pack_tree(job->collect[i]))
			continue;
		if (errno == EFBIG)
			snprintf(note, sizeof(note),
				 "cannot bring out %s: the files have more than %llu MB together",
				 job->collect[i], CHANNEL_RESULTS_MAX >> 20);
		else
			snprintf(note, sizeof(note), "cannot bring out %s: %s", job->collect[i],
				 strerror(errno));
		host_send_text(CHANNEL_NOTE, note);
		return;
	}
}
