/* SPDX-License-Identifier: MIT */
/*
 * What HTML pages begin and end with. A page needs nothing from elsewhere, and is made for
 * light and dark. Its style has tables in class "table"; chips for verdicts (class "chip"
 * and "passed", "flaky", "failed" or another); bars of <i> elements with the same classes; a
 * checkbox "filter" that hides all of class "fine".
 */
#ifndef RINGSIDE_REPORT_PAGE_H
#define RINGSIDE_REPORT_PAGE_H

#include <stdio.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

/** page_begin() - write the head of a page, up to its contents */
void page_begin(FILE *file, const char *title);

/** page_put_time() - write a time, in the reader's zone */
void page_put_time(FILE *file, time_t when);

/** page_put_filter() - write the checkbox "filter", with a text */
void page_put_filter(FILE *file, const char *text);

/** page_end() - write a page's end */
void page_end(FILE *file);

#ifdef __cplusplus
}
#endif

#endif /* RINGSIDE_REPORT_PAGE_H */
