/* SPDX-License-Identifier: MIT */
/*
 * Calls of <time.h> that break the test when they fail, naming the caller's
 * file and line, the call and the error. Arguments are those of the call.
 */
#ifndef RINGSIDE_HOST_TST_SAFE_CLOCKS_H
#define RINGSIDE_HOST_TST_SAFE_CLOCKS_H

#include <time.h>

#include "tst_test.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SAFE_CLOCK_GETRES(clk, res) safe_clock_getres(__FILE__, __LINE__, (clk), (res))
#define SAFE_CLOCK_GETTIME(clk, tp) safe_clock_gettime(__FILE__, __LINE__, (clk), (tp))
#define SAFE_CLOCK_SETTIME(clk, tp) safe_clock_settime(__FILE__, __LINE__, (clk), (tp))

int safe_clock_getres(const char *file, int line, clockid_t clk, struct timespec *res);
int safe_clock_gettime(const char *file, int line, clockid_t clk, struct timespec *tp);
int safe_clock_settime(const char *file, int line, clockid_t clk, const struct timespec *tp);

#ifdef __cplusplus
}
#endif

#endif /* RINGSIDE_HOST_TST_SAFE_CLOCKS_H */
