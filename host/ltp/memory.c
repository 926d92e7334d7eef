// SPDX-License-Identifier: MIT
/* The guest's physical memory, and from its virtual addresses to host pointers. */
#include <inttypes.h>

#include "host/diagnosis/symbols.h"
#include "host/ltp/buffers.h"
#include "host/ltp/report.h"
#include "host/ltp/vm.h"

/* The last memslot is RAM above the hole, whether there is any or not. */
static unsigned int slot_limit(const char *func)
{
	struct engine_error error;
	const struct engine_host *host = engine_host(&error);

	if (!host)
		lib_brk(TBROK, "%s(): %s", func, error.text);
	return host->max_slots - 1;
}

/* Whether the @size bytes at @first may become memslot @slot, which is there or is not. */
static bool check_place(struct tst_kvm_vm *vm, unsigned int slot, uint64_t first, uint64_t size,
			struct engine_error *error)
{
	struct engine_slot other;
	uint64_t at = first;

	/* Of several, one that is not the slot itself. */
	while (engine_slot_overlapping(vm->engine, at, size - (at - first), &other)) {
		if (other.slot != slot)
			return engine_fail(error,
					   "baseaddr and size make the pages %#" PRIx64
					   " to %#" PRIx64 ", but slot %u has %#" PRIx64
					   " to %#" PRIx64 "; memslots must not overlap",
					   first, first + (size - 1), other.slot, other.base,
					   other.base + (other.size - 1));
		if (other.size - 1 >= first + (size - 1) - other.base)
			break;
		at = other.base + other.size;
	}
	return true;
}

static bool check_slot(struct tst_kvm_vm *vm, unsigned int slot, unsigned int limit,
		       struct engine_error *error)
{
	struct engine_slot used;

	if (slot >= limit)
		return engine_fail(error, "slot is %u; slots are 0 to %u", slot, limit - 1);
	if (!engine_slot(vm->engine, slot, &used))
		return true;
	return engine_fail(
		error, "slot %u is in use, for %#" PRIx64 " bytes at %#" PRIx64 "; take a free one",
		slot, used.size, used.base);
}

static void *add_memory(struct tst_kvm_vm *vm, unsigned int slot, uint64_t base, uint64_t size,
			unsigned int flags, struct engine_error *error)
{
	const uint64_t page = sysconf(_SC_PAGESIZE);
	uint64_t first = base / page * page, bytes;
	void *buf;

	if (!size) {
		engine_fail(error, "size is 0; a memslot has 1 byte at least");
		return NULL;
	}
	if (size - 1 > UINT64_MAX - base || base + (size - 1) > UINT64_MAX - page) {
		engine_fail(error,
			    "baseaddr %#" PRIx64 " and size %#" PRIx64
			    " reach beyond the end of the address space",
			    base, size);
		return NULL;
	}
	bytes = (base + (size - 1)) / page * page + page - first;
	if (!check_slot(vm, slot, slot_limit("tst_kvm_alloc_memory"), error) ||
	    !check_place(vm, slot, first, bytes, error))
		return NULL;
	buf = tst_buffer_pages(bytes);
	if (!buf) {
		engine_fail_errno(error, "no memory for the %#" PRIx64 " bytes of slot %u", bytes,
				  slot);
		return NULL;
	}
	tst_buffer_pin(buf);
	if (!engine_set_memory(vm->engine, slot, first, bytes, flags, buf, buf, error)) {
		tst_buffer_unpin(buf);
		tst_buffer_free(buf);
		return NULL;
	}
	return buf;
}

void *tst_kvm_alloc_memory(struct tst_kvm_instance *inst, unsigned int slot, uint64_t baseaddr,
			   size_t size, unsigned int flags)
{
	struct tst_kvm_vm *vm = tst_vm_needed(inst, __func__);
	struct engine_error error;
	void *buf = add_memory(vm, slot, baseaddr, size, flags, &error);

	if (!buf)
		lib_brk(TBROK, "tst_kvm_alloc_memory(): %s", error.text);
	tst_show_slot(inst, vm, slot);
	return buf;
}

static void need_slot(const struct tst_kvm_vm *vm, unsigned int slot, const char *func,
		      struct engine_slot *found)
{
	if (!engine_slot(vm->engine, slot, found))
		lib_brk(TBROK,
			"%s(slot): there is no memslot %u; tst_kvm_alloc_memory() makes memslots",
			func, slot);
}

void tst_kvm_move_memory(struct tst_kvm_instance *inst, unsigned int slot, uint64_t new_base)
{
	const struct tst_kvm_vm *vm = tst_vm_needed(inst, __func__);
	struct engine_error error;
	struct engine_slot old;

	need_slot(vm, slot, __func__, &old);
	if (new_base % sysconf(_SC_PAGESIZE) || new_base + (old.size - 1) < new_base)
		lib_brk(TBROK,
			"tst_kvm_move_memory(new_base): new_base is %#" PRIx64
			"; it has to be a multiple of the page size, and the slot's %#" PRIx64
			" bytes have to end before the address space does",
			new_base, old.size);
	if (!check_place((struct tst_kvm_vm *)vm, slot, new_base, old.size, &error) ||
	    !engine_set_memory(vm->engine, slot, new_base, old.size, old.flags, old.host, NULL,
			       &error))
		lib_brk(TBROK, "tst_kvm_move_memory(): %s", error.text);
	tst_show_slot(inst, vm, slot);
}

void tst_kvm_free_memory(struct tst_kvm_instance *inst, unsigned int slot)
{
	const struct tst_kvm_vm *vm = tst_vm_needed(inst, __func__);
	struct engine_error error;
	struct engine_slot old;

	need_slot(vm, slot, __func__, &old);
	if (slot == ENGINE_SLOT_RAM || slot == ENGINE_SLOT_RESULT)
		lib_brk(TBROK,
			"tst_kvm_free_memory(slot): slot %u holds the payload or its results; "
			"tst_kvm_destroy_instance() ends the machine",
			slot);
	if (!engine_set_memory(vm->engine, slot, old.base, 0, 0, old.host, NULL, &error))
		lib_brk(TBROK, "tst_kvm_free_memory(): %s", error.text);
	tst_show_slot(inst, vm, slot);
}

int tst_kvm_find_phys_memslot(const struct tst_kvm_instance *inst, uint64_t paddr)
{
	const struct tst_kvm_vm *vm = tst_vm_needed(inst, __func__);
	struct engine_slot slot;

	return engine_slot_at(vm->engine, paddr, &slot) ? (int)slot.slot : -1;
}

bool tst_vm_translate(const struct tst_kvm_vm *vm, uint64_t addr, uint64_t *paddr)
{
	struct engine_error error;

	if (engine_translate(vm->engine->vcpus[0], addr, paddr, &error))
		return true;
	if (*error.text)
		lib_brk(TBROK, "translation of address %#" PRIx64 ": %s", addr, error.text);
	return false;
}

uint64_t tst_kvm_get_phys_address(const struct tst_kvm_instance *inst, uint64_t addr)
{
	uint64_t paddr;

	return tst_vm_translate(tst_complete_vm_needed(inst, __func__), addr, &paddr) ? paddr : 0;
}

int tst_kvm_find_memslot(const struct tst_kvm_instance *inst, uint64_t addr)
{
	const struct tst_kvm_vm *vm = tst_complete_vm_needed(inst, __func__);
	struct engine_slot slot;
	uint64_t paddr;

	if (!tst_vm_translate(vm, addr, &paddr) || !engine_slot_at(vm->engine, paddr, &slot))
		return -1;
	return (int)slot.slot;
}

void *tst_kvm_get_memptr(const struct tst_kvm_instance *inst, uint64_t addr)
{
	const struct tst_kvm_vm *vm = tst_complete_vm_needed(inst, __func__);
	uint64_t paddr;

	return tst_vm_translate(vm, addr, &paddr) ? engine_at(vm->engine, paddr) : NULL;
}

uint64_t tst_kvm_symbol_address(const struct tst_kvm_instance *inst, const char *name)
{
	const struct tst_kvm_vm *vm = tst_vm_needed(inst, __func__);
	uint64_t address;

	if (!diagnose_find_symbol(&vm->engine->payload, name, &address))
		lib_brk(TBROK,
			"tst_kvm_symbol_address(name): the payload has no symbol \"%s\"; a static "
			"one that nobody uses is left out by the compiler",
			name);
	return address;
}

void *tst_kvm_symbol(const struct tst_kvm_instance *inst, const char *name)
{
	const struct tst_kvm_vm *vm = tst_vm_needed(inst, __func__);
	uint64_t address;
	void *at;

	if (!diagnose_find_symbol(&vm->engine->payload, name, &address))
		lib_brk(TBROK,
			"tst_kvm_symbol(name): the payload has no symbol \"%s\"; a static one that "
			"nobody uses is left out by the compiler",
			name);
	/* The payload lies where it was linked to be. */
	at = engine_at(vm->engine, address);
	if (!at)
		lib_brk(TBROK, "tst_kvm_symbol(name): no memslot is at %#" PRIx64 ", where %s is",
			address, name);
	return at;
}

size_t tst_kvm_get_dirty_log(struct tst_kvm_instance *inst, unsigned int slot,
			     unsigned long *bitmap)
{
	const struct tst_kvm_vm *vm = tst_vm_needed(inst, __func__);
	const uint64_t page = sysconf(_SC_PAGESIZE);
	struct engine_error error;
	struct engine_slot known;
	size_t longs, i, count = 0;

	need_slot(vm, slot, __func__, &known);
	if (!engine_get_dirty_log(vm->engine, slot, bitmap, &error))
		lib_brk(TBROK, "tst_kvm_get_dirty_log(): %s", error.text);
	longs = (known.size / page + 8 * sizeof(long) - 1) / (8 * sizeof(long));
	for (i = 0; i < longs; i++)
		count += __builtin_popcountl(bitmap[i]);
	return count;
}

void tst_kvm_clear_dirty_log(struct tst_kvm_instance *inst, unsigned int slot, size_t first,
			     size_t pages, unsigned long *bitmap)
{
	const struct tst_kvm_vm *vm = tst_vm_needed(inst, __func__);
	struct engine_error error;
	struct engine_slot known;

	need_slot(vm, slot, __func__, &known);
	if (!engine_clear_dirty_log(vm->engine, slot, first, pages, bitmap, &error))
		lib_brk(TBROK, "tst_kvm_clear_dirty_log(): %s", error.text);
}

bool tst_kvm_next_dirty(struct tst_kvm_vcpu *vcpu, unsigned int *slot, uint64_t *page)
{
	struct tst_kvm_cpu *cpu = tst_cpu_needed(vcpu, __func__);
	struct engine_error error;
	uint32_t number;

	if (!cpu->engine->ring)
		lib_brk(TBROK, "tst_kvm_next_dirty(vcpu): the machine has no dirty rings; "
			       "config.dirty_ring says how many entries each has");
	if (!engine_next_dirty(cpu->engine, &number, page, &error)) {
		if (*error.text)
			lib_brk(TBROK, "tst_kvm_next_dirty(): %s", error.text);
		return false;
	}
	*slot = number;
	return true;
}
