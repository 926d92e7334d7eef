// SPDX-License-Identifier: MIT
/* Says what its input is, twice: it stays as it is. */
#include "kvm_test.h"

static void tell(void)
{
	size_t size;
	const uint8_t *input = tst_input(&size);

	tst_res(TINFO, "%zu bytes, from %u to %u", size, size ? input[0] : 0,
		size ? input[size - 1] : 0);
}

void main(void)
{
	tell();
	tell();
}
