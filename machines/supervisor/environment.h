/* SPDX-License-Identifier: MIT */
/* What KVM a test met: kernel, machine, parameters of KVM's modules. */
#ifndef RINGSIDE_MACHINES_SUPERVISOR_ENVIRONMENT_H
#define RINGSIDE_MACHINES_SUPERVISOR_ENVIRONMENT_H

/**
 * each_property() - name what a verdict depends on and no test says
 * @take: called for each: "machine", "kernel", "kvm_amd.npt", ...
 * @context: for @take
 */
void each_property(void (*take)(void *context, const char *name, const char *value), void *context);

#endif /* RINGSIDE_MACHINES_SUPERVISOR_ENVIRONMENT_H */
