/* SPDX-License-Identifier: MIT */
/* What the payload and the controller of the page tests know together. */
#ifndef RINGSIDE_HOST_TESTS_API_PAGES_H
#define RINGSIDE_HOST_TESTS_API_PAGES_H

/* A variable of the payload holds it. */
#define PAGES_MARKER 0x52494e47u

/* An address above the memory that is mapped at the start, and where it gets mapped to. */
#define PAGE_VIRT 0x80000000u
#define PAGE_PHYS 0x00400000u

#endif /* RINGSIDE_HOST_TESTS_API_PAGES_H */
