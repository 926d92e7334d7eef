/* SPDX-License-Identifier: MIT */
/* Power management of ACPI, as far as images use it, and the clock that wakes a PC. */
#ifndef RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_POWER_H
#define RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_POWER_H

#include "suites/kvm_unit_tests/vmm/devices.h"

/* Status and enable register of events, two bytes each; they keep what was written. */
#define PM1_EVENT_PORT 0x600
#define PM1_EVENT_PORTS 4
void answer_pm1_event(struct access *access);

/* A write can send the machine to sleep. */
#define PM1_CONTROL_PORT 0x604
#define PM1_CONTROL_PORTS 2
void answer_pm1_control(struct access *access);

#define PM_TIMER_PORT 0x608
#define PM_TIMER_PORTS 4
void answer_pm_timer(struct access *access);

/* The real-time clock: a register's number, and its value. */
#define CLOCK_PORT 0x70
#define CLOCK_PORTS 2
void answer_clock(struct access *access);

#endif /* RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_POWER_H */
