// SPDX-License-Identifier: MIT
/* Memslots: the guest's physical memory, and what the guest has changed in it. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "host/engine/arch.h"
#include "host/engine/engine.h"

/* Index of the slot with that number, or of the first behind the last. */
static unsigned int index_of(const struct engine_vm *vm, uint32_t slot)
{
	unsigned int i;

	for (i = 0; i < vm->slot_count && vm->slots[i].slot != slot; i++)
		;
	return i;
}

/* Index of the first slot that ends behind @paddr. */
static unsigned int first_behind(const struct engine_vm *vm, uint64_t paddr)
{
	unsigned int low = 0, high = vm->slot_count;

	while (low < high) {
		unsigned int middle = (low + high) / 2;
		const struct engine_slot *slot = &vm->slots[middle];

		if (slot->base + (slot->size - 1) < paddr)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void remove_at(struct engine_vm *vm, unsigned int i)
{
	vm->slot_count--;
	memmove(&vm->slots[i], &vm->slots[i + 1], (vm->slot_count - i) * sizeof(vm->slots[0]));
}

static bool insert(struct engine_vm *vm, const struct engine_slot *slot)
{
	struct engine_slot *slots = vm->slots;
	unsigned int i;

	if (vm->slot_count == vm->slot_room) {
		vm->slot_room = vm->slot_room ? vm->slot_room * 2 : 8;
		slots = realloc(slots, vm->slot_room * sizeof(*slots));
		if (!slots)
			return false;
		vm->slots = slots;
	}
	i = first_behind(vm, slot->base);
	memmove(&slots[i + 1], &slots[i], (vm->slot_count - i) * sizeof(*slots));
	slots[i] = *slot;
	vm->slot_count++;
	return true;
}

/* Address spaces other than the first, for SMM, are not looked up by address. */
static bool is_first_space(uint32_t slot)
{
	return !(slot >> 16);
}

static void note(struct engine_vm *vm, const struct kvm_userspace_memory_region *region,
		 const void *owner)
{
	struct engine_slot slot = {
		.slot = region->slot,
		.flags = region->flags,
		.base = region->guest_phys_addr,
		.size = region->memory_size,
		.host = (unsigned char *)(uintptr_t)region->userspace_addr,
		.owner = owner,
	};
	const void *dropped = NULL;
	unsigned int i;

	if (!is_first_space(region->slot))
		return;
	pthread_mutex_lock(&vm->lock);
	i = index_of(vm, slot.slot);
	if (i < vm->slot_count) {
		if (slot.size && !owner && vm->slots[i].host == slot.host)
			slot.owner = vm->slots[i].owner;
		else
			dropped = vm->slots[i].owner;
		remove_at(vm, i);
	}
	if (slot.size && !insert(vm, &slot))
		abort();
	pthread_mutex_unlock(&vm->lock);
	if (dropped)
		vm->drop_memory(vm, dropped, false);
}

void engine_note_memory(struct engine_vm *vm, const struct kvm_userspace_memory_region *region)
{
	note(vm, region, NULL);
}

bool engine_set_memory(struct engine_vm *vm, uint32_t slot, uint64_t base, uint64_t size,
		       uint32_t flags, void *host, const void *owner, struct engine_error *error)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.flags = flags,
		.guest_phys_addr = base,
		.memory_size = size,
		.userspace_addr = (uintptr_t)host,
	};

	if (engine_ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region) < 0)
		return engine_fail_errno(error,
					 "ioctl(KVM_SET_USER_MEMORY_REGION) refuses slot %" PRIu32
					 " at %#" PRIx64 ", size %#" PRIx64 ", flags %#" PRIx32,
					 slot, base, size, flags);
	note(vm, &region, owner);
	return true;
}

bool engine_slot(struct engine_vm *vm, uint32_t slot, struct engine_slot *copy)
{
	unsigned int i;
	bool found;

	pthread_mutex_lock(&vm->lock);
	i = index_of(vm, slot);
	found = i < vm->slot_count;
	if (found)
		*copy = vm->slots[i];
	pthread_mutex_unlock(&vm->lock);
	return found;
}

bool engine_slot_overlapping(struct engine_vm *vm, uint64_t base, uint64_t size,
			     struct engine_slot *copy)
{
	unsigned int i;
	bool found;

	pthread_mutex_lock(&vm->lock);
	i = first_behind(vm, base);
	found = i < vm->slot_count && vm->slots[i].base <= base + (size - 1);
	if (found)
		*copy = vm->slots[i];
	pthread_mutex_unlock(&vm->lock);
	return found;
}

bool engine_slot_at(struct engine_vm *vm, uint64_t paddr, struct engine_slot *copy)
{
	return engine_slot_overlapping(vm, paddr, 1, copy);
}

static int by_number(const void *a, const void *b)
{
	const struct engine_slot *first = a, *second = b;

	return first->slot < second->slot ? -1 : first->slot > second->slot;
}

struct engine_slot *engine_all_slots(struct engine_vm *vm, unsigned int *count)
{
	struct engine_slot *copy;

	pthread_mutex_lock(&vm->lock);
	copy = malloc((vm->slot_count + 1) * sizeof(*copy));
	if (copy && vm->slot_count)
		memcpy(copy, vm->slots, vm->slot_count * sizeof(*copy));
	*count = vm->slot_count;
	pthread_mutex_unlock(&vm->lock);
	if (copy)
		qsort(copy, *count, sizeof(*copy), by_number);
	return copy;
}

void *engine_at(struct engine_vm *vm, uint64_t paddr)
{
	struct engine_slot slot;

	return engine_slot_at(vm, paddr, &slot) ? slot.host + (paddr - slot.base) : NULL;
}

bool engine_read(struct engine_vm *vm, uint64_t paddr, void *buf, size_t size)
{
	struct engine_slot slot;
	struct iovec to = {buf, size}, from = {NULL, size};
	void *at;

	if (!engine_slot_at(vm, paddr, &slot))
		return false;
	at = slot.host + (paddr - slot.base);
	if (slot.owner) {
		memcpy(buf, at, size);
		return true;
	}
	/* The test's memory may be unmapped by now, and the guest still points there. */
	from.iov_base = at;
	return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == (ssize_t)size;
}

static const char *fix_of_dirty_log(int err)
{
	switch (err) {
	case ENOENT:
		return "; the slot needs KVM_MEM_LOG_DIRTY_PAGES";
	case ENXIO:
		return "; a machine with dirty rings has no dirty logs, tst_kvm_next_dirty() tells";
	}
	return "";
}

bool engine_get_dirty_log(struct engine_vm *vm, uint32_t slot, void *bitmap,
			  struct engine_error *error)
{
	struct kvm_dirty_log log = {.slot = slot, .dirty_bitmap = bitmap};

	return engine_ioctl(vm->fd, KVM_GET_DIRTY_LOG, &log) == 0 ||
	       engine_fail_errno(error, "ioctl(KVM_GET_DIRTY_LOG) of slot %" PRIu32 "%s", slot,
				 fix_of_dirty_log(errno));
}

bool engine_clear_dirty_log(struct engine_vm *vm, uint32_t slot, uint64_t first, uint32_t pages,
			    void *bitmap, struct engine_error *error)
{
	struct kvm_clear_dirty_log log = {
		.slot = slot,
		.num_pages = pages,
		.first_page = first,
		.dirty_bitmap = bitmap,
	};

	return engine_ioctl(vm->fd, KVM_CLEAR_DIRTY_LOG, &log) == 0 ||
	       engine_fail_errno(error,
				 "ioctl(KVM_CLEAR_DIRTY_LOG) of slot %" PRIu32 ", pages %" PRIu64
				 " to %" PRIu64
				 "; before_vcpus has to enable KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, "
				 "and first and pages are multiples of 64 but at the slot's end",
				 slot, first, first + pages);
}

bool engine_next_dirty(struct engine_vcpu *vcpu, uint32_t *slot, uint64_t *page,
		       struct engine_error *error)
{
	struct kvm_dirty_gfn *entry;

	error->text[0] = '\0';
	entry = &vcpu->ring[vcpu->ring_next % vcpu->vm->ring_entries];
	/* KVM API, "KVM_CAP_DIRTY_LOG_RING": the flags are read first, and written last. */
	if (__atomic_load_n(&entry->flags, __ATOMIC_ACQUIRE) != KVM_DIRTY_GFN_F_DIRTY) {
		if (engine_ioctl(vcpu->vm->fd, KVM_RESET_DIRTY_RINGS, NULL) < 0)
			engine_fail_errno(error, "ioctl(KVM_RESET_DIRTY_RINGS)");
		return false;
	}
	*slot = entry->slot;
	*page = entry->offset;
	__atomic_store_n(&entry->flags, KVM_DIRTY_GFN_F_RESET, __ATOMIC_RELEASE);
	vcpu->ring_next++;
	return true;
}

bool engine_translate(struct engine_vcpu *vcpu, uint64_t addr, uint64_t *paddr,
		      struct engine_error *error)
{
	struct kvm_sregs sregs;

	error->text[0] = '\0';
	return engine_get_sregs(vcpu, &sregs, error) && arch_walk(vcpu->vm, &sregs, addr, paddr);
}
