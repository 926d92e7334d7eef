// SPDX-License-Identifier: MIT
/* Writes one byte into the third page of the memory that the controller gave. */
#include "kvm_test.h"

void main(void)
{
	*(volatile char *)0x40002000 = 1;
	tst_res(TINFO, "page 2 is written");
}
