// SPDX-License-Identifier: MIT
/* The CPU's interrupt controller; sections are those of SDM Vol. 3. */
#include "guest/arch/x86/boot/layout.h"
#include "guest/arch/x86/paging/paging.h"
#include "guest/lib/cpu.h"

#define SPURIOUS_VECTOR 0xff

/* Where kvm_page_directory_high begins; its entries are of 2 MiB. */
#define DIRECTORY_START 0xc0000000u

static void check_irqchip(const char *function)
{
	if (!(payload_flags() & KVM_PAYLOAD_IRQCHIP)) {
		tst_brk(TBROK,
			"%s: the machine has no interrupt controllers; tst_kvm_create() with irqchip "
			"= TST_KVM_KERNEL_IRQCHIP or TST_KVM_SPLIT_IRQCHIP makes one that has",
			function);
	}
}

static void need_feature(const char *function, const char *what, uint32_t feature)
{
	check_irqchip(function);
	if (!kvm_cpuid_has(feature))
		tst_brk(TCONF, "%s: the CPU has no %s, says CPUID leaf 1", function, what);
}

static void map_registers(void)
{
	/* An entry that was not present is in no TLB. */
	kvm_page_directory_high[(APIC_BASE_ADDRESS - DIRECTORY_START) >> 21] =
		APIC_BASE_ADDRESS | PTE_PRESENT | PTE_WRITABLE | PTE_LARGE | PTE_CACHE_DISABLE;
}

static _Bool is_x2apic(void)
{
	return !!(kvm_rdmsr(MSR_IA32_APIC_BASE) & APIC_BASE_EXTD);
}

static volatile uint32_t *mapped(unsigned int reg)
{
	return (volatile uint32_t *)(uintptr_t)(APIC_BASE_ADDRESS + reg);
}

static unsigned int msr_of(unsigned int reg)
{
	return MSR_X2APIC_FIRST + (reg >> 4);
}

uint32_t kvm_read_apic(unsigned int reg)
{
	check_irqchip(__func__);
	if (is_x2apic())
		return (uint32_t)kvm_rdmsr(msr_of(reg));
	map_registers();
	return *mapped(reg);
}

void kvm_write_apic(unsigned int reg, uint32_t value)
{
	check_irqchip(__func__);
	if (is_x2apic()) {
		kvm_wrmsr(msr_of(reg), value);
		return;
	}
	map_registers();
	*mapped(reg) = value;
}

static void enable(uint64_t mode)
{
	uint64_t base = kvm_rdmsr(MSR_IA32_APIC_BASE);

	/* From x2APIC mode, the way back leads through the disabled APIC. */
	if ((base & APIC_BASE_EXTD) && !(mode & APIC_BASE_EXTD)) {
		base &= ~(uint64_t)(APIC_BASE_EXTD | APIC_BASE_EN);
		kvm_wrmsr(MSR_IA32_APIC_BASE, base);
	}
	/* And a disabled one becomes an xAPIC first. */
	if (!(base & APIC_BASE_EN)) {
		base |= APIC_BASE_EN;
		kvm_wrmsr(MSR_IA32_APIC_BASE, base);
	}
	if ((base | mode) != base)
		kvm_wrmsr(MSR_IA32_APIC_BASE, base | mode);
	kvm_write_apic(APIC_REG_SVR, APIC_SVR_ENABLED | SPURIOUS_VECTOR);
}

void kvm_enable_apic(void)
{
	need_feature(__func__, "APIC", X86_FEATURE_APIC);
	enable(0);
}

void kvm_enable_x2apic(void)
{
	need_feature(__func__, "x2APIC", X86_FEATURE_X2APIC);
	enable(APIC_BASE_EXTD);
}

unsigned int kvm_apic_id(void)
{
	uint32_t id = kvm_read_apic(APIC_REG_ID);

	return is_x2apic() ? id : id >> 24;
}

void kvm_send_ipi(unsigned int apic_id, uint32_t command)
{
	check_irqchip(__func__);
	if (is_x2apic()) {
		kvm_wrmsr(msr_of(APIC_REG_ICR), (uint64_t)apic_id << 32 | command);
		return;
	}
	kvm_write_apic(APIC_REG_ICR_HIGH, apic_id << 24);
	kvm_write_apic(APIC_REG_ICR, command);
	while (kvm_read_apic(APIC_REG_ICR) & APIC_ICR_PENDING)
		arch_relax();
}

void kvm_end_of_interrupt(void)
{
	check_irqchip(__func__);
	kvm_write_apic(APIC_REG_EOI, 0);
}

void kvm_start_tsc_deadline(uint64_t tsc, unsigned int vector)
{
	need_feature(__func__, "TSC-deadline timer", X86_FEATURE_TSC_DEADLINE);
	kvm_write_apic(APIC_REG_LVT_TIMER, APIC_LVT_TSC_DEADLINE | vector);
	/* "TSC-Deadline Mode": that write to memory comes before the next one to an MSR. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	kvm_wrmsr(MSR_IA32_TSC_DEADLINE, tsc);
}

void arch_start_cpu(unsigned int cpu)
{
	if (!(kvm_rdmsr(MSR_IA32_APIC_BASE) & APIC_BASE_EN))
		kvm_enable_apic();
	/* "Typical AP Initialization Sequence", without the pauses that hardware needs. */
	kvm_send_ipi(cpu, APIC_ICR_INIT | APIC_ICR_ASSERT);
	kvm_send_ipi(cpu, APIC_ICR_STARTUP | APIC_ICR_ASSERT | VM_KERNEL_BASEADDR >> 12);
}
