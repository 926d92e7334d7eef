/* SPDX-License-Identifier: MIT */
/* Coverage as text. */
#ifndef RINGSIDE_KVM_LAB_COVERAGE_REPORT_H
#define RINGSIDE_KVM_LAB_COVERAGE_REPORT_H

#include <stdio.h>

#include "kvm_lab/coverage/suite.h"

/** report_table() - a table of Markdown: a row for each file, and for all; columns by suite */
void report_table(FILE *file, const struct suite *suites, size_t count);

/** report_unreached() - "file:line function" for each function that was not reached */
void report_unreached(FILE *file, const struct coverage *coverage);

/** report_total() - what all files have together */
struct source report_total(const struct coverage *coverage);

#endif /* RINGSIDE_KVM_LAB_COVERAGE_REPORT_H */
