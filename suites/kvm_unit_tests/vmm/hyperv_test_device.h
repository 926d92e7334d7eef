/* SPDX-License-Identifier: MIT */
/* QEMU's hyperv-testdev: it raises interrupts of Hyper-V's interrupt controller. */
#ifndef RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_HYPERV_TEST_DEVICE_H
#define RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_HYPERV_TEST_DEVICE_H

#include "suites/kvm_unit_tests/vmm/devices.h"

/*
 * A write of four bytes: the interrupt source, the CPU, what to do, and the connection's
 * number, a byte each.
 */
#define HYPERV_TEST_PORT 0x3000
#define HYPERV_TEST_PORTS 4
void answer_hyperv_test(struct access *access);

#endif /* RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_HYPERV_TEST_DEVICE_H */
