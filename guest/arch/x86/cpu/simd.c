// SPDX-License-Identifier: MIT
/* x87, SSE and AVX: SDM Vol. 3 "System Programming for Instruction Set Extensions". */
#include "guest/arch/x86/cpu/simd.h"
#include "kvm_x86.h"

/* XCR0: SDM Vol. 3 "Extended Control Registers": x87, SSE, AVX, and AVX-512's three. */
#define XCR0_SIMD 0xe7

#define MXCSR_INIT 0x1f80 /* SDM Vol. 1 "MXCSR Control and Status Register" */

#define CPUID_GET_XSAVE 0xd

void kvm_enable_simd(void)
{
	const uint32_t mxcsr = MXCSR_INIT;
	struct kvm_cpuid cpuid;
	struct kvm_cregs cregs;

	kvm_read_cregs(&cregs);
	kvm_set_cr0((cregs.cr0 & ~(unsigned long)(CR0_EM | CR0_TS)) | CR0_MP | CR0_NE);
	cregs.cr4 |= CR4_OSFXSR | CR4_OSXMMEXCPT;
	if (kvm_cpuid_has(X86_FEATURE_XSAVE))
		cregs.cr4 |= CR4_OSXSAVE;
	kvm_set_cr4(cregs.cr4);
	if (cregs.cr4 & CR4_OSXSAVE) {
		kvm_get_cpuid(CPUID_GET_XSAVE, 0, &cpuid);
		kvm_xsetbv(0, cpuid.eax & XCR0_SIMD);
	}
	asm volatile("fninit");
	asm volatile("ldmxcsr %0" : : "m"(mxcsr));
}
