/* SPDX-License-Identifier: MIT */
/* What the payload and the controller of the memslot tests know together. */
#ifndef RINGSIDE_KVM_TESTS_MEMORY_MEMSLOTS_H
#define RINGSIDE_KVM_TESTS_MEMORY_MEMSLOTS_H

/* Above RAM, within the memory that the payload has mapped; not page-aligned. */
#define SLOT_ADDRESS 0x40000100u
#define SLOT_WORDS 16

#endif /* RINGSIDE_KVM_TESTS_MEMORY_MEMSLOTS_H */
