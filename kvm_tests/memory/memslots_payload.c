// SPDX-License-Identifier: MIT
/*
 * Adds up the words at SLOT_ADDRESS, which the controller has put there, and
 * leaves an answer behind them.
 */
#include "kvm_test.h"
#include "memslots.h"

void main(void)
{
	volatile uint32_t *words = (volatile uint32_t *)SLOT_ADDRESS;
	uint32_t sum = 0;
	int i;

	for (i = 0; i < SLOT_WORDS; i++)
		sum += words[i];
	words[SLOT_WORDS] = sum;
	if (words[SLOT_WORDS] == sum)
		tst_res(TPASS, "sum %u", sum);
	else
		tst_res(TFAIL, "wrote %u, read %u", sum, words[SLOT_WORDS]);
}
