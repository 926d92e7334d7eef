/* SPDX-License-Identifier: MIT */
/*
 * What a VMCS may hold at a VM entry, and what it may not: Intel SDM Vol. 3, "VM
 * Entries". Each state is one change of a VMCS that runs; the payload makes a
 * function of it, the controller a test.
 *
 *	STATE(name, statement)
 *
 * A statement uses put(), set() and clear() on fields of the current VMCS, need()
 * and need2() for execution controls that it depends on, and the constants below.
 */
#ifndef RINGSIDE_KVM_TESTS_VMX_VMENTRY_STATES_H
#define RINGSIDE_KVM_TESTS_VMX_VMENTRY_STATES_H

#define BIT64(n) (1ull << (n))

/* "Checks on VMX Controls" (27.2.1): VMfailValid, error 7. */
#define ILLEGAL_CONTROLS(STATE)                                                                    \
	STATE(PinRequiredBitClear, clear_required(VMX_VMCS_VMPINX_CTL, VMX_CTLMASK_PINX))          \
	STATE(PinUnknownBitSet, set_unknown(VMX_VMCS_VMPINX_CTL, VMX_CTLMASK_PINX))                \
	STATE(ExecRequiredBitClear, clear_required(VMX_VMCS_VMEXEC_CTL, VMX_CTLMASK_EXECCTL))      \
	STATE(ExecUnknownBitSet, set_unknown(VMX_VMCS_VMEXEC_CTL, VMX_CTLMASK_EXECCTL))            \
	STATE(Exec2UnknownBitSet,                                                                  \
	      (need2(0), set_unknown(VMX_VMCS_VMEXEC_CTL2, VMX_CTLMASK_EXECCTL2)))                 \
	STATE(ExitRequiredBitClear, clear_required(VMX_VMCS_VMEXIT_CTL, VMX_CTLMASK_EXITCTL))      \
	STATE(ExitUnknownBitSet, set_unknown(VMX_VMCS_VMEXIT_CTL, VMX_CTLMASK_EXITCTL))            \
	STATE(EntryRequiredBitClear, clear_required(VMX_VMCS_VMENTRY_CTL, VMX_CTLMASK_ENTRYCTL))   \
	STATE(EntryUnknownBitSet, set_unknown(VMX_VMCS_VMENTRY_CTL, VMX_CTLMASK_ENTRYCTL))         \
	STATE(Cr3TargetsTooMany, put(VMX_VMCS_CR3_TARGET_COUNT, cr3_targets() + 1))                \
	STATE(IoBitmapAUnaligned,                                                                  \
	      (need(VMX_EXECCTL_IO_BITMAP), put(VMX_VMCS_IO_BITMAP_A_POINTER, page() + 1)))        \
	STATE(IoBitmapBUnaligned,                                                                  \
	      (need(VMX_EXECCTL_IO_BITMAP), put(VMX_VMCS_IO_BITMAP_A_POINTER, page()),             \
	       put(VMX_VMCS_IO_BITMAP_B_POINTER, page() + 0x800)))                                 \
	STATE(IoBitmapABeyondMemory,                                                               \
	      (need(VMX_EXECCTL_IO_BITMAP), put(VMX_VMCS_IO_BITMAP_A_POINTER, physical_end())))    \
	STATE(MsrBitmapUnaligned,                                                                  \
	      (need(VMX_EXECCTL_MSR_BITMAP), put(VMX_VMCS_MSR_BITMAP_POINTER, page() + 8)))        \
	STATE(MsrBitmapBeyondMemory,                                                               \
	      (need(VMX_EXECCTL_MSR_BITMAP), put(VMX_VMCS_MSR_BITMAP_POINTER, physical_end())))    \
	STATE(VirtualApicPageUnaligned,                                                            \
	      (need(VMX_EXECCTL_TPR_SHADOW), put(VMX_VMCS_VIRT_APIC_POINTER, page() + 16)))        \
	STATE(VirtualApicPageBeyondMemory,                                                         \
	      (need(VMX_EXECCTL_TPR_SHADOW), put(VMX_VMCS_VIRT_APIC_POINTER, physical_end())))     \
	STATE(TprThresholdOf5Bits,                                                                 \
	      (need(VMX_EXECCTL_TPR_SHADOW), put(VMX_VMCS_VIRT_APIC_POINTER, page()),              \
	       put(VMX_VMCS_TPR_THRESHOLD, 0x10)))                                                 \
	STATE(TprThresholdAboveTpr,                                                                \
	      (need(VMX_EXECCTL_TPR_SHADOW), put(VMX_VMCS_VIRT_APIC_POINTER, page()),              \
	       put(VMX_VMCS_TPR_THRESHOLD, 1)))                                                    \
	STATE(ApicAccessPageUnaligned,                                                             \
	      (need2(VMX_EXECCTL2_VIRT_APIC), put(VMX_VMCS_VIRT_APIC_BASE, page() + 16)))          \
	STATE(ApicRegistersWithoutTprShadow, need2(VMX_EXECCTL2_VIRT_APIC_REG))                    \
	STATE(X2apicModeWithoutTprShadow, need2(VMX_EXECCTL2_VIRT_X2APIC))                         \
	STATE(X2apicModeWithApicAccesses,                                                          \
	      (need(VMX_EXECCTL_TPR_SHADOW), put(VMX_VMCS_VIRT_APIC_POINTER, page()),              \
	       put(VMX_VMCS_VIRT_APIC_BASE, page()),                                               \
	       need2(VMX_EXECCTL2_VIRT_X2APIC | VMX_EXECCTL2_VIRT_APIC)))                          \
	STATE(VirtualInterruptsWithoutExits,                                                       \
	      (need(VMX_EXECCTL_TPR_SHADOW), put(VMX_VMCS_VIRT_APIC_POINTER, page()),              \
	       need2(VMX_EXECCTL2_VIRT_INTR)))                                                     \
	STATE(ApicAccessPageBeyondMemory,                                                          \
	      (need2(VMX_EXECCTL2_VIRT_APIC), put(VMX_VMCS_VIRT_APIC_BASE, physical_end())))       \
	STATE(PostedInterruptsNotAcknowledged,                                                     \
	      (post_interrupts(), clear(VMX_VMCS_VMEXIT_CTL, EXIT_ACKNOWLEDGE)))                   \
	STATE(PostedInterruptsOfVector256, (post_interrupts(), put(FIELD_POSTED_VECTOR, 256)))     \
	STATE(PostedInterruptsBeyondMemory,                                                        \
	      (post_interrupts(), put(FIELD_POSTED_DESCRIPTOR, physical_end())))                   \
	STATE(VirtualNmisWithoutNmiExiting, need_pin(PIN_VIRTUAL_NMIS))                            \
	STATE(NmiWindowWithoutVirtualNmis, need(EXEC_NMI_WINDOW))                                  \
	STATE(SavedTimerWithoutTimer, need_exit(EXIT_SAVE_TIMER))                                  \
	STATE(VpidZero, (need2(VMX_EXECCTL2_VPID), put(VMX_VMCS_VPID, 0)))                         \
	STATE(ShadowVmreadBitmapUnaligned,                                                         \
	      (need2(VMX_EXECCTL2_SHADOW_VMCS), put(VMX_VMCS_VMREAD_BITMAP_POINTER, page() + 1),   \
	       put(VMX_VMCS_VMWRITE_BITMAP_POINTER, page())))                                      \
	STATE(ShadowVmwriteBitmapUnaligned,                                                        \
	      (need2(VMX_EXECCTL2_SHADOW_VMCS), put(VMX_VMCS_VMREAD_BITMAP_POINTER, page()),       \
	       put(VMX_VMCS_VMWRITE_BITMAP_POINTER, page() + 1)))                                  \
	STATE(EntryMsrLoadUnaligned, (put(VMX_VMCS_VMENTRY_MSR_LOAD, 1),                           \
				      put(VMX_VMCS_VMENTRY_MSR_LOAD_POINTER, page() + 8)))         \
	STATE(EntryMsrLoadBeyondMemory,                                                            \
	      (put(VMX_VMCS_VMENTRY_MSR_LOAD, 2),                                                  \
	       put(VMX_VMCS_VMENTRY_MSR_LOAD_POINTER, physical_end() - 16)))                       \
	STATE(ExitMsrLoadUnaligned, (put(VMX_VMCS_VMEXIT_MSR_LOAD, 1),                             \
				     put(VMX_VMCS_VMEXIT_MSR_LOAD_POINTER, page() + 8)))           \
	STATE(ExitMsrStoreUnaligned, (put(VMX_VMCS_VMEXIT_MSR_STORE, 1),                           \
				      put(VMX_VMCS_VMEXIT_MSR_STORE_POINTER, page() + 8)))         \
	STATE(ExitMsrStoreBeyondMemory, (put(VMX_VMCS_VMEXIT_MSR_STORE, 1),                        \
					 put(VMX_VMCS_VMEXIT_MSR_STORE_POINTER, physical_end())))  \
	STATE(EventOfReservedType, put(VMX_VMCS_VMENTRY_INTR, EVENT(1, 0x40)))                     \
	STATE(NmiOfVector3, put(VMX_VMCS_VMENTRY_INTR, EVENT(2, 3)))                               \
	STATE(ExceptionOfVector32, put(VMX_VMCS_VMENTRY_INTR, EVENT(3, 32)))                       \
	STATE(OtherEventOfVector1, put(VMX_VMCS_VMENTRY_INTR, EVENT(7, 1)))                        \
	STATE(ErrorCodeOfInvalidOpcode,                                                            \
	      put(VMX_VMCS_VMENTRY_INTR, EVENT(3, 6) | EVENT_ERROR_CODE))                          \
	STATE(ErrorCodeOfInterrupt, put(VMX_VMCS_VMENTRY_INTR, EVENT(0, 0x40) | EVENT_ERROR_CODE)) \
	STATE(ProtectionFaultWithoutErrorCode, put(VMX_VMCS_VMENTRY_INTR, EVENT(3, 13)))           \
	STATE(ErrorCodeOf17Bits, (put(VMX_VMCS_VMENTRY_INTR, EVENT(3, 13) | EVENT_ERROR_CODE),     \
				  put(VMX_VMCS_VMENTRY_EXC, 0x10000)))                             \
	STATE(EventReservedBit12, put(VMX_VMCS_VMENTRY_INTR, EVENT(3, 6) | BIT64(12)))             \
	STATE(EventReservedBit30, put(VMX_VMCS_VMENTRY_INTR, EVENT(3, 6) | BIT64(30)))             \
	STATE(SoftwareInterruptOf16Bytes,                                                          \
	      (put(VMX_VMCS_VMENTRY_INTR, EVENT(4, 0x40)), put(VMX_VMCS_VMENTRY_INST_LEN, 16)))

/* The same, where the CPU translates guests' addresses: "ept". */
#define ILLEGAL_CONTROLS_OF_EPT(STATE)                                                             \
	STATE(UnrestrictedGuestWithoutEpt, need2(EXEC2_UNRESTRICTED_GUEST))                        \
	STATE(PageModificationLogWithoutEpt, (put(FIELD_PML_ADDRESS, page()), need2(EXEC2_PML)))   \
	STATE(PageModificationLogUnaligned,                                                        \
	      (use_ept(), need2(EXEC2_PML), put(FIELD_PML_ADDRESS, page() + 8)))                   \
	STATE(VmFunctionUnknown, (use_ept(), need2(EXEC2_VMFUNC), put(FIELD_VMFUNC_CONTROLS, 2)))  \
	STATE(EptpSwitchingWithoutEpt,                                                             \
	      (need2(EXEC2_VMFUNC), put(FIELD_VMFUNC_CONTROLS, 1), put(FIELD_EPTP_LIST, page())))  \
	STATE(EptpListUnaligned, (use_ept(), need2(EXEC2_VMFUNC), put(FIELD_VMFUNC_CONTROLS, 1),   \
				  put(FIELD_EPTP_LIST, page() + 8)))                               \
	STATE(EptMemoryTypeReserved,                                                               \
	      (need2(VMX_EXECCTL2_EPT), put(VMX_VMCS_EPT_POINTER, page() | 1 | EPTP_PAGE_WALK_4))) \
	STATE(EptWalkOf3Levels,                                                                    \
	      (need2(VMX_EXECCTL2_EPT),                                                            \
	       put(VMX_VMCS_EPT_POINTER, page() | EPTP_MEMORY_TYPE_WB | 2 << 3)))                  \
	STATE(EptPointerBit7, (need2(VMX_EXECCTL2_EPT),                                            \
			       put(VMX_VMCS_EPT_POINTER,                                           \
				   page() | EPTP_MEMORY_TYPE_WB | EPTP_PAGE_WALK_4 | BIT64(7))))   \
	STATE(EptPointerBeyondMemory,                                                              \
	      (need2(VMX_EXECCTL2_EPT),                                                            \
	       put(VMX_VMCS_EPT_POINTER,                                                           \
		   physical_end() | EPTP_MEMORY_TYPE_WB | EPTP_PAGE_WALK_4)))

/* "Checks on Host Control Registers, MSRs, and SSP", "… Segment and Descriptor-Table
 * Registers" (27.2.2, 27.2.3): VMfailValid, error 8. */
#define ILLEGAL_HOST_STATES(STATE)                                                            \
	STATE(HostCr0ProtectionClear, clear(VMX_VMCS_HOST_CR0, CR0_PE))                       \
	STATE(HostCr0PagingClear, clear(VMX_VMCS_HOST_CR0, CR0_PG))                           \
	STATE(HostCr4VmxeClear, clear(VMX_VMCS_HOST_CR4, CR4_VMXE))                           \
	STATE(HostCr4Bit31, set(VMX_VMCS_HOST_CR4, BIT64(31)))                                \
	STATE(HostCsOfPrivilege3, set(VMX_VMCS_HOST_CS, 3))                                   \
	STATE(HostSsOfPrivilege1, set(VMX_VMCS_HOST_SS, 1))                                   \
	STATE(HostDsOfPrivilege2, set(VMX_VMCS_HOST_DS, 2))                                   \
	STATE(HostEsOfPrivilege1, set(VMX_VMCS_HOST_ES, 1))                                   \
	STATE(HostFsOfPrivilege1, set(VMX_VMCS_HOST_FS, 1))                                   \
	STATE(HostGsOfPrivilege1, set(VMX_VMCS_HOST_GS, 1))                                   \
	STATE(HostTrOfPrivilege1, set(VMX_VMCS_HOST_TR, 1))                                   \
	STATE(HostCsLocal, set(VMX_VMCS_HOST_CS, SELECTOR_TI))                                \
	STATE(HostSsLocal, set(VMX_VMCS_HOST_SS, SELECTOR_TI))                                \
	STATE(HostDsLocal, set(VMX_VMCS_HOST_DS, SELECTOR_TI))                                \
	STATE(HostTrLocal, set(VMX_VMCS_HOST_TR, SELECTOR_TI))                                \
	STATE(HostCsZero, put(VMX_VMCS_HOST_CS, 0))                                           \
	STATE(HostTrZero, put(VMX_VMCS_HOST_TR, 0))                                           \
	STATE(HostEferReserved,                                                               \
	      (need_exit(VMX_EXITCTL_LOAD_EFER), put(VMX_VMCS_HOST_EFER, efer() | BIT64(9)))) \
	STATE(HostEferOtherLma,                                                               \
	      (need_exit(VMX_EXITCTL_LOAD_EFER), put(VMX_VMCS_HOST_EFER, efer() ^ EFER_LMA))) \
	STATE(HostEferOtherLme,                                                               \
	      (need_exit(VMX_EXITCTL_LOAD_EFER), put(VMX_VMCS_HOST_EFER, efer() ^ EFER_LME))) \
	STATE(HostPatOfType2, (need_exit(EXIT_LOAD_PAT), put(VMX_VMCS_HOST_PAT, 2)))

#define ILLEGAL_HOST_STATES_OF_64_BITS(STATE)                                          \
	STATE(HostCr0Bit32, set(VMX_VMCS_HOST_CR0, BIT64(32)))                         \
	STATE(HostCr4Bit32, set(VMX_VMCS_HOST_CR4, BIT64(32)))                         \
	STATE(HostCr4PaeClear, clear(VMX_VMCS_HOST_CR4, CR4_PAE))                      \
	STATE(HostCr3BeyondPhysicalAddresses, set(VMX_VMCS_HOST_CR3, physical_end()))  \
	STATE(HostSysenterEspNotCanonical, put(VMX_VMCS_HOST_SYSENTER_ESP, BIT64(62))) \
	STATE(HostSysenterEipNotCanonical, put(VMX_VMCS_HOST_SYSENTER_EIP, BIT64(62))) \
	STATE(HostFsBaseNotCanonical, put(VMX_VMCS_HOST_FS_BASE, BIT64(62)))           \
	STATE(HostGsBaseNotCanonical, put(VMX_VMCS_HOST_GS_BASE, BIT64(62)))           \
	STATE(HostGdtrBaseNotCanonical, put(VMX_VMCS_HOST_GDTR_BASE, BIT64(62)))       \
	STATE(HostIdtrBaseNotCanonical, put(VMX_VMCS_HOST_IDTR_BASE, BIT64(62)))       \
	STATE(HostTrBaseNotCanonical, put(VMX_VMCS_HOST_TR_BASE, BIT64(62)))

#define ILLEGAL_HOST_STATES_OF_32_BITS(STATE) STATE(HostSsZero, put(VMX_VMCS_HOST_SS, 0))

/* "Checking and Loading Guest State" (27.3): the entry fails with exit reason 33. */
#define ILLEGAL_GUEST_STATES(STATE)                                                              \
	STATE(GuestCr0NumericErrorClear, clear(VMX_VMCS_GUEST_CR0, CR0_NE))                      \
	STATE(GuestCr4VmxeClear, clear(VMX_VMCS_GUEST_CR4, CR4_VMXE))                            \
	STATE(GuestCr4Bit31, set(VMX_VMCS_GUEST_CR4, BIT64(31)))                                 \
	STATE(GuestCr0PagingWithoutProtection, clear(VMX_VMCS_GUEST_CR0, CR0_PE))                \
	STATE(GuestDebugctlReserved,                                                             \
	      (need_entry(VMX_ENTRYCTL_LOAD_DR), put(VMX_VMCS_GUEST_DEBUGCTL, BIT64(3))))        \
	STATE(GuestEferReserved,                                                                 \
	      (need_entry(VMX_ENTRYCTL_LOAD_EFER), put(VMX_VMCS_GUEST_EFER, efer() | BIT64(9)))) \
	STATE(GuestEferOtherLma,                                                                 \
	      (need_entry(VMX_ENTRYCTL_LOAD_EFER), put(VMX_VMCS_GUEST_EFER, efer() ^ EFER_LMA))) \
	STATE(GuestEferOtherLme,                                                                 \
	      (need_entry(VMX_ENTRYCTL_LOAD_EFER), put(VMX_VMCS_GUEST_EFER, efer() ^ EFER_LME))) \
	STATE(GuestPatOfType2, (need_entry(ENTRY_LOAD_PAT), put(VMX_VMCS_GUEST_PAT, 2)))         \
	STATE(GuestPatOfType8, (need_entry(ENTRY_LOAD_PAT), put(VMX_VMCS_GUEST_PAT, BIT64(59)))) \
	STATE(GuestActivityUnknown, put(VMX_VMCS_GUEST_ACT_STATE, 4))                            \
	STATE(GuestActivityShutdown, put(VMX_VMCS_GUEST_ACT_STATE, without_activity(2)))         \
	STATE(GuestRflagsFixedBitClear, clear(VMX_VMCS_GUEST_RFLAGS, RFLAGS_FIXED))              \
	STATE(GuestRflagsBit3, set(VMX_VMCS_GUEST_RFLAGS, BIT64(3)))                             \
	STATE(GuestRflagsBit15, set(VMX_VMCS_GUEST_RFLAGS, BIT64(15)))                           \
	STATE(GuestInterruptibilityReserved, put(VMX_VMCS_GUEST_INTR_STATE, BIT64(5)))           \
	STATE(GuestBlockedBySti,                                                                 \
	      (clear(VMX_VMCS_GUEST_RFLAGS, RFLAGS_IF), put(VMX_VMCS_GUEST_INTR_STATE, 1)))      \
	STATE(GuestBlockedByBoth, put(VMX_VMCS_GUEST_INTR_STATE, 3))                             \
	STATE(GuestPendingDebugReserved, put(VMX_VMCS_GUEST_DEBUG_EXC, BIT64(5)))                \
	STATE(GuestTrUnusable, set(VMX_VMCS_GUEST_TR_ACCESS, BIT64(16)))                         \
	STATE(GuestTrLocal, set(VMX_VMCS_GUEST_TR, SELECTOR_TI))                                 \
	STATE(GuestTrNotBusy, clear(VMX_VMCS_GUEST_TR_ACCESS, 2))                                \
	STATE(GuestCsIsData, put(VMX_VMCS_GUEST_CS_ACCESS, 0xc091))                              \
	STATE(GuestCsNotPresent, clear(VMX_VMCS_GUEST_CS_ACCESS, SEGFLAG_PRESENT))               \
	STATE(GuestSsOfPrivilege3, set(VMX_VMCS_GUEST_SS, 3))                                    \
	STATE(GuestCsLimitWithoutGranularity, (put(VMX_VMCS_GUEST_CS_LIMIT, 0xffffffff),         \
					       clear(VMX_VMCS_GUEST_CS_ACCESS, BIT64(15))))      \
	STATE(GuestGdtrLimitOf17Bits, put(VMX_VMCS_GUEST_GDTR_LIMIT, 0x10000))                   \
	STATE(GuestIdtrLimitOf17Bits, put(VMX_VMCS_GUEST_IDTR_LIMIT, 0x10000))

#define ILLEGAL_GUEST_STATES_OF_64_BITS(STATE)                                           \
	STATE(GuestCr0Bit32, set(VMX_VMCS_GUEST_CR0, BIT64(32)))                         \
	STATE(GuestCr4Bit32, set(VMX_VMCS_GUEST_CR4, BIT64(32)))                         \
	STATE(GuestCr4PaeClear, clear(VMX_VMCS_GUEST_CR4, CR4_PAE))                      \
	STATE(GuestCr3BeyondPhysicalAddresses, set(VMX_VMCS_GUEST_CR3, physical_end()))  \
	STATE(GuestDr7Bit32,                                                             \
	      (need_entry(VMX_ENTRYCTL_LOAD_DR), set(VMX_VMCS_GUEST_DR7, BIT64(32))))    \
	STATE(GuestRflagsVirtual8086, set(VMX_VMCS_GUEST_RFLAGS, BIT64(17)))             \
	STATE(GuestSysenterEspNotCanonical, put(VMX_VMCS_GUEST_SYSENTER_ESP, BIT64(62))) \
	STATE(GuestGdtrBaseNotCanonical, put(VMX_VMCS_GUEST_GDTR_BASE, BIT64(62)))       \
	STATE(GuestFsBaseNotCanonical, put(VMX_VMCS_GUEST_FS_BASE, BIT64(62)))           \
	STATE(GuestTrBaseNotCanonical, put(VMX_VMCS_GUEST_TR_BASE, BIT64(62)))           \
	STATE(GuestCsOf64And32Bits, set(VMX_VMCS_GUEST_CS_ACCESS, BIT64(14)))

/* The same, with exit qualification 2: "Checks on Guest Page-Directory-Pointer-Table
 * Entries" (27.3.1.6), of a guest with PAE paging. */
#define ILLEGAL_PAGE_DIRECTORIES_OF_32_BITS(STATE)                               \
	STATE(GuestPdpteWritable, put(VMX_VMCS_GUEST_CR3, page_with(PDPTE(2))))  \
	STATE(GuestPdpteOfBit5, put(VMX_VMCS_GUEST_CR3, page_with(PDPTE(0x20)))) \
	STATE(GuestPdpteBeyondMemory, put(VMX_VMCS_GUEST_CR3, page_with(PDPTE(physical_end()))))

/* The same, with exit qualification 4: "VM-Entry Failures During or After Loading
 * Guest State". */
#define ILLEGAL_LINK_POINTERS(STATE)                                               \
	STATE(LinkPointerUnaligned, put(VMX_VMCS_LINK_POINTER, page() + 1))        \
	STATE(LinkPointerBeyondMemory, put(VMX_VMCS_LINK_POINTER, physical_end())) \
	STATE(LinkedVmcsOfOtherRevision, put(VMX_VMCS_LINK_POINTER, page()))       \
	STATE(LinkedVmcsIsShadow, put(VMX_VMCS_LINK_POINTER, shadow_vmcs()))

/* "Loading MSRs" (27.4): the entry fails with exit reason 34, the qualification is the
 * number of the entry at fault; here the second of three. */
#define ILLEGAL_MSR_LOADS(STATE)                                                 \
	STATE(LoadsFsBase, load_msr(MSR_FS_BASE, 0, 0))                          \
	STATE(LoadsGsBase, load_msr(MSR_GS_BASE, 0, 0))                          \
	STATE(LoadsX2apicRegister, (kvm_enable_x2apic(), load_msr(0x808, 0, 0))) \
	STATE(LoadsMicrocode, load_msr(0x79, 0, 0))                              \
	STATE(LoadsUnknownMsr, load_msr(0xdead0000, 0, 0))                       \
	STATE(LoadsReservedHalf, load_msr(MSR_STAR, 1, 0))                       \
	STATE(LoadsIllegalValue, load_msr(MSR_EFER, 0, BIT64(9)))

/* As near to the others as can be, and allowed. */
#define LEGAL_STATES(STATE)                                                                      \
	STATE(Unchanged, (void)0)                                                                \
	STATE(Cr3TargetsAll, put(VMX_VMCS_CR3_TARGET_COUNT, cr3_targets()))                      \
	STATE(IoBitmapUnalignedButOff, put(VMX_VMCS_IO_BITMAP_A_POINTER, page() + 1))            \
	STATE(EventNotValid, put(VMX_VMCS_VMENTRY_INTR, 1 << 8))                                 \
	STATE(HostEferSame, (need_exit(VMX_EXITCTL_LOAD_EFER), put(VMX_VMCS_HOST_EFER, efer()))) \
	STATE(GuestEferSame,                                                                     \
	      (need_entry(VMX_ENTRYCTL_LOAD_EFER), put(VMX_VMCS_GUEST_EFER, efer())))            \
	STATE(GuestPatOfType6, (need_entry(ENTRY_LOAD_PAT), put(VMX_VMCS_GUEST_PAT, 6)))         \
	STATE(GuestBlockedByStiWithInterrupts, put(VMX_VMCS_GUEST_INTR_STATE, 1))                \
	STATE(InterruptsPosted, post_interrupts())                                               \
	STATE(LinkPointerNone, put(VMX_VMCS_LINK_POINTER, VMX_INVALID_VMCS))                     \
	STATE(GuestRflagsAlignment, set(VMX_VMCS_GUEST_RFLAGS, BIT64(18)))

#endif /* RINGSIDE_KVM_TESTS_VMX_VMENTRY_STATES_H */
