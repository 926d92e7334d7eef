/* SPDX-License-Identifier: MIT */
/* The output folder. */
#ifndef RINGSIDE_MACHINES_MATRIX_FOLDER_H
#define RINGSIDE_MACHINES_MATRIX_FOLDER_H

#include <stdio.h>

/* What stands in it: the reports, and folders that a new matrix makes anew. */
#define FOLDER_HTML "index.html"
#define FOLDER_JSON "matrix.json"
#define FOLDER_LOGS "logs" /* the tests' */
#define FOLDER_BAZEL "bazel" /* its events */
#define FOLDER_EVENTS FOLDER_BAZEL "/events.json"

/**
 * folder_prepare() - make the folder, or empty that of an earlier matrix
 *
 * Refuses one that holds anything else: nothing of the user's is deleted.
 *
 * Return: NULL, or what is wrong and what to do about it.
 */
const char *folder_prepare(const char *folder);

/** folder_copy() - copy a file to @name in it, whose subfolders are made; 0 or -1 */
int folder_copy(const char *folder, const char *name, const char *from);

/** folder_create() - create a file in it; ends the program with a message if that fails */
FILE *folder_create(const char *folder, const char *name);

/** folder_close() - close such a file; ends the program if it is not all written */
void folder_close(FILE *file, const char *name);

#endif /* RINGSIDE_MACHINES_MATRIX_FOLDER_H */
