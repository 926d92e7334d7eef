/* SPDX-License-Identifier: MIT */
/* Other programs, run by a test. */
#ifndef RINGSIDE_HOST_TST_CMD_H
#define RINGSIDE_HOST_TST_CMD_H

#include "tst_test.h"

/* What tst_cmd() and tst_cmd_fds() do with a program's end. */
enum tst_cmd_flags {
	/* Return the exit status. Without it, one other than 0 breaks the test. */
	TST_CMD_PASS_RETVAL = 1,
	/* Skip the test if the program is not on PATH. */
	TST_CMD_TCONF_ON_MISSING = 2,
};

/* What is returned for a program that can't be executed, and for one that is not on PATH. */
#define TST_CMD_NOT_EXECUTED 254
#define TST_CMD_MISSING 255

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Runs the program argv[0], which is looked for on PATH unless it has a '/', to
 * its end. @argv ends with NULL. Standard output and error go to the files
 * @stdout_path and @stderr_path, which are created or emptied; NULL: where the
 * test's go. @flags is of enum tst_cmd_flags.
 *
 * Returns the exit status: with TST_CMD_PASS_RETVAL any, else 0. A program that a
 * signal ends breaks the test.
 *
 * Where there is no program modprobe, as on an emulated machine, "modprobe MODULE
 * [PARAMETER=VALUE]..." and "modprobe -r MODULE" are done by tst_module_load() and
 * tst_module_unload(), under their conditions; a module that is there already, or
 * not any more, is left as it is.
 */
#define tst_cmd(argv, stdout_path, stderr_path, flags) \
	tst_cmd_(__FILE__, __LINE__, (argv), (stdout_path), (stderr_path), (flags))

/* The same with open files instead of paths; -1: where the test's go. */
#define tst_cmd_fds(argv, stdout_fd, stderr_fd, flags) \
	tst_cmd_fds_(__FILE__, __LINE__, (argv), (stdout_fd), (stderr_fd), (flags))

/* tst_cmd() and tst_cmd_fds() with the place that a message is about. */
int tst_cmd_(const char *file, int line, const char *const argv[], const char *stdout_path,
	     const char *stderr_path, int flags);
int tst_cmd_fds_(const char *file, int line, const char *const argv[], int stdout_fd, int stderr_fd,
		 int flags);

#ifdef __cplusplus
}
#endif

#endif /* RINGSIDE_HOST_TST_CMD_H */
