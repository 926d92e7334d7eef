/* SPDX-License-Identifier: MIT */
/* Where Bazel lets a test leave files (Bazel: Test encyclopedia). */
#ifndef RINGSIDE_MACHINES_RUNNER_OUTPUT_PATHS_H
#define RINGSIDE_MACHINES_RUNNER_OUTPUT_PATHS_H

#include <stdbool.h>
#include <stddef.h>

#define OUTPUT_PATHS 8

/** output_path() - the @i-th place as an absolute path that the caller frees, or NULL if unset */
char *output_path(size_t i);

/** output_is_folder() - whether the @i-th place is a folder of files */
bool output_is_folder(size_t i);

#endif /* RINGSIDE_MACHINES_RUNNER_OUTPUT_PATHS_H */
