// SPDX-License-Identifier: MIT
/* The CPU's interrupt controller; sections are those of SDM Vol. 3. */
#include "guest/arch/x86/boot/layout.h"
#include "guest/lib/arch.h"
#include "kvm_x86.h"

#define SPURIOUS_VECTOR 0xff

/* CPUID.01H */
#define CPUID_ECX_X2APIC (1u << 21)
#define CPUID_ECX_TSC_DEADLINE (1u << 24)
#define CPUID_EDX_APIC (1u << 9)

/* From start.S: the directory of the GiB below 4 GiB; entries of 2 MiB. */
extern volatile uint64_t kvm_page_directory_high[512];
#define DIRECTORY_START 0xc0000000u
#define PTE_DISABLE_CACHE (1 << 4)

static void map_registers(void)
{
	/* An entry that was not present is in no TLB. */
	kvm_page_directory_high[(APIC_BASE_ADDRESS - DIRECTORY_START) >> 21] =
		APIC_BASE_ADDRESS | PTE_PRESENT | PTE_WRITABLE | PTE_LARGE | PTE_DISABLE_CACHE;
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
	if (is_x2apic())
		return (uint32_t)kvm_rdmsr(msr_of(reg));
	map_registers();
	return *mapped(reg);
}

void kvm_write_apic(unsigned int reg, uint32_t value)
{
	if (is_x2apic()) {
		kvm_wrmsr(msr_of(reg), value);
		return;
	}
	map_registers();
	*mapped(reg) = value;
}

static void need_feature(const char *function, const char *what, unsigned int ecx, unsigned int edx)
{
	struct kvm_cpuid cpuid;

	kvm_get_cpuid(CPUID_GET_MODEL_INFO, 0, &cpuid);
	if ((cpuid.ecx & ecx) != ecx || (cpuid.edx & edx) != edx)
		tst_brk(TCONF, "%s: the CPU has no %s, says CPUID leaf 1", function, what);
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
	need_feature(__func__, "APIC", 0, CPUID_EDX_APIC);
	enable(0);
}

void kvm_enable_x2apic(void)
{
	need_feature(__func__, "x2APIC", CPUID_ECX_X2APIC, 0);
	enable(APIC_BASE_EXTD);
}

unsigned int kvm_apic_id(void)
{
	uint32_t id = kvm_read_apic(APIC_REG_ID);

	return is_x2apic() ? id : id >> 24;
}

void kvm_send_ipi(unsigned int apic_id, uint32_t command)
{
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
	kvm_write_apic(APIC_REG_EOI, 0);
}

void kvm_start_tsc_deadline(uint64_t tsc, unsigned int vector)
{
	need_feature(__func__, "TSC-deadline timer", CPUID_ECX_TSC_DEADLINE, 0);
	kvm_write_apic(APIC_REG_LVT_TIMER, APIC_LVT_TSC_DEADLINE | vector);
	/* "TSC-Deadline Mode": that write to memory comes before the next one to an MSR. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	kvm_wrmsr(MSR_IA32_TSC_DEADLINE, tsc);
}

void arch_start_cpu(unsigned int cpu)
{
	/* "Typical AP Initialization Sequence", without the pauses that hardware needs. */
	kvm_send_ipi(cpu, APIC_ICR_INIT | APIC_ICR_ASSERT);
	kvm_send_ipi(cpu, APIC_ICR_STARTUP | APIC_ICR_ASSERT | VM_KERNEL_BASEADDR >> 12);
}
