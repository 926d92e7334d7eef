/* SPDX-License-Identifier: MIT */
/* How the conformance tests' payloads state what must hold. */
#ifndef RINGSIDE_GUEST_TESTS_CHECK_H
#define RINGSIDE_GUEST_TESTS_CHECK_H

#include "kvm_test.h"

/* TPASS if the condition holds, TFAIL if not, with its text. */
#define CHECK(condition) tst_res((condition) ? TPASS : TFAIL, "%s", #condition)

/* As CHECK(), for two integers; a failure shows both. */
#define CHECK_EQ(actual, expected)                                                          \
	do {                                                                                \
		unsigned long long actual_ = (actual), expected_ = (expected);              \
		if (actual_ == expected_)                                                   \
			tst_res(TPASS, "%s is %#llx", #actual, actual_);                    \
		else                                                                        \
			tst_res(TFAIL, "%s is %#llx, expected %s, %#llx", #actual, actual_, \
				#expected, expected_);                                      \
	} while (0)

/* As CHECK(), for two strings. */
#define CHECK_STR(actual, expected)                                                       \
	do {                                                                              \
		const char *actual_ = (actual);                                           \
		if (!strcmp(actual_, expected))                                           \
			tst_res(TPASS, "%s is \"%s\"", #actual, actual_);                 \
		else                                                                      \
			tst_res(TFAIL, "%s is \"%s\", expected \"%s\"", #actual, actual_, \
				expected);                                                \
	} while (0)

#endif /* RINGSIDE_GUEST_TESTS_CHECK_H */
