// SPDX-License-Identifier: MIT
/* Segment descriptors: filling, parsing, finding a free one, stacks. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "check.h"
#include "kvm_x86.h"

#define DATA (SEGTYPE_RWDATA | SEGFLAG_PRESENT)
#define LIMIT_MAX 0xfffff

static uint64_t raw(const struct segment_descriptor *descriptor)
{
	uint64_t value;

	memcpy(&value, descriptor, sizeof(value));
	return value;
}

/* The layout: SDM Vol. 3 "Segment Descriptors". */
static void check_set(void)
{
	struct segment_descriptor d;

	memset(&d, 0xff, sizeof(d));
	kvm_set_segment_descriptor(&d, 0, 0, 0);
	CHECK_EQ(raw(&d), 0);
	kvm_set_segment_descriptor(&d, 0x12345678, 0xabcde,
				   DATA | SEGFLAG_32BIT | SEGFLAG_PAGE_LIMIT);
	CHECK_EQ(raw(&d), 0x12ca92345678bcde);
	kvm_set_segment_descriptor(&d, 0xffffffff, LIMIT_MAX, 0xfff);
	CHECK_EQ(raw(&d), ~0ull);
	kvm_set_segment_descriptor(&d, 0, LIMIT_MAX,
				   SEGTYPE_CODE | SEGFLAG_PRESENT | SEGFLAG_CODE64 |
					   SEGFLAG_PAGE_LIMIT);
	CHECK_EQ(raw(&d), 0x00af9a000000ffff);
}

static void check_parse(void)
{
	/* Not a constant, which the compiler would know to be NULL. */
	volatile uint64_t *volatile zero = NULL;
	struct segment_descriptor d;
	uint64_t base = 1;
	uint32_t limit = 1;
	unsigned int flags = 1;

	kvm_set_segment_descriptor(&d, 0xfedcba98, 0x54321, DATA | SEGFLAG_PAGE_LIMIT);
	kvm_parse_segment_descriptor(&d, &base, &limit, &flags);
	CHECK_EQ(base, 0xfedcba98);
	CHECK_EQ(limit, 0x54321);
	CHECK_EQ(flags, DATA | SEGFLAG_PAGE_LIMIT);

	/* Each place may be NULL, and all of them: what is at address 0 stays. */
	base = limit = flags = 0;
	*zero = 0x123456789abcdef0; /* NOLINT(clang-analyzer-core.NullDereference): RAM begins there */
	kvm_parse_segment_descriptor(&d, NULL, &limit, &flags);
	kvm_parse_segment_descriptor(&d, &base, NULL, NULL);
	kvm_parse_segment_descriptor(&d, NULL, NULL, NULL);
	CHECK_EQ(*zero, 0x123456789abcdef0);
	CHECK_EQ(base, 0xfedcba98);
	CHECK_EQ(limit, 0x54321);
	CHECK_EQ(flags, DATA | SEGFLAG_PAGE_LIMIT);
}

/* In 64-bit mode a system descriptor is two long: SDM Vol. 3 "TSS Descriptor in 64-bit mode". */
static void check_system(void)
{
	struct segment_descriptor d[3];
	uint64_t base;
#ifdef __x86_64__
	const uint64_t wanted = 0xfedcba9876543210;
#else
	const uint64_t wanted = 0x76543210;
#endif

	/* One that is not present takes one place. */
	memset(d, 0xff, sizeof(d));
	kvm_set_segment_descriptor(d, 0x76543210, 0x67, SEGTYPE_TSS);
	CHECK_EQ(raw(&d[0]), 0x7600095432100067);
	CHECK_EQ(raw(&d[1]), ~0ull);

	memset(d, 0xff, sizeof(d));
	kvm_set_segment_descriptor(d, wanted, 0x67, SEGTYPE_TSS | SEGFLAG_PRESENT);
	CHECK_EQ(raw(&d[0]), 0x7600895432100067);
#ifdef __x86_64__
	CHECK_EQ(raw(&d[1]), 0x00000000fedcba98);
#else
	CHECK_EQ(raw(&d[1]), ~0ull);
#endif
	CHECK_EQ(raw(&d[2]), ~0ull);
	kvm_parse_segment_descriptor(d, &base, NULL, NULL);
	CHECK_EQ(base, wanted);
}

static void check_find(void)
{
	struct segment_descriptor table[6];

	memset(table, 0, sizeof(table));
	/* The null descriptor, the first of a table, is never free. */
	CHECK_EQ(kvm_find_free_descriptor(table, ARRAY_SIZE(table)), 1);
	CHECK_EQ(kvm_find_free_descriptor(table, 1), -1);
	CHECK_EQ(kvm_find_free_descriptor(table, 0), -1);

	kvm_set_segment_descriptor(&table[1], 0, LIMIT_MAX, DATA);
	CHECK_EQ(kvm_find_free_descriptor(table, ARRAY_SIZE(table)), 2);

	/* Without the present bit, whatever else it holds, it is free. */
	kvm_set_segment_descriptor(&table[2], 0x1000, LIMIT_MAX, SEGTYPE_RWDATA);
	CHECK_EQ(kvm_find_free_descriptor(table, ARRAY_SIZE(table)), 2);

	/* The second half of a double-size descriptor looks free and is not. */
	kvm_set_segment_descriptor(&table[2], 0, 0x67, SEGTYPE_TSS | SEGFLAG_PRESENT);
#ifdef __x86_64__
	CHECK_EQ(kvm_find_free_descriptor(table, ARRAY_SIZE(table)), 4);
	CHECK_EQ(kvm_find_free_descriptor(table, 4), -1);
	CHECK_EQ(kvm_find_free_descriptor(table, 3), -1);
#else
	CHECK_EQ(kvm_find_free_descriptor(table, ARRAY_SIZE(table)), 3);
#endif
	kvm_set_segment_descriptor(&table[3], 0, 0, DATA);
	kvm_set_segment_descriptor(&table[4], 0, 0, DATA);
	kvm_set_segment_descriptor(&table[5], 0, 0, DATA);
	CHECK_EQ(kvm_find_free_descriptor(table, ARRAY_SIZE(table)), -1);
}

/* Uses the stack through its descriptor, which would fault below the limit. */
static unsigned long push_and_pop(unsigned int selector, char *top)
{
	unsigned long result;
	unsigned int flat;

	asm volatile("mov %%ss, %0" : "=r"(flat));
#ifdef __x86_64__
	asm volatile("mov %%rsp, %%rsi\n"
		     "mov %2, %%ss\n"
		     "mov %3, %%rsp\n"
		     "push $0x1234\n"
		     "pop %0\n"
		     "mov %1, %%ss\n"
		     "mov %%rsi, %%rsp\n"
		     : "=&r"(result)
		     : "r"(flat), "r"(selector), "r"(top)
		     : "rsi", "memory");
#else
	asm volatile("mov %%esp, %%esi\n"
		     "mov %2, %%ss\n"
		     "mov %3, %%esp\n"
		     "push $0x1234\n"
		     "pop %0\n"
		     "mov %1, %%ss\n"
		     "mov %%esi, %%esp\n"
		     : "=&r"(result)
		     : "r"(flat), "r"(selector), "r"(top)
		     : "esi", "memory");
#endif
	return result;
}

static void check_stack(void)
{
	char *stack = tst_heap_alloc_aligned(2 * PAGESIZE, PAGESIZE);
	int free = kvm_find_free_descriptor(kvm_gdt, KVM_GDT_SIZE);
	unsigned int id = kvm_create_stack_descriptor(kvm_gdt, KVM_GDT_SIZE, stack), flags;
	uint64_t base;
	uint32_t limit;

	CHECK_EQ(id, free);
	kvm_parse_segment_descriptor(&kvm_gdt[id], &base, &limit, &flags);
	CHECK_EQ(base, 0);
	/* An expand-down segment begins behind its limit. */
	CHECK_EQ((limit + 1) * PAGESIZE, (uintptr_t)stack);
	CHECK_EQ(flags, SEGTYPE_STACK | SEGFLAG_PRESENT | SEGFLAG_32BIT | SEGFLAG_PAGE_LIMIT);
	CHECK_EQ(push_and_pop(id << 3, stack + 2 * PAGESIZE), 0x1234);
	CHECK(kvm_find_free_descriptor(kvm_gdt, KVM_GDT_SIZE) != free);
}

void main(void)
{
	check_set();
	check_parse();
	check_system();
	check_find();
	check_stack();
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
