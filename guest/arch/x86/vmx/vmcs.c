// SPDX-License-Identifier: MIT
/* What a nested guest's VMCS starts with: SDM Vol. 3 "Virtual-Machine Control Structures". */
#include "guest/arch/x86/nested/nested.h"
#include "kvm_x86_vmx.h"

/* "Guest Register State": access rights, beside a descriptor's flags */
#define ACCESS_UNUSABLE 0x10000
#define SEGTYPE_ACCESSED 0x01 /* of code and data segments */
#define SEGTYPE_BUSY 0x02 /* of a TSS */

static _Bool has_true_masks(void)
{
	return !!(kvm_rdmsr(MSR_IA32_VMX_BASIC) & IA32_VMXBASIC_USELESS_CTL_MASKS);
}

static _Bool may_set(unsigned int ctl_id, uint32_t bit)
{
	return !!(kvm_vmx_read_vmctl_mask(ctl_id) >> 32 & bit);
}

uint64_t kvm_vmx_read_vmctl_mask(unsigned int ctl_id)
{
	switch (ctl_id) {
	case VMX_CTLMASK_PINX:
		return kvm_rdmsr(has_true_masks() ? MSR_IA32_VMX_PINX_MASK2
						  : MSR_IA32_VMX_PINX_MASK);
	case VMX_CTLMASK_EXECCTL:
		return kvm_rdmsr(has_true_masks() ? MSR_IA32_VMX_EXECCTL_MASK2
						  : MSR_IA32_VMX_EXECCTL_MASK);
	case VMX_CTLMASK_EXECCTL2:
		/* Without the fields, their registers do not exist either. */
		if (!may_set(VMX_CTLMASK_EXECCTL, VMX_EXECCTL_ENABLE_CTL2))
			return 0;
		return kvm_rdmsr(MSR_IA32_VMX_EXECCTL2_MASK);
	case VMX_CTLMASK_EXECCTL3:
		if (!may_set(VMX_CTLMASK_EXECCTL, VMX_EXECCTL_ENABLE_CTL3))
			return 0;
		return kvm_rdmsr(MSR_IA32_VMX_EXECCTL3_MASK);
	case VMX_CTLMASK_EXITCTL:
		return kvm_rdmsr(has_true_masks() ? MSR_IA32_VMX_EXITCTL_MASK2
						  : MSR_IA32_VMX_EXITCTL_MASK);
	case VMX_CTLMASK_ENTRYCTL:
		return kvm_rdmsr(has_true_masks() ? MSR_IA32_VMX_ENTRYCTL_MASK2
						  : MSR_IA32_VMX_ENTRYCTL_MASK);
	default:
		tst_brk(TBROK, "kvm_vmx_read_vmctl_mask: control %u is beyond the last one, %u",
			ctl_id, VMX_CTLMASK_MAX - 1);
	}
}

/* The controls that have to be on, and those that are wanted. */
static uint32_t controls(unsigned int ctl_id, uint32_t wanted)
{
	return (uint32_t)kvm_vmx_read_vmctl_mask(ctl_id) | wanted;
}

static void write_controls(void)
{
	uint32_t entry = 0, exit = 0;

	/* Guest and payload run in the same mode. */
	if (kvm_rdmsr(MSR_EFER) & EFER_LMA) {
		entry |= VMX_ENTRYCTL_X64;
		exit |= VMX_EXITCTL_X64;
	}
	kvm_vmx_vmwrite(VMX_VMCS_VMPINX_CTL, controls(VMX_CTLMASK_PINX, 0));
	kvm_vmx_vmwrite(VMX_VMCS_VMEXEC_CTL, controls(VMX_CTLMASK_EXECCTL, VMX_INTERCEPT_HLT));
	kvm_vmx_vmwrite(VMX_VMCS_VMENTRY_CTL, controls(VMX_CTLMASK_ENTRYCTL, entry));
	kvm_vmx_vmwrite(VMX_VMCS_VMEXIT_CTL, controls(VMX_CTLMASK_EXITCTL, exit));
	kvm_vmx_vmwrite(VMX_VMCS_LINK_POINTER, VMX_INVALID_VMCS);
}

static uint32_t access_rights(unsigned int flags)
{
	if (!flags)
		return ACCESS_UNUSABLE;
	if (flags & SEGFLAG_NSYSTEM)
		flags |= SEGTYPE_ACCESSED;
	else if ((flags & SEGTYPE_MASK) == SEGTYPE_TSS)
		flags |= SEGTYPE_BUSY;
	/* A descriptor's second group of flags begins at bit 12 here. */
	return (flags & 0xff) | (flags & 0xf00) << 4;
}

void kvm_vmcs_copy_gdt_descriptor(unsigned int gdt_id, unsigned long vmcs_selector,
				  unsigned long vmcs_flags, unsigned long vmcs_limit,
				  unsigned long vmcs_baseaddr)
{
	struct nested_segment segment = nested_read_segment(__func__, gdt_id);

	kvm_vmx_vmwrite(vmcs_selector, segment.flags ? gdt_id << 3 : 0);
	kvm_vmx_vmwrite(vmcs_flags, access_rights(segment.flags));
	kvm_vmx_vmwrite(vmcs_limit, segment.limit);
	kvm_vmx_vmwrite(vmcs_baseaddr, segment.base);
}

#define COPY_SEGMENT(name, gdt_id)                                   \
	kvm_vmcs_copy_gdt_descriptor(gdt_id, VMX_VMCS_GUEST_##name,  \
				     VMX_VMCS_GUEST_##name##_ACCESS, \
				     VMX_VMCS_GUEST_##name##_LIMIT, VMX_VMCS_GUEST_##name##_BASE)

static void write_guest_segments(uint16_t ss)
{
	struct kvm_sregs sregs;

	kvm_read_sregs(&sregs);
	COPY_SEGMENT(ES, sregs.es >> 3);
	COPY_SEGMENT(CS, sregs.cs >> 3);
	COPY_SEGMENT(SS, ss);
	COPY_SEGMENT(DS, sregs.ds >> 3);
	COPY_SEGMENT(FS, sregs.fs >> 3);
	COPY_SEGMENT(GS, sregs.gs >> 3);
	COPY_SEGMENT(TR, sregs.tr >> 3);
	COPY_SEGMENT(LDTR, nested_ldt_selector() >> 3);
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_FS_BASE, nested_fs_base(sregs.fs));
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_GS_BASE, nested_gs_base(sregs.gs));
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_GDTR_BASE, (uintptr_t)kvm_gdt);
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_GDTR_LIMIT, sizeof(kvm_gdt) - 1);
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_IDTR_BASE, (uintptr_t)kvm_idt);
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_IDTR_LIMIT, sizeof(kvm_idt) - 1);
}

static void write_guest_registers(void *rsp)
{
	struct kvm_cregs cregs;

	/* In VMX operation, CR0 and CR4 are such that a guest may have them too. */
	kvm_read_cregs(&cregs);
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_CR0, cregs.cr0);
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_CR3, cregs.cr3);
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_CR4, cregs.cr4);
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_DEBUGCTL, 0);
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_DR7, DR7_INIT);
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_RSP, (uintptr_t)rsp);
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_RIP, (uintptr_t)nested_guest_entry);
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_IF);
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_SYSENTER_CS, kvm_rdmsr(MSR_SYSENTER_CS));
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_SYSENTER_ESP, kvm_rdmsr(MSR_SYSENTER_ESP));
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_SYSENTER_EIP, kvm_rdmsr(MSR_SYSENTER_EIP));
}

/* VMCLEAR leaves the fields' values alone: what an earlier guest left must go. */
static void write_guest_events(void)
{
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_INTR_STATE, 0);
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_ACT_STATE, 0);
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_DEBUG_EXC, 0);
	kvm_vmx_vmwrite(VMX_VMCS_VMENTRY_INTR, 0);
}

void kvm_init_vmx_vcpu(struct kvm_vmx_vcpu *cpu, uint16_t ss, void *rsp, int (*guest_main)(void))
{
	uint64_t current;

	kvm_vmx_vmclear(cpu->vmcs);
	current = kvm_vmx_vmptrst();
	kvm_vmx_vmptrld(cpu->vmcs);
	write_controls();
	write_guest_segments(ss);
	write_guest_registers(rsp);
	write_guest_events();
	/* If there was none, or it was this one that is clear now, this one stays. */
	if (current != VMX_INVALID_VMCS)
		kvm_vmx_vmptrld((struct kvm_vmcs *)(uintptr_t)current);

	cpu->launched = 0;
	memzero(&cpu->regs, sizeof(cpu->regs));
	cpu->regs.rax = (uintptr_t)guest_main;
}

struct kvm_vmx_vcpu *kvm_create_vmx_vcpu(int (*guest_main)(void), int alloc_stack)
{
	struct kvm_vmx_vcpu *cpu = memzero(tst_heap_alloc(sizeof(*cpu)), sizeof(*cpu));
	void *stack = NULL;
	uint16_t ss = 0;

	if (alloc_stack)
		stack = nested_alloc_stack(&ss);
	cpu->vmcs = kvm_alloc_vmcs();
	kvm_init_vmx_vcpu(cpu, ss, stack, guest_main);
	return cpu;
}

static uintptr_t table_base(_Bool idt)
{
	struct {
		uint16_t limit;
		uintptr_t base;
	} __attribute__((packed)) reg;

	if (idt)
		asm volatile("sidt %0" : "=m"(reg));
	else
		asm volatile("sgdt %0" : "=m"(reg));
	return reg.base;
}

void kvm_vmx_activate_vcpu(struct kvm_vmx_vcpu *cpu)
{
	struct kvm_cregs cregs;
	struct kvm_sregs sregs;

	kvm_read_cregs(&cregs);
	kvm_read_sregs(&sregs);
	kvm_vmx_vmptrld(cpu->vmcs);
	kvm_vmx_vmwrite(VMX_VMCS_HOST_CR0, cregs.cr0);
	kvm_vmx_vmwrite(VMX_VMCS_HOST_CR3, cregs.cr3);
	kvm_vmx_vmwrite(VMX_VMCS_HOST_CR4, cregs.cr4);
	kvm_vmx_vmwrite(VMX_VMCS_HOST_ES, sregs.es);
	kvm_vmx_vmwrite(VMX_VMCS_HOST_CS, sregs.cs);
	kvm_vmx_vmwrite(VMX_VMCS_HOST_SS, sregs.ss);
	kvm_vmx_vmwrite(VMX_VMCS_HOST_DS, sregs.ds);
	kvm_vmx_vmwrite(VMX_VMCS_HOST_FS, sregs.fs);
	kvm_vmx_vmwrite(VMX_VMCS_HOST_GS, sregs.gs);
	kvm_vmx_vmwrite(VMX_VMCS_HOST_TR, sregs.tr);
	kvm_vmx_vmwrite(VMX_VMCS_HOST_FS_BASE, nested_fs_base(sregs.fs));
	kvm_vmx_vmwrite(VMX_VMCS_HOST_GS_BASE, nested_gs_base(sregs.gs));
	kvm_vmx_vmwrite(VMX_VMCS_HOST_TR_BASE, nested_read_segment(__func__, sregs.tr >> 3).base);
	kvm_vmx_vmwrite(VMX_VMCS_HOST_GDTR_BASE, table_base(0));
	kvm_vmx_vmwrite(VMX_VMCS_HOST_IDTR_BASE, table_base(1));
	kvm_vmx_vmwrite(VMX_VMCS_HOST_SYSENTER_CS, kvm_rdmsr(MSR_SYSENTER_CS));
	kvm_vmx_vmwrite(VMX_VMCS_HOST_SYSENTER_ESP, kvm_rdmsr(MSR_SYSENTER_ESP));
	kvm_vmx_vmwrite(VMX_VMCS_HOST_SYSENTER_EIP, kvm_rdmsr(MSR_SYSENTER_EIP));
}
