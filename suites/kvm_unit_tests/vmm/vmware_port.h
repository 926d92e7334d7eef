/* SPDX-License-Identifier: MIT */
/* VMware's backdoor, as far as QEMU's vmport has it for images: its version. */
#ifndef RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_VMWARE_PORT_H
#define RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_VMWARE_PORT_H

#include "suites/kvm_unit_tests/vmm/devices.h"

/* A read of four bytes, with a magic number in eax and a command in ecx. */
#define VMWARE_PORT 0x5658
#define VMWARE_PORTS 1
void answer_vmware(struct access *access);

#endif /* RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_VMWARE_PORT_H */
