/* SPDX-License-Identifier: MIT */
/* What programs that "bazel run" starts, and that call Bazel, have in common. */
#ifndef RINGSIDE_MACHINES_BAZEL_COMMAND_H
#define RINGSIDE_MACHINES_BAZEL_COMMAND_H

#include <stddef.h>
#include <stdio.h>

#include "machines/bazel/bazel.h"
#include "machines/emulator/child.h"

struct words {
	char **list;
	size_t count;
};

/** add_word() - append @word, which the list owns from now on */
void add_word(struct words *words, char *word);

/** refuse() - print one line and end the program, before anything has run */
void refuse(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/** setting() - an environment variable that the build sets; ends the program without it */
const char *setting(const char *name);

/** option_value() - what stands behind "--name=" in @word; NULL if it is another option */
const char *option_value(const char *word, const char *option);

/** quote_pattern() - a pattern of labels, for a query; ends the program if it can be none */
char *quote_pattern(const char *pattern);

/**
 * call_bazel() - run Bazel to its end
 * @bazel: from bazel_find()
 * @arguments: argv[], which is freed
 * @answer: gets its stdout; NULL for ours
 *
 * Return: its exit status.
 */
int call_bazel(const struct bazel *bazel, struct arguments *arguments, FILE *answer);

/**
 * ask_bazel() - have Bazel answer
 * @bazel: from bazel_find()
 * @words: command and arguments, NULL-terminated
 * @lines: get the answer, line by line
 *
 * Return: Bazel's exit status; it has printed what is wrong, if anything is.
 */
int ask_bazel(const struct bazel *bazel, const char *const *words, struct words *lines);

/** bazel_info() - what "bazel info KEY" says; ends the program if it fails */
char *bazel_info(const struct bazel *bazel, const char *key);

/** bazel_query() - the labels that a query finds; ends the program if it fails */
struct words bazel_query(const struct bazel *bazel, const char *expression);

/** remove_folder() - with all that is in it; it need not be there */
void remove_folder(const char *path);

/** make_folder() - unless it is there */
void make_folder(const char *path);

#endif /* RINGSIDE_MACHINES_BAZEL_COMMAND_H */
