/* SPDX-License-Identifier: MIT */
/* What the guest's CPUs can do, in the words of QEMU's option -cpu. */
#ifndef RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_CPU_MODEL_H
#define RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_CPU_MODEL_H

#include "host/engine/engine.h"

/**
 * apply_cpu_model() - give a CPU the features that are asked for
 * @vcpu: has all that KVM supports
 * @model: "MODEL[,+FEATURE|,-FEATURE|,NAME=VALUE]...". Of the models, qemu64 has what
 *         every 64-bit CPU has; any other one has what KVM supports.
 *
 * Ends the run for a word that is not known; for a feature that KVM does not support,
 * says so, as QEMU does.
 */
void apply_cpu_model(struct engine_vcpu *vcpu, const char *model);

#endif /* RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_CPU_MODEL_H */
