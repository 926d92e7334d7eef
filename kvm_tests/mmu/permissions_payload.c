// SPDX-License-Identifier: MIT
/* A page with tables of its own, whose entries the cases of permissions.h change. */
#include "guest_case.h"
#include "kvm_x86.h"
#include "permissions.h"

/* Beyond all physical addresses: SDM Vol. 3 "Paging", reserved bits. */
#define RESERVED_BIT (1ull << 51)
#define LARGE_RESERVED PTE_LARGE /* no page has the size of a PML4 entry */
#define LARGE_RESERVED_BIT (1ull << 13) /* below the address of a page of 2 MiB */
#define HUGE_RESERVED_BIT (1ull << 29) /* below that of a page of 1 GiB */

#define FIRST (CODE & ~0xffu)
#define RET (CODE & 0xffu)
#define SECOND 0x22222200u

#ifdef __x86_64__
#define LEVELS 4
#define FIRST_ADDRESS 0x8000000000ul /* in the PML4's second entry */
#else
#define LEVELS 2 /* below the PDPT, whose entries the CPU loads by themselves */
#define FIRST_ADDRESS 0x80000000ul
#endif

#define TABLE_FLAGS (PTE_PRESENT | PTE_WRITABLE | PTE_USER)

static uint64_t *entries[LEVELS + 1]; /* by level, from 1 */
static volatile uint32_t *page;
/* A variable: an access to a constant address need not be what the compiler makes of it. */
static volatile uintptr_t virt = FIRST_ADDRESS;

static uint64_t *new_page(void)
{
	return memzero(tst_heap_alloc_aligned(PAGESIZE, PAGESIZE), PAGESIZE);
}

static unsigned int index_at(unsigned int level)
{
	return (uint64_t)virt >> (12 + 9 * (level - 1)) & 511;
}

static void forget(void)
{
	struct kvm_cregs cregs;

	kvm_read_cregs(&cregs);
	kvm_set_cr3(cregs.cr3);
}

/* Makes the tables, with every permission in every entry. */
static void map_page(void)
{
	struct kvm_cregs cregs;
	uint64_t *table;

	if (!kvm_cpuid_has(X86_FEATURE_NX))
		tst_brk(TCONF, "the CPU has no EFER.NXE");
	kvm_wrmsr(MSR_EFER, kvm_rdmsr(MSR_EFER) | EFER_NXE);
	page = (uint32_t *)new_page();
	page[0] = FIRST | RET;
	kvm_read_cregs(&cregs);
	table = (uint64_t *)(cregs.cr3 & ~0x1ful);
#ifndef __x86_64__
	uint64_t *directory = new_page();

	table[2] = (uintptr_t)directory | PTE_PRESENT;
	table = directory;
#endif
	for (unsigned int level = LEVELS; level; level--) {
		uint64_t *next = level > 1 ? new_page() : (uint64_t *)page;

		entries[level] = &table[index_at(level)];
		*entries[level] = (uintptr_t)next | TABLE_FLAGS;
		table = next;
	}
	forget();
}

#ifdef EMULATED
/* What stands at DEVICE is compared, or copied: KVM executes that, for the page's part too. */
static void read_it(void *arg)
{
	const void *device = (void *)(uintptr_t)DEVICE;

	asm volatile("cmpsl" : "+S"(device), "+D"(arg) : : "cc", "memory");
}

static void write_it(void *arg)
{
	const void *device = (void *)(uintptr_t)DEVICE;

	asm volatile("movsl" : "+S"(device), "+D"(arg) : : "memory");
}
#else
static void read_it(void *arg)
{
	(void)*(volatile uint32_t *)arg;
}

static void write_it(void *arg)
{
	/* The same value, which is code as well. */
	*(volatile uint32_t *)arg = CODE;
}
#endif

static void call_it(void *arg)
{
	((void (*)(void))arg)();
}

enum access {
	READ,
	WRITE,
	FETCH
};

/* Of those that are checked with each entry: code is never read from a device and a page. */
#ifdef EMULATED
#define LAST_ACCESS WRITE
#else
#define LAST_ACCESS FETCH
#endif

static const struct {
	const char *name;
	void (*func)(void *arg);
} accesses[] = {
	[READ] = {"read", read_it},
	[WRITE] = {"write", write_it},
	[FETCH] = {"fetch", call_it},
};

/* SDM Vol. 3 "Determination of Access Rights" and "Page-Fault Exceptions": -1 or an error code. */
static long expected_code(enum access access, _Bool user, _Bool wp)
{
	const unsigned long code = (access == WRITE ? PF_WRITE : 0) | (user ? PF_USER : 0) |
				   (access == FETCH ? PF_FETCH : 0);
	uint64_t all = ~0ull, nx = 0;

	for (unsigned int level = LEVELS; level; level--) {
		const uint64_t entry = *entries[level];

		if (!(entry & PTE_PRESENT))
			return code;
		if ((entry & RESERVED_BIT) || (level == 4 && (entry & LARGE_RESERVED)) ||
		    (level == 3 && (entry & PTE_LARGE)))
			return code | PF_PRESENT | PF_RESERVED;
		all &= entry;
		nx |= entry & PTE_NX;
	}
	if ((user && !(all & PTE_USER)) || (access == FETCH && nx) ||
	    (access == WRITE && !(all & PTE_WRITABLE) && (user || wp)))
		return code | PF_PRESENT;
	return -1;
}

static int check_access(const char *name, enum access access, _Bool user, _Bool wp)
{
	const long expected = expected_code(access, user, wp);
	struct kvm_fault fault;
	_Bool good;

	fault = (user ? kvm_call_user : kvm_try)(accesses[access].func, (void *)virt);
	if (expected < 0)
		good = fault.vector < 0;
	else
		good = fault.vector == INTR_PAGE_FAULT &&
		       fault.errcode == (unsigned long)expected && fault.address == virt;
	if (good)
		return 1;
	tst_res(TFAIL,
		"%s: %s at CPL %u, CR0.WP %u: vector %d, error code %#lx, address %#lx; expected "
		"%s, error code %#lx",
		name, accesses[access].name, user ? 3 : 0, wp, fault.vector, fault.errcode,
		(unsigned long)fault.address, expected < 0 ? "no fault" : "a page fault",
		expected < 0 ? 0 : (unsigned long)expected);
	return 0;
}

static void check_entry(const char *name, unsigned int level, uint64_t set, uint64_t clear)
{
	struct kvm_cregs cregs;
	int good = 1;

	map_page();
	kvm_read_cregs(&cregs);
	for (int user = 0; user < 2; user++) {
		for (enum access access = READ; access <= LAST_ACCESS; access++) {
			for (int wp = 0; wp < 2; wp++) {
				kvm_set_cr0(wp ? cregs.cr0 | CR0_WP
					       : cregs.cr0 & ~(unsigned long)CR0_WP);
				/* First with every permission, so that there is something to forget. */
				*entries[level] = (*entries[level] & ~set) | clear;
				forget();
				read_it((void *)virt);
				*entries[level] = (*entries[level] | set) & ~clear;
				forget();
				good &= check_access(name, access, user, wp);
			}
		}
	}
	kvm_set_cr0(cregs.cr0);
	if (good)
		tst_res(TPASS, "%s: every access is judged", name);
}

#define ENTRY(name, level, set, clear)                 \
	GUEST_CASE(name)                               \
	{                                              \
		check_entry(#name, level, set, clear); \
	}

ENTRY_CASES(ENTRY)
#ifdef __x86_64__
ENTRY_CASES_OF_64_BITS(ENTRY)
#endif

static void check_fault(const char *name, enum access access, unsigned long code)
{
	const struct kvm_fault fault = kvm_try(accesses[access].func, (void *)virt);

	if (fault.vector == INTR_PAGE_FAULT && fault.errcode == code && fault.address == virt)
		tst_res(TPASS, "%s: the %s faults, error code %#lx", name, accesses[access].name,
			code);
	else
		tst_res(TFAIL,
			"%s: the %s: vector %d, error code %#lx, address %#lx; expected a page "
			"fault, error code %#lx",
			name, accesses[access].name, fault.vector, fault.errcode,
			(unsigned long)fault.address, code);
}

static void set_cr4(uint32_t feature, unsigned long bit)
{
	struct kvm_cregs cregs;

	if (!kvm_cpuid_has(feature))
		tst_brk(TCONF, "the CPU does not have CR4 bit %#lx", bit);
	kvm_read_cregs(&cregs);
	kvm_set_cr4(cregs.cr4 | bit);
}

GUEST_CASE(SmepFetch)
{
	map_page();
	call_it((void *)virt);
	set_cr4(X86_FEATURE_SMEP, CR4_SMEP);
	check_fault(__func__, FETCH, PF_PRESENT | PF_FETCH);
}

GUEST_CASE(SmapRead)
{
	map_page();
	read_it((void *)virt);
	set_cr4(X86_FEATURE_SMAP, CR4_SMAP);
	check_fault(__func__, READ, PF_PRESENT);
}

GUEST_CASE(SmapWrite)
{
	map_page();
	write_it((void *)virt);
	set_cr4(X86_FEATURE_SMAP, CR4_SMAP);
	check_fault(__func__, WRITE, PF_PRESENT | PF_WRITE);
}

static void write_with_ac(void *arg)
{
	unsigned long flags;

	asm volatile("pushf; pop %0" : "=r"(flags));
	asm volatile("push %0; popf" : : "r"(flags | RFLAGS_AC) : "cc");
	write_it(arg);
	asm volatile("push %0; popf" : : "r"(flags) : "cc");
}

GUEST_CASE(SmapWithAc)
{
	struct kvm_fault fault;

	map_page();
	set_cr4(X86_FEATURE_SMAP, CR4_SMAP);
	fault = kvm_try(write_with_ac, (void *)virt);
	if (fault.vector < 0)
		tst_res(TPASS, "with RFLAGS.AC, SMAP lets the write pass");
	else
		tst_res(TFAIL, "with RFLAGS.AC: vector %d, error code %#lx", fault.vector,
			fault.errcode);
}

/* SDM Vol. 3 "Accessed and Dirty Flags". */
static void check_marks(const char *name, _Bool accessed, _Bool dirty)
{
	int good = 1;

	for (unsigned int level = LEVELS; level; level--) {
		const uint64_t marks = *(volatile uint64_t *)entries[level];
		const _Bool has_dirty = !!(marks & PTE_DIRTY);

		if (!!(marks & PTE_ACCESSED) == accessed && (level > 1 || has_dirty == dirty))
			continue;
		tst_res(TFAIL, "%s: the entry at level %u is %#llx; expected %s and %s", name,
			level, (unsigned long long)marks, accessed ? "accessed" : "not accessed",
			level > 1 ? "whatever"
			: dirty	  ? "dirty"
				  : "not dirty");
		good = 0;
	}
	if (good)
		tst_res(TPASS, "%s: %s, %s", name, accessed ? "accessed" : "not accessed",
			dirty ? "dirty" : "not dirty");
}

GUEST_CASE(ReadMarksAccessed)
{
	map_page();
	check_marks("before", 0, 0);
	read_it((void *)virt);
	check_marks("after a read", 1, 0);
}

GUEST_CASE(WriteMarksDirty)
{
	map_page();
	write_it((void *)virt);
	check_marks("after a write", 1, 1);
}

GUEST_CASE(WriteAfterReadMarksDirty)
{
	map_page();
	read_it((void *)virt);
	check_marks("after a read", 1, 0);
	write_it((void *)virt);
	check_marks("after a read and a write", 1, 1);
}

GUEST_CASE(FaultMarksNothing)
{
	struct kvm_cregs cregs;

	map_page();
	kvm_read_cregs(&cregs);
	kvm_set_cr0(cregs.cr0 | CR0_WP);
	*entries[1] &= ~(uint64_t)PTE_WRITABLE;
	forget();
	check_fault(__func__, WRITE, PF_PRESENT | PF_WRITE);
	if (*(volatile uint64_t *)entries[1] & PTE_DIRTY)
		tst_res(TFAIL, "a write that faulted has marked the page as dirty");
}

static void check_value(const char *name, uint32_t expected)
{
	const uint32_t value = *(volatile uint32_t *)virt;

	if (value == expected)
		tst_res(TPASS, "%s: the page reads as %#x", name, value);
	else
		tst_res(TFAIL, "%s: the page reads as %#x, expected %#x", name, value, expected);
}

/* Another page at the same address. */
static void replace_page(void)
{
	uint32_t *second = (uint32_t *)new_page();

	*second = SECOND;
	map_page();
	check_value("before", FIRST | RET);
	*entries[1] = (uintptr_t)second | TABLE_FLAGS;
}

/* SDM Vol. 3 "Operations that Invalidate TLBs and Paging-Structure Caches". */
GUEST_CASE(InvlpgForgets)
{
	replace_page();
	kvm_invlpg(virt);
	check_value("after INVLPG", SECOND);
}

GUEST_CASE(Cr3Forgets)
{
	replace_page();
	forget();
	check_value("after MOV to CR3", SECOND);
}

/* Needs no invalidation: the CPU looks again before it faults. */
GUEST_CASE(PermissionGivenTakesEffect)
{
	struct kvm_cregs cregs;

	map_page();
	kvm_read_cregs(&cregs);
	kvm_set_cr0(cregs.cr0 | CR0_WP);
	*entries[1] &= ~(uint64_t)PTE_WRITABLE;
	forget();
	check_fault("read-only", WRITE, PF_PRESENT | PF_WRITE);
	*entries[1] |= PTE_WRITABLE;
	if (kvm_try(write_it, (void *)virt).vector < 0)
		tst_res(TPASS, "a page made writable can be written");
	else
		tst_res(TFAIL, "a page made writable still faults");
}

/* The page's 2 MiB, of which it is one part, in place of its table. */
static volatile uint32_t *map_large(uint64_t flags)
{
	const uintptr_t offset = (uintptr_t)page & (PAGESIZE_2M - 1);

	*entries[2] = ((uintptr_t)page - offset) | TABLE_FLAGS | PTE_LARGE | flags;
	forget();
	return (volatile uint32_t *)(virt + offset);
}

GUEST_CASE(LargePageReachesAll)
{
	volatile uint32_t *last;
	volatile uint32_t *large;

	map_page();
	last = (uint32_t *)new_page();
	last[1023] = SECOND;
	large = map_large(0);
	if (*large != (FIRST | RET) || large[last - page + 1023] != SECOND)
		tst_res(TFAIL, "the large page reads as %#x and %#x", *large,
			large[last - page + 1023]);
	large[1] = SECOND;
	if (page[1] == SECOND)
		tst_res(TPASS, "a large page maps its parts");
	else
		tst_res(TFAIL, "what was written through a large page did not arrive");
}

GUEST_CASE(LargePageReserved)
{
	map_page();
	map_large(LARGE_RESERVED_BIT);
	check_fault(__func__, READ, PF_PRESENT | PF_RESERVED);
}

GUEST_CASE(LargePageMarksDirty)
{
	volatile uint32_t *large;

	map_page();
	large = map_large(0);
	(void)*large;
	if (*(volatile uint64_t *)entries[2] & PTE_DIRTY)
		tst_res(TFAIL, "a read has marked the large page as dirty");
	*large = FIRST | RET;
	if (*(volatile uint64_t *)entries[2] & PTE_DIRTY)
		tst_res(TPASS, "a write marks the large page as dirty");
	else
		tst_res(TFAIL, "a write does not mark the large page as dirty");
}

/* --- Bits of control registers, with the same tables and the same page --- */

static void check_no_fault(const char *name, enum access access)
{
	const struct kvm_fault fault = kvm_try(accesses[access].func, (void *)virt);

	if (fault.vector < 0)
		tst_res(TPASS, "%s: the %s is done", name, accesses[access].name);
	else
		tst_res(TFAIL, "%s: the %s: vector %d, error code %#lx", name,
			accesses[access].name, fault.vector, fault.errcode);
}

static void check_switched(const char *name, uint32_t feature, unsigned long bit,
			   enum access access, unsigned long code)
{
	struct kvm_cregs cregs;

	for (unsigned int round = 0; round < 2; round++) {
		check_no_fault(name, access);
		kvm_read_cregs(&cregs);
		set_cr4(feature, bit);
		check_fault(name, access, code);
		kvm_set_cr4(cregs.cr4);
	}
	check_no_fault(name, access);
}

static void clear_wp(void)
{
	struct kvm_cregs cregs;

	kvm_read_cregs(&cregs);
	kvm_set_cr0(cregs.cr0 & ~(unsigned long)CR0_WP);
}

GUEST_CASE(SmepSwitched)
{
	map_page();
	check_switched(__func__, X86_FEATURE_SMEP, CR4_SMEP, FETCH, PF_PRESENT | PF_FETCH);
}

/* A supervisor may write what is read-only, and still not execute what is a user's. */
GUEST_CASE(SmepSwitchedWithoutWp)
{
	map_page();
	clear_wp();
	*entries[1] &= ~(uint64_t)PTE_WRITABLE;
	forget();
	check_no_fault(__func__, WRITE);
	check_switched(__func__, X86_FEATURE_SMEP, CR4_SMEP, FETCH, PF_PRESENT | PF_FETCH);
	set_cr4(X86_FEATURE_SMEP, CR4_SMEP);
	check_no_fault(__func__, WRITE);
	check_fault(__func__, FETCH, PF_PRESENT | PF_FETCH);
}

GUEST_CASE(SmapSwitched)
{
	map_page();
	check_switched(__func__, X86_FEATURE_SMAP, CR4_SMAP, READ, PF_PRESENT);
	check_switched(__func__, X86_FEATURE_SMAP, CR4_SMAP, WRITE, PF_PRESENT | PF_WRITE);
}

GUEST_CASE(SmapSwitchedWithoutWp)
{
	map_page();
	clear_wp();
	*entries[1] &= ~(uint64_t)PTE_WRITABLE;
	forget();
	check_no_fault(__func__, WRITE);
	check_switched(__func__, X86_FEATURE_SMAP, CR4_SMAP, READ, PF_PRESENT);
	check_no_fault(__func__, WRITE);
	check_switched(__func__, X86_FEATURE_SMAP, CR4_SMAP, WRITE, PF_PRESENT | PF_WRITE);
}

/* What is global outlives a MOV to CR3, and no change of CR4.PGE: SDM Vol. 3 4.10.4.1. */
GUEST_CASE(GlobalPagesSwitched)
{
	struct kvm_cregs cregs;
	uint64_t *other;

	map_page();
	other = new_page();
	*(volatile uint32_t *)other = SECOND;
	kvm_read_cregs(&cregs);
	kvm_set_cr4(cregs.cr4 | CR4_PGE);
	*entries[1] |= PTE_GLOBAL;
	forget();
	check_value(__func__, FIRST | RET);
	*entries[1] = (uintptr_t)other | TABLE_FLAGS | PTE_GLOBAL;
	kvm_set_cr4(cregs.cr4 & ~(unsigned long)CR4_PGE);
	check_value(__func__, SECOND);
	kvm_set_cr4(cregs.cr4 | CR4_PGE);
	check_value(__func__, SECOND);
	*entries[1] = (uintptr_t)page | TABLE_FLAGS | PTE_GLOBAL;
	kvm_invlpg(virt);
	check_value(__func__, FIRST | RET);
}
