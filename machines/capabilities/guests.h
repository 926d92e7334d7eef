/* SPDX-License-Identifier: MIT */
/*
 * Tiny guests, run to find out what becomes of them. Each function takes an open
 * /dev/kvm and returns whether its guest did what the architecture says.
 */
#ifndef RINGSIDE_MACHINES_CAPABILITIES_GUESTS_H
#define RINGSIDE_MACHINES_CAPABILITIES_GUESTS_H

#include <stdbool.h>

/**
 * probe_native() - whether KVM runs guest code on the CPU
 *
 * The guest has an instruction that the in-kernel emulator lacks: a breakpoint in
 * long mode.
 */
bool probe_native(int kvm);

/**
 * probe_pae() - whether 32-bit guests have paging
 *
 * The CPU must leave the page-directory-pointer table as it is: QEMU's sets bits
 * there that are reserved (SDM Vol. 3, "PDPTE Registers"), and KVM takes no such
 * table.
 */
bool probe_pae(int kvm);

/**
 * probe_faults() - whether the CPU finds the faults that KVM leaves to it
 *
 * WRMSR of an address that is not canonical is refused (SDM Vol. 2, "WRMSR"), and a
 * reserved bit in page tables is one of a page that is present (SDM Vol. 3, "Page-Fault
 * Exceptions"). QEMU's CPU does neither.
 */
bool probe_faults(int kvm);

/**
 * probe_svm_exits() - whether an AMD CPU ends a nested guest as the manual says
 *
 * VMEXIT_INVALID has 64 bits (APM Vol. 2, 15.5.1, "VMEXIT_INVALID"), of which QEMU's CPU
 * writes 32; nor does that one know of an intercept of INVD.
 */
bool probe_svm_exits(int kvm);

/** probe_simd() - whether guests can use SSE, which the in-kernel emulator lacks */
bool probe_simd(int kvm);

/** probe_irqchip() - whether a guest's own APIC, in the kernel, interrupts it */
bool probe_irqchip(int kvm);

/** probe_guest_debug() - whether a breakpoint register stops a guest, and KVM tells which */
bool probe_guest_debug(int kvm);

#endif /* RINGSIDE_MACHINES_CAPABILITIES_GUESTS_H */
