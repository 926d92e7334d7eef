/* SPDX-License-Identifier: MIT */
/*
 * What passes between the shell and its agent in the machine: frames, each a
 * head and up to FRAME_MAX bytes. Numbers are little-endian, as on both sides.
 */
#ifndef RINGSIDE_MACHINES_SHELL_FRAME_H
#define RINGSIDE_MACHINES_SHELL_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define FRAME_MAX 4096

enum frame_type {
	/* From the agent. */
	FRAME_READY = 1, /* the program runs, and what is typed reaches it */
	FRAME_OUTPUT, /* its standard output */
	FRAME_ERROR, /* its standard error, where that is not the same terminal */

	/* To the agent. */
	FRAME_INPUT, /* for its standard input */
	FRAME_INPUT_END, /* there is no more of that */
	FRAME_WINDOW, /* struct frame_window: the terminal has this size now */
};

struct frame_head {
	uint8_t type; /* enum frame_type */
	uint8_t reserved;
	uint16_t size; /* bytes that follow */
};

struct frame_window {
	uint16_t rows;
	uint16_t columns;
};

struct frame {
	struct frame_head head;
	unsigned char data[FRAME_MAX];
};

/* Puts frames together from pieces as they come. */
struct frame_reader {
	struct frame frame;
	uint32_t used; /* bytes of @frame so far */
};

/**
 * frame_read() - take in the next bytes
 * @reader: zeroed before its first use
 * @data: set to behind what was taken
 * @size: set to what is left of it
 *
 * Return: 1 when reader->frame is complete, until the next call; 0 when more
 * bytes are needed; -1 for what is no frame.
 */
static inline int frame_read(struct frame_reader *reader, const unsigned char **data, size_t *size)
{
	const uint32_t head = sizeof(struct frame_head);

	if (reader->used >= head && reader->used == head + reader->frame.head.size)
		reader->used = 0;
	while (*size) {
		((unsigned char *)&reader->frame)[reader->used++] = *(*data)++;
		--*size;
		if (reader->used < head)
			continue;
		if (reader->frame.head.size > FRAME_MAX)
			return -1;
		if (reader->used == head + reader->frame.head.size)
			return 1;
	}
	return 0;
}

#endif /* RINGSIDE_MACHINES_SHELL_FRAME_H */
