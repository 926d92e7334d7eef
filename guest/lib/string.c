// SPDX-License-Identifier: MIT
/*
 * The C library's memory and string functions.
 *
 * Whole words where it is safe: an emulated guest pays for each instruction.
 */
#include "guest/lib/word.h"
#include "kvm_test.h"

void *memset(void *dest, int val, size_t size)
{
	const unsigned long pattern = word_of(val);
	unsigned char *d = dest;

	for (; size >= WORD; size -= WORD, d += WORD)
		((struct word *)d)->value = pattern;
	while (size--)
		*d++ = val;
	return dest;
}

void *memzero(void *dest, size_t size)
{
	return memset(dest, 0, size);
}

void *memcpy(void *dest, const void *src, size_t size)
{
	unsigned char *d = dest;
	const unsigned char *s = src;

	/* Upwards: memmove() relies on it. */
	for (; size >= WORD; size -= WORD, d += WORD, s += WORD)
		((struct word *)d)->value = ((const struct word *)s)->value;
	while (size--)
		*d++ = *s++;
	return dest;
}

void *memmove(void *dest, const void *src, size_t size)
{
	unsigned char *d = dest;
	const unsigned char *s = src;

	if ((uintptr_t)d - (uintptr_t)s >= size)
		return memcpy(dest, src, size);
	while (size--)
		d[size] = s[size];
	return dest;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const unsigned char *p = a, *q = b;

	for (; size--; p++, q++) {
		if (*p != *q)
			return *p - *q;
	}
	return 0;
}

char *strcpy(char *dest, const char *src)
{
	return memcpy(dest, src, strlen(src) + 1);
}

char *strcat(char *dest, const char *src)
{
	strcpy(dest + strlen(dest), src);
	return dest;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (unsigned char)*a - (unsigned char)*b;
}

size_t strlen(const char *str)
{
	const char *end = str;

	while (*end)
		end++;
	return end - str;
}

char *strchr(const char *str, int c)
{
	for (; *str != (char)c; str++) {
		if (!*str)
			return NULL;
	}
	return (char *)str;
}

char *strrchr(const char *str, int c)
{
	const char *found = NULL;

	do {
		if (*str == (char)c)
			found = str;
	} while (*str++);
	return (char *)found;
}
