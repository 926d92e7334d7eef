// SPDX-License-Identifier: MIT
/* Text without conversions. By whole words: most texts have nothing else. */
#include "guest/lib/plain.h"
#include "guest/lib/word.h"
#include "kvm_test.h"

/* Nonzero if a byte of the word is 0: the highest bit of the lowest such byte is set. */
static unsigned long zero_bytes(unsigned long value)
{
	return (value - word_of(1)) & ~value & word_of(0x80);
}

/* The first bytes of a word, fewer than it has. */
static void put_bytes(char *dest, unsigned long value, unsigned int count)
{
	if (sizeof(value) > 4 && count & 4) {
		*(struct four_bytes *)dest = (struct four_bytes){value};
		dest += 4;
		value = (uint64_t)value >> 32;
	}
	for (count &= 3; count--; value >>= 8)
		*dest++ = value;
}

/* Nonzero, likewise, if one is 0 or '%'. */
static unsigned long ends(unsigned long value)
{
	return zero_bytes(value) | zero_bytes(value ^ word_of('%'));
}

size_t copy_plain(char *dest, size_t room, const char *text)
{
	/* A word that is in one page with the text's first byte can be read. */
	const size_t page_rest = PAGESIZE - (uintptr_t)text % PAGESIZE;
	const char *const start = text, *const room_end = text + room;
	const char *const words_end = text + (room < page_rest ? room : page_rest) / WORD * WORD;

	for (; text != words_end; text += WORD, dest += WORD) {
		const unsigned long value = ((const struct word *)text)->value;

		if (ends(value)) {
			const unsigned int count = __builtin_ctzl(ends(value)) / 8;

			put_bytes(dest, value, count);
			return text - start + count;
		}
		((struct word *)dest)->value = value;
	}
	for (; *text && *text != '%'; text++) {
		if (text < room_end)
			*dest++ = *text;
	}
	return text - start;
}
