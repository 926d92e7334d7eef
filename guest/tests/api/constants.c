// SPDX-License-Identifier: MIT
/*
 * The constants of kvm_x86.h against the manuals, and a few against the CPU.
 * Structures' layouts are asserted where the library uses them.
 */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "assert_constants.h"
#include "check.h"
#include "kvm_x86.h"

/* SDM Vol. 3 "Exception and Interrupt Reference", APM Vol. 2 "Vectors" */
IS(INTR_ZERODIV, 0);
IS(INTR_DEBUG, 1);
IS(INTR_NMI, 2);
IS(INTR_BREAKPOINT, 3);
IS(INTR_OVERFLOW, 4);
IS(INTR_BOUND_RANGE_EXC, 5);
IS(INTR_BAD_OPCODE, 6);
IS(INTR_DEVICE_ERROR, 7);
IS(INTR_DOUBLE_FAULT, 8);
IS(INTR_INVALID_TSS, 10);
IS(INTR_SEGFAULT, 11);
IS(INTR_STACK_FAULT, 12);
IS(INTR_GPF, 13);
IS(INTR_PAGE_FAULT, 14);
IS(INTR_FPU_ERROR, 16);
IS(INTR_ALIGNMENT_ERROR, 17);
IS(INTR_MACHINE_CHECK, 18);
IS(INTR_SIMD_ERROR, 19);
IS(INTR_VIRT_ERROR, 20);
IS(INTR_CPE, 21);
IS(INTR_HV_INJECTION, 28);
IS(INTR_VMM_COMM, 29);
IS(INTR_SECURITY_ERROR, 30);
IS(X86_INTR_COUNT, 256);
IS(INTERRUPT_COUNT, 32);

/* SDM Vol. 3 "Segment Descriptor Types", "System Descriptor Types" */
IS(SEGTYPE_LDT, 2);
IS(SEGTYPE_TSS, 9);
IS(SEGTYPE_TSS_BUSY, 11);
IS(SEGTYPE_CALL_GATE, 12);
IS(SEGTYPE_INTR_GATE, 14);
IS(SEGTYPE_TRAP_GATE, 15);
IS(SEGTYPE_RODATA, SEGFLAG_NSYSTEM | 0);
IS(SEGTYPE_RWDATA, SEGFLAG_NSYSTEM | 2);
IS(SEGTYPE_STACK, SEGFLAG_NSYSTEM | 6);
IS(SEGTYPE_CODE, SEGFLAG_NSYSTEM | 10);
IS(SEGTYPE_MASK, 31);
BIT(SEGFLAG_NSYSTEM, 4);
BIT(SEGFLAG_PRESENT, 7);
BIT(SEGFLAG_CODE64, 9);
BIT(SEGFLAG_32BIT, 10);
BIT(SEGFLAG_PAGE_LIMIT, 11);

/* SDM Vol. 4, APM Vol. 2 "MSR Cross-Reference" */
IS(MSR_IA32_FEATURE_CONTROL, 0x3a);
IS(MSR_SYSENTER_CS, 0x174);
IS(MSR_SYSENTER_ESP, 0x175);
IS(MSR_SYSENTER_EIP, 0x176);
IS(MSR_EFER, 0xc0000080);
IS(MSR_STAR, 0xc0000081);
IS(MSR_LSTAR, 0xc0000082);
IS(MSR_CSTAR, 0xc0000083);
IS(MSR_SFMASK, 0xc0000084);
IS(MSR_FS_BASE, 0xc0000100);
IS(MSR_GS_BASE, 0xc0000101);
IS(MSR_KERNEL_GS_BASE, 0xc0000102);
IS(MSR_VM_CR, 0xc0010114);
IS(MSR_VM_HSAVE_PA, 0xc0010117);
BIT(EFER_SCE, 0);
BIT(EFER_LME, 8);
BIT(EFER_LMA, 10);
BIT(EFER_NXE, 11);
BIT(EFER_SVME, 12);
BIT(VM_CR_DPD, 0);
BIT(VM_CR_R_INIT, 1);
BIT(VM_CR_DIS_A20M, 2);
BIT(VM_CR_LOCK, 3);
BIT(VM_CR_SVMDIS, 4);

/* SDM Vol. 3 "Advanced Programmable Interrupt Controller (APIC)" */
IS(APIC_BASE_ADDRESS, 0xfee00000);
IS(IOAPIC_BASE_ADDRESS, 0xfec00000);
IS(MSR_IA32_APIC_BASE, 0x1b);
IS(MSR_IA32_TSC_DEADLINE, 0x6e0);
IS(MSR_X2APIC_FIRST, 0x800);
BIT(APIC_BASE_BSP, 8);
BIT(APIC_BASE_EXTD, 10);
BIT(APIC_BASE_EN, 11);
IS(APIC_REG_ID, 0x020);
IS(APIC_REG_VERSION, 0x030);
IS(APIC_REG_TPR, 0x080);
IS(APIC_REG_PPR, 0x0a0);
IS(APIC_REG_EOI, 0x0b0);
IS(APIC_REG_LDR, 0x0d0);
IS(APIC_REG_SVR, 0x0f0);
IS(APIC_REG_ISR, 0x100);
IS(APIC_REG_TMR, 0x180);
IS(APIC_REG_IRR, 0x200);
IS(APIC_REG_ESR, 0x280);
IS(APIC_REG_ICR, 0x300);
IS(APIC_REG_ICR_HIGH, 0x310);
IS(APIC_REG_LVT_TIMER, 0x320);
IS(APIC_REG_LVT_LINT0, 0x350);
IS(APIC_REG_LVT_LINT1, 0x360);
IS(APIC_REG_LVT_ERROR, 0x370);
IS(APIC_REG_TIMER_INITIAL, 0x380);
IS(APIC_REG_TIMER_CURRENT, 0x390);
IS(APIC_REG_TIMER_DIVIDE, 0x3e0);
IS(APIC_REG_SELF_IPI, 0x3f0);
BIT(APIC_SVR_ENABLED, 8);
IS(APIC_ICR_FIXED, 0x000);
IS(APIC_ICR_SMI, 0x200);
IS(APIC_ICR_NMI, 0x400);
IS(APIC_ICR_INIT, 0x500);
IS(APIC_ICR_STARTUP, 0x600);
BIT(APIC_ICR_LOGICAL, 11);
BIT(APIC_ICR_PENDING, 12);
BIT(APIC_ICR_ASSERT, 14);
BIT(APIC_ICR_LEVEL, 15);
BIT(APIC_ICR_SELF, 18);
IS(APIC_ICR_ALL, 0x80000);
IS(APIC_ICR_OTHERS, 0xc0000);
BIT(APIC_LVT_MASKED, 16);
BIT(APIC_LVT_PERIODIC, 17);
BIT(APIC_LVT_TSC_DEADLINE, 18);
IS(APIC_TIMER_DIVIDE_BY_1, 0xb);

/* SDM Vol. 1 "EFLAGS Register", Vol. 3 "Debug Registers" */
BIT(RFLAGS_FIXED, 1);
BIT(RFLAGS_TF, 8);
BIT(RFLAGS_IF, 9);
BIT(RFLAGS_RF, 16);
IS(DR6_INIT, 0xffff0ff0);
IS(DR7_INIT, 0x400);

/* SDM Vol. 3 "Paging" */
BIT(PTE_PRESENT, 0);
BIT(PTE_WRITABLE, 1);
BIT(PTE_USER, 2);
BIT(PTE_ACCESSED, 5);
BIT(PTE_DIRTY, 6);
BIT(PTE_LARGE, 7);
BIT(PTE_GLOBAL, 8);

/* SDM Vol. 3 "Control Registers" */
BIT(CR0_PE, 0);
BIT(CR0_MP, 1);
BIT(CR0_EM, 2);
BIT(CR0_TS, 3);
BIT(CR0_ET, 4);
BIT(CR0_NE, 5);
BIT(CR0_WP, 16);
BIT(CR0_AM, 18);
BIT(CR0_NW, 29);
BIT(CR0_CD, 30);
BIT(CR0_PG, 31);
BIT(CR4_VME, 0);
BIT(CR4_PVI, 1);
BIT(CR4_TSD, 2);
BIT(CR4_DE, 3);
BIT(CR4_PSE, 4);
BIT(CR4_PAE, 5);
BIT(CR4_MCE, 6);
BIT(CR4_PGE, 7);
BIT(CR4_PCE, 8);
BIT(CR4_OSFXSR, 9);
BIT(CR4_OSXMMEXCPT, 10);
BIT(CR4_UMIP, 11);
BIT(CR4_LA57, 12);
BIT(CR4_VMXE, 13);
BIT(CR4_SMXE, 14);
BIT(CR4_FSGSBASE, 16);
BIT(CR4_PCIDE, 17);
BIT(CR4_OSXSAVE, 18);
BIT(CR4_KL, 19);
BIT(CR4_SMEP, 20);
BIT(CR4_SMAP, 21);
BIT(CR4_PKE, 22);
BIT(CR4_CET, 23);
BIT(CR4_PKS, 24);

IS(CPUID_GET_MODEL_INFO, 1);
IS(CPUID_GET_INPUT_RANGE, 0x80000000);
IS(CPUID_GET_EXT_FEATURES, 0x80000001);
IS(CPUID_GET_SVM_FEATURES, 0x8000000a);

/* The API's specification */
IS(TPASS, 0);
IS(TFAIL, 1);
IS(TBROK, 2);
IS(TWARN, 4);
IS(TINFO, 16);
IS(TCONF, 32);
IS((uint32_t)KVM_TNONE, 0xffffffff);
IS(KVM_TSYNC, 0xfe);
IS(KVM_TEXIT, 0xff);
IS(VM_KERNEL_BASEADDR, 0x1000);
IS(VM_RESET_BASEADDR, 0xfffffff0);
IS(KVM_RESULT_BASEADDR, 0xfffff000);
IS(KVM_RESULT_SIZE, 0x1000);
IS(PAGESIZE, 0x1000);
IS(KVM_GDT_SIZE, 32);
IS(sizeof(struct tst_kvm_result), 16);
IS(offsetof(struct tst_kvm_result, lineno), 4);
IS(offsetof(struct tst_kvm_result, file_addr), 8);
IS(sizeof(struct intr_descriptor), 2 * sizeof(uintptr_t));
IS(sizeof(struct segment_descriptor), 8);
IS(sizeof(struct segment_descriptor64), 16);
IS(sizeof(struct kvm_cpuid), 16);
IS(sizeof(struct kvm_cregs), 4 * sizeof(long));
IS(sizeof(struct kvm_sregs), 14);
IS(sizeof(struct kvm_regs64), 128);
IS(LTP_ALIGN(0x1001, 0x1000), 0x2000);
IS(LTP_ALIGN(0x1000, 0x1000), 0x1000);
IS(LTP_ALIGN(0, 8), 0);

/* The value that the CPU loads is the one that the tables have. */
static void check_tables(void)
{
	struct {
		uint16_t limit;
		uintptr_t base;
	} __attribute__((packed)) gdtr, idtr;
	static const int three[3];

	asm volatile("sgdt %0" : "=m"(gdtr));
	asm volatile("sidt %0" : "=m"(idtr));
	CHECK_EQ(gdtr.base, (uintptr_t)kvm_gdt);
	CHECK_EQ(gdtr.limit, KVM_GDT_SIZE * sizeof(kvm_gdt[0]) - 1);
	CHECK_EQ(idtr.base, (uintptr_t)kvm_idt);
	CHECK_EQ(idtr.limit, X86_INTR_COUNT * sizeof(kvm_idt[0]) - 1);
	CHECK_EQ(ARRAY_SIZE(kvm_gdt), KVM_GDT_SIZE);
	CHECK_EQ(ARRAY_SIZE(three), 3);
}

/* Each exception has a gate from the start: present, an interrupt gate. */
static void check_gates(void)
{
	unsigned int vector, wrong = 0;

	for (vector = 0; vector < INTERRUPT_COUNT; vector++) {
		wrong += kvm_idt[vector].flags != (SEGTYPE_INTR_GATE | SEGFLAG_PRESENT);
		wrong += kvm_idt[vector].offset_hi != 0;
	}
	CHECK_EQ(wrong, 0);
	CHECK_EQ(kvm_idt[X86_INTR_COUNT - 1].flags, 0);
	tst_set_interrupt_callback(X86_INTR_COUNT - 1, NULL, NULL);
	CHECK_EQ(kvm_idt[X86_INTR_COUNT - 1].flags, SEGTYPE_INTR_GATE | SEGFLAG_PRESENT);
}

void main(void)
{
	check_tables();
	check_gates();
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
