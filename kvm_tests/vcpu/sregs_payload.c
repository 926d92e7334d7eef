// SPDX-License-Identifier: MIT
/* Stops once in the mode that payloads run in. */
#include "guest_case.h"
#include "kvm_test.h"

GUEST_CASE(yield)
{
	kvm_yield();
}
