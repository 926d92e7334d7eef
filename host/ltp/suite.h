/* SPDX-License-Identifier: MIT */
/* Parts of the runner of struct tst_test. */
#ifndef RINGSIDE_HOST_LTP_SUITE_H
#define RINGSIDE_HOST_LTP_SUITE_H

#include <stdbool.h>

#include "tst_test.h"

/* Whether this thread is in a struct tst_test's clean-up function. */
bool tst_in_cleanup(void);

/* Whether the next tst_kvm_run() is followed by another one, and by nothing else before. */
void tst_kvm_run_again(bool again);

/* Skips the test when one of its needs is not met. */
void tst_check_needs(const struct tst_test *test);

/*
 * Whether the kernel's configuration meets @expression. 1 or 0; -1 with a
 * reason in @why when @expression is malformed. @config is the configuration.
 */
int tst_kconfig_eval(const char *config, const char *expression, const char **why);

/*
 * The running kernel's configuration, NUL-terminated, for the caller to
 * free(); NULL when it cannot be read. @source receives where it was found, or
 * where it was looked for.
 */
char *tst_kconfig_read(char *source, size_t size);

/* All of a file, NUL-terminated, for the caller to free(); NULL with errno set. */
char *tst_read_file(const char *path, size_t *len);

/* Sets the files of .save_restore; tst_restore_files() puts them back. */
void tst_save_files(const struct tst_path_val *entries);
void tst_restore_files(void);

/* .taint_check: remembers the kernel's taint, and reports what was added. */
void tst_taint_remember(unsigned int mask);
void tst_taint_check(void);

#endif /* RINGSIDE_HOST_LTP_SUITE_H */
