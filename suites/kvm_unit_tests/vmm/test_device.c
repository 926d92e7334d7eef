/* SPDX-License-Identifier: MIT */
/* See test_device.h. */
#include "suites/kvm_unit_tests/vmm/test_device.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "suites/kvm_unit_tests/vmm/verdict.h"

#define PAGE_SIZE 4096u

/*
 * The image's exit statuses. Of a skip it says 77, half of it: isa-debug-exit has
 * QEMU end with twice the value and one.
 */
#define EXIT_PASSED 0
#define EXIT_SKIPPED (77 >> 1)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint8_t data[TEST_DATA_PORTS];
static uint8_t memory[TEST_MEMORY_SIZE];

void answer_test_exit(struct access *access)
{
	if (!access->is_write) {
		access->value = 0;
		return;
	}
	switch (access->value) {
	case EXIT_PASSED:
		finish(STATUS_PASSED);
	case EXIT_SKIPPED:
		finish(STATUS_SKIPPED);
	}
	say("the image ends with exit status %" PRIu64, access->value);
	say_absent_devices();
	finish(STATUS_FAILED);
}

static void keep(struct access *access, uint8_t *place, uint64_t room)
{
	uint64_t size = access->size < room ? access->size : room;

	pthread_mutex_lock(&lock);
	if (access->is_write) {
		memcpy(place, &access->value, size);
	} else {
		access->value = 0;
		memcpy(&access->value, place, size);
	}
	pthread_mutex_unlock(&lock);
}

void answer_test_data(struct access *access)
{
	keep(access, data + access->offset, sizeof(data) - access->offset);
}

void answer_test_memory(struct access *access)
{
	keep(access, memory + access->offset, sizeof(memory) - access->offset);
}

void answer_test_flush(struct access *access)
{
	uint64_t address = access->value / PAGE_SIZE * PAGE_SIZE;
	void *page;

	if (!access->is_write) {
		access->value = ~0ull;
		return;
	}
	page = engine_at(access->machine->vm, address);
	if (!page) {
		say("CPU %u has the page at %#" PRIx64 " flushed, where no memory is",
		    access->vcpu->index, access->value);
		return;
	}
	/* The kernel tells KVM of each change of a mapping; the contents stay. */
	if (mprotect(page, PAGE_SIZE, PROT_NONE) ||
	    mprotect(page, PAGE_SIZE, PROT_READ | PROT_WRITE))
		give_up("mprotect() of a guest's page: %s", strerror(errno));
}

void answer_test_irq(struct access *access)
{
	struct engine_error error;

	if (!access->is_write) {
		access->value = 0;
		return;
	}
	if (!engine_irq_line(access->machine->vm, (uint32_t)access->offset, !!access->value,
			     &error))
		give_up("%s", error.text);
}
