// SPDX-License-Identifier: MIT
#include "check.h"

extern const unsigned char greeting[], greeting_end[];

void main(void)
{
	static const char expected[] = "Hello from a file.\n";

	CHECK_EQ(greeting_end - greeting, sizeof(expected) - 1);
	CHECK_EQ((uintptr_t)greeting % 16, 0);
	CHECK(!memcmp(greeting, expected, sizeof(expected) - 1));
	tst_res(TPASS, "the first payload");
}
