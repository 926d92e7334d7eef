/* SPDX-License-Identifier: MIT */
/* The files that Bazel's events name. Each function returns NULL for one that can't be read. */
#ifndef RINGSIDE_MACHINES_BAZEL_TEST_FILES_H
#define RINGSIDE_MACHINES_BAZEL_TEST_FILES_H

#include <stddef.h>

/** uri_path() - the path of a local file's URI, or NULL; the caller frees it */
char *uri_path(const char *uri);

/** file_text() - the first @size bytes of a file, whose @path may be NULL; the caller frees them */
char *file_text(const char *path, size_t size);

/**
 * skip_reason() - why a test was skipped
 * @path: of its test.xml, or NULL
 *
 * Return: the first reason, which the caller frees; NULL unless all of its
 * test cases are skipped, and there are some.
 */
char *skip_reason(const char *path);

#endif /* RINGSIDE_MACHINES_BAZEL_TEST_FILES_H */
