/* SPDX-License-Identifier: MIT */
/*
 * What stops a nested guest, and how it does it: APM Vol. 2, "Instruction
 * Intercepts", "Exception Intercepts" and Appendix C "SVM Intercept Exit Codes",
 * where an intercept has the number of its exit code.
 *
 *	INTERCEPT(name, number, statement)	statement: what the nested guest does
 */
#ifndef RINGSIDE_KVM_TESTS_SVM_INTERCEPTS_H
#define RINGSIDE_KVM_TESTS_SVM_INTERCEPTS_H

/* Each one stops the guest at the statement when it is on, and not when it is off. */
#define INTERCEPTS(INTERCEPT)                                                         \
	INTERCEPT(ReadCr0, 0x00, READ("cr0"))                                         \
	INTERCEPT(ReadCr2, 0x02, READ("cr2"))                                         \
	INTERCEPT(ReadCr3, 0x03, READ("cr3"))                                         \
	INTERCEPT(ReadCr4, 0x04, READ("cr4"))                                         \
	INTERCEPT(WriteCr0, 0x10, WRITE_BACK("cr0"))                                  \
	INTERCEPT(WriteCr2, 0x12, WRITE_BACK("cr2"))                                  \
	INTERCEPT(WriteCr3, 0x13, WRITE_BACK("cr3"))                                  \
	INTERCEPT(WriteCr4, 0x14, WRITE_BACK("cr4"))                                  \
	INTERCEPT(ReadDr0, 0x20, READ("dr0"))                                         \
	INTERCEPT(ReadDr1, 0x21, READ("dr1"))                                         \
	INTERCEPT(ReadDr2, 0x22, READ("dr2"))                                         \
	INTERCEPT(ReadDr3, 0x23, READ("dr3"))                                         \
	INTERCEPT(ReadDr6, 0x26, READ("dr6"))                                         \
	INTERCEPT(ReadDr7, 0x27, READ("dr7"))                                         \
	INTERCEPT(WriteDr0, 0x30, WRITE_BACK("dr0"))                                  \
	INTERCEPT(WriteDr1, 0x31, WRITE_BACK("dr1"))                                  \
	INTERCEPT(WriteDr2, 0x32, WRITE_BACK("dr2"))                                  \
	INTERCEPT(WriteDr3, 0x33, WRITE_BACK("dr3"))                                  \
	INTERCEPT(WriteDr6, 0x36, WRITE_BACK("dr6"))                                  \
	INTERCEPT(WriteDr7, 0x37, WRITE_BACK("dr7"))                                  \
	INTERCEPT(Breakpoint, 0x43, raise(INTR_BREAKPOINT, breakpoint))               \
	INTERCEPT(InvalidOpcode, 0x46, raise(INTR_BAD_OPCODE, invalid_opcode))        \
	INTERCEPT(DeviceNotAvailable, 0x47, raise(INTR_DEVICE_ERROR, use_fpu))        \
	INTERCEPT(SegmentNotPresent, 0x4b, raise(INTR_SEGFAULT, load_absent_segment)) \
	INTERCEPT(StackFault, 0x4c, raise(INTR_STACK_FAULT, load_absent_stack))       \
	INTERCEPT(ProtectionFault, 0x4d, raise(INTR_GPF, load_segment_beyond_gdt))    \
	INTERCEPT(PageFault, 0x4e, raise(INTR_PAGE_FAULT, read_unmapped))             \
	INTERCEPT(SelectiveWriteCr0, 0x65, toggle_cr0(CR0_AM))                        \
	INTERCEPT(StoreIdtr, 0x66, STORE("sidt"))                                     \
	INTERCEPT(StoreGdtr, 0x67, STORE("sgdt"))                                     \
	INTERCEPT(StoreLdtr, 0x68, STORE("sldt"))                                     \
	INTERCEPT(StoreTr, 0x69, STORE("str"))                                        \
	INTERCEPT(LoadIdtr, 0x6a, RELOAD("sidt", "lidt"))                             \
	INTERCEPT(LoadGdtr, 0x6b, RELOAD("sgdt", "lgdt"))                             \
	INTERCEPT(LoadLdtr, 0x6c, RELOAD("sldt", "lldt"))                             \
	INTERCEPT(Rdtsc, 0x6e, PLAIN("rdtsc" : : : "eax", "edx"))                     \
	INTERCEPT(Pushf, 0x70, PLAIN("pushf; pop %%" AX : : : AX))                    \
	INTERCEPT(Popf, 0x71, PLAIN("push $2; popf" : : : "cc"))                      \
	INTERCEPT(Cpuid, 0x72, cpuid())                                               \
	INTERCEPT(Iret, 0x74, interrupt_return())                                     \
	INTERCEPT(SoftwareInterrupt, 0x75, PLAIN("int $0x50" : : : "memory"))         \
	INTERCEPT(Invd, 0x76, PLAIN("invd" : : : "memory"))                           \
	INTERCEPT(Pause, 0x77, PLAIN("pause"))                                        \
	INTERCEPT(Invlpg, 0x79, PLAIN("invlpg (%0)" : : "r"(&stored)))                \
	INTERCEPT(Invlpga, 0x7a, PLAIN("invlpga" : : "a"(&stored), "c"(1)))           \
	INTERCEPT(Vmload, 0x82, PLAIN("vmload" : : "a"(saved)))                       \
	INTERCEPT(Vmsave, 0x83, PLAIN("vmsave" : : "a"(saved) : "memory"))            \
	INTERCEPT(Stgi, 0x84, PLAIN("stgi"))                                          \
	INTERCEPT(Clgi, 0x85, PLAIN("clgi"))                                          \
	INTERCEPT(Rdtscp, 0x87, rdtscp())                                             \
	INTERCEPT(Wbinvd, 0x89, PLAIN("wbinvd" : : : "memory"))

#define INTERCEPTS_OF_64_BITS(INTERCEPT)      \
	INTERCEPT(ReadCr8, 0x08, READ("cr8")) \
	INTERCEPT(WriteCr8, 0x18, WRITE_BACK("cr8"))

/* Functions of their own in the payload. */
#define SPECIAL_INTERCEPTS(NAME)         \
	NAME(Vmrun)                      \
	NAME(Vmmcall)                    \
	NAME(SelectiveWriteCr0IgnoresTs) \
	NAME(PageFaultInformation)       \
	NAME(ProtectionFaultErrorCode)   \
	NAME(NextRip)                    \
	NAME(ShutdownOfNestedGuest)

#endif /* RINGSIDE_KVM_TESTS_SVM_INTERCEPTS_H */
