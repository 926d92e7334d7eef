/* SPDX-License-Identifier: MIT */
#ifndef RINGSIDE_HOST_LTP_REPORT_H
#define RINGSIDE_HOST_LTP_REPORT_H

#include "tst_test.h"

/*
 * The library's own results: they are about the test that called it, whose
 * place the reporter knows better than the library.
 */
#define lib_res(ttype, ...) tst_res_(NULL, 0, (ttype), __VA_ARGS__)
#define lib_brk(ttype, ...) tst_brk_(NULL, 0, (ttype), __VA_ARGS__)

/* Ends the test after a result of @type has been reported; see struct tst_reporter. */
void tst_report_end(int type) __attribute__((noreturn));

/* Tells the reporter that the process ends in the middle of the test. */
void tst_report_abandon(void);

#endif /* RINGSIDE_HOST_LTP_REPORT_H */
