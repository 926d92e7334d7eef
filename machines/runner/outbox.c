/* SPDX-License-Identifier: MIT */
/* See outbox.h. */
#include "machines/runner/outbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "machines/io/io.h"
#include "machines/runner/memory.h"
#include "machines/runner/message.h"

/* Folders in folders: more is a loop of links. */
#define DEPTH_MAX 64

void outbox_begin(struct outbox *outbox, unsigned int memory_mb)
{
	struct channel_wake_up head = {.version = CHANNEL_VERSION};
	struct timespec now;

	outbox->limit = (size_t)memory_mb << 20;
	clock_gettime(CLOCK_REALTIME, &now);
	head.seconds = (uint64_t)now.tv_sec;
	head.nanoseconds = (uint32_t)now.tv_nsec;
	if (getrandom(head.seed, sizeof(head.seed), 0) != sizeof(head.seed))
		die("cannot get random numbers: %s", strerror(errno));
	outbox_put(outbox, CHANNEL_WAKE_UP, &head, sizeof(head));
}

/* Adds a frame; returns where its data go. */
static void *add(struct outbox *outbox, enum channel_type type, size_t size)
{
	const struct channel_head head = {.type = type, .size = (uint32_t)size};
	const size_t end = outbox->end + sizeof(head) + size;

	if (end > outbox->space) {
		outbox->space = 2 * end;
		outbox->data = grow(outbox->data, outbox->space, 1);
	}
	memcpy(outbox->data + outbox->end, &head, sizeof(head));
	outbox->end = end;
	return outbox->data + end - size;
}

void outbox_put(struct outbox *outbox, enum channel_type type, const void *data, size_t size)
{
	void *place;

	if (size > CHANNEL_DATA_MAX)
		die("cannot hand '%.100s...' to the machine: it has %zu bytes, and %u are the most",
		    (const char *)data, size, CHANNEL_DATA_MAX);
	place = add(outbox, type, size);
	if (size)
		memcpy(place, data, size);
}

void outbox_text(struct outbox *outbox, enum channel_type type, const char *text)
{
	outbox_put(outbox, type, text, strlen(text));
}

/* Adds a frame of a struct and a path. */
static void put_path(struct outbox *outbox, enum channel_type type, const void *head,
		     size_t head_size, const char *path)
{
	const size_t size = strlen(path);
	unsigned char *place;

	if (size > CHANNEL_DATA_MAX - head_size)
		die("cannot hand '%.100s...' to the machine: its path is too long", path);
	place = add(outbox, type, head_size + size);
	memcpy(place, head, head_size);
	memcpy(place + head_size, path, size);
}

/* Whether a file is in the job under another name; it is known from now on, if it is worth it. */
static bool is_known(struct outbox *outbox, const struct stat *status, struct channel_link *link)
{
	struct sent *sent;

	if (status->st_size < CHANNEL_PIECE)
		return false;
	for (size_t i = 0; i < outbox->sent_count; i++) {
		sent = &outbox->sent[i];
		link->file = sent->file;
		if (sent->device == status->st_dev && sent->inode == status->st_ino)
			return true;
	}
	outbox->sent = grow(outbox->sent, outbox->sent_count + 1, sizeof(*sent));
	outbox->sent[outbox->sent_count++] = (struct sent){
		.device = status->st_dev,
		.inode = status->st_ino,
		.file = outbox->files,
	};
	return false;
}

static void put_data(struct outbox *outbox, const char *path, int fd, uint64_t left)
{
	while (left) {
		const size_t part = left < CHANNEL_PIECE ? (size_t)left : CHANNEL_PIECE;

		if (read_all(fd, add(outbox, CHANNEL_DATA, part), part))
			die("cannot read %s: %s", path,
			    errno == EPIPE ? "it became shorter" : strerror(errno));
		left -= part;
	}
}

static void put_file(struct outbox *outbox, const char *path, int fd, const struct stat *status,
		     const char *name)
{
	const struct channel_file head = {
		.size = (uint64_t)status->st_size,
		.mode = status->st_mode & 07777,
	};
	struct channel_link link;

	if (is_known(outbox, status, &link)) {
		put_path(outbox, CHANNEL_LINK, &link, sizeof(link), name);
		return;
	}
	if (head.size > outbox->limit || outbox->end > outbox->limit - head.size)
		die("%s does not fit in the machine, which has %zu MB of memory; give the test less "
		    "data or the machine more memory",
		    path, outbox->limit >> 20);
	put_path(outbox, CHANNEL_FILE, &head, sizeof(head), name);
	put_data(outbox, path, fd, head.size);
	outbox->files++;
}

static void put_tree(struct outbox *outbox, const char *path, const char *name, int depth);

static void put_folder(struct outbox *outbox, const char *path, int fd, const char *name, int depth)
{
	DIR *folder = fdopendir(fd);
	struct dirent *entry;

	if (!folder || depth == DEPTH_MAX)
		die("cannot read folder %s: %s", path, strerror(folder ? ELOOP : errno));
	outbox_text(outbox, CHANNEL_FOLDER, name);
	while ((entry = readdir(folder))) {
		char *below, *name_below;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		below = format_text("%s/%s", path, entry->d_name);
		name_below = format_text("%s/%s", name, entry->d_name);
		put_tree(outbox, below, name_below, depth + 1);
		free(name_below);
		free(below);
	}
	closedir(folder);
}

/* Runfiles are links on the host; the machine gets what they lead to. */
static void put_tree(struct outbox *outbox, const char *path, const char *name, int depth)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;

	if (fd < 0 || fstat(fd, &status))
		die("cannot open %s: %s", path, strerror(errno));
	if (S_ISDIR(status.st_mode)) {
		put_folder(outbox, path, fd, name, depth); /* which closes it */
		return;
	}
	if (!S_ISREG(status.st_mode))
		die("%s is neither a file nor a folder; a machine can't get it", path);
	put_file(outbox, path, fd, &status, name);
	close(fd);
}

void outbox_tree(struct outbox *outbox, const char *path, const char *name)
{
	put_tree(outbox, path, name, 0);
}

size_t outbox_waiting(const struct outbox *outbox)
{
	return outbox->end - outbox->start;
}

void outbox_send(struct outbox *outbox, int socket)
{
	ssize_t sent = send(socket, outbox->data + outbox->start, outbox_waiting(outbox),
			    MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent <= 0)
		return; /* what that means, the machine's end will tell */
	outbox->start += (size_t)sent;
	/* A job is large, and not needed any more. */
	if (outbox->start == outbox->end)
		outbox_free(outbox);
}

void outbox_free(struct outbox *outbox)
{
	free(outbox->data);
	free(outbox->sent);
	*outbox = (struct outbox){.limit = outbox->limit};
}
