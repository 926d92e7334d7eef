/* SPDX-License-Identifier: MIT */
/*
 * One payload for the tests of the engine. Its main() calls the function whose
 * address the controller has set with tst_kvm_set_arg(); functions and variables
 * are found by name.
 */
#ifndef RINGSIDE_HOST_TESTS_ENGINE_GUEST_H
#define RINGSIDE_HOST_TESTS_ENGINE_GUEST_H

/* A port and physical addresses that nothing answers at. */
#define GUEST_PORT 0x80u
#define GUEST_MMIO 0x50000000u

/* A memslot of the test's own. */
#define GUEST_SLOT 2
#define GUEST_MEMORY 0x40000000u
#define GUEST_PAGE 0x1000u

/* An MSR that no KVM knows, where it answers unknown ones. */
#define GUEST_MSR 0x4f000123u

/* KVM hypercall 12, of a page's worth of memory: it can leave the guest. */
#define GUEST_HYPERCALL 12
#define GUEST_HYPERCALL_PAGE 0x200000u

/* Within the reach of five levels of tables, and not of four. */
#define GUEST_FAR 0x00ff000000001000ULL
#define GUEST_FAR_VALUE 0x77u

/* In RAM, for a machine that has 5 GiB. */
#define GUEST_HIGH_MEMORY 0x150000000ULL

/* Hyper-V's MSRs of a guest's crash. */
#define GUEST_HV_CRASH_P0 0x40000100u
#define GUEST_HV_CRASH_CTL 0x40000105u
#define GUEST_HV_CRASH_NOTIFY (1ULL << 63)

#define GUEST_MAX_CPUS 64

#endif /* RINGSIDE_HOST_TESTS_ENGINE_GUEST_H */
