/* SPDX-License-Identifier: MIT */
#ifndef RINGSIDE_MACHINES_CAPABILITIES_ARCH_X86_GUESTS_H
#define RINGSIDE_MACHINES_CAPABILITIES_ARCH_X86_GUESTS_H

#include "machines/capabilities/probe.h"

/**
 * probe_guest() - run a tiny guest
 *
 * @kvm: an open /dev/kvm.
 * @guest: which.
 *
 * Return: whether it did what the architecture says.
 */
bool probe_guest(int kvm, enum guest guest);

#endif /* RINGSIDE_MACHINES_CAPABILITIES_ARCH_X86_GUESTS_H */
