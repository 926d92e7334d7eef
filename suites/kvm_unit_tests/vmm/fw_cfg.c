/* SPDX-License-Identifier: MIT */
/* See fw_cfg.h. QEMU's documentation: "QEMU Firmware Configuration (fw_cfg) Device". */
#include "suites/kvm_unit_tests/vmm/fw_cfg.h"

#include <pthread.h>
#include <string.h>

#define SELECTOR 0 /* a write of two bytes: which item; reading begins anew */
#define DATA 1 /* its next byte */

enum item {
	SIGNATURE = 0x0,
	IDENTITY = 0x1, /* bit 0: there is this way of reading, and no DMA */
	RAM_SIZE = 0x3,
	NO_GRAPHIC = 0x4,
	CPUS = 0x5,
	CPUS_MAX = 0xf,
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint16_t selected;
static size_t position;

/* An item that there is not is empty. */
static size_t find(const struct machine *machine, uint64_t *value)
{
	switch ((enum item)selected) {
	case SIGNATURE:
		memcpy(value, "QEMU", 4);
		return 4;
	case IDENTITY:
		*value = 1;
		return 4;
	case RAM_SIZE:
		*value = machine->vm->ram_size;
		return 8;
	case NO_GRAPHIC:
		*value = 1;
		return 2;
	case CPUS:
	case CPUS_MAX:
		*value = machine->vm->vcpu_count;
		return 2;
	}
	return 0;
}

void answer_fw_cfg(struct access *access)
{
	uint64_t value = 0;
	size_t size;

	pthread_mutex_lock(&lock);
	if (access->is_write) {
		if (access->offset == SELECTOR) {
			selected = (uint16_t)access->value;
			position = 0;
		}
	} else if (access->offset == DATA) {
		size = find(access->machine, &value);
		/* Behind an item's end are zeros. */
		access->value = position < size ? value >> 8 * position & 0xff : 0;
		position++;
	} else {
		access->value = selected;
	}
	pthread_mutex_unlock(&lock);
}
