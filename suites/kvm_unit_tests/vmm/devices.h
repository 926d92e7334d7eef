/* SPDX-License-Identifier: MIT */
/* Which device answers where: the one table of ports and addresses. */
#ifndef RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_DEVICES_H
#define RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_DEVICES_H

#include <stdbool.h>
#include <stdint.h>

#include "suites/kvm_unit_tests/vmm/machine.h"

/* One access of a guest, to a port or to an address where no memory is. */
struct access {
	struct machine *machine;
	struct engine_vcpu *vcpu;
	bool is_port, is_write;
	uint64_t address; /* the port's number, or a guest physical address */
	uint64_t offset; /* in the device that answers */
	unsigned int size; /* bytes, 1 to 8 */
	uint64_t value; /* what is written; for a read, to be set */
};

/**
 * access_device() - have the device there answer
 * @access: all but its offset is filled in
 *
 * Where none is, a read gives ones, as on a PC's bus, and the first access of each
 * kind is told with the device's usual name.
 */
void access_device(struct access *access);

/**
 * check_devices() - see to the devices that the test says it wants
 * @options: names them
 *
 * Skips the test for one that there is not.
 */
void check_devices(const struct options *options);

/** say_absent_devices() - once more, at the end of a run that has not passed */
void say_absent_devices(void);

#endif /* RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_DEVICES_H */
