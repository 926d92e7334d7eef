// SPDX-License-Identifier: MIT
/* Formatted text, as in the C standard without floating point and wide characters. */
#include <stdbool.h>

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
	char buf[sizeof(value) * 3]; /* octal digits */
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
		++*fmt;
		return sizeof(intmax_t);
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

static void convert(struct sink *sink, const char **fmt, va_list *ap)
{
	struct spec spec = parse_spec(fmt, ap);
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
		value = integer_argument(ap, size);
		put_unsigned(sink, &spec, value, conversion);
		break;
	case 'p':
		spec.alternate = true;
		put_unsigned(sink, &spec, (uintptr_t)va_arg(*ap, void *), 'x');
		break;
	case 'c':
		c = va_arg(*ap, int);
		put_field(sink, &spec, "", 0, &c, 1);
		break;
	case 's':
		put_string(sink, &spec, va_arg(*ap, const char *));
		break;
	case '%':
		put(sink, '%');
		break;
	default: /* unknown: shown as it stands; at the format's end, nothing follows */
		put(sink, '%');
		if (conversion)
			put(sink, conversion);
		else
			--*fmt;
	}
}

int vsnprintf(char *dest, size_t size, const char *fmt, va_list ap)
{
	struct sink sink = {dest, size ? size - 1 : 0, 0};
	va_list args;

	va_copy(args, ap); /* an array type on x86_64: its address is no va_list * there */
	while (*fmt) {
		char c = *fmt++;

		if (c == '%')
			convert(&sink, &fmt, &args);
		else
			put(&sink, c);
	}
	va_end(args);
	if (size)
		dest[sink.length < sink.size ? sink.length : sink.size] = '\0';
	return sink.length;
}

int snprintf(char *dest, size_t size, const char *fmt, ...)
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

int sprintf(char *dest, const char *fmt, ...)
{
	va_list ap;
	int length;

	va_start(ap, fmt);
	length = vsprintf(dest, fmt, ap);
	va_end(ap);
	return length;
}
