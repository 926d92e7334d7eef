// SPDX-License-Identifier: MIT
/* Contexts with a page each, whose entries change while another context is in use: pcid.h. */
#include "guest_case.h"
#include "kvm_x86.h"
#include "pcid.h"

#define TABLE (PTE_PRESENT | PTE_WRITABLE | PTE_USER)
#define CONTEXTS 5 /* more than KVM keeps */
#define KEEP (1ul << 63) /* in CR3's new value: nothing is forgotten */
#define ROUNDS 3
#define NOT_CANONICAL 0x800000000000ull

/* SDM Vol. 2 "INVPCID": types. */
enum {
	ONE_ADDRESS,
	ONE_CONTEXT,
	ALL_WITH_GLOBAL,
	ALL_BUT_GLOBAL,
	NO_TYPE
};

/* A variable: an access to a constant address need not be what the compiler makes of it. */
static volatile uintptr_t virt = 0x8000003000ul;
static struct kvm_cregs before;
static uint64_t page_flags = TABLE;

static struct {
	uint64_t *root;
	volatile uint64_t *entry;
	uint32_t value;
} contexts[CONTEXTS];

struct invpcid {
	unsigned long type;
	struct {
		uint64_t pcid;
		uint64_t address;
	} descriptor;
};

static void execute_invpcid(void *arg)
{
	const struct invpcid *operands = arg;

	asm volatile("invpcid %0, %1"
		     :
		     : "m"(operands->descriptor), "r"(operands->type)
		     : "memory");
}

static void invpcid(unsigned long type, uint64_t pcid, uint64_t address)
{
	struct invpcid operands = {type, {pcid, address}};

	execute_invpcid(&operands);
}

static uint64_t *new_page(void)
{
	return memzero(tst_heap_alloc_aligned(PAGESIZE, PAGESIZE), PAGESIZE);
}

static uint64_t entry_with(uint32_t value)
{
	uint64_t *page = new_page();

	*(volatile uint32_t *)page = value;
	return (uintptr_t)page | page_flags;
}

/* PCIDs count from 1. */
static void use(unsigned int context, unsigned long flags)
{
	kvm_set_cr3((uintptr_t)contexts[context].root | (context + 1) | flags);
}

static void begin(void)
{
	if (!kvm_cpuid_has(X86_FEATURE_PCID) || !kvm_cpuid_has(X86_FEATURE_INVPCID))
		tst_brk(TCONF, "the CPU has no PCIDs or no INVPCID");
	kvm_read_cregs(&before);
	for (unsigned int i = 0; i < CONTEXTS; i++) {
		uint64_t *table = new_page();

		contexts[i].root = table;
		memcpy(table, (void *)before.cr3, PAGESIZE);
		for (unsigned int level = 4; level > 1; level--) {
			uint64_t *next = new_page();

			table[virt >> (12 + 9 * (level - 1)) & 511] = (uintptr_t)next | TABLE;
			table = next;
		}
		contexts[i].entry = &table[virt >> 12 & 511];
		contexts[i].value = i;
		*contexts[i].entry = entry_with(i);
	}
	kvm_set_cr4(before.cr4 | CR4_PCIDE);
}

static void change(unsigned int context)
{
	contexts[context].value += CONTEXTS;
	*contexts[context].entry = entry_with(contexts[context].value);
}

static int check(const char *name, unsigned int context)
{
	const uint32_t value = *(volatile uint32_t *)virt;

	if (value == contexts[context].value)
		return 1;
	tst_res(TFAIL, "%s: context %u reads %u, expected %u", name, context, value,
		contexts[context].value);
	return 0;
}

/* All have been used, with their entries as they are. */
static void use_all(void)
{
	for (unsigned int i = 0; i < CONTEXTS; i++) {
		use(i, 0);
		(void)*(volatile uint32_t *)virt;
	}
}

static void end(const char *name)
{
	kvm_set_cr3((uintptr_t)contexts[0].root);
	kvm_set_cr4(before.cr4);
	tst_res(TPASS, "%s: each context has been read", name);
}

/* One context is in use; others change, are forgotten, and come back with what was kept. */
static void check_others(const char *name, void (*forget)(unsigned int context))
{
	begin();
	for (unsigned int round = 0; round < ROUNDS; round++) {
		use_all();
		for (unsigned int i = 0; i < CONTEXTS - 1; i++)
			change(i);
		for (unsigned int i = 0; i < CONTEXTS - 1; i++)
			forget(i);
		for (unsigned int i = CONTEXTS - 1; i--;) {
			use(i, KEEP);
			if (!check(name, i))
				return;
		}
	}
	end(name);
}

static void check_current(const char *name, void (*forget)(unsigned int context))
{
	begin();
	for (unsigned int round = 0; round < ROUNDS; round++) {
		use_all();
		for (unsigned int i = 0; i < CONTEXTS; i++) {
			use(i, KEEP);
			(void)*(volatile uint32_t *)virt;
			change(i);
			forget(i);
			if (!check(name, i))
				return;
		}
	}
	end(name);
}

static void forget_by_cr3(unsigned int context)
{
	use(context, 0);
}

static void forget_by_invlpg(unsigned int context LTP_ATTRIBUTE_UNUSED)
{
	kvm_invlpg(virt);
}

static void forget_address(unsigned int context)
{
	invpcid(ONE_ADDRESS, context + 1, virt);
}

static void forget_context(unsigned int context)
{
	invpcid(ONE_CONTEXT, context + 1, 0);
}

static void forget_all_with_global(unsigned int context LTP_ATTRIBUTE_UNUSED)
{
	invpcid(ALL_WITH_GLOBAL, 0, 0);
}

static void forget_all_but_global(unsigned int context LTP_ATTRIBUTE_UNUSED)
{
	invpcid(ALL_BUT_GLOBAL, 0, 0);
}

GUEST_CASE(MovToCr3)
{
	check_current(__func__, forget_by_cr3);
}

GUEST_CASE(InvlpgOfCurrent)
{
	check_current(__func__, forget_by_invlpg);
}

/* A global page's translations go with INVLPG, whatever context they came with: SDM 4.10.4.1. */
GUEST_CASE(InvlpgOfGlobal)
{
	struct kvm_cregs cregs;

	kvm_read_cregs(&cregs);
	kvm_set_cr4(cregs.cr4 | CR4_PGE);
	page_flags |= PTE_GLOBAL;
	begin();
	for (unsigned int round = 0; round < ROUNDS; round++) {
		for (unsigned int i = 0; i < CONTEXTS; i++) {
			use(i, 0);
			kvm_invlpg(virt);
			if (!check(__func__, i))
				return;
		}
		for (unsigned int i = 0; i < CONTEXTS - 1; i++)
			change(i);
		for (unsigned int i = CONTEXTS - 1; i--;) {
			kvm_invlpg(virt);
			use(i, KEEP);
			if (!check(__func__, i))
				return;
		}
	}
	end(__func__);
}

GUEST_CASE(AddressOfCurrent)
{
	check_current(__func__, forget_address);
}

GUEST_CASE(AddressOfOthers)
{
	check_others(__func__, forget_address);
}

GUEST_CASE(ContextOfCurrent)
{
	check_current(__func__, forget_context);
}

GUEST_CASE(ContextOfOthers)
{
	check_others(__func__, forget_context);
}

GUEST_CASE(AllWithGlobal)
{
	check_others(__func__, forget_all_with_global);
}

GUEST_CASE(AllButGlobal)
{
	check_others(__func__, forget_all_but_global);
}

/* "MOV to CR4 … if it changes the value of CR4.PCIDE from 1 to 0": of all contexts. */
static void switch_off_and_on(unsigned int context LTP_ATTRIBUTE_UNUSED)
{
	kvm_set_cr3((uintptr_t)contexts[CONTEXTS - 1].root);
	kvm_set_cr4(before.cr4);
	kvm_set_cr4(before.cr4 | CR4_PCIDE);
}

GUEST_CASE(SwitchedOff)
{
	check_others(__func__, switch_off_and_on);
}

static void check_illegal(const char *what, unsigned long type, uint64_t pcid, uint64_t address)
{
	struct invpcid operands = {type, {pcid, address}};
	const struct kvm_fault fault = kvm_try(execute_invpcid, &operands);

	if (fault.vector == INTR_GPF && !fault.errcode)
		tst_res(TPASS, "INVPCID refuses %s", what);
	else
		tst_res(TFAIL, "INVPCID of %s: vector %d, error code %#lx", what, fault.vector,
			fault.errcode);
}

GUEST_CASE(IllegalDescriptors)
{
	begin();
	check_illegal("a type that there is not", NO_TYPE, 0, 0);
	check_illegal("a PCID of 13 bits", ONE_CONTEXT, 0x1000, 0);
	check_illegal("a descriptor's highest reserved bit", ONE_ADDRESS, 1ull << 63, 0);
	check_illegal("an address that is not canonical", ONE_ADDRESS, 1, NOT_CANONICAL);
	use(0, 0);
	kvm_set_cr3((uintptr_t)contexts[0].root);
	kvm_set_cr4(before.cr4);
	check_illegal("an address's PCID without CR4.PCIDE", ONE_ADDRESS, 1, 0);
	check_illegal("a PCID without CR4.PCIDE", ONE_CONTEXT, 1, 0);
}
