/* SPDX-License-Identifier: MIT */
/* The virtual machine: what of a PC the images count on. */
#ifndef RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_MACHINE_H
#define RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_MACHINE_H

#include "host/engine/engine.h"
#include "suites/kvm_unit_tests/vmm/image.h"
#include "suites/kvm_unit_tests/vmm/options.h"

struct machine {
	const struct options *options;
	struct image image;
	struct engine_vm *vm;
	unsigned char *ram; /* from address 0 to vm->low_ram_end */
};

/**
 * make_machine() - make the machine, with the image in it and CPU 0 at its beginning
 * @machine: its options and image are filled in
 *
 * Ends the run if that can't be done.
 */
void make_machine(struct machine *machine);

/**
 * run_machine() - run all CPUs until the image ends, or something else ends the run
 * @machine: from make_machine()
 */
void run_machine(struct machine *machine) __attribute__((noreturn));

#endif /* RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_MACHINE_H */
