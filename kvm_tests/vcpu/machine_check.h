/* SPDX-License-Identifier: MIT */
/* What the payload and the controllers of the machine checks' tests know together. */
#ifndef RINGSIDE_KVM_TESTS_MACHINE_CHECK_H
#define RINGSIDE_KVM_TESTS_MACHINE_CHECK_H

#include <stdint.h>

/* SDM Vol. 3 "Machine-Check MSRs". */
#define MSR_MCG_CAP 0x179
#define MSR_MCG_STATUS 0x17a
#define MSR_MCG_CTL 0x17b
#define MSR_MC_CTL2(bank) (0x280 + (bank))
#define MSR_MC_CTL(bank) (0x400 + 4 * (bank))
#define MSR_MC_STATUS(bank) (0x401 + 4 * (bank))
#define MSR_MC_ADDR(bank) (0x402 + 4 * (bank))
#define MSR_MC_MISC(bank) (0x403 + 4 * (bank))

#define CMCI_VECTOR 0x46

struct machine_check_report {
	uint64_t status, addr, misc; /* of the bank */
	uint64_t mcg_status;
};

#endif /* RINGSIDE_KVM_TESTS_MACHINE_CHECK_H */
