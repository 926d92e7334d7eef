// SPDX-License-Identifier: MIT
/* Nested guests with AMD SVM; sections named here are those of APM Volume 2. */
#include "guest/arch/x86/nested/nested.h"
#include "guest/arch/x86/svm/enter.h"
#include "kvm_x86_svm.h"

#define CPUID_EXT_SVM (1 << 2) /* CPUID_GET_EXT_FEATURES, ECX */
#define MSR_PAT 0x277

#define ASSERT_OFFSET(name, offset) \
	_Static_assert(offsetof(struct kvm_vmcb, name) == (offset), "kvm_vmcb: " #name)

/* Appendix B "Layout of VMCB", control area */
ASSERT_OFFSET(intercepts, 0x000);
ASSERT_OFFSET(pause_filter_threshold, 0x03c);
ASSERT_OFFSET(pause_filter_count, 0x03e);
ASSERT_OFFSET(iopm_base_addr, 0x040);
ASSERT_OFFSET(msrpm_base_addr, 0x048);
ASSERT_OFFSET(tsc_offset, 0x050);
ASSERT_OFFSET(guest_asid, 0x058);
ASSERT_OFFSET(tlb_control, 0x05c);
ASSERT_OFFSET(virtual_tpr, 0x060);
ASSERT_OFFSET(virtual_irq, 0x061);
ASSERT_OFFSET(virt_intr_ctl, 0x063);
ASSERT_OFFSET(virt_intr_vector, 0x064);
ASSERT_OFFSET(interrupt_shadow, 0x068);
ASSERT_OFFSET(exitcode, 0x070);
ASSERT_OFFSET(exitinfo1, 0x078);
ASSERT_OFFSET(exitinfo2, 0x080);
ASSERT_OFFSET(exit_int_info, 0x088);
ASSERT_OFFSET(enable_nested_paging, 0x090);
ASSERT_OFFSET(avic_bar, 0x098);
ASSERT_OFFSET(ghcb_gpa, 0x0a0);
ASSERT_OFFSET(event_injection, 0x0a8);
ASSERT_OFFSET(nested_cr3, 0x0b0);
ASSERT_OFFSET(virt_ext, 0x0b8);
ASSERT_OFFSET(vmcb_clean, 0x0c0);
ASSERT_OFFSET(next_rip, 0x0c8);
ASSERT_OFFSET(instr_len, 0x0d0);
ASSERT_OFFSET(instr_bytes, 0x0d1);
ASSERT_OFFSET(avic_backing_page, 0x0e0);
ASSERT_OFFSET(avic_logical_ptr, 0x0f0);
ASSERT_OFFSET(avic_physical_ptr, 0x0f8);
ASSERT_OFFSET(vmsa_pa, 0x108);
ASSERT_OFFSET(vmgexit_rax, 0x110);
ASSERT_OFFSET(vmgexit_cpl, 0x118);

/* Appendix B, state save area: from 400h */
ASSERT_OFFSET(es, 0x400);
ASSERT_OFFSET(cs, 0x410);
ASSERT_OFFSET(ss, 0x420);
ASSERT_OFFSET(ds, 0x430);
ASSERT_OFFSET(fs, 0x440);
ASSERT_OFFSET(gs, 0x450);
ASSERT_OFFSET(gdtr, 0x460);
ASSERT_OFFSET(ldtr, 0x470);
ASSERT_OFFSET(idtr, 0x480);
ASSERT_OFFSET(tr, 0x490);
ASSERT_OFFSET(cpl, 0x4cb);
ASSERT_OFFSET(efer, 0x4d0);
ASSERT_OFFSET(cr4, 0x548);
ASSERT_OFFSET(cr3, 0x550);
ASSERT_OFFSET(cr0, 0x558);
ASSERT_OFFSET(dr7, 0x560);
ASSERT_OFFSET(dr6, 0x568);
ASSERT_OFFSET(rflags, 0x570);
ASSERT_OFFSET(rip, 0x578);
ASSERT_OFFSET(rsp, 0x5d8);
ASSERT_OFFSET(s_cet, 0x5e0);
ASSERT_OFFSET(ssp, 0x5e8);
ASSERT_OFFSET(isst_addr, 0x5f0);
ASSERT_OFFSET(rax, 0x5f8);
ASSERT_OFFSET(star, 0x600);
ASSERT_OFFSET(lstar, 0x608);
ASSERT_OFFSET(cstar, 0x610);
ASSERT_OFFSET(sfmask, 0x618);
ASSERT_OFFSET(kernel_gs_base, 0x620);
ASSERT_OFFSET(sysenter_cs, 0x628);
ASSERT_OFFSET(sysenter_esp, 0x630);
ASSERT_OFFSET(sysenter_eip, 0x638);
ASSERT_OFFSET(cr2, 0x640);
ASSERT_OFFSET(guest_pat, 0x668);
_Static_assert(sizeof(struct kvm_vmcb) == PAGESIZE, "kvm_vmcb: wrong size");
_Static_assert(sizeof(struct kvm_vmcb_descriptor) == 16, "kvm_vmcb_descriptor: wrong size");

int kvm_is_svm_supported(void)
{
	struct kvm_cpuid cpuid;

	kvm_get_cpuid(CPUID_GET_INPUT_RANGE, 0, &cpuid);
	if (cpuid.eax < CPUID_GET_EXT_FEATURES)
		return 0;
	kvm_get_cpuid(CPUID_GET_EXT_FEATURES, 0, &cpuid);
	return !!(cpuid.ecx & CPUID_EXT_SVM);
}

int kvm_get_svm_state(void)
{
	return !!(kvm_rdmsr(MSR_EFER) & EFER_SVME);
}

void kvm_set_svm_state(int enabled)
{
	uint64_t efer;

	if (!kvm_is_svm_supported())
		tst_brk(TCONF, "The CPU has no SVM: CPUID Fn8000_0001 ECX bit 2 is clear");
	if (kvm_rdmsr(MSR_VM_CR) & VM_CR_SVMDIS)
		tst_brk(TCONF, "SVM is disabled by the host: VM_CR.SVMDIS is set");

	efer = kvm_rdmsr(MSR_EFER) & ~(uint64_t)EFER_SVME;
	if (enabled)
		efer |= EFER_SVME;
	kvm_wrmsr(MSR_EFER, efer);
}

void kvm_init_svm(void)
{
	kvm_set_svm_state(1);
	kvm_wrmsr(MSR_VM_HSAVE_PA, (uintptr_t)kvm_alloc_vmcb());
}

struct kvm_vmcb *kvm_alloc_vmcb(void)
{
	return memzero(tst_heap_alloc_aligned(sizeof(struct kvm_vmcb), PAGESIZE),
		       sizeof(struct kvm_vmcb));
}

void kvm_vmcb_copy_gdt_descriptor(struct kvm_vmcb_descriptor *dst, unsigned int gdt_id)
{
	struct nested_segment segment = nested_read_segment(__func__, gdt_id);

	dst->selector = segment.flags ? gdt_id << 3 : 0;
	dst->attrib = segment.flags;
	dst->limit = segment.limit;
	dst->base = segment.base;
}

void kvm_vmcb_set_intercept(struct kvm_vmcb *vmcb, unsigned int id, unsigned int state)
{
	unsigned int bit = 1u << (id % 8);

	if (id >= SVM_INTERCEPT_MAX) {
		tst_brk(TBROK, "kvm_vmcb_set_intercept: intercept %#x is beyond the last one, %#x",
			id, SVM_INTERCEPT_MAX - 1);
	}
	if (state)
		vmcb->intercepts[id / 8] |= bit;
	else
		vmcb->intercepts[id / 8] &= ~bit;
}

static void copy_table_register(struct kvm_vmcb_descriptor *dst, const void *table, size_t size)
{
	*dst = (struct kvm_vmcb_descriptor){.base = (uintptr_t)table, .limit = size - 1};
}

static void copy_segments(struct kvm_vmcb *vmcb, uint16_t ss)
{
	struct kvm_sregs sregs;

	kvm_read_sregs(&sregs);
	kvm_vmcb_copy_gdt_descriptor(&vmcb->es, sregs.es >> 3);
	kvm_vmcb_copy_gdt_descriptor(&vmcb->cs, sregs.cs >> 3);
	kvm_vmcb_copy_gdt_descriptor(&vmcb->ss, ss);
	kvm_vmcb_copy_gdt_descriptor(&vmcb->ds, sregs.ds >> 3);
	kvm_vmcb_copy_gdt_descriptor(&vmcb->fs, sregs.fs >> 3);
	kvm_vmcb_copy_gdt_descriptor(&vmcb->gs, sregs.gs >> 3);
	kvm_vmcb_copy_gdt_descriptor(&vmcb->tr, sregs.tr >> 3);
	kvm_vmcb_copy_gdt_descriptor(&vmcb->ldtr, nested_ldt_selector() >> 3);
	vmcb->fs.base = nested_fs_base(sregs.fs);
	vmcb->gs.base = nested_gs_base(sregs.gs);
	copy_table_register(&vmcb->gdtr, kvm_gdt, sizeof(kvm_gdt));
	copy_table_register(&vmcb->idtr, kvm_idt, sizeof(kvm_idt));
	vmcb->cpl = 0;
}

static void copy_registers(struct kvm_vmcb *vmcb)
{
	struct kvm_cregs cregs;

	kvm_read_cregs(&cregs);
	vmcb->cr0 = cregs.cr0;
	vmcb->cr2 = cregs.cr2;
	vmcb->cr3 = cregs.cr3;
	vmcb->cr4 = cregs.cr4;
	vmcb->efer = kvm_rdmsr(MSR_EFER);
	vmcb->guest_pat = kvm_rdmsr(MSR_PAT);
	vmcb->dr6 = DR6_INIT;
	vmcb->dr7 = DR7_INIT;
}

void kvm_init_guest_vmcb(struct kvm_vmcb *vmcb, uint32_t asid, uint16_t ss, void *rsp,
			 int (*guest_main)(void))
{
	/* What an earlier run left behind. */
	vmcb->interrupt_shadow = 0;
	vmcb->event_injection = 0;
	vmcb->exit_int_info = 0;
	vmcb->vmcb_clean = 0;

	kvm_vmcb_set_intercept(vmcb, SVM_INTERCEPT_VMRUN, 1);
	kvm_vmcb_set_intercept(vmcb, SVM_INTERCEPT_VMSAVE, 1);
	kvm_vmcb_set_intercept(vmcb, SVM_INTERCEPT_HLT, 1);
	/* Or the guest's shutdown would be the payload's. */
	kvm_vmcb_set_intercept(vmcb, SVM_INTERCEPT_SHUTDOWN, 1);
	vmcb->guest_asid = asid;

	copy_segments(vmcb, ss);
	copy_registers(vmcb);
	vmcb->rflags = RFLAGS_FIXED | RFLAGS_IF;
	vmcb->rip = (uintptr_t)nested_guest_entry;
	vmcb->rax = (uintptr_t)guest_main;
	vmcb->rsp = (uintptr_t)rsp;
}

struct kvm_svm_vcpu *kvm_create_svm_vcpu(int (*guest_main)(void), int alloc_stack)
{
	struct kvm_svm_vcpu *cpu = memzero(tst_heap_alloc(sizeof(*cpu)), sizeof(*cpu));
	void *stack = NULL;
	uint16_t ss = 0;

	if (alloc_stack)
		stack = nested_alloc_stack(&ss);
	cpu->vmcb = kvm_alloc_vmcb();
	kvm_init_guest_vmcb(cpu->vmcb, 1, ss, stack, guest_main);
	return cpu;
}

void kvm_svm_vmrun(struct kvm_svm_vcpu *cpu)
{
	static struct kvm_vmcb *own[KVM_MAX_CPUS];
	unsigned int nr = tst_cpu();

	if (!own[nr])
		own[nr] = kvm_alloc_vmcb();
	svm_enter(&cpu->regs, cpu->vmcb, own[nr]);
	cpu->regs.rax = cpu->vmcb->rax;
	cpu->regs.rsp = cpu->vmcb->rsp;
	if (cpu->vmcb->exitcode == SVM_EXIT_SHUTDOWN)
		nested_check_shutdown(cpu->vmcb->cr2, cpu->vmcb->rip);
}

void kvm_svm_vmload(struct kvm_vmcb *buf)
{
	asm volatile("vmload %0" : : "a"(buf) : "memory");
}

void kvm_svm_vmsave(struct kvm_vmcb *buf)
{
	asm volatile("vmsave %0" : : "a"(buf) : "memory");
}
