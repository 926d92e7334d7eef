/* SPDX-License-Identifier: MIT */
/* The score, for people and for programs. */
#ifndef RINGSIDE_KVM_LAB_SCORE_REPORT_H
#define RINGSIDE_KVM_LAB_SCORE_REPORT_H

#include <stdio.h>

#include "kvm_lab/score/score.h"

/** report_areas() - the names of all areas that have faults, sorted; the caller frees them */
struct words report_areas(const struct score *score);

/** report_count() - how many faults of an area (NULL: of all) are in a state */
unsigned int report_count(const struct score *score, enum fault_state state, const char *area);

/** report_verdict() - what to call a suite's verdict of a fault: "fail", "not caught" */
const char *report_verdict(const struct score *score, size_t fault, size_t suite);

/** report_text() - print rates by area, as a table of Markdown, and what was not caught */
void report_text(FILE *file, const struct score *score);

/** report_html() - one page: rates, and a row for each fault */
void report_html(FILE *file, const struct score *score);

/** report_json() - the format that docs/kvm_lab.md describes */
void report_json(FILE *file, const struct score *score);

#endif /* RINGSIDE_KVM_LAB_SCORE_REPORT_H */
