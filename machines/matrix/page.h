/* SPDX-License-Identifier: MIT */
/* What the HTML page begins with: its head, with all of its style. */
#ifndef RINGSIDE_MACHINES_MATRIX_PAGE_H
#define RINGSIDE_MACHINES_MATRIX_PAGE_H

extern const char page_head[];

#endif /* RINGSIDE_MACHINES_MATRIX_PAGE_H */
