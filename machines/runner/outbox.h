/* SPDX-License-Identifier: MIT */
/*
 * Frames for a machine (machines/channel/channel.h), which wait until its emulator takes
 * them; what goes wrong ends the program.
 */
#ifndef RINGSIDE_MACHINES_RUNNER_OUTBOX_H
#define RINGSIDE_MACHINES_RUNNER_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "machines/channel/channel.h"

/* A file of a job: runfiles name some twice. */
struct sent {
	dev_t device;
	ino_t inode;
	uint32_t file; /* which of the job's, counted from 0 */
};

struct outbox {
	unsigned char *data;
	size_t start, end; /* what waits */
	size_t space; /* of @data */
	struct sent *sent; /* files that are in it, for links to them */
	size_t sent_count;
	uint32_t files; /* how many of all sizes */
	size_t limit; /* a job must not have more bytes: the machine's memory */
};

/** outbox_begin() - for a machine with so much memory: wake it up, whatever the job is */
void outbox_begin(struct outbox *outbox, unsigned int memory_mb);

/** outbox_put() - add a frame whose data are @size bytes */
void outbox_put(struct outbox *outbox, enum channel_type type, const void *data, size_t size);

/** outbox_text() - add a frame that is a text */
void outbox_text(struct outbox *outbox, enum channel_type type, const char *text);

/**
 * outbox_tree() - add a file, or a folder with all that is in it
 * @outbox: where
 * @path: where it is; links are followed
 * @name: where the machine gets it
 */
void outbox_tree(struct outbox *outbox, const char *path, const char *name);

/** outbox_waiting() - how many bytes wait */
size_t outbox_waiting(const struct outbox *outbox);

/** outbox_send() - send what a socket takes now */
void outbox_send(struct outbox *outbox, int socket);

/** outbox_free() - drop what waits */
void outbox_free(struct outbox *outbox);

#endif /* RINGSIDE_MACHINES_RUNNER_OUTBOX_H */
