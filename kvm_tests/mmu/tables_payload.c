// SPDX-License-Identifier: MIT
/* Tables of the guest's own, which it changes in many ways while it uses them: tables.h. */
#include "guest_case.h"
#include "kvm_x86.h"
#include "table_checks.h"
#include "tables.h"

#define ENTRIES 512

#ifdef __x86_64__
#define LEVELS 4
#define VIRT 0x8080403000ul /* entries 1, 2, 2 and 3 */
#else
#define LEVELS 2 /* below the PDPT, whose entries the CPU loads by themselves */
#define VIRT 0x80403000ul
#define FREE_PDPTE 2
#endif

#define ROUNDS 6

/* A variable: an access to a constant address need not be what the compiler makes of it. */
static volatile uintptr_t virt = VIRT;

static unsigned int index_at(unsigned int level, uintptr_t address)
{
	return (uint64_t)address >> (12 + 9 * (level - 1)) & (ENTRIES - 1);
}

static void forget(void)
{
	struct kvm_cregs cregs;

	kvm_read_cregs(&cregs);
	kvm_set_cr3(cregs.cr3);
}

static uint64_t entry_for(const volatile void *target)
{
	return (uintptr_t)target | TABLE;
}

static uint64_t *target_of(uint64_t entry)
{
	return (uint64_t *)(uintptr_t)(entry & 0x000ffffffffff000);
}

/* The highest table that the guest itself fills: on i386, a page directory. */
static uint64_t *top_of(uintptr_t root)
{
	uint64_t *table = (uint64_t *)(root & ~0x1ful);

#ifndef __x86_64__
	if (!table[FREE_PDPTE]) {
		table[FREE_PDPTE] = (uintptr_t)new_page() | PTE_PRESENT;
		forget();
	}
	table = target_of(table[FREE_PDPTE]);
#endif
	return table;
}

static uint64_t *top(void)
{
	struct kvm_cregs cregs;

	kvm_read_cregs(&cregs);
	return top_of(cregs.cr3);
}

/* The entry at that level for an address, in tables that are made where there are none. */
static volatile uint64_t *entry_at(uint64_t *table, unsigned int level, uintptr_t address)
{
	for (unsigned int i = LEVELS; i > level; i--) {
		uint64_t *entry = &table[index_at(i, address)];

		if (!*entry)
			*entry = entry_for(new_page());
		table = target_of(*entry);
	}
	return &table[index_at(level, address)];
}

static volatile uint32_t *page_with(uint32_t value)
{
	volatile uint32_t *page = new_page();

	page[0] = value;
	return page;
}

/* An entry of that level, at whose end is the page, for an address. */
static uint64_t way_to(volatile uint32_t *page, unsigned int level, uintptr_t address)
{
	uint64_t entry = entry_for(page);

	for (unsigned int i = 1; i < level; i++) {
		uint64_t *table = new_page();

		table[index_at(i, address)] = entry;
		entry = entry_for(table);
	}
	return entry;
}

static void conclude(const char *name)
{
	if (good)
		tst_res(TPASS, "%s: each change is seen", name);
}

/* --- Kinds of writes: the upper half of the entry stays as it is --- */

static void whole(volatile uint64_t *entry, uint64_t value)
{
#ifdef __x86_64__
	*entry = value;
#else
	uint64_t old = *entry;

	asm volatile("lock cmpxchg8b %0"
		     : "+m"(*entry), "+A"(old)
		     : "b"((uint32_t)value), "c"((uint32_t)(value >> 32))
		     : "cc", "memory");
#endif
}

static void half(volatile uint64_t *entry, uint64_t value)
{
	*(volatile uint32_t *)entry = value;
}

static void bytes(volatile uint64_t *entry, uint64_t value)
{
	for (unsigned int i = 1; i < 4; i++)
		((volatile uint8_t *)entry)[i] = value >> 8 * i;
}

static void words(volatile uint64_t *entry, uint64_t value)
{
	((volatile uint16_t *)entry)[1] = value >> 16;
	((volatile uint16_t *)entry)[0] = value;
}

static void unaligned(volatile uint64_t *entry, uint64_t value)
{
	asm volatile("movl %1, %0"
		     : "=m"(((volatile uint8_t *)entry)[1])
		     : "r"((uint32_t)(value >> 8))
		     : "memory");
}

/* The entry before it is not in use. */
static void across(volatile uint64_t *entry, uint64_t value)
{
	((volatile uint16_t *)entry)[1] = value >> 16;
	asm volatile("movl %1, %0"
		     : "=m"(((volatile uint16_t *)entry)[-1])
		     : "r"((uint32_t)value << 16)
		     : "memory");
}

static void exchange(volatile uint64_t *entry, uint64_t value)
{
	uint32_t low = value;

	asm volatile("xchgl %0, %1" : "+m"(*(volatile uint32_t *)entry), "+r"(low) : : "memory");
}

static void locked_bits(volatile uint64_t *entry, uint64_t value)
{
	asm volatile("lock andl %1, %0"
		     : "+m"(*(volatile uint32_t *)entry)
		     : "r"((uint32_t)value)
		     : "cc", "memory");
	asm volatile("lock orl %1, %0"
		     : "+m"(*(volatile uint32_t *)entry)
		     : "r"((uint32_t)value)
		     : "cc", "memory");
}

static void string(volatile uint64_t *entry, uint64_t value)
{
	const uint64_t *source = &value;
	unsigned long count = sizeof(value);

	asm volatile("rep movsb" : "+D"(entry), "+S"(source), "+c"(count) : : "memory");
}

static void added(volatile uint64_t *entry, uint64_t value)
{
	const uint32_t low = *(volatile uint32_t *)entry;

	asm volatile("addl %1, %0"
		     : "+m"(*(volatile uint32_t *)entry)
		     : "r"((uint32_t)value - low)
		     : "cc", "memory");
}

/* The page at virt changes; the one whose entry is next to its does not. */
static void check_writes(const char *name, unsigned int level,
			 void (*write)(volatile uint64_t *entry, uint64_t value))
{
	const uintptr_t next = virt + (1ul << (12 + 9 * (level - 1)));
	volatile uint64_t *entry = entry_at(top(), level, virt);
	volatile uint32_t *pages[2];
	uint64_t ways[2];

	for (unsigned int i = 0; i < 2; i++) {
		pages[i] = page_with(i + 1);
		ways[i] = way_to(pages[i], level, virt);
	}
	entry[0] = ways[0];
	entry[1] = way_to(page_with(100), level, next);
	for (unsigned int round = 1; round <= ROUNDS; round++) {
		check(name, virt, *pages[(round - 1) & 1]);
		check(name, next, 100);
		/* What the CPU has marked stays out of it. */
		write(entry, ways[round & 1]);
		kvm_invlpg(virt);
		kvm_invlpg(next);
		check(name, virt, *pages[round & 1]);
		check(name, next, 100);
		*(volatile uint32_t *)virt = 10 * round + (round & 1);
		if (*pages[round & 1] != 10 * round + (round & 1)) {
			tst_res(TFAIL, "%s: a write has gone elsewhere", name);
			good = 0;
		}
	}
	conclude(name);
}

#define WRITE(name, level, write)                  \
	GUEST_CASE(name)                           \
	{                                          \
		check_writes(#name, level, write); \
	}

#ifdef __x86_64__
WRITE_CASES_OF_64_BITS(WRITE)
#endif
WRITE_CASES(WRITE)

/* An entry that was absent needs no INVLPG: SDM, "Optional Invalidation". */
GUEST_CASE(AbsentUntilWritten)
{
	for (unsigned int level = LEVELS; level; level--) {
		volatile uint64_t *entry = entry_at(top(), level, virt);

		*entry = 0;
		forget();
		check_fault(__func__, read_it, virt, 0);
		check_fault(__func__, write_it, virt, PF_WRITE);
		*entry = way_to(page_with(level), level, virt);
		check(__func__, virt, level);
		*(volatile uint8_t *)entry &= ~PTE_PRESENT;
		kvm_invlpg(virt);
		check_fault(__func__, read_it, virt, 0);
		*(volatile uint8_t *)entry |= PTE_PRESENT;
		check(__func__, virt, level);
	}
	conclude(__func__);
}

/* --- Many tables, of which KVM has to look at each --- */

#define MANY 44

/* Neighbours in the highest table, in the next one, and so on. */
static uintptr_t address_of(unsigned int table)
{
#ifdef __x86_64__
	return virt + ((uintptr_t)(table & 1) << 39) + ((uintptr_t)(table >> 1 & 1) << 30) +
	       ((uintptr_t)(table >> 2) << 21);
#else
	return virt + (table << 21);
#endif
}

static void set_many(uint32_t first)
{
	for (unsigned int i = 0; i < MANY; i++)
		*entry_at(top(), 1, address_of(i)) = entry_for(page_with(first + i));
}

static void check_many(const char *name, uint32_t first)
{
	for (unsigned int i = MANY; i--;)
		check(name, address_of(i), first + i);
}

GUEST_CASE(ManyAfterCr3)
{
	for (uint32_t round = 1; round <= ROUNDS; round++) {
		set_many(1000 * round);
		forget();
		check_many(__func__, 1000 * round);
	}
	conclude(__func__);
}

GUEST_CASE(ManyAfterInvlpg)
{
	for (uint32_t round = 1; round <= ROUNDS; round++) {
		set_many(1000 * round);
		for (unsigned int i = 0; i < MANY; i++)
			kvm_invlpg(address_of(i));
		check_many(__func__, 1000 * round);
	}
	conclude(__func__);
}

/* A table is changed while no other one points to it. */
GUEST_CASE(UnlinkedWhileChanged)
{
	set_many(1000);
	check_many(__func__, 1000);
	set_many(2000);
	forget();
	check_many(__func__, 2000);
	set_many(3000);
	for (unsigned int i = 0; i < MANY; i += 3)
		*entry_at(top(), 2, address_of(i)) &= ~(uint64_t)PTE_PRESENT;
	forget();
	for (unsigned int i = 0; i < MANY; i += 3)
		check_fault(__func__, read_it, address_of(i), 0);
	for (unsigned int i = 0; i < MANY; i++) {
		volatile uint64_t *entry = entry_at(top(), 2, address_of(i));

		target_of(*entry)[index_at(1, address_of(i))] = entry_for(page_with(4000 + i));
		*entry |= PTE_PRESENT;
	}
	forget();
	check_many(__func__, 4000);
	conclude(__func__);
}

/* Two entries point to one table. */
GUEST_CASE(LinkedTwice)
{
	const uintptr_t other = virt + PAGESIZE_2M;

	*entry_at(top(), 1, virt) = entry_for(page_with(1));
	*entry_at(top(), 2, other) = *entry_at(top(), 2, virt);
	for (uint32_t round = 1; round <= ROUNDS; round++) {
		check(__func__, virt, round);
		check(__func__, other, round);
		*entry_at(top(), 1, virt) = entry_for(page_with(round + 1));
		kvm_invlpg(virt);
		kvm_invlpg(other);
		check(__func__, other, round + 1);
	}
	*entry_at(top(), 2, virt) = 0;
	forget();
	check_fault(__func__, read_it, virt, 0);
	check(__func__, other, ROUNDS + 1);
	*entry_at(top(), 1, other) = entry_for(page_with(100));
	kvm_invlpg(other);
	check(__func__, other, 100);
	conclude(__func__);
}

/* --- Many roots: more than a CPU, or KVM, keeps --- */

#define ROOTS 7

static uint64_t *roots[ROOTS];

/* Each has the payload's own tables, and one of its own for virt. */
static void make_roots(void)
{
	struct kvm_cregs cregs;

	top();
	kvm_read_cregs(&cregs);
	for (unsigned int i = 0; i < ROOTS; i++) {
		roots[i] = new_page();
#ifdef __x86_64__
		memcpy(roots[i], (void *)cregs.cr3, PAGESIZE);
		roots[i][index_at(LEVELS, virt)] = 0;
#else
		memcpy(roots[i], (void *)(cregs.cr3 & ~0x1ful), 4 * sizeof(uint64_t));
		roots[i][FREE_PDPTE] = (uintptr_t)new_page() | PTE_PRESENT;
#endif
		*entry_at(top_of((uintptr_t)roots[i]), 1, virt) = entry_for(page_with(i));
	}
}

static void use_root(unsigned int number)
{
	kvm_set_cr3((uintptr_t)roots[number % ROOTS]);
}

GUEST_CASE(RootsChangedUnused)
{
	uint32_t values[ROOTS];

	make_roots();
	for (unsigned int i = 0; i < ROOTS; i++)
		values[i] = i;
	for (unsigned int round = 0; round < 6 * ROOTS; round++) {
		/* Back and forth, too: the ones in between are kept longer. */
		const unsigned int now = (round % 4 == 3 ? round - 2 : round) % ROOTS;

		use_root(now);
		check(__func__, virt, values[now]);
		for (unsigned int i = 1; i < 4; i++) {
			const unsigned int other = (now + i) % ROOTS;
			uint64_t *table = top_of((uintptr_t)roots[other]);

			values[other] += ROOTS;
			if (i == 3)
				*entry_at(table, 2, virt) =
					way_to(page_with(values[other]), 2, virt);
			else
				*entry_at(table, 1, virt) = entry_for(page_with(values[other]));
		}
	}
	conclude(__func__);
}

GUEST_CASE(RootsShareATable)
{
	volatile uint64_t *shared;

	make_roots();
	shared = entry_at(top_of((uintptr_t)roots[0]), 1, virt);
	for (unsigned int i = 1; i < ROOTS; i++)
		*entry_at(top_of((uintptr_t)roots[i]), 2, virt) =
			*entry_at(top_of((uintptr_t)roots[0]), 2, virt);
	for (uint32_t round = 0; round < 4 * ROOTS; round++) {
		use_root(round);
		check(__func__, virt, round);
		*shared = entry_for(page_with(round + 1));
		if (round & 1) {
			kvm_invlpg(virt);
			check(__func__, virt, round + 1);
		}
	}
	conclude(__func__);
}

/* The entry of the highest table goes, under the root in use and another one. */
GUEST_CASE(RootsDropTheirTop)
{
	make_roots();
	for (uint32_t round = 0; round < 2 * ROOTS; round++) {
		uint64_t *now = top_of((uintptr_t)roots[round % ROOTS]);
		uint64_t *next = top_of((uintptr_t)roots[(round + 1) % ROOTS]);
		const unsigned int index = index_at(LEVELS, virt);

		use_root(round + 1);
		(void)kvm_try(read_it, (void *)virt);
		use_root(round);
		now[index] = way_to(page_with(round), LEVELS, virt);
		kvm_invlpg(virt);
		check(__func__, virt, round);
		now[index] = 0;
		next[index] = 0;
		kvm_invlpg(virt);
		check_fault(__func__, read_it, virt, 0);
		use_root(round + 1);
		check_fault(__func__, read_it, virt, 0);
	}
	conclude(__func__);
}

/* --- Tables that are mapped themselves --- */

#define ALIASES 20

/* They have been written through each of these addresses before they became tables. */
GUEST_CASE(WrittenThroughAliases)
{
	const uintptr_t aliases = address_of(1);

	for (unsigned int level = 1; level < LEVELS; level++) {
		uint64_t *table = new_page();

		for (unsigned int i = 0; i < ALIASES; i++) {
			*entry_at(top(), 1, aliases + i * PAGESIZE) = entry_for(table);
			kvm_invlpg(aliases + i * PAGESIZE);
			*(volatile uint32_t *)(aliases + i * PAGESIZE) = 0;
		}
		*entry_at(top(), level + 1, virt) = entry_for(table);
		forget();
		for (unsigned int i = 0; i < 2 * ALIASES; i++) {
			volatile uint64_t *alias =
				(volatile uint64_t *)(aliases + i % ALIASES * PAGESIZE);

			alias[index_at(level, virt)] = way_to(page_with(i), level, virt);
			kvm_invlpg(virt);
			check(__func__, virt, i);
		}
	}
	conclude(__func__);
}

#define SELF 9 /* the entry of the highest table that points to the table itself */

/* Where the table of that level for virt is mapped by that entry. */
static volatile uint64_t *through_itself(unsigned int level)
{
#ifdef __x86_64__
	uintptr_t address = 0;

	for (unsigned int i = 0; i < LEVELS; i++)
		address = address << 9 | (i < level ? SELF : index_at(LEVELS + level - i, virt));
	return (volatile uint64_t *)(address << 12);
#else
	return (volatile uint64_t *)(((uintptr_t)FREE_PDPTE << 30) + (SELF << 21) +
				     ((level == 2 ? SELF : index_at(2, virt)) << 12));
#endif
}

GUEST_CASE(WrittenThroughItself)
{
	top()[SELF] = entry_for(top());
	*entry_at(top(), 1, virt) = entry_for(page_with(0));
	forget();
	check(__func__, virt, 0);
	for (uint32_t round = 0; round < 4; round++) {
		for (unsigned int level = 1; level <= LEVELS; level++) {
			const uint32_t value = 10 * round + level;
			volatile uint64_t *table = through_itself(level);

			if (table[index_at(level, virt)] != *entry_at(top(), level, virt)) {
				tst_res(TFAIL, "the table of level %u is not there", level);
				return;
			}
			table[index_at(level, virt)] = way_to(page_with(value), level, virt);
			forget();
			check(__func__, virt, value);
		}
	}
	conclude(__func__);
}

/* A page is a table, then it holds data, and so on. */
GUEST_CASE(TableAndDataTakeTurns)
{
	for (unsigned int level = 1; level < LEVELS; level++) {
		volatile uint64_t *table = new_page();

		for (uint32_t round = 1; round <= ROUNDS; round++) {
			table[index_at(level, virt)] = way_to(page_with(round), level, virt);
			*entry_at(top(), level + 1, virt) = entry_for(table);
			kvm_invlpg(virt);
			check(__func__, virt, round);
			*entry_at(top(), level + 1, virt) = 0;
			kvm_invlpg(virt);
			check_fault(__func__, read_it, virt, 0);
			for (unsigned int i = 0; i < ENTRIES; i++)
				table[i] = round * i;
			for (unsigned int i = 0; i < ENTRIES; i++) {
				if (table[i] != round * i) {
					tst_res(TFAIL, "the data have changed: %#llx",
						(unsigned long long)table[i]);
					return;
				}
				table[i] = 0;
			}
		}
	}
	conclude(__func__);
}

/* --- Large pages --- */

#define LAST (PAGESIZE_2M - sizeof(uint32_t))

static uintptr_t new_large_page(uint32_t first, uint32_t last)
{
	const uintptr_t page = (uintptr_t)tst_heap_alloc_aligned(PAGESIZE_2M, PAGESIZE_2M);

	*(volatile uint32_t *)page = first;
	*(volatile uint32_t *)(page + LAST) = last;
	return page;
}

GUEST_CASE(LargePagesTakeTurns)
{
	const uintptr_t start = virt & ~(PAGESIZE_2M - 1ul);
	const uintptr_t pages[] = {new_large_page(1, 2), new_large_page(3, 4)};

	for (uint32_t round = 0; round < ROUNDS; round++) {
		*entry_at(top(), 2, start) = pages[round & 1] | TABLE | PTE_LARGE;
		kvm_invlpg(start);
		kvm_invlpg(start + LAST);
		check(__func__, start, (round & 1) * 2 + 1);
		check(__func__, start + LAST, (round & 1) * 2 + 2);
	}
	conclude(__func__);
}

/* A large page's place is taken by a table of small ones, and the other way round. */
GUEST_CASE(LargePageBecomesSmall)
{
	const uintptr_t start = virt & ~(PAGESIZE_2M - 1ul);
	const uintptr_t large = new_large_page(1, 2);
	volatile uint64_t *entry;
	uint64_t *table = new_page();

	for (unsigned int i = 0; i < ENTRIES; i++)
		table[i] = entry_for(page_with(100 + i));
	entry = entry_at(top(), 2, start);
	for (uint32_t round = 0; round < ROUNDS; round++) {
		*entry = large | TABLE | PTE_LARGE;
		forget();
		check(__func__, start, 1);
		check(__func__, start + LAST, 2);
		*entry = entry_for(table);
		forget();
		for (unsigned int i = 0; i < ENTRIES; i += 73)
			check(__func__, start + i * PAGESIZE, 100 + i);
		table[round] = entry_for(page_with(1000 + round));
		kvm_invlpg(start + round * PAGESIZE);
		check(__func__, start + round * PAGESIZE, 1000 + round);
		table[round] = entry_for(page_with(100 + round));
	}
	conclude(__func__);
}

/* --- What the CPU marks, and what an entry allows --- */

/* The entry for virt, of a small page and then of a large one; false after both. */
static _Bool next_page(unsigned int *level, volatile uint64_t **entry)
{
	if (*level == 2)
		return 0;
	*entry = entry_at(top(), ++*level, virt);
	**entry = *level == 1 ? entry_for(page_with(WRITTEN))
			      : new_large_page(WRITTEN, 0) | TABLE | PTE_LARGE;
	*(volatile uint32_t *)(target_of(**entry) +
			       (*level == 2 ? index_at(1, virt) * ENTRIES : 0)) = WRITTEN;
	forget();
	return 1;
}

static void check_mark(const char *name, volatile uint64_t *entry, uint64_t mark,
		       void (*access)(void *arg))
{
	for (unsigned int round = 0; round < ROUNDS; round++) {
		access((void *)virt);
		if (!(*entry & mark)) {
			tst_res(TFAIL, "%s: the entry is %#llx after an access, in round %u", name,
				(unsigned long long)*entry, round);
			good = 0;
			return;
		}
		*entry &= ~mark;
		kvm_invlpg(virt);
	}
}

GUEST_CASE(DirtyIsSetAgain)
{
	volatile uint64_t *entry;
	unsigned int level = 0;

	while (next_page(&level, &entry))
		check_mark(__func__, entry, PTE_DIRTY, write_it);
	conclude(__func__);
}

GUEST_CASE(AccessedIsSetAgain)
{
	for (unsigned int level = LEVELS; level > 1; level--) {
		*entry_at(top(), 1, virt) = entry_for(page_with(1));
		check_mark(__func__, entry_at(top(), level, virt), PTE_ACCESSED, read_it);
	}
	for (unsigned int level = 0;;) {
		volatile uint64_t *entry;

		if (!next_page(&level, &entry))
			break;
		check_mark(__func__, entry, PTE_ACCESSED, read_it);
		check_mark(__func__, entry, PTE_ACCESSED, call_it);
	}
	conclude(__func__);
}

/* The CPU's registers as the cases of permissions need them. */
static void use_permissions(void)
{
	struct kvm_cregs cregs;

	if (!kvm_cpuid_has(X86_FEATURE_NX))
		tst_brk(TCONF, "the CPU has no EFER.NXE");
	kvm_wrmsr(MSR_EFER, kvm_rdmsr(MSR_EFER) | EFER_NXE);
	kvm_read_cregs(&cregs);
	kvm_set_cr0(cregs.cr0 | CR0_WP);
}

/* A permission is taken and given, by the page's entry and by those above it. */
static void check_permission(const char *name, uint64_t taken, uint64_t given,
			     void (*access)(void *arg), unsigned long code)
{
	volatile uint64_t *page;
	unsigned int size = 0;

	use_permissions();
	while (next_page(&size, &page)) {
		for (unsigned int level = size; level <= LEVELS; level++) {
			volatile uint64_t *entry = entry_at(top(), level, virt);

			for (unsigned int round = 0; round < 3; round++) {
				access((void *)virt);
				*entry = (*entry & ~given) | taken;
				kvm_invlpg(virt);
				check_fault(name, access, virt, code);
				read_it((void *)virt);
				*entry = (*entry & ~taken) | given;
				kvm_invlpg(virt);
			}
		}
	}
	conclude(name);
}

GUEST_CASE(ReadOnlyAfterInvlpg)
{
	check_permission(__func__, 0, PTE_WRITABLE, write_it, PF_PRESENT | PF_WRITE);
}

GUEST_CASE(NoExecuteAfterInvlpg)
{
	check_permission(__func__, PTE_NX, 0, call_it, PF_PRESENT | PF_FETCH);
}
