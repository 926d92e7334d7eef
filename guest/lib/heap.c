// SPDX-License-Identifier: MIT
/* The heap: a boundary that moves up through the RAM behind the payload. */
#include "kvm_test.h"
#include "guest/lib/arch.h"

static uintptr_t heap_next;

void *tst_heap_alloc_aligned(size_t size, size_t align)
{
	uintptr_t end = arch_heap_end(), start;

	if (!align || (align & (align - 1))) {
		tst_brk(TBROK, "tst_heap_alloc_aligned: align %zu is not a power of two", align);
	}
	if (!heap_next)
		heap_next = arch_heap_start();

	start = (heap_next + align - 1) & -(uintptr_t)align;
	if (start > end || size > end - start) {
		tst_brk(TBROK,
			"tst_heap_alloc: %zu bytes at a multiple of %zu do not fit, %zu are left; "
			"create the VM with more RAM",
			size, align, (size_t)(end > heap_next ? end - heap_next : 0));
	}
	heap_next = start + size;
	return (void *)start;
}

void *tst_heap_alloc(size_t size)
{
	return tst_heap_alloc_aligned(size, 16);
}
