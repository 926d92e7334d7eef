/* SPDX-License-Identifier: MIT */
/* Bazel's test.xml. */
#ifndef RINGSIDE_MACHINES_SUPERVISOR_REPORT_H
#define RINGSIDE_MACHINES_SUPERVISOR_REPORT_H

#include <stdio.h>

#include "machines/supervisor/tap.h"
#include "machines/supervisor/verdict.h"

/**
 * report() - write a test's cases, each with its verdict, text and time
 * @file: where to
 * @target: the test's label
 * @tap: after tap_end()
 * @verdict: on all of it
 * @seconds: how long it took
 *
 * A verdict that no case gives is a case of its own. Whatever bytes the program
 * printed, the file is XML: what XML can't hold becomes U+FFFD.
 */
void report(FILE *file, const char *target, const struct tap *tap, const struct verdict *verdict,
	    double seconds);

#endif /* RINGSIDE_MACHINES_SUPERVISOR_REPORT_H */
