// SPDX-License-Identifier: MIT
/* The payload's heap: alignment, distinct blocks, all of RAM. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "check.h"

static void check_blocks(void)
{
	unsigned char *a = tst_heap_alloc(1), *b = tst_heap_alloc(100), *c = tst_heap_alloc(1);

	CHECK((uintptr_t)a % __alignof__(max_align_t) == 0);
	CHECK((uintptr_t)b % __alignof__(max_align_t) == 0);
	CHECK(b >= a + 1);
	CHECK(c >= b + 100);
	memset(b, 0xff, 100);
	CHECK(*a == 0 && *c == 0);
}

static void check_alignment(void)
{
	size_t align;

	for (align = 1; align <= 1 << 20; align *= 2) {
		uintptr_t block = (uintptr_t)tst_heap_alloc_aligned(3, align);

		if (block % align)
			tst_res(TFAIL, "%#lx is not aligned to %#zx", (unsigned long)block, align);
	}
	tst_res(TPASS, "blocks are aligned to all powers of two up to 1 MiB");
}

/* The controller's VM has 16 MiB of RAM, of which 10 MiB at least are free. */
static void check_size(void)
{
	unsigned char *block = tst_heap_alloc(8 << 20);

	block[0] = 1;
	block[(8 << 20) - 1] = 2;
	CHECK_EQ(block[0] + block[(8 << 20) - 1], 3);
}

void main(void)
{
	check_blocks();
	check_alignment();
	check_size();
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
