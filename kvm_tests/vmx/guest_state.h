/* SPDX-License-Identifier: MIT */
/*
 * Whose registers are whose: Intel SDM Vol. 3, "Loading Guest Control Registers, Debug Registers,
 * and MSRs" (27.3.2.1), "Saving Guest State" (28.3).
 */
#ifndef RINGSIDE_KVM_TESTS_VMX_GUEST_STATE_H
#define RINGSIDE_KVM_TESTS_VMX_GUEST_STATE_H

/*
 * A register that has a value of its own for the guest if a control of the VM entry says so.
 *	LOADED(name, control, field, the guest's value, the hypervisor's, how both read and write it)
 */
#define LOADED_REGISTERS(LOADED)                                                                \
	LOADED(Dr7, VMX_ENTRYCTL_LOAD_DR, VMX_VMCS_GUEST_DR7, 0x600, 0x700, READ("dr7"),        \
	       WRITE("dr7"))                                                                    \
	LOADED(Pat, ENTRY_LOAD_PAT, VMX_VMCS_GUEST_PAT, 0x0605040100060504, 0x0606060606060606, \
	       kvm_rdmsr(MSR_PAT), kvm_wrmsr(MSR_PAT, to_write))                                \
	LOADED(Efer, VMX_ENTRYCTL_LOAD_EFER, VMX_VMCS_GUEST_EFER, efer() & ~EFER_SCE,           \
	       efer() | EFER_SCE, efer(), kvm_wrmsr(MSR_EFER, to_write))

/*
 * What the guest changes, its hypervisor finds in the VMCS: a segment register that the guest loads: fields and descriptor.
 *	SEGMENT(name, how the fields' names end, descriptor, access rights, instruction)
 */
#define SEGMENTS(SEGMENT)                                         \
	SEGMENT(Es, ES, DATA_DESCRIPTOR, 0x4093, "mov %0, %%es")  \
	SEGMENT(Ds, DS, DATA_DESCRIPTOR, 0x4093, "mov %0, %%ds")  \
	SEGMENT(Ss, SS, DATA_DESCRIPTOR, 0x4093, "mov %0, %%ss")  \
	SEGMENT(Fs, FS, BASED_DESCRIPTOR, 0x4093, "mov %0, %%fs") \
	SEGMENT(Gs, GS, BASED_DESCRIPTOR, 0x4093, "mov %0, %%gs") \
	SEGMENT(Ldtr, LDTR, LDT_DESCRIPTOR, 0x0082, "lldt %w0")   \
	SEGMENT(Tr, TR, TSS_DESCRIPTOR, 0x008b, "ltr %w0")

/*
 * Another register, with the field that is new then.
 *	SAVED(name, field, value, how the guest writes it)
 */
#define SAVED_REGISTERS(SAVED)                                                                   \
	SAVED(Cr0, VMX_VMCS_GUEST_CR0, field ^ CR0_AM, WRITE("cr0"))                             \
	SAVED(Cr3, VMX_VMCS_GUEST_CR3, other_cr3(field), WRITE("cr3"))                           \
	SAVED(Cr4, VMX_VMCS_GUEST_CR4, field ^ CR4_DE, WRITE("cr4"))                             \
	SAVED(Dr7, VMX_VMCS_GUEST_DR7, 0x600, WRITE("dr7"))                                      \
	SAVED(Flags, VMX_VMCS_GUEST_RFLAGS, field ^ RFLAGS_AC,                                   \
	      asm volatile("push %0; popf; hlt" : : "r"((unsigned long)to_write) : "memory"))    \
	SAVED(Rsp, VMX_VMCS_GUEST_RSP, field - 0x40,                                             \
	      asm volatile("mov %0, %%" SP "; hlt" : : "r"((unsigned long)to_write) : "memory")) \
	SAVED(Efer, VMX_VMCS_GUEST_EFER, efer() ^ EFER_SCE, kvm_wrmsr(MSR_EFER, to_write))       \
	SAVED(Pat, VMX_VMCS_GUEST_PAT, 0x0605040100060504, kvm_wrmsr(MSR_PAT, to_write))         \
	SAVED(SysenterCs, VMX_VMCS_GUEST_SYSENTER_CS, 0x1230,                                    \
	      kvm_wrmsr(MSR_SYSENTER_CS, to_write))                                              \
	SAVED(SysenterEsp, VMX_VMCS_GUEST_SYSENTER_ESP, 0x12345000,                              \
	      kvm_wrmsr(MSR_SYSENTER_ESP, to_write))                                             \
	SAVED(SysenterEip, VMX_VMCS_GUEST_SYSENTER_EIP, 0x54321000,                              \
	      kvm_wrmsr(MSR_SYSENTER_EIP, to_write))                                             \
	SAVED(GdtrLimit, VMX_VMCS_GUEST_GDTR_LIMIT, field - 8, LOAD_TABLE("gdt", limit))         \
	SAVED(IdtrLimit, VMX_VMCS_GUEST_IDTR_LIMIT, field - 16, LOAD_TABLE("idt", limit))        \
	SAVED(GdtrBase, VMX_VMCS_GUEST_GDTR_BASE, copy_of(kvm_gdt, sizeof(kvm_gdt)),             \
	      LOAD_TABLE("gdt", base))                                                           \
	SAVED(IdtrBase, VMX_VMCS_GUEST_IDTR_BASE, copy_of(kvm_idt, sizeof(kvm_idt)),             \
	      LOAD_TABLE("idt", base))

/* Functions of their own in the payload. */
#define OTHER_CASES(NAME) NAME(Cs) NAME(BlockedBySti)

#endif /* RINGSIDE_KVM_TESTS_VMX_GUEST_STATE_H */
