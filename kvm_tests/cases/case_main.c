// SPDX-License-Identifier: MIT
/* CPU 0 runs the function whose address the controller has given as its argument. */
#include "kvm_test.h"

void main(void)
{
	void (*const function)(void) = (void (*)(void))(uintptr_t)tst_arg();

	if (!function)
		tst_brk(TBROK, "the controller has chosen no case");
	function();
}
