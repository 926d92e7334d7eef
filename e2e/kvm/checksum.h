/* SPDX-License-Identifier: MIT */
/* A checksum that the guest makes and the host checks. */
#ifndef CHECKSUM_H
#define CHECKSUM_H

#include <stdint.h>

static inline uint32_t checksum(const volatile uint8_t *data, uint32_t size)
{
	uint32_t sum = 1;
	uint32_t i;

	for (i = 0; i < size; i++)
		sum = sum * 31 + data[i];
	return sum;
}

#endif /* CHECKSUM_H */
