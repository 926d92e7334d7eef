/* SPDX-License-Identifier: MIT */
/* QEMU's devices that are for tests alone: pc-testdev and isa-debug-exit. */
#ifndef RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_TEST_DEVICE_H
#define RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_TEST_DEVICE_H

#include "suites/kvm_unit_tests/vmm/devices.h"

/* A write ends the run; its value is the image's exit status. */
#define TEST_EXIT_PORT 0xf4
#define TEST_EXIT_PORTS 4
void answer_test_exit(struct access *access);

/* Ports that keep what was written. */
#define TEST_DATA_PORT 0xe0
#define TEST_DATA_PORTS 4
void answer_test_data(struct access *access);

/* A write of a page's address has KVM forget how it has mapped that page. */
#define TEST_FLUSH_PORT 0xe4
#define TEST_FLUSH_PORTS 4
void answer_test_flush(struct access *access);

/* A port for each interrupt line: what is written is its level. */
#define TEST_IRQ_PORT 0x2000
#define TEST_IRQ_PORTS 24
void answer_test_irq(struct access *access);

/* Addresses that keep what was written, each access an exit. */
#define TEST_MEMORY 0xff000000u
#define TEST_MEMORY_SIZE 0x10000u
void answer_test_memory(struct access *access);

#endif /* RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_TEST_DEVICE_H */
