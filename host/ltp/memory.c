// SPDX-License-Identifier: MIT
/* Memslots: the guest's physical memory. */
#include <inttypes.h>

#include "host/ltp/buffers.h"
#include "host/ltp/report.h"
#include "host/ltp/vm.h"

static bool overlaps(const struct kvm_userspace_memory_region *region, uint64_t first,
		     uint64_t last)
{
	uint64_t region_last = region->guest_phys_addr + region->memory_size - 1;

	return region->userspace_addr && first <= region_last && last >= region->guest_phys_addr;
}

/* Whether the pages from @first to @last may become memslot @slot. */
static bool check_place(const struct tst_kvm_instance *inst, unsigned int slot, uint64_t first,
			uint64_t last, struct tst_error *error)
{
	unsigned int other;

	if (slot >= MAX_KVM_MEMSLOTS)
		return tst_fail(error, "slot is %u; slots are 0 to %d", slot, MAX_KVM_MEMSLOTS - 1);
	if (inst->ram[slot].userspace_addr)
		return tst_fail(error,
				"slot %u is in use, for %#" PRIx64 " bytes at %#" PRIx64
				"; take a free one",
				slot, (uint64_t)inst->ram[slot].memory_size,
				(uint64_t)inst->ram[slot].guest_phys_addr);
	for (other = 0; other < MAX_KVM_MEMSLOTS; other++) {
		const struct kvm_userspace_memory_region *region = &inst->ram[other];

		if (!overlaps(region, first, last))
			continue;
		return tst_fail(error,
				"baseaddr and size make the pages %#" PRIx64 " to %#" PRIx64
				", but slot %u has %#" PRIx64 " to %#" PRIx64
				"; memslots must not overlap",
				first, last, other, (uint64_t)region->guest_phys_addr,
				(uint64_t)(region->guest_phys_addr + region->memory_size - 1));
	}
	return true;
}

void *tst_vm_add_memory(struct tst_kvm_instance *inst, struct tst_kvm_vm *vm, unsigned int slot,
			uint64_t base, uint64_t size, unsigned int flags, struct tst_error *error)
{
	const uint64_t page = sysconf(_SC_PAGESIZE);
	struct kvm_userspace_memory_region region = {.slot = slot, .flags = flags};
	uint64_t first = base / page * page, last;
	void *buf;

	if (!size) {
		tst_fail(error, "size is 0; a memslot has 1 byte at least");
		return NULL;
	}
	if (size - 1 > UINT64_MAX - base || base + (size - 1) > UINT64_MAX - page) {
		tst_fail(error,
			 "baseaddr %#" PRIx64 " and size %#" PRIx64
			 " reach beyond the end of the address space",
			 base, size);
		return NULL;
	}
	last = (base + (size - 1)) / page * page + page - 1;
	if (!check_place(inst, slot, first, last, error))
		return NULL;

	buf = tst_buffer_pages(last - first + 1);
	if (!buf) {
		tst_fail_errno(error, "no memory for the %#" PRIx64 " bytes of slot %u",
			       last - first + 1, slot);
		return NULL;
	}
	region.guest_phys_addr = first;
	region.memory_size = last - first + 1;
	region.userspace_addr = (uintptr_t)buf;
	if (ioctl(vm->vm_fd, KVM_SET_USER_MEMORY_REGION, &region) < 0) {
		tst_fail_errno(error,
			       "ioctl(KVM_SET_USER_MEMORY_REGION) refuses slot %u at %#" PRIx64
			       ", size %#" PRIx64 ", flags %#x",
			       slot, first, (uint64_t)region.memory_size, flags);
		tst_buffer_free(buf);
		return NULL;
	}
	tst_buffer_pin(buf);
	vm->ram[slot] = buf;
	inst->ram[slot] = region;
	return buf;
}

void *tst_kvm_alloc_memory(struct tst_kvm_instance *inst, unsigned int slot, uint64_t baseaddr,
			   size_t size, unsigned int flags)
{
	struct tst_kvm_vm *vm = tst_vm_needed(inst, __func__);
	struct tst_error error;
	void *buf = tst_vm_add_memory(inst, vm, slot, baseaddr, size, flags, &error);

	if (!buf)
		lib_brk(TBROK, "tst_kvm_alloc_memory(): %s", error.text);
	return buf;
}

int tst_kvm_find_phys_memslot(const struct tst_kvm_instance *inst, uint64_t paddr)
{
	int slot;

	tst_vm_needed(inst, __func__);
	for (slot = 0; slot < MAX_KVM_MEMSLOTS; slot++) {
		if (overlaps(&inst->ram[slot], paddr, paddr))
			return slot;
	}
	return -1;
}
