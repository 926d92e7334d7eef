/* SPDX-License-Identifier: MIT */
/*
 * What stops a nested guest, and how it does it: Intel SDM Vol. 3, "VMX Non-Root
 * Operation", "Basic VM-Exit Information" and Appendix C "VMX Basic Exit Reasons".
 */
#ifndef RINGSIDE_KVM_TESTS_VMX_EXITS_H
#define RINGSIDE_KVM_TESTS_VMX_EXITS_H

/* "Format of the VM-Exit Interruption-Information Field": valid, type, vector. */
#define EXCEPTION(vector) (1u << 31 | 3 << 8 | (vector))
#define SOFTWARE_EXCEPTION(vector) (1u << 31 | 6 << 8 | (vector))
#define WITH_ERROR_CODE (1u << 11)

/*
 * With controls on, the guest stops at the statement; without, it doesn't.
 *	EXIT(name, controls, statement, reason, exit qualification)
 */
#define EXIT_CASES(EXIT)                                                                       \
	EXIT(Invlpg, exec(9), invlpg(0x12345000), VMX_EXIT_INVLPG, 0x12345000)                 \
	EXIT(Rdtsc, exec(12), kvm_rdtsc(), VMX_EXIT_RDTSC, 0)                                  \
	EXIT(WriteCr3, exec(15), WRITE_BACK("cr3"), VMX_EXIT_CR_ACCESS, 0x003)                 \
	EXIT(ReadCr3, exec(16), READ("cr3"), VMX_EXIT_CR_ACCESS, 0x013)                        \
	EXIT(ReadDr0, exec(23), READ("dr0"), VMX_EXIT_DR_ACCESS, 0x010)                        \
	EXIT(WriteDr1, exec(23), CLEAR("dr1"), VMX_EXIT_DR_ACCESS, 0x001)                      \
	EXIT(ReadDr7, exec(23), READ("dr7"), VMX_EXIT_DR_ACCESS, 0x017)                        \
	EXIT(Pause, exec(30), asm volatile("pause"), VMX_EXIT_PAUSE, 0)                        \
	EXIT(StoreGdtr, exec2(2), STORE("sgdt"), VMX_EXIT_GDTR_IDTR, AT_STORED)                \
	EXIT(StoreIdtr, exec2(2), STORE("sidt"), VMX_EXIT_GDTR_IDTR, AT_STORED)                \
	EXIT(StoreLdtr, exec2(2), STORE("sldt"), VMX_EXIT_LDTR_TR, AT_STORED)                  \
	EXIT(StoreTr, exec2(2), STORE("str"), VMX_EXIT_LDTR_TR, AT_STORED)                     \
	EXIT(Wbinvd, exec2(6), asm volatile("wbinvd" : : : "memory"), VMX_EXIT_WBINVD, 0)      \
	EXIT(WriteCr0, mask_cr0(CR0_AM), toggle_cr0(CR0_AM), VMX_EXIT_CR_ACCESS, 0x000)        \
	EXIT(WriteCr4, mask_cr4(CR4_DE), toggle_cr4(CR4_DE), VMX_EXIT_CR_ACCESS, 0x004)        \
	EXIT(Clts, mask_cr0_ts(), asm volatile("clts"), VMX_EXIT_CR_ACCESS, 0x020)             \
	EXIT(Lmsw, mask_cr0_ts(), lmsw(0x31), VMX_EXIT_CR_ACCESS, 0x310030)                    \
	EXIT(Out8, io_bitmap(0x80), kvm_out8(0x80, 1), VMX_EXIT_IO, 0x80 << 16 | 0)            \
	EXIT(Out16, io_bitmap(0x80), kvm_out16(0x80, 1), VMX_EXIT_IO, 0x80 << 16 | 1)          \
	EXIT(Out32, io_bitmap(0x80), kvm_out32(0x80, 1), VMX_EXIT_IO, 0x80 << 16 | 3)          \
	EXIT(In8, io_bitmap(0x80), kvm_in8(0x80), VMX_EXIT_IO, 0x80 << 16 | 8)                 \
	EXIT(In16, io_bitmap(0x80), kvm_in16(0x80), VMX_EXIT_IO, 0x80 << 16 | 9)               \
	EXIT(In32, io_bitmap(0x80), kvm_in32(0x80), VMX_EXIT_IO, 0x80 << 16 | 11)              \
	EXIT(SecondByteOf16, io_bitmap(0x81), kvm_out16(0x80, 1), VMX_EXIT_IO, 0x80 << 16 | 1) \
	EXIT(LastByteOf32, io_bitmap(0x83), kvm_in32(0x80), VMX_EXIT_IO, 0x80 << 16 | 11)      \
	EXIT(AcrossBytes, io_bitmap(0x88), kvm_out32(0x85, 1), VMX_EXIT_IO, 0x85 << 16 | 3)    \
	EXIT(Port0, io_bitmap(0), kvm_in8(0), VMX_EXIT_IO, 8)                                  \
	EXIT(LastPortOfA, io_bitmap(0x7fff), kvm_in8(0x7fff), VMX_EXIT_IO, 0x7fff << 16 | 8)   \
	EXIT(FirstPortOfB, io_bitmap(0x8000), kvm_in8(0x8000), VMX_EXIT_IO, 0x8000u << 16 | 8) \
	EXIT(FromAToB, io_bitmap(0x8000), kvm_in16(0x7fff), VMX_EXIT_IO, 0x7fff << 16 | 9)     \
	EXIT(LastPort, io_bitmap(0xffff), kvm_in8(0xffff), VMX_EXIT_IO, 0xffffu << 16 | 8)     \
	EXIT(UnconditionalIo, exec(24), kvm_out8(0x80, 1), VMX_EXIT_IO, 0x80 << 16)            \
	EXIT(Rdpmc, exec(11), kvm_try(rdpmc, NULL), VMX_EXIT_RDPMC, 0)                         \
	EXIT(Mwait, exec(10), kvm_try(mwait, NULL), VMX_EXIT_MWAIT, ANY_QUALIFICATION)         \
	EXIT(Monitor, exec(29), kvm_try(monitor, NULL), VMX_EXIT_MONITOR, 0)                   \
	EXIT(Rdtscp, (exec(12), exec2(3)), kvm_try(rdtscp, NULL), VMX_EXIT_RDTSCP, 0)          \
	EXIT(Rdrand, exec2(11), kvm_try(rdrand, NULL), VMX_EXIT_RDRAND, 0)                     \
	EXIT(Rdseed, exec2(16), kvm_try(rdseed, NULL), VMX_EXIT_RDSEED, 0)                     \
	EXIT(Invpcid, (exec(9), exec2(12)), kvm_try(invpcid, NULL), VMX_EXIT_INVPCID,          \
	     ANY_QUALIFICATION)                                                                \
	EXIT(LmswSetsProtection, mask_cr0_pe(), lmsw(0x31), VMX_EXIT_CR_ACCESS, 0x310030)      \
	EXIT(ReadMsrLow, msr_bitmap(0, MSR_SYSENTER_CS), kvm_rdmsr(MSR_SYSENTER_CS),           \
	     VMX_EXIT_RDMSR, 0)                                                                \
	EXIT(WriteMsrLow, msr_bitmap(1, MSR_SYSENTER_CS), kvm_wrmsr(MSR_SYSENTER_CS, 8),       \
	     VMX_EXIT_WRMSR, 0)                                                                \
	EXIT(ReadMsrHigh, msr_bitmap(0, MSR_STAR), kvm_rdmsr(MSR_STAR), VMX_EXIT_RDMSR, 0)     \
	EXIT(WriteMsrHigh, msr_bitmap(1, MSR_STAR), kvm_wrmsr(MSR_STAR, 0), VMX_EXIT_WRMSR, 0)

#define EXIT_CASES_OF_64_BITS(EXIT)                                            \
	EXIT(WriteCr8, exec(19), WRITE_BACK("cr8"), VMX_EXIT_CR_ACCESS, 0x008) \
	EXIT(ReadCr8, exec(20), READ("cr8"), VMX_EXIT_CR_ACCESS, 0x018)

/* The guest stops at the statement, whatever the controls. */
#define ALWAYS_CASES(ALWAYS)                                                                  \
	ALWAYS(Cpuid, cpuid(), VMX_EXIT_CPUID)                                                \
	ALWAYS(Invd, asm volatile("invd" : : : "memory"), VMX_EXIT_INVD)                      \
	ALWAYS(Vmcall, asm volatile("vmcall" : : "a"(0x12345) : "memory"), VMX_EXIT_VMCALL)   \
	ALWAYS(Vmxoff, asm volatile("vmxoff" : : : "cc"), VMX_EXIT_VMXOFF)                    \
	ALWAYS(Vmlaunch, asm volatile("vmlaunch" : : : "cc"), VMX_EXIT_VMLAUNCH)              \
	ALWAYS(Vmresume, asm volatile("vmresume" : : : "cc"), VMX_EXIT_VMRESUME)              \
	ALWAYS(Vmclear, asm volatile("vmclear %0" : : "m"(stored) : "cc", "memory"),          \
	       VMX_EXIT_VMCLEAR)                                                              \
	ALWAYS(Vmptrld, asm volatile("vmptrld %0" : : "m"(stored) : "cc"), VMX_EXIT_VMPTRLD)  \
	ALWAYS(Vmptrst, asm volatile("vmptrst %0" : "=m"(stored) : : "cc"), VMX_EXIT_VMPTRST) \
	ALWAYS(Vmread, asm volatile("vmread %0, %0" : : "r"(0ul) : "cc"), VMX_EXIT_VMREAD)    \
	ALWAYS(Vmwrite, asm volatile("vmwrite %0, %0" : : "r"(0ul) : "cc"), VMX_EXIT_VMWRITE) \
	ALWAYS(Vmxon, asm volatile("vmxon %0" : : "m"(stored) : "cc"), VMX_EXIT_VMXON)        \
	ALWAYS(Invept, asm volatile("invept %0, %1" : : "m"(stored), "r"(2ul) : "cc"),        \
	       VMX_EXIT_INVEPT)                                                               \
	ALWAYS(Invvpid, asm volatile("invvpid %0, %1" : : "m"(stored), "r"(2ul) : "cc"),      \
	       VMX_EXIT_INVVPID)                                                              \
	ALWAYS(Xsetbv, xsetbv(), VMX_EXIT_XSETBV)                                             \
	ALWAYS(MsrOutsideOfBitmaps, kvm_rdmsr(0x40000000), VMX_EXIT_RDMSR)

/* The guest doesn't stop, as near to the others as it may be. */
#define PASS_CASES(PASS)                                                                   \
	PASS(PassPortBelow, io_bitmap(0x7f), kvm_out8(0x80, 1))                            \
	PASS(PassPortAbove, io_bitmap(0x81), kvm_out8(0x80, 1))                            \
	PASS(PassByteBehind32, io_bitmap(0x84), kvm_in32(0x80))                            \
	PASS(PassOtherBitmap, io_bitmap(0x80), kvm_in8(0x8080))                            \
	PASS(PassBitmapsOverUnconditional, (exec(24), io_bitmap(0x81)), kvm_out8(0x80, 1)) \
	PASS(PassReadWithWriteBit, msr_bitmap(1, MSR_STAR), kvm_rdmsr(MSR_STAR))           \
	PASS(PassWriteWithReadBit, msr_bitmap(0, MSR_STAR), kvm_wrmsr(MSR_STAR, 0))        \
	PASS(PassOtherHalf, msr_bitmap(0, 0xc0000174), kvm_rdmsr(MSR_SYSENTER_CS))         \
	PASS(PassUnmaskedCr0, mask_cr0(CR0_AM), toggle_cr0(CR0_TS))                        \
	PASS(PassUnmaskedCr4, mask_cr4(CR4_DE), toggle_cr4(CR4_TSD))                       \
	PASS(PassLmswOfSame, mask_cr0_ts(), lmsw(0x39))

/*
 * With the exception's bit set, it stops the guest; without, the guest gets it.
 *	FAULT(name, vector, function, interruption information)
 */
#define FAULT_CASES(FAULT)                                                                   \
	FAULT(Breakpoint, 3, breakpoint, SOFTWARE_EXCEPTION(3))                              \
	FAULT(InvalidOpcode, 6, invalid_opcode, EXCEPTION(6))                                \
	FAULT(SegmentNotPresent, 11, load_absent_segment, EXCEPTION(11) | WITH_ERROR_CODE)   \
	FAULT(StackFault, 12, load_absent_stack, EXCEPTION(12) | WITH_ERROR_CODE)            \
	FAULT(ProtectionFault, 13, load_segment_beyond_gdt, EXCEPTION(13) | WITH_ERROR_CODE) \
	FAULT(PageFault, 14, write_unmapped, EXCEPTION(14) | WITH_ERROR_CODE)

/* Functions of their own in the payload. */
#define OTHER_CASES(NAME)                    \
	NAME(PageFaultMaskMatches)           \
	NAME(PageFaultMaskDiffers)           \
	NAME(PageFaultMaskDiffersWithoutBit) \
	NAME(PageFaultAddress)               \
	NAME(TripleFault)                    \
	NAME(InterruptWindow)                \
	NAME(PreemptionTimer)                \
	NAME(Cr0ReadShadow)                  \
	NAME(Cr4ReadShadow)                  \
	NAME(InstructionLength)

#endif /* RINGSIDE_KVM_TESTS_VMX_EXITS_H */
