// SPDX-License-Identifier: MIT
/* A lock that coverage opens: each right letter is an edge. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

void main(void)
{
	size_t size;
	const uint8_t *input = tst_input(&size);

	if (size > 0 && input[0] == 'O')
		if (size > 1 && input[1] == 'K')
			tst_res(TFAIL, "the lock is open");
}

#endif /* COMPILE_PAYLOAD */
