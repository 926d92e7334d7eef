// SPDX-License-Identifier: MIT
/* From the guest's virtual addresses to physical ones: SDM Vol. 3 "Paging". */
#include <errno.h>
#include <string.h>

#include "host/engine/arch.h"
#include "kvm_x86_bits.h"

#define PAGE_SHIFT 12
#define ADDRESS_MASK 0x000ffffffffff000ULL /* bits 12 to 51 */
#define PTE_EXECUTE_DISABLE (1ULL << 63)

/* SDM Vol. 2 "CPUID": EDX of this leaf tells of 1 GiB pages, EAX of that one how wide addresses are. */
#define LEAF_EXTENDED_FEATURES 0x80000001
#define FEATURES_EDX_1G_PAGES (1u << 26)
#define LEAF_ADDRESS_SIZES 0x80000008

/* One of the ways in which tables are laid out. */
struct layout {
	unsigned int levels;
	unsigned int entry_size; /* in bytes */
	unsigned int bits; /* of the address, for one level's index */
	unsigned int large_level; /* the highest that may hold a page */
};

static const struct layout four_levels = {4, 8, 9, 3}, five_levels = {5, 8, 9, 3};
/* Of PAE's, without the pointers at the top: those are registers. */
static const struct layout pae = {2, 8, 9, 2};
static const struct layout two_levels = {2, 4, 10, 2};
/* Without CR4.PSE, an entry of a page directory is always a table. */
static const struct layout two_levels_small = {2, 4, 10, 1};

static uint64_t bits(unsigned int first, unsigned int last)
{
	return first > last ? 0 : (~0ULL >> (63 - last)) & (~0ULL << first);
}

bool arch_get_sregs(int vcpu_fd, struct kvm_sregs2 *sregs)
{
	struct kvm_sregs old;

	if (engine_ioctl(vcpu_fd, KVM_GET_SREGS2, sregs) == 0)
		return true;
	if (errno != ENOTTY && errno != EINVAL)
		return false;
	if (engine_ioctl(vcpu_fd, KVM_GET_SREGS, &old) < 0)
		return false;
	memset(sregs, 0, sizeof(*sregs));
	sregs->cr0 = old.cr0;
	sregs->cr3 = old.cr3;
	sregs->cr4 = old.cr4;
	sregs->efer = old.efer;
	return true;
}

/* SDM Vol. 1 "Canonical Addressing": the upper bits repeat the last one that counts. */
static bool is_canonical(uint64_t addr, unsigned int width)
{
	const int64_t upper = (int64_t)addr >> (width - 1);

	return upper == 0 || upper == -1;
}

static bool read_entry(struct engine_vm *vm, uint64_t paddr, unsigned int size, uint64_t *entry)
{
	*entry = 0;
	return engine_read(vm, paddr, entry, size); /* a little-endian host's */
}

/*
 * Bits that must be clear in an entry of 64 bits: SDM Vol. 3, the figures of "4-Level
 * Paging and 5-Level Paging" and "PAE Paging". The CPUs are as KVM offers them.
 */
static uint64_t reserved_bits(const struct kvm_sregs2 *sregs, unsigned int level, bool is_page)
{
	struct engine_error error;
	const struct engine_host *host = engine_host(&error);
	unsigned int width = 52, i;
	bool has_1g = true;
	uint64_t reserved;

	for (i = 0; host && host->cpuid && i < host->cpuid->nent; i++) {
		const struct kvm_cpuid_entry2 *entry = &host->cpuid->entries[i];

		if (entry->function == LEAF_EXTENDED_FEATURES)
			has_1g = entry->edx & FEATURES_EDX_1G_PAGES;
		if (entry->function == LEAF_ADDRESS_SIZES && (entry->eax & 0xff) <= 52)
			width = entry->eax & 0xff;
	}
	reserved = bits(width, 51);
	if (!(sregs->efer & EFER_LMA))
		reserved |= bits(52, 62);
	if (!(sregs->efer & EFER_NXE))
		reserved |= PTE_EXECUTE_DISABLE;
	if (level > 3 || (level == 3 && !has_1g))
		reserved |= PTE_LARGE;
	if (is_page && level > 1)
		reserved |= bits(PAGE_SHIFT + 1, PAGE_SHIFT + 9 * (level - 1) - 1);
	return reserved;
}

/* A page of 4 MiB has bits 32 to 39 of its address in bits 13 to 20: "32-Bit Paging". */
static uint64_t large_page_32(uint64_t entry)
{
	return (entry & 0xffc00000) | (entry & 0x1fe000) << 19;
}

static bool walk(struct engine_vm *vm, const struct kvm_sregs2 *sregs, const struct layout *layout,
		 uint64_t table, uint64_t addr, uint64_t *paddr)
{
	unsigned int level, shift;
	uint64_t entry, index;
	bool is_page;

	for (level = layout->levels; level; level--) {
		shift = PAGE_SHIFT + (level - 1) * layout->bits;
		index = addr >> shift & ((1u << layout->bits) - 1);
		if (!read_entry(vm, table + index * layout->entry_size, layout->entry_size,
				&entry) ||
		    !(entry & PTE_PRESENT))
			return false;
		is_page = level == 1 || (level <= layout->large_level && (entry & PTE_LARGE));
		if (layout->entry_size == 8 && (entry & reserved_bits(sregs, level, is_page)))
			return false;
		table = entry & (layout->entry_size == 8 ? ADDRESS_MASK : 0xfffff000);
		if (!is_page)
			continue;
		if (layout->entry_size == 4 && level == 2)
			table = large_page_32(entry);
		*paddr = (table & ~((1ULL << shift) - 1)) | (addr & ((1ULL << shift) - 1));
		return true;
	}
	return false;
}

/*
 * "PAE Paging": the four pointers are registers, which MOV to CR3 loads; without
 * KVM_GET_SREGS2, those in memory will have to do.
 */
static bool walk_pae(struct engine_vm *vm, const struct kvm_sregs2 *sregs, uint64_t addr,
		     uint64_t *paddr)
{
	const unsigned int index = addr >> 30;
	uint64_t pointer;

	if (sregs->flags & KVM_SREGS2_FLAGS_PDPTRS_VALID)
		pointer = sregs->pdptrs[index];
	else if (!read_entry(vm, (sregs->cr3 & 0xffffffe0) + index * sizeof(pointer),
			     sizeof(pointer), &pointer))
		return false;
	return (pointer & PTE_PRESENT) &&
	       walk(vm, sregs, &pae, pointer & ADDRESS_MASK, addr, paddr);
}

bool arch_walk(struct engine_vm *vm, const struct kvm_sregs2 *sregs, uint64_t addr, uint64_t *paddr)
{
	if (!(sregs->cr0 & CR0_PG)) {
		*paddr = addr;
		return true;
	}
	if (sregs->efer & EFER_LMA) {
		const bool five = sregs->cr4 & CR4_LA57;

		return is_canonical(addr, five ? 57 : 48) &&
		       walk(vm, sregs, five ? &five_levels : &four_levels,
			    sregs->cr3 & ADDRESS_MASK, addr, paddr);
	}
	if (addr > UINT32_MAX)
		return false;
	if (sregs->cr4 & CR4_PAE)
		return walk_pae(vm, sregs, addr, paddr);
	return walk(vm, sregs, sregs->cr4 & CR4_PSE ? &two_levels : &two_levels_small,
		    sregs->cr3 & 0xfffff000, addr, paddr);
}
