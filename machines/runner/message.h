/* SPDX-License-Identifier: MIT */
/* What the runner says about itself; a test's own output passes beside it. */
#ifndef RINGSIDE_MACHINES_RUNNER_MESSAGE_H
#define RINGSIDE_MACHINES_RUNNER_MESSAGE_H

/* The runner's exit status when a machine, not the test, failed. */
#define STATUS_MACHINE_FAILED 125

/** say() - print one line to stdout, behind "ringside: ", at once; to stderr where that fails */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** die() - say() and exit with STATUS_MACHINE_FAILED */
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/** format_text() - a string that the caller frees; dies if memory runs out */
char *format_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** make_printable() - put a '?' for each control character of a text that a machine has sent */
char *make_printable(char *text);

#endif /* RINGSIDE_MACHINES_RUNNER_MESSAGE_H */
