/* SPDX-License-Identifier: MIT */
/* Exit statuses: Bazel's, as the matrix uses them itself. */
#ifndef RINGSIDE_MACHINES_MATRIX_STATUS_H
#define RINGSIDE_MACHINES_MATRIX_STATUS_H

#define STATUS_NOT_BUILT 1
#define STATUS_COMMAND_LINE 2
#define STATUS_TESTS_FAILED 3
#define STATUS_NO_TESTS 4
#define STATUS_INTERRUPTED 8

#endif /* RINGSIDE_MACHINES_MATRIX_STATUS_H */
