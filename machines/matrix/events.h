/* SPDX-License-Identifier: MIT */
/* Bazel's build events (--build_event_json_file), made into cells of the table. */
#ifndef RINGSIDE_MACHINES_MATRIX_EVENTS_H
#define RINGSIDE_MACHINES_MATRIX_EVENTS_H

#include "machines/matrix/table.h"

/* An action that failed, or a target that can't be. */
struct failed {
	char *name; /* what Bazel knows it by: an output, or a label */
	char *message; /* what it said */
};

/*
 * Where a target's results belong: returns the test's label, which the caller
 * frees, and sets the column, or returns NULL if they belong nowhere.
 */
typedef char *events_place(const struct table *table, const char *label, struct column **column);

struct events {
	struct table *table;
	struct column *column; /* all targets', unless place() says more */
	events_place *place; /* or NULL */
	const char *folder; /* the output folder, or NULL to keep no logs */
	char *problem; /* what Bazel could not do, lines; or NULL */
	unsigned int lines; /* so far */
	struct failed *failed;
	size_t failed_count;
	bool complete; /* the last event was read */
};

/**
 * events_read() - fill in the cells, and maybe the problem
 * @events: with all above the problem, and zero
 * @path: the file; a line that is not understood becomes the problem, and the others count
 */
void events_read(struct events *events, const char *path);

#endif /* RINGSIDE_MACHINES_MATRIX_EVENTS_H */
