// SPDX-License-Identifier: MIT
/* Leaves PAE paging for 32-bit paging with tables of its own: legacy.h. */
#include "guest_case.h"
#include "kvm_x86.h"
#include "legacy.h"
#include "table_checks.h"

#define ENTRIES 1024
#define PAGESIZE_4M (ENTRIES * PAGESIZE)
#define RAM_END 0x1000000ul
#define RESERVED_BIT (1u << 21) /* of a large page's entry, whatever addresses the CPU has */
#define FAR_BIT (1u << 13) /* bit 32 of a large page's address */
#define ROUNDS 6

/* One in each quarter of all addresses, in both halves of what a table maps. */
static const uintptr_t places[] = {0x31003000, 0x71205000, 0xb2007000, 0xe2209000};

static uint32_t *directory;
static struct kvm_cregs before;

static uint32_t entry_for(const volatile void *target)
{
	return (uintptr_t)target | TABLE;
}

static volatile uint32_t *directory_entry(uintptr_t address)
{
	return &directory[address / PAGESIZE_4M];
}

/* In a table that is made where there is none. */
static volatile uint32_t *table_entry(uintptr_t address)
{
	volatile uint32_t *entry = directory_entry(address);

	if (!*entry)
		*entry = entry_for(new_page());
	return (volatile uint32_t *)(uintptr_t)(*entry & ~(PAGESIZE - 1u)) +
	       address / PAGESIZE % ENTRIES;
}

static uint32_t *page_with(uint32_t value)
{
	uint32_t *page = new_page();

	page[0] = value;
	return page;
}

static void forget(void)
{
	kvm_set_cr3((uintptr_t)directory);
}

static void switch_paging(unsigned long cr3, unsigned long cr4)
{
	kvm_set_cr0(before.cr0 & ~(unsigned long)CR0_PG);
	kvm_set_cr4(cr4);
	kvm_set_cr3(cr3);
	kvm_set_cr0(before.cr0 | CR0_WP);
}

static void enter(unsigned long pse)
{
	switch_paging((uintptr_t)directory, (before.cr4 & ~(CR4_PAE | CR4_PSE)) | pse);
}

static void leave(void)
{
	switch_paging(before.cr3, before.cr4);
}

/* RAM and the results are mapped one to one. */
static void begin(void)
{
	kvm_read_cregs(&before);
	directory = new_page();
	for (uintptr_t address = 0; address < RAM_END; address += PAGESIZE)
		*table_entry(address) = address | TABLE;
	for (uintptr_t offset = 0; offset < KVM_RESULT_SIZE; offset += PAGESIZE)
		*table_entry(KVM_RESULT_BASEADDR + offset) = (KVM_RESULT_BASEADDR + offset) | TABLE;
	enter(CR4_PSE);
}

static void conclude(const char *name)
{
	leave();
	if (good)
		tst_res(TPASS, "%s: 32-bit paging does what the manual says", name);
}

/* In this round's way: all at once, in two, three or five writes. */
static void write_entry(volatile uint32_t *entry, uint32_t value, unsigned int round)
{
	switch (round % 4) {
	case 0:
		*entry = value;
		break;
	case 1:
		((volatile uint16_t *)entry)[1] = value >> 16;
		((volatile uint16_t *)entry)[0] = value;
		break;
	case 2:
		for (unsigned int i = 1; i < 4; i++)
			((volatile uint8_t *)entry)[i] = value >> 8 * i;
		break;
	case 3: /* together with the entry before it, which is not in use */
		((volatile uint16_t *)entry)[1] = value >> 16;
		asm volatile("movl %1, %0"
			     : "=m"(((volatile uint16_t *)entry)[-1])
			     : "r"(value << 16)
			     : "memory");
		break;
	}
}

GUEST_CASE(TableEntriesChange)
{
	begin();
	for (unsigned int i = 0; i < ARRAY_SIZE(places); i++) {
		*table_entry(places[i]) = entry_for(page_with(0));
		*table_entry(places[i] + PAGESIZE) = entry_for(page_with(100 + i));
		/* The same place in the other half. */
		*table_entry(places[i] ^ PAGESIZE_2M) = entry_for(page_with(200 + i));
	}
	for (uint32_t round = 0; round < ROUNDS; round++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(places); i++) {
			check(__func__, places[i], round);
			check(__func__, places[i] + PAGESIZE, 100 + i);
			check(__func__, places[i] ^ PAGESIZE_2M, 200 + i);
			write_entry(table_entry(places[i]), entry_for(page_with(round + 1)), round);
			kvm_invlpg(places[i]);
			check(__func__, places[i], round + 1);
			check(__func__, places[i] + PAGESIZE, 100 + i);
			check(__func__, places[i] ^ PAGESIZE_2M, 200 + i);
		}
	}
	conclude(__func__);
}

/* What a directory's entry maps is seen in both halves. */
GUEST_CASE(DirectoryEntriesChange)
{
	begin();
	for (uint32_t round = 1; round <= ROUNDS; round++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(places); i++) {
			const uintptr_t other = places[i] ^ PAGESIZE_2M;
			uint32_t *table = new_page();

			table[places[i] / PAGESIZE % ENTRIES] = entry_for(page_with(10 * round));
			table[other / PAGESIZE % ENTRIES] = entry_for(page_with(10 * round + 1));
			write_entry(directory_entry(places[i]), entry_for(table), round);
			kvm_invlpg(places[i]);
			kvm_invlpg(other);
			check(__func__, places[i], 10 * round);
			check(__func__, other, 10 * round + 1);
		}
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(places); i++) {
		*(volatile uint8_t *)directory_entry(places[i]) = 0;
		kvm_invlpg(places[i]);
		kvm_invlpg(places[i] ^ PAGESIZE_2M);
		check_fault(__func__, read_it, places[i], 0);
		check_fault(__func__, write_it, places[i] ^ PAGESIZE_2M, PF_WRITE);
	}
	conclude(__func__);
}

/* Two pages of 4 MiB, in RAM; the first is written at its start, and the second at its end. */
#define LARGE_PAGES (RAM_END / 2)

GUEST_CASE(LargePagesChange)
{
	const uintptr_t start = places[0] & ~(PAGESIZE_4M - 1ul);
	const uintptr_t half = start + PAGESIZE_2M;

	begin();
	for (unsigned int i = 0; i < 2; i++) {
		const uintptr_t page = LARGE_PAGES + i * PAGESIZE_4M;

		*(volatile uint32_t *)(page + PAGESIZE) = 10 + i;
		*(volatile uint32_t *)(page + PAGESIZE_2M + PAGESIZE) = 20 + i;
	}
	for (uint32_t round = 0; round < ROUNDS; round++) {
		const uint32_t page = LARGE_PAGES + (round & 1) * PAGESIZE_4M;

		*directory_entry(start) = page | TABLE | PTE_LARGE;
		forget();
		check(__func__, start + PAGESIZE, 10 + (round & 1));
		check(__func__, half + PAGESIZE, 20 + (round & 1));
		*(volatile uint32_t *)(half + 2 * PAGESIZE) = round;
		if (*(volatile uint32_t *)(uintptr_t)(page + PAGESIZE_2M + 2 * PAGESIZE) != round) {
			tst_res(TFAIL, "a write to a large page has gone elsewhere");
			good = 0;
		}
	}
	conclude(__func__);
}

GUEST_CASE(LargePageReserved)
{
	const uintptr_t start = places[1] & ~(PAGESIZE_4M - 1ul);

	begin();
	*directory_entry(start) = LARGE_PAGES | TABLE | PTE_LARGE | RESERVED_BIT;
	forget();
	check_fault(__func__, read_it, start, PF_PRESENT | PF_RESERVED);
	check_fault(__func__, write_it, start, PF_PRESENT | PF_WRITE | PF_RESERVED);
	conclude(__func__);
}

/*
 * CR4.PSE clear: bit 7 of a directory's entry is ignored, and the table may be where an address
 * has the bit that a large page's entry reserves.
 */
GUEST_CASE(SizeIgnoredWithoutPse)
{
	const uintptr_t place = places[1];
	uint32_t *table = (uint32_t *)(LARGE_PAGES + PAGESIZE_2M);

	begin();
	memzero(table, PAGESIZE);
	*directory_entry(place) = entry_for(table) | PTE_LARGE;
	table[place / PAGESIZE % ENTRIES] = entry_for(page_with(42));
	*(volatile uint32_t *)(LARGE_PAGES + place % PAGESIZE_4M) = 43;
	enter(0);
	check(__func__, place, 42);
	*directory_entry(place) = LARGE_PAGES | TABLE | PTE_LARGE;
	enter(CR4_PSE);
	check(__func__, place, 43);
	conclude(__func__);
}

/* In a table's entry, the same bit is one of the memory's type. */
GUEST_CASE(PatOfASmallPage)
{
	begin();
	*table_entry(places[2]) = entry_for(page_with(7)) | PTE_PAT;
	forget();
	check(__func__, places[2], 7);
	conclude(__func__);
}

#define MANY 44

GUEST_CASE(ManyTables)
{
	begin();
	for (uint32_t round = 1; round < 4; round++) {
		for (unsigned int i = 0; i < MANY; i++) {
			const uintptr_t place = places[i % 4] + i / 4 * PAGESIZE_4M;

			*table_entry(place) = entry_for(page_with(100 * round + i));
		}
		forget();
		for (unsigned int i = MANY; i--;)
			check(__func__, places[i % 4] + i / 4 * PAGESIZE_4M, 100 * round + i);
	}
	conclude(__func__);
}

GUEST_CASE(TwoDirectories)
{
	uint32_t *directories[2];

	begin();
	directories[0] = directory;
	directories[1] = new_page();
	memcpy(directories[1], directory, PAGESIZE);
	for (uint32_t round = 0; round < 2 * ROUNDS; round++) {
		directory = directories[round & 1];
		for (unsigned int i = 0; i < ARRAY_SIZE(places); i++)
			*table_entry(places[i]) = entry_for(page_with(10 * round + i));
		forget();
		for (unsigned int i = 0; i < ARRAY_SIZE(places); i++)
			check(__func__, places[i], 10 * round + i);
	}
	conclude(__func__);
}

GUEST_CASE(Marks)
{
	begin();
	for (unsigned int i = 0; i < ARRAY_SIZE(places); i++) {
		volatile uint32_t *entry = table_entry(places[i]);

		*entry = entry_for(page_with(i));
		forget();
		for (unsigned int round = 0; round < 3; round++) {
			check(__func__, places[i], round ? WRITTEN : i);
			if ((*entry & (PTE_ACCESSED | PTE_DIRTY)) != PTE_ACCESSED ||
			    !(*directory_entry(places[i]) & PTE_ACCESSED)) {
				tst_res(TFAIL, "after a read, the entry is %#x", *entry);
				good = 0;
			}
			write_it((void *)places[i]);
			if (!(*entry & PTE_DIRTY)) {
				tst_res(TFAIL, "after a write, the entry is %#x", *entry);
				good = 0;
			}
			*entry &= ~(PTE_ACCESSED | PTE_DIRTY);
			*directory_entry(places[i]) &= ~PTE_ACCESSED;
			kvm_invlpg(places[i]);
		}
	}
	conclude(__func__);
}

/* Both levels decide; without CR0.WP, neither does. */
GUEST_CASE(Permissions)
{
	begin();
	for (unsigned int i = 0; i < ARRAY_SIZE(places); i++) {
		const uintptr_t other = places[i] ^ PAGESIZE_2M;
		volatile uint32_t *entries[] = {table_entry(places[i]), directory_entry(places[i])};

		*table_entry(places[i]) = entry_for(page_with(1));
		*table_entry(other) = entry_for(page_with(1));
		for (unsigned int level = 0; level < 2; level++) {
			write_it((void *)places[i]);
			write_it((void *)other);
			*entries[level] &= ~PTE_WRITABLE;
			kvm_invlpg(places[i]);
			kvm_invlpg(other);
			check_fault(__func__, write_it, places[i], PF_PRESENT | PF_WRITE);
			check(__func__, places[i], WRITTEN);
			if (level)
				check_fault(__func__, write_it, other, PF_PRESENT | PF_WRITE);
			else
				write_it((void *)other);
			kvm_set_cr0(before.cr0 & ~(unsigned long)CR0_WP);
			write_it((void *)places[i]);
			kvm_set_cr0(before.cr0 | CR0_WP);
			check_fault(__func__, write_it, places[i], PF_PRESENT | PF_WRITE);
			*entries[level] |= PTE_WRITABLE;
			kvm_invlpg(places[i]);
		}
	}
	conclude(__func__);
}

/* Without paging, addresses are physical ones, and tables are memory as any other. */
GUEST_CASE(PagingOff)
{
	uint32_t *page = page_with(1);
	volatile uint32_t *entry;

	begin();
	entry = table_entry(places[0]);
	*entry = entry_for(page);
	check(__func__, places[0], 1);
	for (uint32_t round = 2; round < 6; round++) {
		kvm_set_cr0(before.cr0 & ~(unsigned long)CR0_PG);
		page = page_with(round);
		*entry = entry_for(page);
		if (*(volatile uint32_t *)page != round)
			good = 0;
		kvm_set_cr0(before.cr0 | CR0_WP);
		check(__func__, places[0], round);
	}
	conclude(__func__);
}

/* The same page is a directory of 32-bit paging and, in between, one of PAE paging. */
GUEST_CASE(PaeBetween)
{
	uint64_t *table = new_page();

	begin();
	*table_entry(places[2]) = entry_for(page_with(5));
	for (uint32_t round = 0; round < ROUNDS; round++) {
		volatile uint32_t *legacy =
			(volatile uint32_t *)table + places[2] / PAGESIZE % ENTRIES;

		memzero(table, PAGESIZE);
		*legacy = entry_for(page_with(round));
		*directory_entry(places[2]) = entry_for(table);
		enter(CR4_PSE);
		check(__func__, places[2], round);
		leave();
		memzero(table, PAGESIZE);
		for (unsigned int i = 0; i < PAGESIZE / sizeof(*table); i++)
			table[i] = entry_for(i == 9 ? page_with(100 + round) : (uint32_t *)0);
		kvm_map(0x90000000, 0, PAGESIZE_2M, PTE_WRITABLE);
		*kvm_find_pte(0x90000000, NULL) = entry_for(table);
		kvm_invlpg(0x90009000);
		check(__func__, 0x90009000, 100 + round);
		*kvm_find_pte(0x90009000, NULL) = entry_for(page_with(200 + round));
		kvm_invlpg(0x90009000);
		check(__func__, 0x90009000, 200 + round);
	}
	conclude(__func__);
}

GUEST_CASE(write_far)
{
	const uintptr_t start = places[3] & ~(PAGESIZE_4M - 1ul);

	if (!kvm_cpuid_has(X86_FEATURE_PSE36))
		tst_brk(TCONF, "the CPU has no PSE-36");
	begin();
	*directory_entry(start) = FAR_BIT | TABLE | PTE_LARGE;
	forget();
	*(volatile uint32_t *)start = FAR_VALUE;
	*(volatile uint32_t *)(start + FAR_SIZE - sizeof(uint32_t)) = FAR_VALUE + 1;
	conclude(__func__);
}
