// SPDX-License-Identifier: MIT
/* The heap: a boundary that moves up through the RAM behind the payload. */
#include "guest/lib/cpu.h"

static struct tst_lock lock;
static uintptr_t heap_next;

/* What would make the heap larger. */
static const char *advice(void)
{
	if (kvm_payload_entry.ram_end >= kvm_payload_entry.mapped_end)
		return "the heap ends where the memory ends that the payload maps";
	return "create the VM with more RAM";
}

void *tst_heap_alloc_aligned(size_t size, size_t align)
{
	uintptr_t end = kvm_payload_entry.heap_end, start, next;

	if (!align || (align & (align - 1))) {
		tst_brk(TBROK, "tst_heap_alloc_aligned: align %zu is not a power of two", align);
	}
	tst_lock(&lock);
	if (!heap_next)
		heap_next = arch_heap_start();
	next = heap_next;
	start = (next + align - 1) & -(uintptr_t)align;
	if (start <= end && size <= end - start) {
		heap_next = start + size;
		tst_unlock(&lock);
		return (void *)start;
	}
	tst_unlock(&lock);
	tst_brk(TBROK,
		"tst_heap_alloc: %zu bytes at a multiple of %zu do not fit, %zu are left; %s", size,
		align, (size_t)(end > next ? end - next : 0), advice());
}

void *tst_heap_alloc(size_t size)
{
	return tst_heap_alloc_aligned(size, 16);
}
