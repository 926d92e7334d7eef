/* SPDX-License-Identifier: MIT */
/*
 * What a VMCB may hold at VMRUN, and what it may not: APM Vol. 2,
 * "Canonicalization and Consistency Checks" (15.5.1) unless another section is
 * named. Each state is one change of a VMCB that runs; the payload makes a
 * function of it, the controller a test.
 *
 *	STATE(name, statement)		vmcb: the VMCB to change
 */
#ifndef RINGSIDE_KVM_TESTS_SVM_VMRUN_STATES_H
#define RINGSIDE_KVM_TESTS_SVM_VMRUN_STATES_H

#define BIT64(n) (1ull << (n))

/* Refused in every mode. */
#define ILLEGAL_STATES(STATE)                                                        \
	STATE(VmrunNotIntercepted, intercept(vmcb, SVM_INTERCEPT_VMRUN, 0))          \
	STATE(AsidZero, vmcb->guest_asid = 0)                                        \
	STATE(EferSvmeClear, vmcb->efer &= ~(uint64_t)EFER_SVME)                     \
	STATE(EferBit9, vmcb->efer |= BIT64(9))                                      \
	STATE(EferBit32, vmcb->efer |= BIT64(32))                                    \
	STATE(EferBit63, vmcb->efer |= BIT64(63))                                    \
	STATE(Cr0NwWithoutCd, vmcb->cr0 = (vmcb->cr0 & ~(uint64_t)CR0_CD) | CR0_NW)  \
	STATE(Cr0Bit32, vmcb->cr0 |= BIT64(32))                                      \
	STATE(Cr0Bit63, vmcb->cr0 |= BIT64(63))                                      \
	STATE(Cr4Bit15, vmcb->cr4 |= BIT64(15))                                      \
	STATE(Cr4Bit31, vmcb->cr4 |= BIT64(31))                                      \
	STATE(Cr4Bit32, vmcb->cr4 |= BIT64(32))                                      \
	STATE(Cr4Bit63, vmcb->cr4 |= BIT64(63))                                      \
	STATE(Dr6Bit32, vmcb->dr6 |= BIT64(32))                                      \
	STATE(Dr6Bit63, vmcb->dr6 |= BIT64(63))                                      \
	STATE(Dr7Bit32, vmcb->dr7 |= BIT64(32))                                      \
	STATE(Dr7Bit63, vmcb->dr7 |= BIT64(63))                                      \
	STATE(IoMapBeyondMemory, vmcb->iopm_base_addr = physical_end())              \
	STATE(IoMapEndsBeyondMemory, vmcb->iopm_base_addr = physical_end() - 0x2000) \
	STATE(MsrMapBeyondMemory, vmcb->msrpm_base_addr = physical_end())            \
	STATE(MsrMapEndsBeyondMemory, vmcb->msrpm_base_addr = physical_end() - 0x1000)

/* Refused in long mode: that of an x86_64 payload. */
#define ILLEGAL_STATES_OF_LONG_MODE(STATE)                               \
	STATE(LongModeWithoutPae, vmcb->cr4 &= ~(uint64_t)CR4_PAE)       \
	STATE(LongModeWithoutProtection, vmcb->cr0 &= ~(uint64_t)CR0_PE) \
	STATE(CsOf64And32Bits, vmcb->cs.attrib |= SEGFLAG_32BIT)         \
	STATE(Cr3BeyondPhysicalAddresses, vmcb->cr3 |= physical_end())   \
	STATE(Cr3Bit52, vmcb->cr3 |= BIT64(52))

/* "Nested Paging", "Enabling Nested Paging". */
#define ILLEGAL_STATES_OF_NESTED_PAGING(STATE)  \
	STATE(NestedCr3BeyondPhysicalAddresses, \
	      (vmcb->enable_nested_paging = 1, vmcb->nested_cr3 = physical_end()))

/* "Event Injection": EVENTINJ has a valid bit, 31, a type from bit 8 on, and a vector. */
#define EVENTS_OF_RESERVED_TYPES(STATE)                                 \
	STATE(EventOfType1, vmcb->event_injection = BIT64(31) | 1 << 8) \
	STATE(EventOfType5, vmcb->event_injection = BIT64(31) | 5 << 8) \
	STATE(EventOfType6, vmcb->event_injection = BIT64(31) | 6 << 8) \
	STATE(EventOfType7, vmcb->event_injection = BIT64(31) | 7 << 8)
#define ILLEGAL_EVENTS(STATE)           \
	EVENTS_OF_RESERVED_TYPES(STATE) \
	STATE(ExceptionOfNmi, vmcb->event_injection = BIT64(31) | 3 << 8 | 2)

/* As near to the others as can be, and allowed. */
#define LEGAL_STATES(STATE)                                                        \
	STATE(Unchanged, (void)vmcb)                                               \
	STATE(AsidTwo, vmcb->guest_asid = 2)                                       \
	STATE(AllOfCr0Cd, vmcb->cr0 |= CR0_CD)                                     \
	STATE(Cr0CdAndNw, vmcb->cr0 |= CR0_CD | CR0_NW)                            \
	STATE(EferSce, vmcb->efer ^= EFER_SCE)                                     \
	STATE(Cr4Tsd, vmcb->cr4 |= CR4_TSD | CR4_DE | CR4_PGE)                     \
	STATE(Dr7Lower, vmcb->dr7 |= 0xff00)                                       \
	STATE(IoMapInsideMemory, vmcb->iopm_base_addr = physical_end() - 0x3000)   \
	STATE(MsrMapInsideMemory, vmcb->msrpm_base_addr = physical_end() - 0x2000) \
	STATE(EventNotValid, vmcb->event_injection = 7 << 8)

#endif /* RINGSIDE_KVM_TESTS_SVM_VMRUN_STATES_H */
