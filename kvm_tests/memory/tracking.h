/* SPDX-License-Identifier: MIT */
/* What the payload and the controllers of memslots under running CPUs know together. */
#ifndef RINGSIDE_KVM_TESTS_TRACKING_H
#define RINGSIDE_KVM_TESTS_TRACKING_H

/* Above RAM, within the memory that the payload has mapped. */
#define AREA 0x40000000u
#define OTHER_AREA 0x50000000u

#define AREA_PAGES 4096u

#endif /* RINGSIDE_KVM_TESTS_TRACKING_H */
