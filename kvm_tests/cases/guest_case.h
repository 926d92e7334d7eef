/* SPDX-License-Identifier: MIT */
/*
 * A payload of several cases: its main() (case_main.c) runs the one that the
 * controller has named with CaseTest::Choose().
 */
#ifndef RINGSIDE_KVM_TESTS_GUEST_CASE_H
#define RINGSIDE_KVM_TESTS_GUEST_CASE_H

/* A function that the controller names; nothing in the payload itself calls it. */
#define GUEST_CASE(name) \
	void name(void); \
	__attribute__((used, retain)) void name(void)

/* One that the controller starts on another CPU: tst_kvm_start_vcpu(). */
#define GUEST_CPU(name, arg)  \
	void name(void *arg); \
	__attribute__((used, retain)) void name(void *arg)

/* A variable that the controller reads or writes: tst_kvm_symbol(). */
#define GUEST_SHARED __attribute__((used, retain)) volatile

#endif /* RINGSIDE_KVM_TESTS_GUEST_CASE_H */
