/* SPDX-License-Identifier: MIT */
/*
 * x86 payloads: the CPU's interrupt controller (SDM Vol. 3 "Advanced Programmable
 * Interrupt Controller (APIC)"). Included by kvm_x86.h. Without interrupt
 * controllers in KVM (irqchip of tst_kvm_create()), each function here ends the test
 * with TBROK.
 */
#ifndef RINGSIDE_GUEST_KVM_X86_APIC_H
#define RINGSIDE_GUEST_KVM_X86_APIC_H

#include <stdint.h>

/** Where its registers are in xAPIC mode, and the I/O APIC's after a reset. */
#define APIC_BASE_ADDRESS 0xfee00000
#define IOAPIC_BASE_ADDRESS 0xfec00000

/* MSRs: SDM Vol. 4, Vol. 3 "x2APIC Register Address Space". */
#define MSR_IA32_APIC_BASE 0x1b
#define MSR_IA32_TSC_DEADLINE 0x6e0
#define MSR_X2APIC_FIRST 0x800

#define APIC_BASE_BSP (1 << 8) /* the bootstrap processor */
#define APIC_BASE_EXTD (1 << 10) /* x2APIC mode */
#define APIC_BASE_EN (1 << 11) /* enabled */

/* Registers, by their MMIO offsets: "Local APIC Register Address Map". */
#define APIC_REG_ID 0x020
#define APIC_REG_VERSION 0x030
#define APIC_REG_TPR 0x080
#define APIC_REG_PPR 0x0a0
#define APIC_REG_EOI 0x0b0
#define APIC_REG_LDR 0x0d0
#define APIC_REG_SVR 0x0f0
#define APIC_REG_ISR 0x100
#define APIC_REG_TMR 0x180
#define APIC_REG_IRR 0x200
#define APIC_REG_ESR 0x280
#define APIC_REG_ICR 0x300
#define APIC_REG_ICR_HIGH 0x310
#define APIC_REG_LVT_TIMER 0x320
#define APIC_REG_LVT_LINT0 0x350
#define APIC_REG_LVT_LINT1 0x360
#define APIC_REG_LVT_ERROR 0x370
#define APIC_REG_TIMER_INITIAL 0x380
#define APIC_REG_TIMER_CURRENT 0x390
#define APIC_REG_TIMER_DIVIDE 0x3e0
#define APIC_REG_SELF_IPI 0x3f0 /* in x2APIC mode alone */

/* Spurious-interrupt vector register. */
#define APIC_SVR_ENABLED (1 << 8)

/* Interrupt command register: "Interrupt Command Register (ICR)". */
#define APIC_ICR_FIXED 0x000
#define APIC_ICR_SMI 0x200
#define APIC_ICR_NMI 0x400
#define APIC_ICR_INIT 0x500
#define APIC_ICR_STARTUP 0x600
#define APIC_ICR_LOGICAL (1 << 11)
#define APIC_ICR_PENDING (1 << 12)
#define APIC_ICR_ASSERT (1 << 14)
#define APIC_ICR_LEVEL (1 << 15)
#define APIC_ICR_SELF (1 << 18)
#define APIC_ICR_ALL 0x80000
#define APIC_ICR_OTHERS 0xc0000

/* Local vector table: "Local Vector Table", "APIC Timer". */
#define APIC_LVT_MASKED (1 << 16)
#define APIC_LVT_PERIODIC (1 << 17)
#define APIC_LVT_TSC_DEADLINE (1 << 18)

/* Divide configuration register: the timer counts each tick of its clock. */
#define APIC_TIMER_DIVIDE_BY_1 0xb

/**
 * Switches the running CPU's APIC on, in xAPIC or x2APIC mode, from whichever mode
 * it was in ("x2APIC State Transitions"), with 0xff as spurious vector. Ends the
 * test with TCONF if the CPU has no such mode.
 */
void kvm_enable_apic(void);
void kvm_enable_x2apic(void);

/**
 * Reads or writes a register of the running CPU's APIC; reg is its MMIO offset
 * in both modes (APIC_REG_*). In x2APIC mode the interrupt command register is
 * written as a whole: see kvm_send_ipi().
 */
uint32_t kvm_read_apic(unsigned int reg);
void kvm_write_apic(unsigned int reg, uint32_t value);

/** The running CPU's APIC ID; of a machine of tst_kvm_create(), its index. */
unsigned int kvm_apic_id(void);

/**
 * Sends an interrupt to the CPU with that APIC ID, or to whom a shorthand in
 * command says: command is APIC_ICR_* | vector. In xAPIC mode, it returns when
 * the interrupt has been sent; in x2APIC mode the CPU does not tell.
 */
void kvm_send_ipi(unsigned int apic_id, uint32_t command);

/** Ends the handling of the interrupt in service with the highest priority. */
void kvm_end_of_interrupt(void);

/**
 * Has the APIC's timer raise interrupt vector once, when the time-stamp counter
 * has reached tsc; in place of what the timer did before. 0 stops it. Ends the
 * test with TCONF if the CPU's timer has no such mode (CPUID.01H:ECX[24]).
 */
void kvm_start_tsc_deadline(uint64_t tsc, unsigned int vector);

#endif /* RINGSIDE_GUEST_KVM_X86_APIC_H */
