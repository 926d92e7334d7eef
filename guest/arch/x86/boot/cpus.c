// SPDX-License-Identifier: MIT
/* CPUs other than the first: from the start code to their functions. */
#include "guest/arch/x86/boot/layout.h"
#include "guest/arch/x86/boot/tss.h"
#include "guest/arch/x86/cpu/simd.h"
#include "guest/arch/x86/faults/try.h"
#include "guest/arch/x86/paging/paging.h"
#include "guest/lib/cpu.h"

/* start.S comes here on the CPU's own stack, with paging on. */
void kvm_run_cpu(unsigned int cpu) __attribute__((noreturn));

_Static_assert(KVM_MAX_CPUS < 512, "result slots reach beyond their page table");

unsigned int arch_cpu(void)
{
	uint16_t selector;

	asm("str %0" : "=m"(selector));
#ifdef __i386__
	/* The task for double faults is on the CPU whose task it has interrupted. */
	if (selector == KVM_DOUBLE_FAULT_TSS)
		selector = kvm_double_fault_tss[0];
#endif
	return selector < KVM_TSS_OF(0) ? 0 : (selector - KVM_TSS_OF(0)) / (2 * sizeof(uint64_t));
}

void arch_map_slot(unsigned int cpu)
{
	uint64_t entry = KVM_RESULT_BASEADDR - (uint64_t)cpu * KVM_RESULT_SIZE;
	uint64_t not_present = 0;

	/*
	 * Once only, by whichever CPU is the first: an entry that was not present is in no
	 * TLB. One that is would lose its accessed and dirty flags, and get them back when
	 * the TLBs of this CPU happen to forget it.
	 */
	entry |= PTE_PRESENT | PTE_WRITABLE;
	__atomic_compare_exchange_n(&kvm_page_table_high[511 - cpu], &not_present, entry, 0,
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

void *cpu_tss(unsigned int cpu)
{
	return cpu ? (void *)(uintptr_t)(cpu_control(cpu)->area_end - PAGESIZE) : kvm_tss;
}

/* A TSS of its own, which also says which CPU this is. */
static void load_task_register(unsigned int cpu)
{
	uint8_t *tss = cpu_tss(cpu);

	*(uint16_t *)(tss + KVM_TSS_IO_MAP) = KVM_TSS_BYTES;
#ifdef __x86_64__
	*(uint32_t *)(tss + KVM_TSS_IST1) = (uintptr_t)tss; /* the page below; the rest is zero */
#endif
	kvm_set_segment_descriptor(
		(struct segment_descriptor *)((uint8_t *)kvm_gdt + KVM_TSS_OF(cpu)), (uintptr_t)tss,
		KVM_TSS_BYTES - 1, SEGTYPE_TSS | SEGFLAG_PRESENT);
	asm volatile("ltr %w0" : : "r"(KVM_TSS_OF(cpu)) : "memory");
}

void arch_restart_cpu(unsigned int cpu)
{
	/* Where start.S puts it: below TSS and stack for double faults. */
	const uintptr_t stack = cpu_control(cpu)->area_end - 2 * PAGESIZE;

	forget_tries(cpu);
#ifdef __x86_64__
	asm volatile("mov %0, %%rsp\n"
		     "	xor %%ebp, %%ebp\n"
		     "	call run_cpu_functions"
		     :
		     : "r"(stack), "D"(cpu)
		     : "memory");
#else
	asm volatile("mov %0, %%esp\n"
		     "	xor %%ebp, %%ebp\n"
		     "	sub $12, %%esp\n"
		     "	push %1\n"
		     "	call run_cpu_functions"
		     :
		     : "r"(stack), "r"(cpu)
		     : "memory");
#endif
	__builtin_unreachable();
}

void kvm_run_cpu(unsigned int cpu)
{
#ifdef KVM_PAYLOAD_SIMD
	kvm_enable_simd();
#endif
	arch_map_slot(cpu);
	load_task_register(cpu);
	unmap_guard_page(cpu_control(cpu)->area_end - kvm_payload_entry.cpu_area_size);
	run_cpu_functions(cpu);
}
