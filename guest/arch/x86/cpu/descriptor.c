// SPDX-License-Identifier: MIT
/* Segment descriptors: SDM Vol. 3 "Segment Descriptors", "System Descriptor Types". */
#include "kvm_x86.h"

#define LIMIT_MAX 0xfffff

_Static_assert(sizeof(struct segment_descriptor) == 8, "segment_descriptor: wrong size");
_Static_assert(sizeof(struct segment_descriptor64) == 16, "segment_descriptor64: wrong size");

/* In 64-bit mode, descriptors of the system take two places. */
static int is_double_size(unsigned int flags)
{
#ifdef __x86_64__
	return (flags & SEGFLAG_PRESENT) && !(flags & SEGFLAG_NSYSTEM);
#else
	(void)flags;
	return 0;
#endif
}

void kvm_set_segment_descriptor(struct segment_descriptor *dst, uint64_t baseaddr, uint32_t limit,
				unsigned int flags)
{
	if (limit > LIMIT_MAX) {
		tst_brk(TBROK,
			"kvm_set_segment_descriptor: limit %#x is above %#x; use "
			"SEGFLAG_PAGE_LIMIT and count pages",
			limit, LIMIT_MAX);
	}
	if (!is_double_size(flags) && baseaddr >> 32) {
		tst_brk(TBROK, "kvm_set_segment_descriptor: baseaddr %#llx needs more than 32 bits",
			(unsigned long long)baseaddr);
	}

	dst->limit_lo = limit & 0xffff;
	dst->limit_hi = limit >> 16;
	dst->baseaddr_lo = baseaddr & 0xffffff;
	dst->baseaddr_hi = (baseaddr >> 24) & 0xff;
	dst->flags_lo = flags & 0xff;
	dst->flags_hi = (flags >> 8) & 0xf;
	if (is_double_size(flags)) {
		struct segment_descriptor64 *dst64 = (struct segment_descriptor64 *)dst;

		dst64->baseaddr_hi = baseaddr >> 24;
		dst64->reserved = 0;
	}
}

void kvm_parse_segment_descriptor(struct segment_descriptor *src, uint64_t *baseaddr,
				  uint32_t *limit, unsigned int *flags)
{
	unsigned int src_flags = src->flags_lo | (unsigned int)src->flags_hi << 8;

	if (baseaddr) {
		*baseaddr = src->baseaddr_lo | (uint64_t)src->baseaddr_hi << 24;
		if (is_double_size(src_flags))
			*baseaddr |= (uint64_t)((struct segment_descriptor64 *)src)->baseaddr_hi
				     << 24;
	}
	if (limit)
		*limit = src->limit_lo | (uint32_t)src->limit_hi << 16;
	if (flags)
		*flags = src_flags;
}

int kvm_find_free_descriptor(const struct segment_descriptor *table, size_t size)
{
	size_t i;

	for (i = 1; i < size; i++) {
		if (!(table[i].flags_lo & SEGFLAG_PRESENT))
			return i;
		if (is_double_size(table[i].flags_lo))
			i++;
	}
	return -1;
}

unsigned int kvm_create_stack_descriptor(struct segment_descriptor *table, size_t tabsize,
					 void *stack_base)
{
	int id = kvm_find_free_descriptor(table, tabsize);

	if (id < 0) {
		tst_brk(TBROK, "kvm_create_stack_descriptor: all %zu descriptors are taken",
			tabsize);
	}
	/* It expands down: what lies above the limit is inside. */
	kvm_set_segment_descriptor(table + id, 0, ((uintptr_t)stack_base - 1) >> 12,
				   SEGTYPE_STACK | SEGFLAG_PRESENT | SEGFLAG_32BIT |
					   SEGFLAG_PAGE_LIMIT);
	return id;
}
