// SPDX-License-Identifier: MIT
/*
 * Each conversion of inttypes.h fits its type, which the compiler sees (-Wformat), and
 * writes what C11 7.21.6.1 says.
 */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include <inttypes.h>

static void compare(const char *name, const char *text, const char *expected)
{
	if (strcmp(text, expected))
		tst_res(TFAIL, "%s: '%s', not '%s'", name, text, expected);
}

#define CHECK(signed_type, unsigned_type, suffix)                                               \
	do {                                                                                    \
		char text[64];                                                                  \
                                                                                                \
		snprintf(text, sizeof(text),                                                    \
			 "%" PRId##suffix " %" PRIi##suffix " %" PRIo##suffix " %" PRIu##suffix \
			 " %" PRIx##suffix " %" PRIX##suffix,                                   \
			 (signed_type) - 1, (signed_type)123, (unsigned_type)123,               \
			 (unsigned_type)123, (unsigned_type)123, (unsigned_type)123);           \
		compare(#suffix, text, "-1 123 173 123 7b 7B");                                 \
	} while (0)

void main(void)
{
	char text[32];

	CHECK(int8_t, uint8_t, 8);
	CHECK(int16_t, uint16_t, 16);
	CHECK(int32_t, uint32_t, 32);
	CHECK(int64_t, uint64_t, 64);
	CHECK(int_least8_t, uint_least8_t, LEAST8);
	CHECK(int_least16_t, uint_least16_t, LEAST16);
	CHECK(int_least32_t, uint_least32_t, LEAST32);
	CHECK(int_least64_t, uint_least64_t, LEAST64);
	CHECK(int_fast8_t, uint_fast8_t, FAST8);
	CHECK(int_fast16_t, uint_fast16_t, FAST16);
	CHECK(int_fast32_t, uint_fast32_t, FAST32);
	CHECK(int_fast64_t, uint_fast64_t, FAST64);
	CHECK(intmax_t, uintmax_t, MAX);
	CHECK(intptr_t, uintptr_t, PTR);
	snprintf(text, sizeof(text), "%" PRIx64, UINT64_C(0x123456789abcdef));
	compare("all of 64 bits", text, "123456789abcdef");
	tst_res(TPASS, "%s", "the conversions fit their types");
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
