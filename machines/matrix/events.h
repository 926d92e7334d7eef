/* SPDX-License-Identifier: MIT */
/* Bazel's build events (--build_event_json_file), made into a column of the table. */
#ifndef RINGSIDE_MACHINES_MATRIX_EVENTS_H
#define RINGSIDE_MACHINES_MATRIX_EVENTS_H

#include "machines/matrix/table.h"

/* An action that failed. */
struct failed_action {
	char *output; /* what Bazel knows it by */
	char *message; /* what it said */
};

struct events {
	struct table *table;
	struct column *column;
	const char *folder; /* the output folder, or NULL to keep no logs */
	char *line; /* the line in progress */
	size_t line_size;
	unsigned int lines; /* so far */
	struct failed_action *failed;
	size_t failed_count;
	size_t expected; /* tests that Bazel is going to run */
	size_t finished; /* of these, the ones with a verdict */
	bool complete; /* the last event was read */
};

/** events_begin() - prepare to read a column's events; both stay the caller's */
void events_begin(struct events *events, struct table *table, struct column *column,
		  const char *folder);

/**
 * events_take() - take in what the file has got since the last call
 * @events: from events_begin()
 * @data: any piece of it
 * @size: of @data
 *
 * A line that is not understood becomes the column's problem; the others count.
 */
void events_take(struct events *events, const char *data, size_t size);

/** events_end() - the file has ended; says so in the column if that is too early, and frees */
void events_end(struct events *events);

#endif /* RINGSIDE_MACHINES_MATRIX_EVENTS_H */
