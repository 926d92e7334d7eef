// SPDX-License-Identifier: MIT
/* A guest's bytes as text that cannot do anything to a terminal or a log. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "host/diagnosis/diagnosis.h"

/* Bytes of the UTF-8 character at @src, or 0 if there is none that may be shown. */
static size_t utf8_length(const unsigned char *src, size_t len)
{
	static const unsigned int smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned int value;
	size_t size, i;

	if (src[0] >= 0xc2 && src[0] <= 0xdf)
		size = 2;
	else if (src[0] >= 0xe0 && src[0] <= 0xef)
		size = 3;
	else if (src[0] >= 0xf0 && src[0] <= 0xf4)
		size = 4;
	else
		return 0;
	if (size > len)
		return 0;
	value = src[0] & (0x7fu >> size);
	for (i = 1; i < size; i++) {
		if ((src[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (src[i] & 0x3f);
	}
	/* 0x80 to 0x9f are control characters, too. */
	if (value < 0xa0 || value < smallest[size] || value > 0x10ffff)
		return 0;
	/* Surrogates, and characters that reverse what is around them. */
	if ((value >= 0xd800 && value <= 0xdfff) || (value >= 0x202a && value <= 0x202e) ||
	    (value >= 0x2066 && value <= 0x2069) || value == 0xfffe || value == 0xffff)
		return 0;
	return size;
}

/* How one character that must not be shown as it is looks. */
static size_t escape_one(char *shown, size_t size, const unsigned char *at, size_t left)
{
	/* Lines after the first are indented, so that none looks like a result. */
	if (*at == '\n' && left > 1)
		return snprintf(shown, size, "\n%s",
				left > 2 && at[1] == ' ' && at[2] == ' ' ? "" : "  ");
	if (*at == '\n' || *at == '\t')
		return snprintf(shown, size, "\\%c", *at == '\n' ? 'n' : 't');
	return snprintf(shown, size, "\\x%02x", *at);
}

void diagnose_escape(char *dst, size_t size, const char *src, size_t len)
{
	const unsigned char *at = (const unsigned char *)src, *end = at + strnlen(src, len);
	size_t used = 0;

	while (at < end) {
		size_t take = *at >= 0x20 && *at < 0x7f ? 1 : utf8_length(at, end - at),
		       show = take;
		char shown[8];

		if (take)
			memcpy(shown, at, take);
		else
			show = escape_one(shown, sizeof(shown), at, end - at);
		if (used + show >= size)
			break;
		memcpy(dst + used, shown, show);
		used += show;
		at += take ? take : 1;
	}
	dst[used] = '\0';
}
