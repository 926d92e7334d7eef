/* SPDX-License-Identifier: MIT */
/* The payload of controllers that start no guest. */
#include "kvm_test.h"

void main(void)
{
}
