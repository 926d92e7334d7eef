/* SPDX-License-Identifier: MIT */
#ifndef RINGSIDE_HOST_LIB_REPORT_H
#define RINGSIDE_HOST_LIB_REPORT_H

/* Tells the reporter that the process ends in the middle of the test. */
void tst_report_abandon(void);

#endif /* RINGSIDE_HOST_LIB_REPORT_H */
