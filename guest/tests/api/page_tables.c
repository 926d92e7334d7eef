// SPDX-License-Identifier: MIT
/* Page table entries, and the page tables that a payload starts with. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "check.h"
#include "kvm_x86.h"

#define ENTRIES 512
#define LARGE_PAGE 0x200000u
#define MAPPED 0x80000000u

_Static_assert(sizeof(struct page_table_entry_pae) == 8, "an entry has 64 bits");

/* Sets one field of an otherwise empty entry; the bits: SDM Vol. 3 "Paging". */
#define CHECK_FIELD(field, value, bits)                                                  \
	do {                                                                             \
		struct page_table_entry_pae entry_ = {0};                                \
		uint64_t raw_;                                                           \
		entry_.field = (value);                                                  \
		memcpy(&raw_, &entry_, sizeof(raw_));                                    \
		if (raw_ == (bits))                                                      \
			tst_res(TPASS, "%s is %s", #field, #bits);                       \
		else                                                                     \
			tst_res(TFAIL, "%s is %#llx", #field, (unsigned long long)raw_); \
	} while (0)

static void check_fields(void)
{
	CHECK_FIELD(present, 1, 0x1);
	CHECK_FIELD(writable, 1, 0x2);
	CHECK_FIELD(user_access, 1, 0x4);
	CHECK_FIELD(write_through, 1, 0x8);
	CHECK_FIELD(disable_cache, 1, 0x10);
	CHECK_FIELD(accessed, 1, 0x20);
	CHECK_FIELD(dirty, 1, 0x40);
	CHECK_FIELD(page_type, 1, 0x80);
	CHECK_FIELD(global, 1, 0x100);
	CHECK_FIELD(padding, 7, 0xe00);
	CHECK_FIELD(address, 0xffffffffffull, 0x000ffffffffff000);
	CHECK_FIELD(padding2, 0x7f, 0x07f0000000000000);
	CHECK_FIELD(prot_key, 0xf, 0x7800000000000000);
	CHECK_FIELD(noexec, 1, 0x8000000000000000);
}

static void check_address(void)
{
	struct page_table_entry_pae entry;

	memset(&entry, 0xff, sizeof(entry));
	entry.address = 0x12345;
	CHECK_EQ(kvm_get_page_address_pae(&entry), 0x12345000);
#ifdef __x86_64__
	entry.address = 0xffffffffffull;
	CHECK_EQ(kvm_get_page_address_pae(&entry), 0x000ffffffffff000);
#endif
	entry.address = 0;
	CHECK_EQ(kvm_get_page_address_pae(&entry), 0);
	entry.address = 0x12345;
	entry.present = 0;
	CHECK_EQ(kvm_get_page_address_pae(&entry), 0);
}

static struct page_table_entry_pae *table_of(const struct page_table_entry_pae *entry)
{
	return (struct page_table_entry_pae *)kvm_get_page_address_pae(entry);
}

/* Number of present entries, except the one numbered except. */
static unsigned int count_present(const struct page_table_entry_pae *table, unsigned int entries,
				  unsigned int except)
{
	unsigned int i, count = 0;

	for (i = 0; i < entries; i++)
		count += i != except && table[i].present;
	return count;
}

/* One to one in 4 KiB pages, but for the page below the stack. */
static _Bool is_table_with_hole(const struct page_table_entry_pae *entry, uint32_t address)
{
	const struct page_table_entry_pae *table = table_of(entry);
	unsigned int holes = 0;

	for (unsigned int i = 0; i < ENTRIES; i++) {
		if (!table[i].present)
			holes++;
		else if (!table[i].writable || table[i].noexec ||
			 kvm_get_page_address_pae(&table[i]) != address + i * PAGESIZE)
			return 0;
	}
	return holes == 1;
}

static void check_lower_half(const struct page_table_entry_pae *pdpt)
{
	unsigned int wrong = 0, tables = 0;
	uint32_t address;

	for (address = 0; address < MAPPED; address += LARGE_PAGE) {
		const struct page_table_entry_pae *entry =
			table_of(&pdpt[address >> 30]) + (address / LARGE_PAGE) % ENTRIES;

		if (entry->present && !entry->page_type && is_table_with_hole(entry, address)) {
			tables++;
			continue;
		}
		wrong += !entry->present || !entry->writable || !entry->page_type ||
			 entry->noexec || kvm_get_page_address_pae(entry) != address;
	}
	CHECK_EQ(wrong, 0);
	CHECK_EQ(tables, 1);
}

static void check_upper_half(const struct page_table_entry_pae *pdpt)
{
	const struct page_table_entry_pae *directory = table_of(&pdpt[3]), *pages;

	CHECK(!pdpt[2].present);
	CHECK_EQ(count_present(directory, ENTRIES, 511), 0);
	CHECK(directory[511].present && !directory[511].page_type);
	pages = table_of(&directory[511]);
	CHECK_EQ(count_present(pages, ENTRIES, 511), 0);
	CHECK(pages[511].writable);
	CHECK_EQ(kvm_get_page_address_pae(&pages[511]), KVM_RESULT_BASEADDR);
}

void main(void)
{
	const struct page_table_entry_pae *pdpt = kvm_pagetable;

	check_fields();
	check_address();
#ifdef __x86_64__
	CHECK_EQ(count_present(kvm_pagetable, ENTRIES, 0), 0);
	pdpt = table_of(kvm_pagetable);
	CHECK_EQ(count_present(pdpt + 4, ENTRIES - 4, ENTRIES), 0);
#endif
	check_lower_half(pdpt);
	check_upper_half(pdpt);
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
