// SPDX-License-Identifier: MIT
/* Instructions that C has no words for, and what the library asks of a CPU. */
#include "guest/lib/arch.h"
#include "kvm_x86.h"

/* From payload.lds. */
extern const char kvm_payload_mem_end[];

_Static_assert(sizeof(struct page_table_entry_pae) == 8, "page_table_entry_pae: wrong size");

void arch_halt(void)
{
	asm volatile("hlt" ::: "memory");
}

void arch_ring_doorbell(uint32_t value)
{
	asm volatile("outl %0, %w1" : : "a"(value), "d"(KVM_DOORBELL_PORT) : "memory");
}

void arch_relax(void)
{
	asm volatile("pause" ::: "memory");
}

uintptr_t arch_heap_start(void)
{
	return (uintptr_t)kvm_payload_mem_end;
}

uintptr_t kvm_get_page_address_pae(const struct page_table_entry_pae *entry)
{
	if (!entry->present)
		return 0;
	return (uintptr_t)((uint64_t)entry->address << 12);
}

void kvm_get_cpuid(unsigned int eax, unsigned int ecx, struct kvm_cpuid *buf)
{
	asm volatile("cpuid"
		     : "=a"(buf->eax), "=b"(buf->ebx), "=c"(buf->ecx), "=d"(buf->edx)
		     : "a"(eax), "c"(ecx));
}

_Bool kvm_cpuid_has(uint32_t feature)
{
	const unsigned int leaf = (feature & 0x80000000) | (feature >> 16 & 0xff);
	struct kvm_cpuid cpuid;
	const unsigned int *regs = &cpuid.eax;

	kvm_get_cpuid(leaf & 0x80000000, 0, &cpuid);
	if (cpuid.eax < leaf || (cpuid.eax ^ leaf) & 0x80000000)
		return 0;
	kvm_get_cpuid(leaf, feature >> 8 & 0xff, &cpuid);
	return regs[feature >> 5 & 3] >> (feature & 31) & 1;
}

uint64_t kvm_rdtsc(void)
{
	uint32_t low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

uint64_t kvm_xgetbv(unsigned int index)
{
	uint32_t low, high;

	asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(index));
	return (uint64_t)high << 32 | low;
}

void kvm_xsetbv(unsigned int index, uint64_t value)
{
	asm volatile("xsetbv"
		     :
		     : "c"(index), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
		     : "memory");
}

void kvm_invlpg(uintptr_t addr)
{
	asm volatile("invlpg (%0)" : : "r"(addr) : "memory");
}

uint8_t kvm_in8(uint16_t port)
{
	uint8_t value;

	asm volatile("inb %w1, %0" : "=a"(value) : "d"(port) : "memory");
	return value;
}

uint16_t kvm_in16(uint16_t port)
{
	uint16_t value;

	asm volatile("inw %w1, %0" : "=a"(value) : "d"(port) : "memory");
	return value;
}

uint32_t kvm_in32(uint16_t port)
{
	uint32_t value;

	asm volatile("inl %w1, %0" : "=a"(value) : "d"(port) : "memory");
	return value;
}

void kvm_out8(uint16_t port, uint8_t value)
{
	asm volatile("outb %0, %w1" : : "a"(value), "d"(port) : "memory");
}

void kvm_out16(uint16_t port, uint16_t value)
{
	asm volatile("outw %0, %w1" : : "a"(value), "d"(port) : "memory");
}

void kvm_out32(uint16_t port, uint32_t value)
{
	asm volatile("outl %0, %w1" : : "a"(value), "d"(port) : "memory");
}

void kvm_enable_interrupts(void)
{
	asm volatile("sti" : : : "memory");
}

void kvm_disable_interrupts(void)
{
	asm volatile("cli" : : : "memory");
}

void kvm_wait_interrupt(void)
{
	/* STI takes effect behind the next instruction: SDM Vol. 2 "STI". */
	asm volatile("sti; hlt" : : : "memory");
}

void kvm_read_cregs(struct kvm_cregs *buf)
{
	asm volatile("mov %%cr0, %0" : "=r"(buf->cr0));
	asm volatile("mov %%cr2, %0" : "=r"(buf->cr2));
	asm volatile("mov %%cr3, %0" : "=r"(buf->cr3));
	asm volatile("mov %%cr4, %0" : "=r"(buf->cr4));
}

void kvm_set_cr0(unsigned long val)
{
	asm volatile("mov %0, %%cr0" : : "r"(val) : "memory");
}

void kvm_set_cr3(unsigned long val)
{
	asm volatile("mov %0, %%cr3" : : "r"(val) : "memory");
}

void kvm_set_cr4(unsigned long val)
{
	asm volatile("mov %0, %%cr4" : : "r"(val) : "memory");
}

void kvm_read_sregs(struct kvm_sregs *buf)
{
	asm volatile("mov %%cs, %0" : "=r"(buf->cs));
	asm volatile("mov %%ds, %0" : "=r"(buf->ds));
	asm volatile("mov %%es, %0" : "=r"(buf->es));
	asm volatile("mov %%fs, %0" : "=r"(buf->fs));
	asm volatile("mov %%gs, %0" : "=r"(buf->gs));
	asm volatile("mov %%ss, %0" : "=r"(buf->ss));
	asm volatile("str %0" : "=r"(buf->tr));
}

uint64_t kvm_rdmsr(unsigned int msr)
{
	uint32_t low, high;

	asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

void kvm_wrmsr(unsigned int msr, uint64_t value)
{
	asm volatile("wrmsr"
		     :
		     : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
		     : "memory");
}
