/* SPDX-License-Identifier: MIT */
/* System management mode, which images enter by an interrupt to themselves. */
#ifndef RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_SMM_H
#define RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_SMM_H

#include "host/engine/engine.h"

/**
 * install_smm_handler() - have each CPU return from an SMI at once, as from firmware
 * @vm: before it runs
 *
 * Does nothing where KVM has no such mode.
 */
void install_smm_handler(struct engine_vm *vm);

#endif /* RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_SMM_H */
