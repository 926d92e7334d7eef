// SPDX-License-Identifier: MIT
/*
 * Unpacking gzip (RFC 1952) and deflate (RFC 1951), for /proc/config.gz: a
 * static controller has no other program to lean on.
 */
#include "suite.h"

#define MAX_BITS 15
#define LITERALS 288
#define DISTANCES 30
#define END_OF_BLOCK 256

struct inflate {
	const unsigned char *src, *end;
	unsigned int bits, bit_count; /* read ahead of src */
	char *out;
	size_t used, size, max;
	bool failed;
};

/* Codes of each length, and the symbols in the order of their codes. */
struct huffman {
	unsigned short count[MAX_BITS + 1];
	unsigned short symbol[LITERALS];
};

static unsigned int get_bits(struct inflate *s, unsigned int need)
{
	unsigned int value;

	while (s->bit_count < need) {
		if (s->src == s->end) {
			s->failed = true;
			return 0;
		}
		s->bits |= (unsigned int)*s->src++ << s->bit_count;
		s->bit_count += 8;
	}
	value = s->bits & ((1u << need) - 1);
	s->bits >>= need;
	s->bit_count -= need;
	return value;
}

static void put(struct inflate *s, char byte)
{
	if (s->used == s->size) {
		size_t size = s->size ? s->size * 2 : 65536;
		char *out = s->used < s->max ? realloc(s->out, size + 1) : NULL;

		if (!out) {
			s->failed = true;
			return;
		}
		s->out = out;
		s->size = size;
	}
	s->out[s->used++] = byte;
}

/* Builds the code from the lengths of its symbols; false if it is over-full. */
static bool build(struct huffman *code, const unsigned char *lengths, unsigned int n)
{
	unsigned short offset[MAX_BITS + 2] = {0};
	unsigned int i, len;
	int left = 1;

	memset(code->count, 0, sizeof(code->count));
	for (i = 0; i < n; i++)
		code->count[lengths[i]]++;
	for (len = 1; len <= MAX_BITS; len++) {
		left = left * 2 - code->count[len];
		if (left < 0)
			return false;
		offset[len + 1] = offset[len] + code->count[len];
	}
	for (i = 0; i < n; i++) {
		if (lengths[i])
			code->symbol[offset[lengths[i]]++] = i;
	}
	return true;
}

static unsigned int decode(struct inflate *s, const struct huffman *code)
{
	unsigned int value = 0, first = 0, index = 0, len;

	for (len = 1; len <= MAX_BITS && !s->failed; len++) {
		value |= get_bits(s, 1);
		if (value < first + code->count[len])
			return code->symbol[index + (value - first)];
		index += code->count[len];
		first = (first + code->count[len]) << 1;
		value <<= 1;
	}
	s->failed = true;
	return END_OF_BLOCK;
}

static void copy_back(struct inflate *s, unsigned int length, unsigned int distance)
{
	if (distance > s->used) {
		s->failed = true;
		return;
	}
	while (length-- && !s->failed)
		put(s, s->out[s->used - distance]);
}

static void inflate_codes(struct inflate *s, const struct huffman *literals,
			  const struct huffman *distances)
{
	static const unsigned short length_base[] = {3,	 4,  5,	 6,   7,   8,	9,   10,  11, 13,
						     15, 17, 19, 23,  27,  31,	35,  43,  51, 59,
						     67, 83, 99, 115, 131, 163, 195, 227, 258};
	static const unsigned char length_bits[] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
						    2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};

	while (!s->failed) {
		unsigned int symbol = decode(s, literals), length, distance, extra;

		if (symbol == END_OF_BLOCK)
			return;
		if (symbol < END_OF_BLOCK) {
			put(s, (char)symbol);
			continue;
		}
		symbol -= END_OF_BLOCK + 1;
		if (symbol >= ARRAY_SIZE(length_base))
			break;
		length = length_base[symbol] + get_bits(s, length_bits[symbol]);
		symbol = decode(s, distances);
		if (symbol >= DISTANCES)
			break;
		/* 1, 2, 3, 4, then two for each further bit. */
		extra = symbol < 4 ? 0 : symbol / 2 - 1;
		distance = symbol < 4 ? symbol + 1 : ((2 + (symbol & 1)) << extra) + 1;
		copy_back(s, length, distance + get_bits(s, extra));
	}
	s->failed = true;
}

static void inflate_stored(struct inflate *s)
{
	unsigned int len;

	/* Whole bytes read ahead are none of this block's: at most 7 bits are. */
	s->bits = s->bit_count = 0;
	if (s->end - s->src < 4) {
		s->failed = true;
		return;
	}
	len = s->src[0] | s->src[1] << 8;
	s->src += 4;
	if ((size_t)(s->end - s->src) < len) {
		s->failed = true;
		return;
	}
	while (len-- && !s->failed)
		put(s, (char)*s->src++);
}

static void inflate_fixed(struct inflate *s)
{
	struct huffman literals, distances;
	unsigned char lengths[LITERALS];

	memset(lengths, 8, 144);
	memset(lengths + 144, 9, 112);
	memset(lengths + 256, 7, 24);
	memset(lengths + 280, 8, 8);
	build(&literals, lengths, LITERALS);
	memset(lengths, 5, DISTANCES);
	build(&distances, lengths, DISTANCES);
	inflate_codes(s, &literals, &distances);
}

/* Reads @n code lengths, which are themselves coded. */
static void read_lengths(struct inflate *s, const struct huffman *code, unsigned char *lengths,
			 unsigned int n)
{
	unsigned int i = 0, symbol, repeat;
	unsigned char value;

	while (i < n && !s->failed) {
		symbol = decode(s, code);
		if (symbol < 16) {
			lengths[i++] = symbol;
			continue;
		}
		if (symbol == 16 && !i)
			s->failed = true;
		value = symbol == 16 && i ? lengths[i - 1] : 0;
		repeat = symbol == 16	? 3 + get_bits(s, 2)
			 : symbol == 17 ? 3 + get_bits(s, 3)
					: 11 + get_bits(s, 7);
		if (symbol > 18 || repeat > n - i) {
			s->failed = true;
			return;
		}
		memset(lengths + i, value, repeat);
		i += repeat;
	}
}

static void inflate_dynamic(struct inflate *s)
{
	static const unsigned char order[] = {16, 17, 18, 0, 8,	 7, 9,	6, 10, 5,
					      11, 4,  12, 3, 13, 2, 14, 1, 15};
	unsigned int literal_count = get_bits(s, 5) + 257, distance_count = get_bits(s, 5) + 1;
	unsigned int length_count = get_bits(s, 4) + 4, i;
	unsigned char lengths[LITERALS + 32] = {0};
	struct huffman literals, distances;

	if (s->failed || literal_count > 286 || distance_count > DISTANCES) {
		s->failed = true;
		return;
	}
	for (i = 0; i < length_count; i++)
		lengths[order[i]] = get_bits(s, 3);
	if (!build(&literals, lengths, ARRAY_SIZE(order))) {
		s->failed = true;
		return;
	}
	memset(lengths, 0, sizeof(lengths));
	read_lengths(s, &literals, lengths, literal_count + distance_count);
	if (s->failed || !build(&literals, lengths, literal_count) ||
	    !build(&distances, lengths + literal_count, distance_count)) {
		s->failed = true;
		return;
	}
	inflate_codes(s, &literals, &distances);
}

/* Where the deflated data begin, or NULL. */
static const unsigned char *skip_header(const unsigned char *at, const unsigned char *end)
{
	enum {
		HCRC = 2,
		EXTRA = 4,
		NAME = 8,
		COMMENT = 16
	};
	unsigned int flags, field, len;

	if (end - at < 18 || at[0] != 0x1f || at[1] != 0x8b || at[2] != 8)
		return NULL;
	flags = at[3];
	at += 10;
	if (flags & EXTRA) {
		len = at[0] | at[1] << 8;
		if ((size_t)(end - at) < 2 + len)
			return NULL;
		at += 2 + len;
	}
	for (field = NAME; field <= COMMENT; field *= 2) {
		if (!(flags & field))
			continue;
		at = memchr(at, 0, end - at);
		if (!at)
			return NULL;
		at++;
	}
	if (flags & HCRC)
		at += 2;
	return at < end ? at : NULL;
}

char *tst_gunzip(const unsigned char *src, size_t len, size_t max)
{
	struct inflate s = {.end = src + len, .max = max};
	bool last = false;

	s.src = skip_header(src, s.end);
	if (!s.src)
		return NULL;
	while (!last && !s.failed) {
		last = get_bits(&s, 1);
		switch (get_bits(&s, 2)) {
		case 0:
			inflate_stored(&s);
			break;
		case 1:
			inflate_fixed(&s);
			break;
		case 2:
			inflate_dynamic(&s);
			break;
		default:
			s.failed = true;
		}
	}
	if (s.failed || !s.out) {
		free(s.out);
		return NULL;
	}
	s.out[s.used] = '\0';
	return s.out;
}
