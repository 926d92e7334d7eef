/* SPDX-License-Identifier: MIT */
/*
 * A stand-in for what the guest library is about to have: it goes when that has
 * come. Each source that includes it gets its own copy.
 */
#ifndef RINGSIDE_KVM_TESTS_NEXT_H
#define RINGSIDE_KVM_TESTS_NEXT_H

#include "kvm_x86.h"

#define NEXT static __attribute__((unused))

#define PTE_CACHE_DISABLE (1 << 4)
#define MSR_APIC_BASE 0x1b
#define NEXT_APIC_BASE 0xfee00000u

struct kvm_fault {
	int vector;
	unsigned long errcode;
	uintptr_t address;
};

NEXT uint64_t kvm_rdtsc(void)
{
	uint32_t low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

NEXT uint8_t kvm_in8(uint16_t port)
{
	uint8_t value;

	asm volatile("inb %1, %0" : "=a"(value) : "d"(port) : "memory");
	return value;
}

NEXT uint16_t kvm_in16(uint16_t port)
{
	uint16_t value;

	asm volatile("inw %1, %0" : "=a"(value) : "d"(port) : "memory");
	return value;
}

NEXT uint32_t kvm_in32(uint16_t port)
{
	uint32_t value;

	asm volatile("inl %1, %0" : "=a"(value) : "d"(port) : "memory");
	return value;
}

NEXT void kvm_out8(uint16_t port, uint8_t value)
{
	asm volatile("outb %0, %1" : : "a"(value), "d"(port) : "memory");
}

NEXT void kvm_out16(uint16_t port, uint16_t value)
{
	asm volatile("outw %0, %1" : : "a"(value), "d"(port) : "memory");
}

NEXT void kvm_out32(uint16_t port, uint32_t value)
{
	asm volatile("outl %0, %1" : : "a"(value), "d"(port) : "memory");
}

NEXT void kvm_enable_interrupts(void)
{
	asm volatile("sti" : : : "memory");
}

NEXT void kvm_disable_interrupts(void)
{
	asm volatile("cli" : : : "memory");
}

NEXT void kvm_wait_interrupt(void)
{
	asm volatile("sti; hlt" : : : "memory");
}

NEXT void kvm_set_interrupt_ip(struct kvm_interrupt_frame *ifrm, uintptr_t ip)
{
	((uintptr_t *)ifrm)[sizeof(long) == 8 ? 17 : 10] = ip;
}

/* The 2 MiB around. */
NEXT void kvm_map(uintptr_t virt, uint64_t phys, size_t page_size, uint64_t flags)
{
	struct page_table_entry_pae *table = kvm_pagetable;
	uint64_t *directory;
	struct kvm_cregs cregs;

	(void)page_size;
#ifdef __x86_64__
	table = (struct page_table_entry_pae *)kvm_get_page_address_pae(table);
#endif
	directory = (uint64_t *)kvm_get_page_address_pae(&table[virt >> 30]);
	directory[virt >> 21 & 511] = (phys & ~0x1fffffull) | flags | PTE_PRESENT | PTE_LARGE;
	kvm_read_cregs(&cregs);
	kvm_set_cr3(cregs.cr3);
}

static int next_x2apic[KVM_MAX_CPUS];

NEXT void kvm_write_apic(unsigned int reg, uint32_t value)
{
	if (next_x2apic[tst_cpu()])
		kvm_wrmsr(0x800 + reg / 16, value);
	else
		*(volatile uint32_t *)(NEXT_APIC_BASE + reg) = value;
}

NEXT uint32_t kvm_read_apic(unsigned int reg)
{
	if (next_x2apic[tst_cpu()])
		return kvm_rdmsr(0x800 + reg / 16);
	return *(volatile uint32_t *)(NEXT_APIC_BASE + reg);
}

NEXT void kvm_enable_apic(void)
{
	kvm_map(NEXT_APIC_BASE, NEXT_APIC_BASE, PAGESIZE, PTE_WRITABLE | PTE_CACHE_DISABLE);
	kvm_write_apic(0xf0, 0x1ff);
}

NEXT void kvm_enable_x2apic(void)
{
	kvm_wrmsr(MSR_APIC_BASE, kvm_rdmsr(MSR_APIC_BASE) | 0xc00);
	next_x2apic[tst_cpu()] = 1;
	kvm_write_apic(0xf0, 0x1ff);
}

NEXT unsigned int kvm_apic_id(void)
{
	return next_x2apic[tst_cpu()] ? kvm_read_apic(0x20) : kvm_read_apic(0x20) >> 24;
}

NEXT void kvm_send_ipi(unsigned int apic_id, uint32_t command)
{
	if (next_x2apic[tst_cpu()]) {
		kvm_wrmsr(0x830, (uint64_t)apic_id << 32 | command);
		return;
	}
	kvm_write_apic(0x310, apic_id << 24);
	kvm_write_apic(0x300, command);
}

NEXT void kvm_end_of_interrupt(void)
{
	kvm_write_apic(0xb0, 0);
}

NEXT void kvm_start_tsc_deadline(uint64_t tsc, unsigned int vector)
{
	kvm_write_apic(0x320, 0x40000 | vector);
	asm volatile("mfence" : : : "memory");
	kvm_wrmsr(0x6e0, tsc);
}

static volatile struct kvm_fault next_fault;

NEXT int next_skip(void *arg, struct kvm_interrupt_frame *frame, unsigned long errcode)
{
	(void)arg;
	next_fault.vector = INTR_GPF;
	next_fault.errcode = errcode;
	kvm_set_interrupt_ip(frame, kvm_get_interrupt_ip(frame) + 2);
	return 0;
}

NEXT struct kvm_fault kvm_safe_rdmsr(unsigned int msr, uint64_t *value)
{
	uint64_t result;

	next_fault.vector = -1;
	tst_set_interrupt_callback(INTR_GPF, next_skip, NULL);
	result = kvm_rdmsr(msr);
	tst_set_interrupt_callback(INTR_GPF, NULL, NULL);
	if (next_fault.vector < 0)
		*value = result;
	return next_fault;
}

NEXT struct kvm_fault kvm_safe_wrmsr(unsigned int msr, uint64_t value)
{
	next_fault.vector = -1;
	tst_set_interrupt_callback(INTR_GPF, next_skip, NULL);
	kvm_wrmsr(msr, value);
	tst_set_interrupt_callback(INTR_GPF, NULL, NULL);
	return next_fault;
}

#endif /* RINGSIDE_KVM_TESTS_NEXT_H */
