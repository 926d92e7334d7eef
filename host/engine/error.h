/* SPDX-License-Identifier: MIT */
/*
 * An error on its way up to a function that can undo what was begun before it
 * breaks the test.
 */
#ifndef RINGSIDE_HOST_ENGINE_ERROR_H
#define RINGSIDE_HOST_ENGINE_ERROR_H

#include <stdbool.h>

struct tst_error {
	char text[512];
};

/* Writes the text; returns false, for the caller to return in turn. */
bool tst_fail(struct tst_error *error, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The same with errno's name and text added. */
bool tst_fail_errno(struct tst_error *error, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* RINGSIDE_HOST_ENGINE_ERROR_H */
