// SPDX-License-Identifier: MIT
/* The payload's C library: memory and strings. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "check.h"

/* Longer than a few machine words, so that word-wise and byte-wise loops run. */
#define SIZE 41

static unsigned char buffer[SIZE + 16], other[SIZE + 16];

/* Whether the bytes from..to of buffer are value and all others are not. */
static int only_bytes(size_t from, size_t to, unsigned char value)
{
	size_t i;

	for (i = 0; i < sizeof(buffer); i++) {
		if ((buffer[i] == value) != (i >= from && i < to))
			return 0;
	}
	return 1;
}

static void fill_pattern(unsigned char *dest, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		dest[i] = i + 1;
}

static void check_memset(void)
{
	unsigned int start;

	for (start = 0; start < 9; start += 4) {
		memset(buffer, 0x11, sizeof(buffer));
		/* Only the lowest byte counts. NOLINTNEXTLINE(bugprone-suspicious-memset-usage) */
		CHECK(memset(buffer + start, 0x1a5, SIZE) == buffer + start);
		CHECK(only_bytes(start, start + SIZE, 0xa5));
	}
	memset(buffer, 0x11, sizeof(buffer));
	memset(buffer, 0x22, (0));
	CHECK(only_bytes(0, sizeof(buffer), 0x11));
	CHECK(memzero(buffer + 3, SIZE) == buffer + 3);
	CHECK(only_bytes(3, 3 + SIZE, 0));
}

static void check_memcpy(void)
{
	size_t from, i, wrong = 0;

	fill_pattern(other, sizeof(other));
	for (from = 0; from < 9; from++) {
		memset(buffer, 0, sizeof(buffer));
		memcpy(buffer + 1, other + from, SIZE);
		for (i = 0; i < SIZE; i++)
			wrong += buffer[1 + i] != other[from + i];
		wrong += buffer[0] != 0 || buffer[1 + SIZE] != 0;
	}
	CHECK_EQ(wrong, 0);
	CHECK(memcpy(buffer, other, 0) == buffer);
}

static void check_memmove(void)
{
	size_t i, wrong = 0;

	fill_pattern(buffer, sizeof(buffer));
	CHECK(memmove(buffer + 5, buffer, SIZE) == buffer + 5);
	for (i = 0; i < SIZE; i++)
		wrong += buffer[5 + i] != i + 1;
	fill_pattern(buffer, sizeof(buffer));
	memmove(buffer, buffer + 5, SIZE);
	for (i = 0; i < SIZE; i++)
		wrong += buffer[i] != i + 6;
	/* The last byte alone is both source and destination. */
	fill_pattern(buffer, sizeof(buffer));
	memmove(buffer + 7, buffer, 8);
	for (i = 0; i < 8; i++)
		wrong += buffer[7 + i] != i + 1;
	CHECK_EQ(wrong, 0);
}

static void check_memcmp(void)
{
	fill_pattern(buffer, SIZE);
	fill_pattern(other, SIZE);
	CHECK(memcmp(buffer, other, SIZE) == 0);
	other[SIZE - 1] = 0xff;
	CHECK(memcmp(buffer, other, SIZE) < 0);
	other[SIZE - 1] = buffer[SIZE - 1] ^ 0x80;
	CHECK(memcmp(buffer, other, SIZE) < 0);
	CHECK(memcmp(other, buffer, SIZE) > 0);
	CHECK(memcmp(buffer, other, SIZE - 1) == 0);
	CHECK(memcmp(buffer, other, 0) == 0);
}

static void check_strings(void)
{
	char text[32];

	CHECK_EQ(strlen(""), 0);
	CHECK_EQ(strlen("four"), 4);

	memset(text, 'x', sizeof(text));
	CHECK(strcpy(text, "abc") == text);
	CHECK_STR(text, "abc");
	CHECK(text[4] == 'x');
	CHECK(strcat(text, "def") == text);
	CHECK_STR(text, "abcdef");
	CHECK_STR(strcat(strcpy(text, ""), "g"), "g");

	strcpy(text, "a.b.c");
	CHECK(strchr(text, '.') == text + 1);
	CHECK(strchr(text, 'z') == NULL);
	CHECK(strchr(text, '\0') == text + 5);
	CHECK(strrchr(text, '.') == text + 3);
	CHECK(strrchr(text, 'z') == NULL);
	CHECK(strrchr(text, '\0') == text + 5);

	CHECK(strcmp("abc", "abc") == 0);
	CHECK(strcmp("abc", "abd") < 0);
	CHECK(strcmp("abc", "ab") > 0);
	CHECK(strcmp("a\x80", "a\x7f") > 0);
}

void main(void)
{
	check_memset();
	check_memcpy();
	check_memmove();
	check_memcmp();
	check_strings();
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
