/* SPDX-License-Identifier: MIT */
/* What the payload and the controller of the registers' tests know together. */
#ifndef RINGSIDE_KVM_TESTS_REGISTERS_H
#define RINGSIDE_KVM_TESTS_REGISTERS_H

#include <stdint.h>

#define REGISTERS_PORT 0x5300

#define GENERAL_REGISTERS 16 /* as in struct kvm_regs; a guest of 32 bits has 8 */

#define MSR_APIC_BASE 0x1b

struct system_registers {
	uint64_t cr0, cr2, cr4, efer, apic_base;
	uint16_t ds; /* its selector */
};

#endif /* RINGSIDE_KVM_TESTS_REGISTERS_H */
