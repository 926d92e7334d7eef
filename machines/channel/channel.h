/* SPDX-License-Identifier: MIT */
/*
 * The channel between the runner and a machine's init: frames over one stream
 * of bytes, both ways. Each is a head and up to CHANNEL_DATA_MAX bytes. Numbers
 * are little-endian, as on both sides.
 *
 *   machine   READY                   when its snapshot is made; then it waits
 *   host      WAKE_UP, a job, RUN     to the machine that was restored
 *   machine   STAGE                   as it gets on
 *   host      INPUT, TIME_OVER, ...   while the program runs
 *   machine   OUTPUT, ERROR           while it runs
 *   machine   files, STATUS           afterwards; STATUS is the last
 *
 * A file is FILE, which tells its size, and DATA until that is reached.
 */
#ifndef RINGSIDE_MACHINES_CHANNEL_CHANNEL_H
#define RINGSIDE_MACHINES_CHANNEL_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHANNEL_VERSION 3

/* Longest data of a frame, in bytes: what execve() takes as one string (MAX_ARG_STRLEN). */
#define CHANNEL_DATA_MAX (128u << 10)

/* In what pieces files and output are sent, in bytes. */
#define CHANNEL_PIECE (64u << 10)

/* What the files that a machine hands out may have together, in bytes. */
#define CHANNEL_RESULTS_MAX (512ull << 20)

/* What a frame is; its data in parentheses. Text has no NUL. */
enum channel_type {
	CHANNEL_WAKE_UP = 1, /* (struct channel_wake_up) */
	CHANNEL_ARGUMENT, /* (text): argv[], in order; argv[0] is the program */
	CHANNEL_ENVIRONMENT, /* (text): NAME=value */
	CHANNEL_DIRECTORY, /* (path): where to run */
	CHANNEL_COLLECT, /* (path): a file or folder to bring out afterwards */
	CHANNEL_LINK, /* (struct channel_link, path): another name of a file */
	CHANNEL_MODULE, /* (file name): load this module anew, whose file came before */
	CHANNEL_CONNECT, /* (struct channel_connect): with what the program is connected */
	CHANNEL_RUN, /* (): the job is complete */

	CHANNEL_INPUT, /* (bytes): for the program's standard input */
	CHANNEL_INPUT_END, /* (): there is no more of that */
	CHANNEL_WINDOW, /* (struct channel_window): the terminal has this size now */
	CHANNEL_TIME_OVER, /* (): the test's time nearly is */

	/* Both ways. */
	CHANNEL_FOLDER, /* (path) */
	CHANNEL_FILE, /* (struct channel_file, path) */
	CHANNEL_DATA, /* (bytes): a file's next ones */

	CHANNEL_READY, /* (text): the kernel's release */
	CHANNEL_STAGE, /* (uint32_t): enum channel_stage, each once */
	CHANNEL_OUTPUT, /* (bytes): the program's standard output */
	CHANNEL_ERROR, /* (bytes): its standard error, where that is not the same */
	CHANNEL_NOTE, /* (text): why files are missing */
	CHANNEL_DIED, /* (text): why the machine can't go on; it ends */
	CHANNEL_STATUS, /* (uint32_t): how the program ended, as waitpid() has it */
};

enum channel_stage {
	CHANNEL_RESTORING, /* until the machine says another */
	CHANNEL_UNPACKING,
	CHANNEL_RUNNING, /* the program has started, and can be sent input */
	CHANNEL_COLLECTING,
};

struct channel_head {
	uint32_t type; /* enum channel_type */
	uint32_t size; /* bytes that follow */
};

/* A snapshot's clock and random numbers are those of its making. */
struct channel_wake_up {
	uint32_t version; /* CHANNEL_VERSION; stays in this place */
	uint32_t nanoseconds; /* the wall clock's fraction of a second */
	uint64_t seconds; /* the wall clock, since 1970 */
	uint8_t seed[32]; /* random */
};

/* A path follows. */
struct channel_file {
	uint64_t size; /* bytes */
	uint32_t mode; /* permission bits */
	uint32_t reserved;
};

/* A path follows. */
struct channel_link {
	uint32_t file; /* which of the job's files, counted from 0 */
};

enum channel_connection {
	CHANNEL_PLAIN, /* no input; output and errors are one */
	CHANNEL_PIPES, /* one for each of the three */
	CHANNEL_TERMINAL,
};

struct channel_window {
	uint16_t rows;
	uint16_t columns;
};

struct channel_connect {
	uint32_t connection; /* enum channel_connection */
	struct channel_window window; /* the terminal's */
};

_Static_assert(sizeof(struct channel_wake_up) == 48, "channel_wake_up: wrong size");
_Static_assert(sizeof(struct channel_file) == 16, "channel_file: wrong size");
_Static_assert(sizeof(struct channel_connect) == 8, "channel_connect: wrong size");

struct channel_frame {
	struct channel_head head;
	unsigned char data[CHANNEL_DATA_MAX + 1]; /* a NUL behind it */
};

/* Who sends: each type is for one way, or for both. */
enum channel_sender {
	CHANNEL_HOST,
	CHANNEL_MACHINE,
};

/** channel_head_is_valid() - whether this sender may send a frame of such type and size */
bool channel_head_is_valid(const struct channel_head *head, enum channel_sender sender);

/**
 * channel_data_is_valid() - whether a frame's data are what its type says
 * @frame: one whose head is valid; a NUL is put behind its data
 *
 * Text must hold no NUL, and each number must have a meaning.
 */
bool channel_data_is_valid(struct channel_frame *frame);

/** channel_text() - the text of a frame whose data are valid, or the path of a file */
const char *channel_text(const struct channel_frame *frame);

/* Puts frames together from pieces as they come. */
struct channel_reader {
	enum channel_sender sender;
	struct channel_frame frame;
	size_t used; /* bytes of @frame so far */
};

/**
 * channel_read() - take in the next bytes
 * @reader: zeroed before its first use, but for @sender
 * @data: set to behind what was taken
 * @size: set to what is left of it
 *
 * Return: 1 when reader->frame is complete and valid, until the next call; 0 when
 * more bytes are needed; -1 for what is no frame: nothing that follows can be one.
 */
int channel_read(struct channel_reader *reader, const unsigned char **data, size_t *size);

#endif /* RINGSIDE_MACHINES_CHANNEL_CHANNEL_H */
