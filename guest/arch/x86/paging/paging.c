// SPDX-License-Identifier: MIT
/*
 * Page tables in use: SDM Vol. 3 "Paging", APM Vol. 2 "Page Translation and
 * Protection". The library finds a table at its physical address, so tables have
 * to lie in memory that is mapped one to one, as the heap is.
 */
#include "guest/arch/x86/paging/paging.h"
#include "guest/arch/x86/boot/layout.h"
#include "guest/lib/cpu.h"

#define TABLE_SHIFT 9 /* bits of an address that one table translates */
#define PAGE_SHIFT 12
#define ADDRESS_BITS 0x000ffffffffff000ull
#define LARGE_ADDRESS_BITS 0x000fffffffffe000ull /* bit 12 of a large page's entry is PAT */

/* What the page-directory pointers of PAE paging don't reserve. */
#define PAE_POINTER_FLAGS PTE_PRESENT

/* One lock for all tables: who holds it is not to be interrupted. */
static struct tst_lock lock;

struct paging {
	volatile uint64_t *root;
	unsigned int levels; /* 3 is PAE paging */
	uint64_t phys_end; /* first physical address that the CPU can't have */
};

static unsigned long lock_tables(void)
{
	unsigned long flags;

	asm volatile("pushf; pop %0" : "=rm"(flags) : : "memory");
	kvm_disable_interrupts();
	tst_lock(&lock);
	return flags;
}

static void unlock_tables(unsigned long flags)
{
	tst_unlock(&lock);
	if (flags & RFLAGS_IF)
		kvm_enable_interrupts();
}

_Bool paging_is_on(const char *function)
{
	struct kvm_cregs cregs;

	kvm_read_cregs(&cregs);
	if (!(cregs.cr0 & CR0_PG))
		return 0;
	if (!(cregs.cr4 & CR4_PAE)) {
		tst_brk(TBROK,
			"%s: CR4.PAE is clear: the tables in use are those of 32-bit paging, which "
			"the library does not know",
			function);
	}
	return 1;
}

static struct paging get_paging(const char *function)
{
	struct paging paging;
	struct kvm_cpuid cpuid;
	struct kvm_cregs cregs;

	if (!paging_is_on(function)) {
		tst_brk(TBROK, "%s: paging is off: CR0.PG is clear", function);
	}
	kvm_read_cregs(&cregs);
#ifdef __x86_64__
	paging.root = (volatile uint64_t *)(cregs.cr3 & ADDRESS_BITS);
	paging.levels = cregs.cr4 & CR4_LA57 ? 5 : 4;
#else
	paging.root = (volatile uint64_t *)(cregs.cr3 & ~0x1ful);
	paging.levels = 3;
#endif
	paging.phys_end = 1ull << 36;
	kvm_get_cpuid(CPUID_GET_INPUT_RANGE, 0, &cpuid);
	if (cpuid.eax >= CPUID_GET_ADDRESS_SIZES) {
		kvm_get_cpuid(CPUID_GET_ADDRESS_SIZES, 0, &cpuid);
		paging.phys_end = 1ull << (cpuid.eax & 0xff);
	}
	return paging;
}

static unsigned int shift_of(unsigned int level)
{
	return PAGE_SHIFT + TABLE_SHIFT * (level - 1);
}

/* The level of the entries that map pages of this size: 1 to 3; 0 if there are none. */
static unsigned int level_of(size_t page_size)
{
	for (unsigned int level = 1; level <= 3; level++) {
		if (page_size == (size_t)1 << shift_of(level))
			return level;
	}
	return 0;
}

static _Bool is_large(unsigned int level, uint64_t entry)
{
	return level > 1 && level <= 3 && (entry & PTE_LARGE);
}

static volatile uint64_t *table_at(const char *function, uint64_t entry)
{
	const uint64_t table = entry & ADDRESS_BITS;

	if (table >= kvm_payload_entry.mapped_end) {
		tst_brk(TBROK,
			"%s: a page table lies at the physical address %#llx, beyond what the "
			"payload maps one to one, %#llx",
			function, (unsigned long long)table,
			(unsigned long long)kvm_payload_entry.mapped_end);
	}
	return (volatile uint64_t *)(uintptr_t)table;
}

static volatile uint64_t *entry_of(const struct paging *paging, volatile uint64_t *table,
				   unsigned int level, uintptr_t virt)
{
	const unsigned int entries = paging->levels == 3 && level == 3 ? 4 : 1 << TABLE_SHIFT;

	return &table[(uint64_t)virt >> shift_of(level) & (entries - 1)];
}

/* Forgets what the running CPU knows of all addresses: the tables have another shape. */
static void flush_all(void)
{
	struct kvm_cregs cregs;

	kvm_read_cregs(&cregs);
	if (cregs.cr4 & CR4_PGE) {
		kvm_set_cr4(cregs.cr4 & ~(unsigned long)CR4_PGE);
		kvm_set_cr4(cregs.cr4);
	}
	kvm_set_cr3(cregs.cr3);
}

static volatile uint64_t *new_table(void)
{
	return memzero(tst_heap_alloc_aligned(PAGESIZE, PAGESIZE), PAGESIZE);
}

/* A large page as a table of smaller ones that map the same. */
static void split(volatile uint64_t *entry, unsigned int level)
{
	volatile uint64_t *table = new_table();
	const uint64_t step = 1ull << shift_of(level - 1);
	uint64_t page = *entry | PTE_SPLIT;

	if (level == 2) { /* 4 KiB pages have PAT in another place, that of PTE_LARGE */
		page &= ~(uint64_t)PTE_LARGE;
		if (page & PTE_PAT_LARGE)
			page = (page & ~(uint64_t)PTE_PAT_LARGE) | PTE_PAT;
	}
	for (unsigned int i = 0; i < 1 << TABLE_SHIFT; i++)
		table[i] = page + i * step;
	*entry = (uintptr_t)table | PTE_PRESENT | PTE_WRITABLE | PTE_USER;
}

/*
 * The page directory pointers of PAE paging that the start code has not made, a bit each.
 * A CPU reads all four when it loads CR3 (SDM Vol. 3 "PDPTE Registers"), and whether that was
 * before another one has made them, nobody knows.
 */
static unsigned int late_pointers;

/* The entry at @level for virt, with the tables above it made where they are missing. */
static volatile uint64_t *make_entry(const char *function, const struct paging *paging,
				     uintptr_t virt, unsigned int level)
{
	volatile uint64_t *table = paging->root, *entry;

	for (unsigned int at = paging->levels;; at--) {
		const _Bool is_pointer = paging->levels == 3 && at == 3;

		entry = entry_of(paging, table, at, virt);
		if (at == level)
			return entry;
		if (!(*entry & PTE_PRESENT)) {
			*entry = (uintptr_t)new_table() |
				 (is_pointer ? PAE_POINTER_FLAGS
					     : PTE_PRESENT | PTE_WRITABLE | PTE_USER);
			if (is_pointer)
				late_pointers |= 1u << (entry - table);
		} else if (is_large(at, *entry)) {
			split(entry, at);
		}
		if (is_pointer && late_pointers >> (entry - table) & 1)
			flush_all();
		table = table_at(function, *entry);
	}
}

static unsigned int check_page(const char *function, const struct paging *paging, uintptr_t virt,
			       size_t page_size)
{
	const unsigned int level = level_of(page_size);

	if (!level || (level == 3 && paging->levels == 3)) {
		tst_brk(TBROK, "%s: page_size %#zx is none of %s", function, page_size,
			paging->levels == 3 ? "PAE paging's 0x1000 and 0x200000"
					    : "0x1000, 0x200000 and 0x40000000");
	}
	if (virt & (page_size - 1)) {
		tst_brk(TBROK, "%s: virt %#lx is no multiple of page_size %#zx", function,
			(unsigned long)virt, page_size);
	}
#ifdef __x86_64__
	const unsigned int unused = 64 - shift_of(paging->levels + 1);

	if ((intptr_t)(virt << unused) >> unused != (intptr_t)virt) {
		tst_brk(TBROK, "%s: virt %#lx is not canonical with %u levels of tables", function,
			(unsigned long)virt, paging->levels);
	}
#endif
	return level;
}

static void check_mapping(const struct paging *paging, unsigned int level, uint64_t phys,
			  size_t page_size, uint64_t flags)
{
	const uint64_t address_bits = level == 1 ? ADDRESS_BITS : LARGE_ADDRESS_BITS;

	if (phys & (page_size - 1)) {
		tst_brk(TBROK, "kvm_map: phys %#llx is no multiple of page_size %#zx",
			(unsigned long long)phys, page_size);
	}
	if (phys >= paging->phys_end || phys + page_size > paging->phys_end) {
		tst_brk(TBROK,
			"kvm_map: phys %#llx is beyond the CPU's last physical address, %#llx",
			(unsigned long long)phys, (unsigned long long)paging->phys_end - 1);
	}
	if (flags & address_bits) {
		tst_brk(TBROK, "kvm_map: flags %#llx hold bits of the address, %#llx",
			(unsigned long long)flags, (unsigned long long)(flags & address_bits));
	}
	if (level == 3 && !kvm_cpuid_has(X86_FEATURE_PDPE1GB)) {
		tst_brk(TCONF,
			"The CPU has no pages of 1 GiB: CPUID Fn8000_0001 EDX bit 26 is clear");
	}
}

/* Gives an entry another value; on this CPU at once. */
static void change(volatile uint64_t *entry, unsigned int level, uintptr_t virt, uint64_t value)
{
	const uint64_t old = *entry;

	*entry = value;
	if (level > 1 && (old & PTE_PRESENT) && !is_large(level, old))
		flush_all(); /* there was a table, of any pages */
	else
		kvm_invlpg(virt);
}

void kvm_map(uintptr_t virt, uint64_t phys, size_t page_size, uint64_t flags)
{
	const struct paging paging = get_paging(__func__);
	const unsigned int level = check_page(__func__, &paging, virt, page_size);
	unsigned long irq_flags;

	check_mapping(&paging, level, phys, page_size, flags);
	irq_flags = lock_tables();
	change(make_entry(__func__, &paging, virt, level), level, virt,
	       phys | flags | PTE_PRESENT | (level > 1 ? PTE_LARGE : 0));
	unlock_tables(irq_flags);
}

/* The entry that maps virt, or the one that maps nothing; its level in *level. */
static volatile uint64_t *find_entry(const char *function, const struct paging *paging,
				     uintptr_t virt, unsigned int *level)
{
	volatile uint64_t *table = paging->root, *entry;

	for (*level = paging->levels;; --*level) {
		entry = entry_of(paging, table, *level, virt);
		if (*level == 1 || !(*entry & PTE_PRESENT) || is_large(*level, *entry))
			return entry;
		table = table_at(function, *entry);
	}
}

static void unmap(const char *function, const struct paging *paging, uintptr_t virt,
		  unsigned int level)
{
	unsigned long irq_flags = lock_tables();
	unsigned int found;

	/* Nothing to do, and no table to make, where nothing is mapped. */
	if (*find_entry(function, paging, virt, &found) & PTE_PRESENT || found < level)
		change(make_entry(function, paging, virt, level), level, virt, 0);
	unlock_tables(irq_flags);
}

void kvm_unmap(uintptr_t virt, size_t page_size)
{
	const struct paging paging = get_paging(__func__);

	unmap(__func__, &paging, virt, check_page(__func__, &paging, virt, page_size));
}

uint64_t *kvm_find_pte(uintptr_t virt, unsigned int *level)
{
	const struct paging paging = get_paging(__func__);
	volatile uint64_t *entry;
	unsigned int found;

	check_page(__func__, &paging, virt & -(uintptr_t)PAGESIZE, PAGESIZE);
	entry = find_entry(__func__, &paging, virt, &found);
	if (!(*entry & PTE_PRESENT))
		return NULL;
	if (level)
		*level = found;
	return (uint64_t *)entry;
}

void unmap_guard_page(uintptr_t page)
{
	struct paging paging;

	if (!paging_is_on("the library"))
		return;
	paging = get_paging("the library");
	unmap("the library", &paging, page, 1);
}

/* One table of the lower 2 GiB: what kvm_map() made is as its caller wants it. */
static void open_table(volatile uint64_t *table, _Bool all)
{
	for (unsigned int i = 0; i < 1 << TABLE_SHIFT; i++) {
		if ((table[i] & PTE_PRESENT) && (all || (table[i] & PTE_SPLIT)))
			table[i] |= PTE_USER;
	}
}

/* As start code has made it; the CPU may have marked it. */
static _Bool is_first_entry(unsigned int i, uint64_t entry)
{
	return (entry & ~(uint64_t)(PTE_ACCESSED | PTE_DIRTY)) ==
	       (i * 0x200000ull | PTE_PRESENT | PTE_WRITABLE | PTE_LARGE);
}

static void open_tables(void)
{
#ifdef __x86_64__
	volatile uint64_t *root = (volatile uint64_t *)kvm_pagetable;
	volatile uint64_t *pointers = table_at("kvm_call_user", root[0]);

	root[0] |= PTE_USER;
	for (unsigned int i = 0; i < 4; i++) {
		if (pointers[i] & PTE_PRESENT)
			pointers[i] |= PTE_USER;
	}
#endif
	for (unsigned int i = 0; i < LOW_DIRECTORY_ENTRIES; i++) {
		volatile uint64_t *entry = &kvm_page_directory_low[i];

		if (is_first_entry(i, *entry)) {
			*entry |= PTE_USER;
		} else if ((*entry & PTE_PRESENT) && !(*entry & PTE_LARGE)) {
			open_table(table_at("kvm_call_user", *entry), 0);
			*entry |= PTE_USER;
		}
	}
	kvm_page_directory_high[511] |= PTE_USER;
	open_table(kvm_page_table_high, 1);
}

void open_memory_to_user(void)
{
	unsigned long irq_flags = lock_tables();

	if (!(kvm_page_directory_high[511] & PTE_USER))
		open_tables();
	unlock_tables(irq_flags);
	flush_all();
}
