// SPDX-License-Identifier: MIT
/* From the guest's virtual addresses to physical ones: SDM Vol. 3 "Paging". */
#include "host/engine/arch.h"
#include "kvm_x86_bits.h"

#define PAGE_SHIFT 12
#define ADDRESS_MASK 0x000ffffffffff000ULL /* bits 12 to 51 */
#define PDPT_MASK 0xffffffe0ULL /* of CR3, with PAE paging */
#define LARGE_SHIFT_32 22 /* of a 4 MiB page */

/* One of the ways in which tables are laid out. */
struct layout {
	unsigned int levels;
	unsigned int entry_size; /* in bytes */
	unsigned int bits; /* of the address, for one level's index */
	unsigned int large_level; /* the highest that may hold a page */
};

static const struct layout four_levels = {4, 8, 9, 3}, five_levels = {5, 8, 9, 3};
static const struct layout pae = {3, 8, 9, 2}, two_levels = {2, 4, 10, 2};
/* Without CR4.PSE, an entry of a page directory is always a table. */
static const struct layout two_levels_small = {2, 4, 10, 1};

/* SDM Vol. 1 "Canonical Addressing": the upper bits repeat the last one that counts. */
static bool is_canonical(uint64_t addr, unsigned int bits)
{
	const int64_t upper = (int64_t)addr >> (bits - 1);

	return upper == 0 || upper == -1;
}

static bool read_entry(struct engine_vm *vm, uint64_t paddr, unsigned int size, uint64_t *entry)
{
	*entry = 0;
	return engine_read(vm, paddr, entry, size); /* a little-endian host's */
}

/* A page of 4 MiB has bits 32 to 39 of its address in bits 13 to 20: "32-Bit Paging". */
static uint64_t large_page_32(uint64_t entry)
{
	return (entry & 0xffc00000) | (entry & 0x1fe000) << 19;
}

static bool walk(struct engine_vm *vm, const struct layout *layout, uint64_t table, uint64_t addr,
		 uint64_t *paddr)
{
	unsigned int level, shift;
	uint64_t entry, index;

	for (level = layout->levels; level; level--) {
		shift = PAGE_SHIFT + (level - 1) * layout->bits;
		index = addr >> shift & ((1u << layout->bits) - 1);
		if (!read_entry(vm, table + index * layout->entry_size, layout->entry_size,
				&entry) ||
		    !(entry & PTE_PRESENT))
			return false;
		table = entry & (layout->entry_size == 8 ? ADDRESS_MASK : 0xfffff000);
		if (level > 1 && (level > layout->large_level || !(entry & PTE_LARGE)))
			continue;
		if (layout->entry_size == 4 && level == 2)
			table = large_page_32(entry);
		*paddr = (table & ~((1ULL << shift) - 1)) | (addr & ((1ULL << shift) - 1));
		return true;
	}
	return false;
}

bool arch_walk(struct engine_vm *vm, const struct kvm_sregs *sregs, uint64_t addr, uint64_t *paddr)
{
	if (!(sregs->cr0 & CR0_PG)) {
		*paddr = addr;
		return true;
	}
	if (sregs->efer & EFER_LMA) {
		const bool five = sregs->cr4 & CR4_LA57;

		return is_canonical(addr, five ? 57 : 48) &&
		       walk(vm, five ? &five_levels : &four_levels, sregs->cr3 & ADDRESS_MASK, addr,
			    paddr);
	}
	if (addr > UINT32_MAX)
		return false;
	if (sregs->cr4 & CR4_PAE)
		return walk(vm, &pae, sregs->cr3 & PDPT_MASK, addr, paddr);
	return walk(vm, sregs->cr4 & CR4_PSE ? &two_levels : &two_levels_small,
		    sregs->cr3 & 0xfffff000, addr, paddr);
}
