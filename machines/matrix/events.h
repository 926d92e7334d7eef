/* SPDX-License-Identifier: MIT */
/* Bazel's build events (--build_event_json_file), made into cells of the table. */
#ifndef RINGSIDE_MACHINES_MATRIX_EVENTS_H
#define RINGSIDE_MACHINES_MATRIX_EVENTS_H

#include "machines/matrix/table.h"

/* An action that failed. */
struct failed_action {
	char *output; /* what Bazel knows it by */
	char *message; /* what it said */
};

/*
 * Where a target's results belong: returns the test's label and sets the
 * column, or returns NULL if they belong nowhere.
 */
typedef const char *events_place(const void *context, const char *label, struct column **column);

struct events {
	struct table *table;
	struct column *column; /* all targets', unless place() says more */
	events_place *place;
	const void *context; /* place()'s */
	char *problem; /* what Bazel could not do, lines; or NULL */
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

/** events_begin() - prepare to read the events of one column's tests; both stay the caller's */
void events_begin(struct events *events, struct table *table, struct column *column,
		  const char *folder);

/**
 * events_take() - take in what the file has got since the last call
 * @events: from events_begin()
 * @data: any piece of it
 * @size: of @data
 *
 * A line that is not understood becomes the problem; the others count.
 */
void events_take(struct events *events, const char *data, size_t size);

/** events_end() - the file has ended; that is a problem if it is too early. Frees all but it. */
void events_end(struct events *events);

#endif /* RINGSIDE_MACHINES_MATRIX_EVENTS_H */
