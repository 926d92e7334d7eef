// SPDX-License-Identifier: MIT
/*
 * What KVM makes of page tables that lie in the guest's memory: its shadow pages, where
 * there is no nested paging, and for the tables that a hypervisor in the guest has made for
 * its own guests (Linux, Documentation/virt/kvm/x86/mmu.rst). KVM keeps them in step with
 * what guests write. What the host writes it does not see.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/engine/arch.h"
#include "host/engine/state.h"

#define PAGE ((size_t)4096)

/* Where, among a VM's statistics (KVM API, KVM_GET_STATS_FD), a count is; or -1. */
static off_t find_count(int stats, const char *name)
{
	struct kvm_stats_header header;
	union {
		struct kvm_stats_desc desc;
		char room[256];
	} entry;
	size_t size;
	off_t at;

	if (stats < 0 || pread(stats, &header, sizeof(header), 0) != (ssize_t)sizeof(header))
		return -1;
	size = sizeof(entry.desc) + header.name_size;
	if (size > sizeof(entry))
		return -1;
	for (at = header.desc_offset; header.num_desc-- > 0; at += (off_t)size) {
		if (pread(stats, &entry, size, at) != (ssize_t)size)
			return -1;
		if (!strncmp(entry.desc.name, name, header.name_size))
			return (off_t)header.data_offset + entry.desc.offset;
	}
	return -1;
}

static bool read_count(const struct engine_shadows *shadows, off_t at, uint64_t *count)
{
	return at >= 0 &&
	       pread(shadows->stats, count, sizeof(*count), at) == (ssize_t)sizeof(*count);
}

static bool maps_nothing(const struct engine_shadows *shadows)
{
	uint64_t count;
	unsigned int i;

	for (i = 0; i < ENGINE_PAGE_SIZES; i++)
		if (!read_count(shadows, shadows->mapped_at[i], &count) || count)
			return false;
	return true;
}

/*
 * Whether KVM may have shadow pages that say something of the guest's tables, made since the
 * last were dropped. A single one that maps nothing says nothing: it has none below it. A KVM
 * that does not run the guest on the CPU, but emulates it, has no other.
 */
static bool may_have_shadows(struct engine_vm *vm, uint64_t *made)
{
	struct engine_shadows *shadows = &vm->shadows;
	unsigned int i;

	if (!shadows->looked_for) {
		shadows->looked_for = true;
		shadows->stats = engine_ioctl(vm->fd, KVM_GET_STATS_FD, NULL);
		shadows->made_at = find_count(shadows->stats, arch_shadow_page_count);
		for (i = 0; i < ENGINE_PAGE_SIZES; i++)
			shadows->mapped_at[i] =
				find_count(shadows->stats, arch_mapped_page_counts[i]);
	}
	/* A KVM that does not tell, as before Linux 5.14, may have some. */
	if (!read_count(shadows, shadows->made_at, made))
		return true;
	return *made != shadows->dropped &&
	       !(*made - shadows->dropped == 1 && maps_nothing(shadows));
}

static uint32_t free_number(const struct engine_slot *slots, unsigned int count,
			    unsigned int max_slots)
{
	/* They are in the order of their numbers. */
	uint32_t number = max_slots - 1;

	for (; count > 0 && slots[count - 1].slot == number; count--)
		number--;
	return number;
}

/* KVM drops all shadow pages when a memslot goes: one comes, in a gap, for that. */
static bool drop_all(struct engine_vm *vm, struct engine_error *error)
{
	static unsigned char page[PAGE] __attribute__((aligned(PAGE)));
	const struct engine_host *host = engine_host(error);
	unsigned int count, i;
	struct engine_slot *slots = host ? engine_all_slots(vm, &count) : NULL;
	struct kvm_userspace_memory_region region = {.userspace_addr = (uintptr_t)page};
	bool ok = false;

	if (!slots)
		return host && engine_fail_errno(error, "no memory");
	region.slot = free_number(slots, count, host->max_slots);
	for (i = 0; i <= count && !ok; i++) {
		region.guest_phys_addr = i ? slots[i - 1].base + slots[i - 1].size : 0;
		region.memory_size = PAGE;
		ok = engine_ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region) == 0;
		if (!ok && errno != EEXIST)
			break;
	}
	region.memory_size = 0;
	ok = ok && engine_ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region) == 0;
	free(slots);
	return ok || engine_fail_errno(error,
				       "KVM keeps what it has made of the guest's page tables: "
				       "ioctl(KVM_SET_USER_MEMORY_REGION) of a slot %" PRIu32
				       " for a moment",
				       region.slot);
}

bool engine_drop_shadows(struct engine_vm *vm, struct engine_error *error)
{
	bool have_run = false;
	uint64_t made = 0;
	unsigned int i;

	for (i = 0; i < vm->vcpu_count; i++)
		have_run |= vm->vcpus[i]->entered;
	if (!have_run || !may_have_shadows(vm, &made))
		return true;
	vm->shadows.dropped = made;
	return drop_all(vm, error);
}

void engine_forget_shadows(struct engine_vm *vm)
{
	if (vm->shadows.looked_for && vm->shadows.stats >= 0)
		close(vm->shadows.stats);
}
