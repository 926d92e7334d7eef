/* SPDX-License-Identifier: MIT */
/* What is counted; coverage_test.sh knows its lines. */
#include "kvm_lab/coverage/tests/sample.h"

int sign(int number)
{
	if (number < 0)
		return -1;
	return 1;
}

int twice(int number)
{
	return 2 * number;
}
