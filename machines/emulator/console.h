/* SPDX-License-Identifier: MIT */
/* What a machine's console says: kept for a failure, with what the kernel reports of itself. */
#ifndef RINGSIDE_MACHINES_EMULATOR_CONSOLE_H
#define RINGSIDE_MACHINES_EMULATOR_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Longest line that is kept; the rest of a longer one is dropped. */
#define CONSOLE_LINE 512
/* How many of the last lines are kept. */
#define CONSOLE_LINES 128

/* What a kernel reports of itself, from bad to worse. */
enum kernel_report {
	KERNEL_SILENT,
	KERNEL_WARNED, /* WARN(), a stall */
	KERNEL_OOPSED, /* an oops, BUG(), a sanitizer */
};

struct console {
	char lines[CONSOLE_LINES][CONSOLE_LINE]; /* a ring */
	size_t count; /* lines completed since the start */
	size_t used; /* bytes of the line in progress */
	enum kernel_report report; /* the worst since the start */
	size_t report_line; /* which line began it, counted from the start */
	void (*on_init_error)(void *context, const char *text); /* or NULL */
	void *context;
};

/**
 * console_add() - take in what was read from the console
 * @console: zeroed before its first use
 * @data: bytes as they came, control characters and all
 * @size: of @data
 *
 * When init says there why it gives up, on_init_error is called with its reason: it may have
 * no channel yet. Control characters are dropped from all lines, and what an
 * emulator says for information is not kept.
 */
void console_add(struct console *console, const char *data, size_t size);

/** console_contains() - whether one of the kept lines has @text in it */
bool console_contains(const struct console *console, const char *text);

/**
 * console_print_report() - print the worst that the kernel reported of itself
 * @console: one whose report is not KERNEL_SILENT
 * @file: where to
 */
void console_print_report(const struct console *console, FILE *file);

/**
 * console_print_end() - print what a failure shows: the last lines
 * @console: the console
 * @file: where to
 *
 * After a kernel panic, that is everything from a little before it, or before the
 * BUG or Oops that led to it.
 */
void console_print_end(const struct console *console, FILE *file);

#endif /* RINGSIDE_MACHINES_EMULATOR_CONSOLE_H */
