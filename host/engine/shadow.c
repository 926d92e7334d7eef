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

/* Where, among statistics (KVM API, KVM_GET_STATS_FD), a count is; or -1. */
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

/* Whether a count of a VM's or CPU's may have grown since shadow pages were dropped. */
static bool has_grown(struct engine_count *count, int fd, const char *name)
{
	if (!count->looked_for) {
		count->looked_for = true;
		count->stats = engine_ioctl(fd, KVM_GET_STATS_FD, NULL);
		count->at = find_count(count->stats, name);
	}
	/* A KVM that does not tell, as before Linux 5.14, may have counted some. */
	return count->at < 0 ||
	       pread(count->stats, &count->now, sizeof(count->now), count->at) !=
		       (ssize_t)sizeof(count->now) ||
	       count->now != count->dropped;
}

/*
 * Whether KVM may have shadow pages, made since the last were dropped, with anything in them.
 * Each CPU begins with an empty one, the root, which page faults fill; none come to a KVM that
 * emulates the guest's instructions.
 */
static bool may_have_shadows(struct engine_vm *vm)
{
	bool filled = false;
	unsigned int i;

	for (i = 0; i < vm->vcpu_count; i++)
		if (vm->vcpus[i]->entered)
			filled |= has_grown(&vm->vcpus[i]->faults, vm->vcpus[i]->fd,
					    arch_fault_count);
	return filled && has_grown(&vm->shadows, vm->fd, arch_shadow_page_count);
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
	unsigned int i;

	if (!may_have_shadows(vm))
		return true;
	vm->shadows.dropped = vm->shadows.now;
	for (i = 0; i < vm->vcpu_count; i++)
		vm->vcpus[i]->faults.dropped = vm->vcpus[i]->faults.now;
	return drop_all(vm, error);
}

void engine_close_count(struct engine_count *count)
{
	if (count->looked_for && count->stats >= 0)
		close(count->stats);
}
