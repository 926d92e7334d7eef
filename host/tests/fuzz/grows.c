// SPDX-License-Identifier: MIT
/* A controller that adds a memslot for an input, which no reset can take away. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

void main(void)
{
	size_t size;

	tst_input(&size);
}

#else /* COMPILE_PAYLOAD */

#include "ringside/fuzz.h"

static void add_memory(struct tst_kvm_instance *inst, const void *input, size_t size)
{
	tst_kvm_alloc_memory(inst, 2, 0x40000000, 4096, 0);
}

const struct tst_kvm_fuzz tst_kvm_fuzz = {.before = add_memory};

#endif /* COMPILE_PAYLOAD */
