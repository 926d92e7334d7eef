// SPDX-License-Identifier: MIT
/* Says what a file says that was built in. */
#include "kvm_test.h"

extern const unsigned char greeting[], greeting_end[];

void main(void)
{
	tst_res(TPASS, "%.*s", (int)(greeting_end - greeting), (const char *)greeting);
}
