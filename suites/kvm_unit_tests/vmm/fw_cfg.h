/* SPDX-License-Identifier: MIT */
/* QEMU's firmware configuration device: what an image asks the machine for. */
#ifndef RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_FW_CFG_H
#define RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_FW_CFG_H

#include "suites/kvm_unit_tests/vmm/devices.h"

#define FW_CFG_PORT 0x510
#define FW_CFG_PORTS 2

void answer_fw_cfg(struct access *access);

#endif /* RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_FW_CFG_H */
