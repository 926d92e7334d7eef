/* SPDX-License-Identifier: MIT */
/* The matrix: a row for each test, a column for each machine and kernel. */
#ifndef RINGSIDE_MACHINES_MATRIX_TABLE_H
#define RINGSIDE_MACHINES_MATRIX_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/* From good to bad, as far as they can be compared. */
enum verdict {
	NOT_RUN, /* nothing is known: never begun, or ended before */
	SKIPPED,
	PASSED,
	FLAKY, /* passed, but not at once */
	NO_STATUS, /* Bazel has none, or a remote machine failed */
	FAILED,
	TIMED_OUT,
	NOT_BUILT,
	VERDICTS,
};

/* What a test did in a column. */
struct cell {
	enum verdict verdict;
	double seconds; /* of all its runs */
	unsigned int runs; /* shards and attempts included */
	unsigned int cached; /* of these, from a cache */
	unsigned int skipped; /* of these, with nothing but skips in them */
	enum verdict log_verdict; /* of the run that log is from */
	char **folders; /* of its runs: where their files are; NULL for one that is elsewhere */
	char *log; /* a file in the output folder, or NULL */
	char *message; /* why it was skipped or not built, or NULL */
};

enum column_state {
	COLUMN_RUNNING, /* or not begun */
	COLUMN_DONE,
	COLUMN_BROKEN, /* see problem */
	COLUMN_INTERRUPTED,
};

struct column {
	char *machine; /* name, or label */
	char *kernel; /* label, or NULL: the machine's own */
	char *title; /* "amd linux" */
	char *id; /* the same, fit for a file's name */
	char *release; /* of the kernel, as a test said it; or NULL */
	enum column_state state;
	char *problem; /* lines on why it is broken, or NULL */
	int status; /* as Bazel's exit status would be for it alone, -1 as long as it is unknown */
	double seconds; /* of all its tests */
	struct cell *cells; /* one per row of the table */
};

struct table {
	char **tests; /* labels; a row each, sorted at the end */
	size_t test_count;
	struct column *columns;
	size_t column_count;
	time_t started;
	double seconds;
	int status; /* Bazel's exit status, 0 as long as there is none */
};

/** table_add_column() - append a column; @kernel may be NULL */
void table_add_column(struct table *table, const char *machine, const char *kernel);

/** table_cell() - the cell of a test, its row made if there is none */
struct cell *table_cell(struct table *table, struct column *column, const char *test);

/** table_sort() - put the rows in the order of their labels */
void table_sort(struct table *table);

/** table_count() - how many cells of a column have a verdict */
size_t table_count(const struct table *table, const struct column *column, enum verdict verdict);

/** table_failed() - whether a verdict is one that somebody has to look into */
bool table_failed(enum verdict verdict);

/** table_status() - the exit status that stands for all: see main.c */
int table_status(const struct table *table);

/* How verdicts are called on a terminal ("PASS") and in JSON ("passed"). */
extern const char *const verdict_words[VERDICTS];
extern const char *const verdict_keys[VERDICTS];

/** copy_text() - a copy of a string, NULL of NULL; ends the program without memory */
char *copy_text(const char *text);

/** replace_text() - free *@target and put a copy of @text there */
void replace_text(char **target, const char *text);

#endif /* RINGSIDE_MACHINES_MATRIX_TABLE_H */
