/* SPDX-License-Identifier: MIT */
/* An emulated machine's CPU is a hundred times slower than a PC's, and its timers are not. */
#ifndef RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_SLOW_CPU_H
#define RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_SLOW_CPU_H

#include "host/engine/engine.h"

/**
 * adapt_to_slow_cpu() - have time go by for images as on a PC, as far as a CPU allows it
 * @vm: with all its CPUs, none of which has run
 *
 * Changes nothing on a computer, whose time-stamp counter has a GHz and more.
 */
void adapt_to_slow_cpu(struct engine_vm *vm);

#endif /* RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_SLOW_CPU_H */
