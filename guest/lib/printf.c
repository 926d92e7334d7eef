// SPDX-License-Identifier: MIT
/*
 * Formatted text, as in the C standard without wide characters; floating point in
 * payloads that have it.
 */
#include <stdbool.h>

#include "guest/lib/arch.h"
#include "guest/lib/plain.h"
#include "guest/lib/real.h"
#include "kvm_test.h"

/* Where text goes: what does not fit is counted and dropped. */
struct sink {
	char *dest;
	size_t size;
	size_t length;
};

/* One conversion specification. */
struct spec {
	bool left, plus, space, alternate, zero;
	int width;
	int precision; /* negative: none given */
};

static void put(struct sink *sink, char c)
{
	if (sink->length < sink->size)
		sink->dest[sink->length] = c;
	sink->length++;
}

static void put_many(struct sink *sink, char c, int count)
{
	while (count-- > 0)
		put(sink, c);
}

/* A text of known length in its field, with a prefix (sign, 0x) and zeros in front. */
static void put_field(struct sink *sink, const struct spec *spec, const char *prefix, int zeros,
		      const char *text, int length)
{
	int padding = spec->width - (int)strlen(prefix) - zeros - length;

	if (!spec->left)
		put_many(sink, ' ', padding);
	while (*prefix)
		put(sink, *prefix++);
	put_many(sink, '0', zeros);
	while (length--)
		put(sink, *text++);
	if (spec->left)
		put_many(sink, ' ', padding);
}

static void put_number(struct sink *sink, const struct spec *spec, uintmax_t value,
		       unsigned int base, const char *digits, const char *prefix)
{
	char buf[sizeof(value) * 8]; /* binary digits */
	char *end = buf + sizeof(buf), *start = end;
	int zeros = 0, length;

	for (; value; value /= base)
		*--start = digits[value % base];
	length = end - start;

	/* Zeros in front: up to the precision, or the width, or for a lone 0. */
	if (spec->precision >= 0)
		zeros = spec->precision - length;
	else if (spec->zero && !spec->left)
		zeros = spec->width - (int)strlen(prefix) - length;
	if (zeros <= 0 && ((spec->precision < 0 && !length) || (base == 8 && spec->alternate)))
		zeros = 1;
	put_field(sink, spec, prefix, zeros > 0 ? zeros : 0, start, length);
}

static void put_signed(struct sink *sink, const struct spec *spec, intmax_t value)
{
	const char *prefix = value < 0 ? "-" : spec->plus ? "+" : spec->space ? " " : "";

	put_number(sink, spec, value < 0 ? -(uintmax_t)value : (uintmax_t)value, 10, "0123456789",
		   prefix);
}

#ifdef KVM_PAYLOAD_SIMD

/* The digit at a place, counted from the first one; zeros all around. */
static char digit_at(const struct real_digits *digits, int place)
{
	return place < 0 || place >= digits->count ? '0' : digits->text[place];
}

/* Digits before and behind a point, with an exponent if @exponent says "e+05" or the like. */
static void put_digits(struct sink *sink, const struct spec *spec, const char *prefix,
		       const struct real_digits *digits, int before, int behind,
		       const char *exponent)
{
	const bool has_point = behind > 0 || spec->alternate;
	const int first = digits->point - before;
	const int length =
		(int)strlen(prefix) + before + has_point + behind + (int)strlen(exponent);
	const int padding = spec->width - length;

	if (!spec->left && !spec->zero)
		put_many(sink, ' ', padding);
	while (*prefix)
		put(sink, *prefix++);
	if (!spec->left && spec->zero)
		put_many(sink, '0', padding);
	for (int i = 0; i < before; i++)
		put(sink, digit_at(digits, first + i));
	if (has_point)
		put(sink, '.');
	for (int i = 0; i < behind; i++)
		put(sink, digit_at(digits, first + before + i));
	while (*exponent)
		put(sink, *exponent++);
	if (spec->left)
		put_many(sink, ' ', padding);
}

static void put_fixed(struct sink *sink, const struct spec *spec, const char *prefix,
		      struct real_digits *digits, int behind)
{
	real_round(digits, digits->point + behind);
	put_digits(sink, spec, prefix, digits, digits->point > 0 ? digits->point : 1, behind, "");
}

static void put_scientific(struct sink *sink, const struct spec *spec, const char *prefix,
			   struct real_digits *digits, int behind, char letter)
{
	const int exponent = digits->text[0] == '0' ? 0 : digits->point - 1;
	char text[16];

	sprintf(text, "%c%c%02d", letter, exponent < 0 ? '-' : '+',
		exponent < 0 ? -exponent : exponent);
	digits->point = 1;
	put_digits(sink, spec, prefix, digits, 1, behind, text);
}

/* %g: the shorter of both, without zeros at its end. */
static void put_general(struct sink *sink, const struct spec *spec, const char *prefix,
			struct real_digits *digits, int precision, bool upper)
{
	int exponent, last;

	if (!precision)
		precision = 1;
	real_round(digits, precision);
	exponent = digits->text[0] == '0' ? 0 : digits->point - 1;
	last = digits->count;
	while (last > 1 && digits->text[last - 1] == '0')
		last--;
	if (spec->alternate)
		last = precision;
	if (exponent < -4 || exponent >= precision)
		put_scientific(sink, spec, prefix, digits, last - 1, upper ? 'E' : 'e');
	else
		put_digits(sink, spec, prefix, digits, digits->point > 0 ? digits->point : 1,
			   last > digits->point ? last - digits->point : 0, "");
}

/* %a: a hexadecimal mantissa between 1 and 2, and the power of two. */
static void put_hexadecimal(struct sink *sink, const struct spec *spec, const char *sign,
			    const struct real *real, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	uint64_t fraction = real->mantissa << 1; /* behind the point */
	unsigned int lead = real->mantissa >> 63;
	int exponent = real->mantissa ? real->exponent + 63 : 0;
	struct real_digits text = {.point = 1};
	int behind = spec->precision;
	char prefix[4], power[16];

	if (behind >= 0 && behind < 16) {
		const uint64_t unit = behind ? 1ull << (64 - 4 * behind) : 0;
		const uint64_t rest = fraction & (unit - 1), half = 1ull << (63 - 4 * behind);
		const bool odd = behind ? fraction & unit : lead & 1;

		fraction -= rest;
		if (rest > half || (rest == half && odd)) {
			fraction += unit;
			lead += !fraction;
		}
	}
	if (behind < 0) {
		behind = 0;
		for (uint64_t rest = fraction; rest; rest <<= 4)
			behind++;
	}
	text.text[text.count++] = '0' + lead;
	for (int i = 0; i < 16; i++, fraction <<= 4)
		text.text[text.count++] = digits[fraction >> 60];
	sprintf(prefix, "%s0%c", sign, upper ? 'X' : 'x');
	sprintf(power, "%c%+d", upper ? 'P' : 'p', exponent);
	put_digits(sink, spec, prefix, &text, 1, behind, power);
}

static void put_real(struct sink *sink, struct spec *spec, long double value, char conversion)
{
	const bool upper = conversion >= 'A' && conversion <= 'Z';
	struct real real = real_split(value);
	const char *prefix = real.negative ? "-" : spec->plus ? "+" : spec->space ? " " : "";
	const int precision = spec->precision < 0 ? 6 : spec->precision;
	struct real_digits digits;

	if (real.infinite || real.nan) {
		const char *name = real.nan ? "nan" : "inf";

		if (upper)
			name = real.nan ? "NAN" : "INF";
		put_field(sink, spec, prefix, 0, name, 3);
		return;
	}
	if (conversion == 'a' || conversion == 'A') {
		put_hexadecimal(sink, spec, prefix, &real, upper);
		return;
	}
	if (!real_to_digits(&real, &digits)) {
		tst_brk(TBROK,
			"printf: a long double with a binary exponent of %d has too many digits; %%La "
			"shows it",
			real.exponent + 63);
	}
	switch (conversion | 0x20) { /* in lower case */
	case 'f':
		put_fixed(sink, spec, prefix, &digits, precision);
		break;
	case 'e':
		real_round(&digits, precision + 1);
		put_scientific(sink, spec, prefix, &digits, precision, conversion);
		break;
	default:
		put_general(sink, spec, prefix, &digits, precision, upper);
	}
}

#endif /* KVM_PAYLOAD_SIMD */

static void put_unsigned(struct sink *sink, const struct spec *spec, uintmax_t value,
			 char conversion)
{
	bool prefixed = spec->alternate && value;

	switch (conversion) {
	case 'o':
		put_number(sink, spec, value, 8, "01234567", "");
		break;
	case 'x':
		put_number(sink, spec, value, 16, "0123456789abcdef", prefixed ? "0x" : "");
		break;
	case 'X':
		put_number(sink, spec, value, 16, "0123456789ABCDEF", prefixed ? "0X" : "");
		break;
	case 'b':
		put_number(sink, spec, value, 2, "01", prefixed ? "0b" : "");
		break;
	case 'B':
		put_number(sink, spec, value, 2, "01", prefixed ? "0B" : "");
		break;
	default:
		put_number(sink, spec, value, 10, "0123456789", "");
	}
}

static void put_string(struct sink *sink, const struct spec *spec, const char *str)
{
	int length = 0;

	if (!str)
		str = "(null)";
	while ((spec->precision < 0 || length < spec->precision) && str[length])
		length++;
	put_field(sink, spec, "", 0, str, length);
}

/* A width or precision: digits, or * for an argument. */
static int parse_number(const char **fmt, va_list *ap)
{
	int value = 0;

	if (**fmt == '*') {
		++*fmt;
		return va_arg(*ap, int);
	}
	for (; **fmt >= '0' && **fmt <= '9'; ++*fmt)
		value = value * 10 + (**fmt - '0');
	return value;
}

static struct spec parse_spec(const char **fmt, va_list *ap)
{
	struct spec spec = {.precision = -1};

	for (;; ++*fmt) {
		if (**fmt == '-')
			spec.left = true;
		else if (**fmt == '+')
			spec.plus = true;
		else if (**fmt == ' ')
			spec.space = true;
		else if (**fmt == '#')
			spec.alternate = true;
		else if (**fmt == '0')
			spec.zero = true;
		else if (**fmt == '\'') /* groups of thousands: none in the "C" locale */
			continue;
		else
			break;
	}
	spec.width = parse_number(fmt, ap);
	if (spec.width < 0) {
		spec.left = true;
		spec.width = -spec.width;
	}
	if (**fmt == '.') {
		++*fmt;
		spec.precision = parse_number(fmt, ap);
	}
	return spec;
}

/* Size in bytes of the integer that a length modifier stands for. */
static size_t parse_length(const char **fmt)
{
	char first = **fmt;

	switch (first) {
	case 'h':
	case 'l':
		if (*++*fmt == first) {
			++*fmt;
			return first == 'h' ? sizeof(char) : sizeof(long long);
		}
		return first == 'h' ? sizeof(short) : sizeof(long);
	case 'j':
	case 'q': /* BSD's word for ll */
		++*fmt;
		return sizeof(intmax_t);
	case 'L':
		++*fmt;
		return sizeof(long long);
	case 'z':
		++*fmt;
		return sizeof(size_t);
	case 't':
		++*fmt;
		return sizeof(ptrdiff_t);
	default:
		return sizeof(int);
	}
}

/* The value of an integer argument, cut to size bytes; arguments below an int came as one. */
static uintmax_t integer_argument(va_list *ap, size_t size)
{
	if (size == sizeof(uintmax_t))
		return va_arg(*ap, uintmax_t);
	return va_arg(*ap, unsigned int) & (~(uintmax_t)0 >> (64 - 8 * size));
}

/* Ends the test: the conversion that ends at end is none that the library can do. */
static void __attribute__((noreturn)) refuse(const char *start, const char *end, const char *why)
{
	char conversion[16];
	size_t length = end - start;

	if (length > sizeof(conversion) - 1)
		length = sizeof(conversion) - 1;
	memcpy(conversion, start, length);
	conversion[length] = '\0';
	tst_brk(TBROK, "printf: no conversion %%%s: %s", conversion, why);
}

static const char wide[] = "there are no wide characters";

static void convert(struct sink *sink, const char **fmt, va_list *ap)
{
	const char *start = *fmt;
	struct spec spec = parse_spec(fmt, ap);
	const char *length = *fmt;
	size_t size = parse_length(fmt);
	unsigned int unused;
	uintmax_t value;
	char conversion = *(*fmt)++;
	char c;

	switch (conversion) {
	case 'd':
	case 'i':
		unused = 64 - 8 * size;
		put_signed(sink, &spec, (intmax_t)(integer_argument(ap, size) << unused) >> unused);
		break;
	case 'u':
	case 'o':
	case 'x':
	case 'X':
	case 'b':
	case 'B':
		value = integer_argument(ap, size);
		put_unsigned(sink, &spec, value, conversion);
		break;
	case 'p':
		spec.alternate = true;
		put_unsigned(sink, &spec, (uintptr_t)va_arg(*ap, void *), 'x');
		break;
	case 'a':
	case 'A':
	case 'e':
	case 'E':
	case 'f':
	case 'F':
	case 'g':
	case 'G':
#ifdef KVM_PAYLOAD_SIMD
		put_real(sink, &spec,
			 *length == 'L' ? va_arg(*ap, long double) : va_arg(*ap, double),
			 conversion);
		break;
#else
		refuse(start, *fmt,
		       "payloads have no floating point, but with payload_features = [\"simd\"]");
#endif
	case 'c':
		if (*length == 'l')
			refuse(start, *fmt, wide);
		c = va_arg(*ap, int);
		put_field(sink, &spec, "", 0, &c, 1);
		break;
	case 's':
		if (*length == 'l')
			refuse(start, *fmt, wide);
		put_string(sink, &spec, va_arg(*ap, const char *));
		break;
	case '%':
		put(sink, '%');
		break;
	case 'n':
		refuse(start, *fmt, "use what the function returns");
	case 'm':
		refuse(start, *fmt, "there is no errno");
	case 'C':
	case 'S':
		refuse(start, *fmt, wide);
	case '$':
		refuse(start, *fmt, "arguments are taken in their order");
	case '\0': /* the format's end: nothing follows */
		put(sink, '%');
		--*fmt;
		break;
	default:
		refuse(start, *fmt, "the C standard does not know it");
	}
}

/* What is behind the plain text at the front. */
static void __attribute__((noinline)) put_rest(struct sink *sink, const char *fmt, va_list ap)
{
	va_list args;

	va_copy(args, ap); /* an array type on x86_64: its address is no va_list * there */
	while (*fmt) {
		char c = *fmt++;

		if (c == '%')
			convert(sink, &fmt, &args);
		else
			put(sink, c);
	}
	va_end(args);
}

int vsnprintf(char *dest, size_t size, const char *fmt, va_list ap)
{
	struct sink sink = {dest, size ? size - 1 : 0, 0};

	sink.length = copy_plain(dest, sink.size, fmt);
	if (fmt[sink.length])
		put_rest(&sink, fmt + sink.length, ap);
	if (size)
		dest[sink.length < sink.size ? sink.length : sink.size] = '\0';
	return sink.length;
}

int(snprintf)(char *dest, size_t size, const char *fmt, ...)
{
	va_list ap;
	int length;

	va_start(ap, fmt);
	length = vsnprintf(dest, size, fmt, ap);
	va_end(ap);
	return length;
}

int vsprintf(char *dest, const char *fmt, va_list ap)
{
	return vsnprintf(dest, (size_t)INTPTR_MAX, fmt, ap);
}

int(sprintf)(char *dest, const char *fmt, ...)
{
	va_list ap;
	int length;

	va_start(ap, fmt);
	length = vsprintf(dest, fmt, ap);
	va_end(ap);
	return length;
}
