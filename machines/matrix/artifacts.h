/* SPDX-License-Identifier: MIT */
/* The files that Bazel's events name: read and kept, as they are soon overwritten. */
#ifndef RINGSIDE_MACHINES_MATRIX_ARTIFACTS_H
#define RINGSIDE_MACHINES_MATRIX_ARTIFACTS_H

#include <stddef.h>

/*
 * All take a URI. Of one that is NULL, or names no local file that can be
 * read, nothing is known: they return NULL, or -1.
 */

/** artifact_text() - the first @size bytes; the caller frees them */
char *artifact_text(const char *uri, size_t size);

/** artifact_folder() - the path of the folder that it is in; the caller frees it */
char *artifact_folder(const char *uri);

/** artifact_copy() - copy it to @name in @folder, whose subfolders are made; 0 or -1 */
int artifact_copy(const char *uri, const char *folder, const char *name);

/**
 * artifact_skip() - why a test was skipped
 * @uri: its test.xml
 *
 * Return: the first reason, which the caller frees; NULL unless all of its
 * test cases are skipped, and there are some.
 */
char *artifact_skip(const char *uri);

/** artifact_release() - the Linux that a test.log says it ran on; the caller frees it */
char *artifact_release(const char *uri);

#endif /* RINGSIDE_MACHINES_MATRIX_ARTIFACTS_H */
