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
