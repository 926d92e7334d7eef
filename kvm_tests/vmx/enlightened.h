/* SPDX-License-Identifier: MIT */
/* Enlightened VMCSs (enlightened_fields.h) in use. */
#ifndef RINGSIDE_KVM_TESTS_VMX_ENLIGHTENED_H
#define RINGSIDE_KVM_TESTS_VMX_ENLIGHTENED_H

/* Functions of their own in the payload. */
#define ENLIGHTENED_CASES(NAME) \
	NAME(GuestState)        \
	NAME(HostState)         \
	NAME(ExitInformation)   \
	NAME(OtherVersion)      \
	NAME(SwitchedOff)       \
	NAME(TwoByTurns)        \
	NAME(ClearedAndLaunched)

/*
 * A change between two entries, of a group whose clean bit is then clear: the second entry
 * heeds it. What the second run has to show is checked in the payload.
 *	CHANGE(name, group, change, check)
 */
#define CHANGES(CHANGE)                                                                     \
	CHANGE(IoBitmap, IO_BITMAP, write(VMX_VMCS_IO_BITMAP_A_POINTER, full_page()),       \
	       exits_with(VMX_EXIT_IO))                                                     \
	CHANGE(MsrBitmap, MSR_BITMAP, write(VMX_VMCS_MSR_BITMAP_POINTER, full_page()),      \
	       exits_with(VMX_EXIT_RDMSR))                                                  \
	CHANGE(SecondaryControls, CONTROL_GRP1,                                             \
	       write(VMX_VMCS_VMEXEC_CTL2, read(VMX_VMCS_VMEXEC_CTL2) | EXEC2_DESCRIPTORS), \
	       exits_with(VMX_EXIT_GDTR_IDTR))                                              \
	CHANGE(TscOffset, CONTROL_GRP2, write(VMX_VMCS_TSC_OFFSET, BIT64(48)),              \
	       has_seen(seen.tsc >> 48, 1))                                                 \
	CHANGE(ExecutionControls, CONTROL_PROC,                                             \
	       write(VMX_VMCS_VMEXEC_CTL, read(VMX_VMCS_VMEXEC_CTL) | EXEC_RDTSC),          \
	       exits_with(VMX_EXIT_RDTSC))                                                  \
	CHANGE(ExceptionBitmap, CONTROL_EXCPN,                                              \
	       write(VMX_VMCS_EXCEPTION_BITMAP, 1 << INTR_BAD_OPCODE),                      \
	       exits_with(VMX_EXIT_EXCEPTION))                                              \
	CHANGE(EntryControls, CONTROL_ENTRY,                                                \
	       write(VMX_VMCS_VMENTRY_CTL, read(VMX_VMCS_VMENTRY_CTL) | ENTRY_LOAD_PAT),    \
	       has_seen(seen.pat, PAT_OF_GUEST))                                            \
	CHANGE(InjectedEvent, CONTROL_EVENT, write(VMX_VMCS_VMENTRY_INTR, EVENT(7, 0)),     \
	       exits_with(VMX_EXIT_MONITOR_TRAP))                                           \
	CHANGE(ControlRegisters, CRDR,                                                      \
	       (write(VMX_VMCS_CR0_MASK, CR0_AM),                                           \
		write(VMX_VMCS_CR0_READ_SHADOW, ~seen.cr0 & CR0_AM)),                       \
	       has_seen((seen.cr0 ^ read(VMX_VMCS_GUEST_CR0)) & CR0_AM, CR0_AM))            \
	CHANGE(Translation, CONTROL_XLAT, write(VMX_VMCS_VPID, 0), is_refused())            \
	CHANGE(StackPointer, GUEST_BASIC,                                                   \
	       write(VMX_VMCS_GUEST_RSP, read(VMX_VMCS_GUEST_RSP) - 0x100),                 \
	       has_seen(first.rsp - seen.rsp, 0x100))                                       \
	CHANGE(SysenterCs, GUEST_GRP1, write(VMX_VMCS_GUEST_SYSENTER_CS, 0x1238),           \
	       has_seen(seen.sysenter_cs, 0x1238))                                          \
	CHANGE(FsBase, GUEST_GRP2, write(VMX_VMCS_GUEST_FS_BASE, 0x123456),                 \
	       has_seen(seen.fs_base, 0x123456))                                            \
	CHANGE(HostFsBase, HOST_POINTER, write(VMX_VMCS_HOST_FS_BASE, 0x654321),            \
	       has_seen(kvm_rdmsr(MSR_FS_BASE), 0x654321))                                  \
	CHANGE(HostSysenterCs, HOST_GRP1, write(VMX_VMCS_HOST_SYSENTER_CS, 0x4328),         \
	       has_seen(kvm_rdmsr(MSR_SYSENTER_CS), 0x4328))

#endif /* RINGSIDE_KVM_TESTS_VMX_ENLIGHTENED_H */
