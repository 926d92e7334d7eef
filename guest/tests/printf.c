// SPDX-License-Identifier: MIT
/* The payload's C library: formatted text. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include <limits.h>

#include "check.h"
#include "kvm_x86.h"

static char text[128];

/* Formats and compares, the returned length included. */
#define FORMATS(expected, ...)                                                                   \
	do {                                                                                     \
		int length_ = sprintf(text, __VA_ARGS__);                                        \
		if (strcmp(text, expected) || length_ != (int)strlen(expected))                  \
			tst_res(TFAIL, "%s is \"%s\" (%d), expected \"%s\"", #__VA_ARGS__, text, \
				length_, expected);                                              \
		else                                                                             \
			tst_res(TPASS, "%s is \"%s\"", #__VA_ARGS__, expected);                  \
	} while (0)

static void check_integers(void)
{
	FORMATS("0 42 -42", "%d %d %i", 0, 42, -42);
	FORMATS("2147483647 -2147483648", "%d %d", INT32_MAX, INT32_MIN);
	FORMATS("4294967295", "%u", UINT32_MAX);
	FORMATS("deadbeef DEADBEEF", "%x %X", 0xdeadbeef, 0xdeadbeef);
	FORMATS("0 777", "%o %o", 0, 0777);
	FORMATS("+5 -5  5", "%+d %+d % d", 5, -5, 5);
	FORMATS("0xff 0XFF 010 0 0", "%#x %#X %#o %#x %#o", 255, 255, 8, 0, 0);
}

static void check_lengths(void)
{
	FORMATS("-1 255", "%hhd %hhu", 255, 255);
	FORMATS("-1 65535", "%hd %hu", 65535, 65535);
	FORMATS("-2 fffffffe", "%ld %x", -2L, -2);
	FORMATS("9223372036854775807", "%lld", LLONG_MAX);
	FORMATS("-9223372036854775808", "%lld", LLONG_MIN);
	FORMATS("18446744073709551615", "%llu", ULLONG_MAX);
	FORMATS("fedcba9876543210", "%llx", 0xfedcba9876543210ull);
	FORMATS("1777777777777777777777", "%llo", ULLONG_MAX);
	FORMATS("12345678901234 7", "%jd %zu", (intmax_t)12345678901234, (size_t)7);
	FORMATS("-3", "%td", (ptrdiff_t)-3);
}

static void check_fields(void)
{
	FORMATS("[   42|42   |00042]", "[%5d|%-5d|%05d]", 42, 42, 42);
	FORMATS("[  -42|-42  |-0042]", "[%5d|%-5d|%05d]", -42, -42, -42);
	FORMATS("[  042|042  |  042]", "[%5.3d|%-5.3d|%05.3d]", 42, 42, 42);
	FORMATS("[]", "[%.0d]", 0);
	FORMATS("[0x002a|  0x2a]", "[%#06x|%#6x]", 42, 42);
	FORMATS("[   42|42   |007]", "[%*d|%*d|%.*d]", 5, 42, -5, 42, 3, 7);
	FORMATS("[123456]", "[%3d]", 123456);
}

static void check_text(void)
{
	const char *none = NULL;

	FORMATS("abc", "%s", "abc");
	FORMATS("[  abc|abc  |ab|]", "[%5s|%-5s|%.2s|%.0s]", "abc", "abc", "abc", "abc");
	FORMATS("(null)", "%s", none);
	FORMATS("[x|  x|x  ]", "[%c|%3c|%-3c]", 'x', 'x', 'x');
	FORMATS("100%", "100%%");
	CHECK_EQ(sprintf(text, "a%cb", 0), 3); /* a NUL is a character, too */
	CHECK(text[2] == 'b');
	FORMATS("0x1234", "%p", (void *)0x1234);
	FORMATS("", "%s", "");
}

/* A format that the compiler warns of: it is defined all the same. */
static int format_unchecked(char *dest, size_t size, const char *fmt, ...)
{
	va_list ap;
	int length;

	va_start(ap, fmt);
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wformat-nonliteral"
	length = vsnprintf(dest, size, fmt, ap);
#pragma clang diagnostic pop
	va_end(ap);
	return length;
}

#define LONGEST 20
#define PAGE_VIRT 0x90000000u

/* Whether the first bytes are "abc...", the next one is @end, and no other was written. */
static int holds(const char *buf, size_t plain, char end)
{
	size_t i;

	for (i = 0; i < plain; i++) {
		if (buf[i] != (char)('a' + i))
			return 0;
	}
	if (buf[i++] != end)
		return 0;
	while (i < sizeof(text) && buf[i] == 'x')
		i++;
	return i == sizeof(text);
}

/* Texts without conversions, at the end of a page that has none behind it. */
static void check_plain_text(void)
{
	char *page = tst_heap_alloc_aligned(PAGESIZE, PAGESIZE);
	unsigned int length, size, wrong = 0;

	kvm_map(PAGE_VIRT, (uintptr_t)page, PAGESIZE, PTE_WRITABLE);
	kvm_unmap(PAGE_VIRT + PAGESIZE, PAGESIZE);
	for (length = 0; length < LONGEST; length++) {
		char *fmt = (char *)(uintptr_t)(PAGE_VIRT + PAGESIZE) - length - 1;

		for (size = 0; size < length; size++)
			fmt[size] = 'a' + size;
		fmt[length] = '\0';
		for (size = 1; size < LONGEST + 2; size++) {
			memset(text, 'x', sizeof(text));
			wrong += format_unchecked(text, size, fmt) != (int)length ||
				 !holds(text, length < size ? length : size - 1, '\0');
		}
		/* And before a conversion. */
		fmt[length] = '%';
		memcpy(page, fmt, length + 1);
		memcpy(page + length + 1, "c", 2);
		memset(text, 'x', sizeof(text));
		format_unchecked(text, sizeof(text), page, '!');
		wrong += !(text[length] == '!' && text[length + 1] == '\0');
		text[length] = 'x';
		text[length + 1] = 'x';
		wrong += !holds(text, length, 'x');
	}
	CHECK_EQ(wrong, 0);
}

static void check_ignored_flags(void)
{
	format_unchecked(text, sizeof(text), "[%-05d|% +d|%+ d]", 42, 5, 5);
	CHECK_STR(text, "[42   |+5|+5]");
	CHECK_EQ(format_unchecked(text, sizeof(text), "100%"), 4);
	CHECK_STR(text, "100%");
}

static void forward(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void forward(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	CHECK_EQ(vsprintf(text, fmt, ap), 5);
	va_end(ap);
}

static void check_bounds(void)
{
	memset(text, 'x', sizeof(text));
	CHECK_EQ(snprintf(text, 4, "%s", "abcdef"), 6);
	CHECK_STR(text, "abc");
	CHECK(text[4] == 'x');
	CHECK_EQ(snprintf(text, 0, "abc"), 3);
	CHECK(text[0] == 'a');
	forward("%d-%s", 12, "ab");
	CHECK_STR(text, "12-ab");
}

/* Divisions of 64 bits, which i386 has no instruction for. */
static void check_division(void)
{
	volatile uint64_t big = 0xfedcba9876543210ull, middle = 0x123456789ull, small = 10;
	volatile int64_t negative = -1000000000007ll;

	CHECK_EQ(big / small, 1836475854449306472ull);
	CHECK_EQ(big % small, 0);
	CHECK_EQ(big / middle, 0xe0000000ull);
	CHECK_EQ(big % middle, 0x96543210ull);
	CHECK_EQ(small / big, 0);
	CHECK(negative / 10 == -100000000000ll);
	CHECK(negative % 10 == -7);
	CHECK(negative / -1000 == 1000000000);
}

void main(void)
{
	check_integers();
	check_lengths();
	check_fields();
	check_text();
	check_plain_text();
	check_ignored_flags();
	check_bounds();
	check_division();
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
