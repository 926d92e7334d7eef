/* SPDX-License-Identifier: MIT */
/*
 * Test results as images of kvm-unit-tests print them: "PASS: ", "FAIL: ", "SKIP: " and
 * their like before a name, "SUMMARY: " and counts at the end. Beside them, of TAP, what
 * the program prints that runs the image: "Bail out! " and "1..0 # SKIP ".
 */
#ifndef RINGSIDE_MACHINES_SUPERVISOR_KVM_UNIT_TESTS_H
#define RINGSIDE_MACHINES_SUPERVISOR_KVM_UNIT_TESTS_H

#include "machines/supervisor/tap.h"

/** take_kvm_unit_tests_line() - take in a line, without its end */
void take_kvm_unit_tests_line(struct tap *tap, const char *line, double now);

/** end_kvm_unit_tests() - the output has ended */
void end_kvm_unit_tests(struct tap *tap, double now);

#endif /* RINGSIDE_MACHINES_SUPERVISOR_KVM_UNIT_TESTS_H */
