// SPDX-License-Identifier: MIT
/*
 * The contents of all memslots. Most of a machine's memory was never touched:
 * only pages that hold something are kept, and looked for only where the
 * kernel says that there is a page (proc(5), /proc/PID/pagemap).
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "host/engine/newer_linux.h"
#include "host/engine/state.h"

#define PAGE ((size_t)4096) /* the guest's, and x86's smallest */

/* Of an entry in pagemap. */
#define ENTRY_PRESENT (1ULL << 63)
#define ENTRY_SWAPPED (1ULL << 62)

/* Ranges of pages that the kernel names at a time. */
#define REGIONS 64

/* Pages that mincore() is asked of at a time. */
#define RESIDENT_PAGES 4096

/* What of a memslot's flags belongs to the configuration: not whether writes are logged. */
#define LASTING_FLAGS (~(uint32_t)KVM_MEM_LOG_DIRTY_PAGES)

/* Up to so many pages of a memslot are looked at sooner than the kernel tells which there are. */
#define FEW_PAGES 4

/* Differing bytes that a comparison shows. */
#define SHOWN_BYTES 8

struct saved_slot {
	uint32_t slot, flags;
	uint64_t base, size;
	const unsigned char *host; /* where the slot was when it was saved, */
	bool is_private; /* and whether pagemap tells of its pages there */
	size_t count, room; /* of pages that are not all zero */
	uint64_t *numbers; /* of these pages in the slot, ascending */
	unsigned char *data; /* their contents */
};

struct engine_saved_memory {
	int pagemap; /* of the process; -1 before the first reset */
	unsigned int slot_count;
	struct saved_slot slots[];
};

static bool is_zero(const unsigned char *page)
{
	uint64_t first;

	memcpy(&first, page, sizeof(first));
	return !first && !memcmp(page, page + sizeof(first), PAGE - sizeof(first));
}

/* Where the kernel tells which pages exist. */
struct page_finder {
	char *maps; /* /proc/self/maps, or NULL */
	int pagemap; /* or -1 */
};

static char *read_whole(const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t used = 0, room = 16384;
	char *text = fd < 0 ? NULL : malloc(room);
	ssize_t got = 0;

	while (text && (got = read(fd, text + used, room - used - 1)) > 0) {
		used += got;
		if (used == room - 1) {
			char *larger = realloc(text, room *= 2);

			if (!larger)
				free(text);
			text = larger;
		}
	}
	if (fd >= 0)
		close(fd);
	if (text && got < 0) {
		free(text);
		return NULL;
	}
	if (text)
		text[used] = '\0';
	return text;
}

static void open_finder(struct page_finder *finder)
{
	finder->pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	finder->maps = finder->pagemap < 0 ? NULL : read_whole("/proc/self/maps");
}

static void close_finder(struct page_finder *finder)
{
	free(finder->maps);
	if (finder->pagemap >= 0)
		close(finder->pagemap);
}

/* A line is "START-END PERMS OFFSET DEVICE INODE PATH": proc(5). */
static bool is_private_line(const char *line, uintptr_t *first, uintptr_t *last)
{
	unsigned int space;
	char *at;

	*first = strtoul(line, &at, 16);
	*last = *at == '-' ? strtoul(at + 1, &at, 16) : 0;
	if (*at != ' ' || strnlen(at, 5) < 5 || at[4] != 'p')
		return false;
	for (space = 0; space < 3 && at; space++)
		at = strchr(at + 1, ' ');
	return at && strtoul(at, NULL, 10) == 0;
}

/*
 * Whether the @size bytes at @start are private memory without a file: then
 * pagemap tells which pages there are. Of a file's it doesn't.
 */
static bool is_private(const char *maps, uintptr_t start, uint64_t size)
{
	uintptr_t known = start, first, last;
	const char *line;

	for (line = maps; line && *line && known - start < size; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!*line)
			break;
		if (is_private_line(line, &first, &last) && first <= known && known < last)
			known = last;
		else if (last > known)
			break;
	}
	return known - start >= size;
}

/* Whether a page may hold something, by its entry in pagemap. */
static bool is_there(uint64_t entry)
{
	return entry & (ENTRY_PRESENT | ENTRY_SWAPPED);
}

static bool slot_is_private(const struct page_finder *finder, const struct engine_slot *slot)
{
	return getpagesize() == PAGE && finder->maps &&
	       is_private(finder->maps, (uintptr_t)slot->host, slot->size);
}

/*
 * An entry for each page of @slot, for the caller to free(). Without the kernel's
 * word, all are there. NULL without memory.
 */
static uint64_t *find_pages(struct page_finder *finder, const struct engine_slot *slot)
{
	const size_t pages = slot->size / PAGE;
	const size_t bytes = pages * sizeof(uint64_t);
	const off_t at = (off_t)((uintptr_t)slot->host / PAGE * sizeof(uint64_t));
	uint64_t *entries = calloc(1, bytes ? bytes : 1);

	if (!entries)
		return NULL;
	if (!slot_is_private(finder, slot) ||
	    pread(finder->pagemap, entries, bytes, at) != (ssize_t)bytes) {
		memset(entries, 0xff, bytes);
		return entries;
	}
	return entries;
}

static bool add_page(struct saved_slot *saved, uint64_t number, const unsigned char *page)
{
	if (saved->count == saved->room) {
		const size_t room = saved->room ? 2 * saved->room : 64;
		uint64_t *numbers = realloc(saved->numbers, room * sizeof(*numbers));
		unsigned char *data;

		if (!numbers)
			return false;
		saved->numbers = numbers;
		data = realloc(saved->data, room * PAGE);
		if (!data)
			return false;
		saved->data = data;
		saved->room = room;
	}
	saved->numbers[saved->count] = number;
	memcpy(saved->data + saved->count * PAGE, page, PAGE);
	saved->count++;
	return true;
}

static bool save_slot(struct page_finder *finder, const struct engine_slot *slot,
		      struct saved_slot *saved)
{
	uint64_t *pages = find_pages(finder, slot);
	bool ok = pages;
	uint64_t i;

	saved->slot = slot->slot;
	saved->flags = slot->flags & LASTING_FLAGS;
	saved->base = slot->base;
	saved->size = slot->size;
	saved->host = slot->host;
	saved->is_private = slot_is_private(finder, slot);
	for (i = 0; ok && i < slot->size / PAGE; i++) {
		const unsigned char *page = slot->host + i * PAGE;

		if (is_there(pages[i]) && !is_zero(page))
			ok = add_page(saved, i, page);
	}
	free(pages);
	return ok;
}

struct engine_saved_memory *engine_save_memory(struct engine_vm *vm, struct engine_error *error)
{
	struct page_finder finder;
	struct engine_saved_memory *memory;
	struct engine_slot *slots;
	unsigned int count, i;
	bool ok = true;

	slots = engine_all_slots(vm, &count);
	memory = calloc(1, sizeof(*memory) + count * sizeof(memory->slots[0]));
	if (!slots || !memory) {
		free(slots);
		free(memory);
		engine_fail_errno(error, "no memory");
		return NULL;
	}
	memory->slot_count = count;
	memory->pagemap = -1;
	open_finder(&finder);
	for (i = 0; ok && i < count; i++)
		ok = save_slot(&finder, &slots[i], &memory->slots[i]);
	close_finder(&finder);
	free(slots);
	if (ok)
		return memory;
	errno = ENOMEM;
	engine_fail_errno(error, "no memory for a copy of the machine's");
	engine_free_memory(memory);
	return NULL;
}

void engine_free_memory(struct engine_saved_memory *memory)
{
	unsigned int i;

	for (i = 0; memory && i < memory->slot_count; i++) {
		free(memory->slots[i].numbers);
		free(memory->slots[i].data);
	}
	if (memory && memory->pagemap >= 0)
		close(memory->pagemap);
	free(memory);
}

static bool slots_fit(const struct engine_slot *slots, unsigned int count,
		      const struct engine_saved_memory *memory, struct engine_error *error)
{
	unsigned int i;

	for (i = 0; i < count && i < memory->slot_count; i++) {
		const struct engine_slot *slot = &slots[i];
		const struct saved_slot *saved = &memory->slots[i];

		if (slot->slot != saved->slot)
			return engine_fail(error, "only %s has a memslot %" PRIu32,
					   slot->slot < saved->slot ? "the machine" : "the state",
					   slot->slot < saved->slot ? slot->slot : saved->slot);
		if (slot->base != saved->base || slot->size != saved->size)
			return engine_fail(
				error,
				"memslot %" PRIu32 " is %#" PRIx64 " bytes at %#" PRIx64
				" in the state, %#" PRIx64 " at %#" PRIx64 " in the machine",
				slot->slot, saved->size, saved->base, slot->size, slot->base);
		if ((slot->flags & LASTING_FLAGS) != saved->flags)
			return engine_fail(error,
					   "memslot %" PRIu32 " has flags %#" PRIx32
					   " in the state, %#" PRIx32 " in the machine",
					   slot->slot, saved->flags, slot->flags & LASTING_FLAGS);
	}
	if (count == memory->slot_count)
		return true;
	return engine_fail(error, "only %s has a memslot %" PRIu32,
			   i < count ? "the machine" : "the state",
			   i < count ? slots[i].slot : memory->slots[i].slot);
}

bool engine_memory_fits(struct engine_vm *vm, const struct engine_saved_memory *memory,
			struct engine_error *error)
{
	unsigned int count;
	struct engine_slot *slots = engine_all_slots(vm, &count);
	bool ok = slots ? slots_fit(slots, count, memory, error)
			: engine_fail_errno(error, "no memory");

	free(slots);
	return ok;
}

/*
 * Pages of a slot, from the lowest to the highest. To no page that is right already
 * is anything written: KVM need not map it anew.
 */
struct restoring {
	const struct engine_slot *slot;
	const struct saved_slot *saved;
	size_t next; /* of the saved pages */
};

/* Up to @end, none of them exists. */
static void restore_absent(struct restoring *to, uint64_t end)
{
	const struct saved_slot *saved = to->saved;

	for (; to->next < saved->count && saved->numbers[to->next] < end; to->next++)
		memcpy(to->slot->host + saved->numbers[to->next] * PAGE,
		       saved->data + to->next * PAGE, PAGE);
}

/* From @start to @end, all of them exist. */
static void restore_present(struct restoring *to, uint64_t start, uint64_t end)
{
	const struct saved_slot *saved = to->saved;
	uint64_t i;

	for (i = start; i < end; i++) {
		unsigned char *page = to->slot->host + i * PAGE;

		if (to->next < saved->count && saved->numbers[to->next] == i) {
			const unsigned char *data = saved->data + to->next++ * PAGE;

			if (memcmp(page, data, PAGE))
				memcpy(page, data, PAGE);
		} else if (!is_zero(page)) {
			memset(page, 0, PAGE);
		}
	}
}

static bool load_slot(struct page_finder *finder, const struct engine_slot *slot,
		      const struct saved_slot *saved)
{
	struct restoring to = {.slot = slot, .saved = saved};
	uint64_t *pages = find_pages(finder, slot);
	uint64_t i;

	for (i = 0; pages && i < slot->size / PAGE; i++) {
		if (is_there(pages[i]))
			restore_present(&to, i, i + 1);
		else
			restore_absent(&to, i + 1);
	}
	free(pages);
	return pages;
}

bool engine_load_memory(struct engine_vm *vm, const struct engine_saved_memory *memory,
			struct engine_error *error)
{
	struct page_finder finder;
	unsigned int count, i;
	struct engine_slot *slots = engine_all_slots(vm, &count);
	bool ok = slots;

	open_finder(&finder);
	for (i = 0; ok && i < count; i++)
		ok = load_slot(&finder, &slots[i], &memory->slots[i]);
	close_finder(&finder);
	free(slots);
	return ok || engine_fail_errno(error, "no memory");
}

/* --- Resetting ----------------------------------------------------------------- */

/* False where the kernel does not tell which pages there are: nothing was done then. */
static bool reset_slot(int pagemap, const struct engine_slot *slot, const struct saved_slot *saved)
{
	struct restoring to = {.slot = slot, .saved = saved};
	const uintptr_t start = (uintptr_t)slot->host;
	struct page_region regions[REGIONS];
	struct pm_scan_arg scan = {
		.size = sizeof(scan),
		.start = start,
		.end = start + slot->size,
		.walk_end = start,
		.vec = (uintptr_t)regions,
		.vec_len = REGIONS,
		.category_anyof_mask = PAGE_IS_PRESENT | PAGE_IS_SWAPPED,
		.return_mask = PAGE_IS_PRESENT,
	};

	if (slot->size <= FEW_PAGES * PAGE) {
		restore_present(&to, 0, slot->size / PAGE);
		return true;
	}
	while (scan.walk_end < scan.end) {
		int count, i;

		scan.start = scan.walk_end;
		count = engine_ioctl(pagemap, PAGEMAP_SCAN, &scan);
		if (count < 0)
			return false;
		for (i = 0; i < count; i++) {
			const uint64_t first = (regions[i].start - start) / PAGE;

			restore_absent(&to, first);
			restore_present(&to, first, (regions[i].end - start) / PAGE);
		}
	}
	restore_absent(&to, slot->size / PAGE);
	return true;
}

/*
 * The same for a kernel without PAGEMAP_SCAN, before Linux 6.7, by mincore(). Pages that
 * are swapped out are no different from those that never were, so only without swap.
 */
static bool reset_resident(const struct engine_slot *slot, const struct saved_slot *saved)
{
	struct restoring to = {.slot = slot, .saved = saved};
	const uint64_t pages = slot->size / PAGE;
	unsigned char resident[RESIDENT_PAGES];
	uint64_t first, count, word, i;
	struct sysinfo info;

	if (sysinfo(&info) || info.totalswap)
		return false;
	for (first = 0; first < pages; first += count) {
		count = pages - first < RESIDENT_PAGES ? pages - first : RESIDENT_PAGES;
		memset(resident, 0, sizeof(resident));
		if (mincore(slot->host + first * PAGE, count * PAGE, resident))
			return false;
		for (i = 0; i < count; i++) {
			memcpy(&word, resident + i - i % sizeof(word), sizeof(word));
			if (!word) {
				i += sizeof(word) - 1 - i % sizeof(word);
			} else if (resident[i] & 1) {
				restore_absent(&to, first + i);
				restore_present(&to, first + i, first + i + 1);
			}
		}
	}
	restore_absent(&to, pages);
	return true;
}

/*
 * All pages that exist are compared with the saved ones. Logs of dirty pages would
 * not tell what the host has written, and cost a fault for each page and run.
 */
bool engine_reset_memory(struct engine_vm *vm, struct engine_saved_memory *memory,
			 struct engine_error *error)
{
	struct page_finder finder = {.pagemap = -1};
	unsigned int count, i;
	struct engine_slot *slots = engine_all_slots(vm, &count);
	bool ok = slots;

	if (memory->pagemap < 0)
		memory->pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	for (i = 0; ok && i < count; i++) {
		const struct saved_slot *saved = &memory->slots[i];

		if (saved->is_private && saved->host == slots[i].host &&
		    (reset_slot(memory->pagemap, &slots[i], saved) ||
		     reset_resident(&slots[i], saved)))
			continue;
		if (finder.pagemap < 0)
			open_finder(&finder);
		ok = load_slot(&finder, &slots[i], saved);
	}
	close_finder(&finder);
	free(slots);
	return ok || engine_fail_errno(error, "no memory");
}

/* --- Comparing ----------------------------------------------------------------- */

static void print_bytes(const unsigned char *bytes, size_t count, char *buf, size_t size)
{
	size_t i, used = 0;

	buf[0] = '\0';
	for (i = 0; i < count && used < size; i++)
		used += snprintf(buf + used, size - used, "%s%02x", i ? " " : "", bytes[i]);
}

static void compare_pages(const struct saved_slot *slot, uint64_t number, const unsigned char *a,
			  const unsigned char *b, struct engine_differences *found)
{
	char first[3 * SHOWN_BYTES + 1], second[3 * SHOWN_BYTES + 1];
	size_t i, shown, bytes = 0, at = PAGE;

	for (i = PAGE; i-- > 0;) {
		if (a[i] != b[i]) {
			bytes++;
			at = i;
		}
	}
	if (!bytes)
		return;
	shown = PAGE - at < SHOWN_BYTES ? PAGE - at : SHOWN_BYTES;
	print_bytes(a + at, shown, first, sizeof(first));
	print_bytes(b + at, shown, second, sizeof(second));
	engine_differ(found,
		      "memory: page %#" PRIx64 " of memslot %" PRIu32
		      ": %zu byte(s), first at %#" PRIx64 ": %s and %s",
		      slot->base + number * PAGE, slot->slot, bytes,
		      slot->base + number * PAGE + at, first, second);
}

static void compare_slots(const struct saved_slot *a, const struct saved_slot *b,
			  struct engine_differences *found)
{
	static const unsigned char zeros[PAGE];
	size_t i = 0, j = 0;

	while (i < a->count || j < b->count) {
		const uint64_t first = i < a->count ? a->numbers[i] : UINT64_MAX;
		const uint64_t second = j < b->count ? b->numbers[j] : UINT64_MAX;
		const unsigned char *data_a = zeros, *data_b = zeros;

		if (first <= second)
			data_a = a->data + i++ * PAGE;
		if (second <= first)
			data_b = b->data + j++ * PAGE;
		compare_pages(a, first < second ? first : second, data_a, data_b, found);
	}
}

static const struct saved_slot *slot_with(const struct engine_saved_memory *memory, uint32_t number)
{
	unsigned int i;

	for (i = 0; i < memory->slot_count; i++) {
		if (memory->slots[i].slot == number)
			return &memory->slots[i];
	}
	return NULL;
}

void engine_compare_memory(const struct engine_saved_memory *a, const struct engine_saved_memory *b,
			   struct engine_differences *found)
{
	unsigned int i;

	for (i = 0; i < a->slot_count; i++) {
		const struct saved_slot *first = &a->slots[i];
		const struct saved_slot *second = slot_with(b, first->slot);

		if (!second)
			engine_differ(found, "memory: only the first state has memslot %" PRIu32,
				      first->slot);
		else if (first->base != second->base || first->size != second->size)
			engine_differ(found,
				      "memory: memslot %" PRIu32 " is %#" PRIx64
				      " bytes at %#" PRIx64 " and %#" PRIx64 " at %#" PRIx64,
				      first->slot, first->size, first->base, second->size,
				      second->base);
		else
			compare_slots(first, second, found);
	}
	for (i = 0; i < b->slot_count; i++) {
		if (!slot_with(a, b->slots[i].slot))
			engine_differ(found, "memory: only the second state has memslot %" PRIu32,
				      b->slots[i].slot);
	}
}
