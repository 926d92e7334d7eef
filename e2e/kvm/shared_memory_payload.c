// SPDX-License-Identifier: MIT
/* Puts the checksum of the controller's buffer behind it. */
#include "checksum.h"
#include "kvm_test.h"

#define BUFFER_ADDRESS 0x40000000u

void main(void)
{
	volatile uint8_t *buffer = (volatile uint8_t *)BUFFER_ADDRESS;

	*(volatile uint32_t *)(buffer + BUFFER_SIZE) = checksum(buffer, BUFFER_SIZE / 16);
	tst_res(TPASS, "the checksum is made");
}
