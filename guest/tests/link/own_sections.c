// SPDX-License-Identifier: MIT
/* Sections of the author's own, constructors, and options that add sections. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "check.h"

struct entry {
	int number;
};

#define ENTRY(name, n) \
	static struct entry name __attribute__((section("my_table"), used)) = {.number = n}

ENTRY(first, 1);
ENTRY(second, 2);
ENTRY(third, 4);

extern struct entry __start_my_table[], __stop_my_table[];

static const int constant __attribute__((section("my_constants"), used)) = 5;
extern const int __start_my_constants[], __stop_my_constants[];

static int zeroed[3] __attribute__((section("my_zeroes"), used));
extern int __start_my_zeroes[], __stop_my_zeroes[];

static int __attribute__((section("my_code"), noinline, used)) own_code(int n)
{
	return n * 3;
}
extern const char __start_my_code[], __stop_my_code[];

static int order, early, late;

static void __attribute__((constructor(200))) construct_late(void)
{
	late = ++order;
}

static void __attribute__((constructor(101))) construct_early(void)
{
	early = ++order;
}

static void __attribute__((constructor)) construct_last(void)
{
	order *= 10;
}

static int uninitialized;
static int initialized = 17;
static int *pointer = &initialized;

void main(void)
{
	int sum = 0;

	CHECK_EQ(__stop_my_table - __start_my_table, 3);
	for (struct entry *entry = __start_my_table; entry < __stop_my_table; entry++)
		sum += entry->number;
	CHECK_EQ(sum, 7);
	__start_my_table[0].number = 9; /* it is data, not a constant */
	CHECK_EQ(first.number + second.number + third.number, 15);
	CHECK_EQ(__stop_my_constants - __start_my_constants, 1);
	CHECK_EQ(*__start_my_constants, 5);
	CHECK_EQ(constant, 5);
	CHECK_EQ(__stop_my_zeroes - __start_my_zeroes, 3);
	CHECK_EQ(zeroed[0] + zeroed[1] + zeroed[2], 0);
	CHECK_EQ(own_code(4), 12);
	CHECK(__stop_my_code > __start_my_code);

	CHECK_EQ(early, 1);
	CHECK_EQ(late, 2);
	CHECK_EQ(order, 20);

	CHECK_EQ(uninitialized, 0);
	CHECK_EQ(*pointer, 17);
	/* The heap begins behind all of it. */
	CHECK((uintptr_t)tst_heap_alloc(16) >= (uintptr_t)__stop_my_zeroes);
	CHECK((uintptr_t)tst_heap_alloc(16) >= (uintptr_t)__stop_my_table);
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
