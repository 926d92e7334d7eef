/* SPDX-License-Identifier: MIT */
/* Devices that an image asks for in vain. */
#ifndef RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_ABSENT_H
#define RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_ABSENT_H

#include "suites/kvm_unit_tests/vmm/devices.h"

/** note_absent() - remember an access that no device answers, and tell of the first ones */
void note_absent(const struct access *access);

#endif /* RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_ABSENT_H */
