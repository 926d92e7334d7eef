/* SPDX-License-Identifier: MIT */
#ifndef RINGSIDE_GUEST_LIB_WORD_H
#define RINGSIDE_GUEST_LIB_WORD_H

#include <stdint.h>

/** A word anywhere in memory, of anything. */
struct word {
	unsigned long value;
} __attribute__((packed, may_alias));

/** Four bytes, likewise. */
struct four_bytes {
	uint32_t value;
} __attribute__((packed, may_alias));

#define WORD sizeof(struct word)

/** That byte in all places of a word. */
static inline unsigned long word_of(unsigned char byte)
{
	return byte * (~0UL / 0xff);
}

#endif /* RINGSIDE_GUEST_LIB_WORD_H */
