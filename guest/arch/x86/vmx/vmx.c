// SPDX-License-Identifier: MIT
/* Nested guests with Intel VMX: VMX operation itself, and running a guest. */
#include "guest/arch/x86/nested/nested.h"
#include "kvm_x86_vmx.h"

_Static_assert(sizeof(struct kvm_vmcs) == PAGESIZE, "kvm_vmcs: wrong size");

/* MSR_IA32_VMX_BASIC: "Basic VMX Information" */
#define VMXBASIC_REVISION 0x7fffffff

#define EXIT_REASON_BASIC 0xffff

/* nested.S */
int vmx_enter(struct kvm_regs64 *regs, int launched);

int kvm_is_vmx_supported(void)
{
	struct kvm_cpuid cpuid;

	kvm_get_cpuid(CPUID_GET_MODEL_INFO, 0, &cpuid);
	return !!(cpuid.ecx & CPUID_MODEL_VMX);
}

struct kvm_vmcs *kvm_alloc_vmcs(void)
{
	struct kvm_vmcs *vmcs = tst_heap_alloc_aligned(sizeof(*vmcs), PAGESIZE);

	memzero(vmcs, sizeof(*vmcs));
	vmcs->version = kvm_rdmsr(MSR_IA32_VMX_BASIC) & VMXBASIC_REVISION;
	return vmcs;
}

/* "Restrictions on VMX Operation": bits of a register that have to be 1, that may be 1. */
static unsigned long fixed_bits(unsigned long value, unsigned int msr_fixed0,
				unsigned int msr_fixed1)
{
	return (value | kvm_rdmsr(msr_fixed0)) & kvm_rdmsr(msr_fixed1);
}

static void allow_vmxon(void)
{
	uint64_t control = kvm_rdmsr(MSR_IA32_FEATURE_CONTROL);

	if (!(control & IA32FC_LOCK)) {
		kvm_wrmsr(MSR_IA32_FEATURE_CONTROL, control | IA32FC_LOCK | IA32FC_VMXON_NORMAL);
	} else if (!(control & IA32FC_VMXON_NORMAL)) {
		tst_brk(TCONF,
			"VMX is disabled by the host: IA32_FEATURE_CONTROL is locked at %#llx",
			(unsigned long long)control);
	}
}

static void enter_vmx_operation(void)
{
	static struct kvm_vmcs *regions[KVM_MAX_CPUS];
	struct kvm_vmcs **vmxon_region = &regions[tst_cpu()];
	struct kvm_cregs cregs;
	uint64_t address;
	_Bool failed;

	allow_vmxon();
	kvm_read_cregs(&cregs);
	kvm_set_cr0(fixed_bits(cregs.cr0, MSR_IA32_VMX_CR0_FIXED0, MSR_IA32_VMX_CR0_FIXED1));
	kvm_set_cr4(
		fixed_bits(cregs.cr4 | CR4_VMXE, MSR_IA32_VMX_CR4_FIXED0, MSR_IA32_VMX_CR4_FIXED1));
	if (!*vmxon_region)
		*vmxon_region = kvm_alloc_vmcs();
	address = (uintptr_t)*vmxon_region;
	asm volatile("vmxon %1" : "=@ccbe"(failed) : "m"(address) : "memory");
	if (failed)
		tst_brk(TBROK, "kvm_set_vmx_state: VMXON(%p) failed", (void *)*vmxon_region);
}

static void leave_vmx_operation(void)
{
	struct kvm_cregs cregs;
	_Bool failed;

	asm volatile("vmxoff" : "=@ccbe"(failed) : : "memory");
	if (failed)
		tst_brk(TBROK, "kvm_set_vmx_state: VMXOFF: %s", kvm_vmx_inst_err());
	kvm_read_cregs(&cregs);
	kvm_set_cr4(cregs.cr4 & ~(unsigned long)CR4_VMXE);
}

void kvm_set_vmx_state(int enabled)
{
	static _Bool enabled_on[KVM_MAX_CPUS];
	_Bool *is_enabled = &enabled_on[tst_cpu()];

	if (!kvm_is_vmx_supported())
		tst_brk(TCONF, "The CPU has no VMX: CPUID leaf 1 ECX bit 5 is clear");
	if (*is_enabled == !!enabled)
		return;
	if (enabled)
		enter_vmx_operation();
	else
		leave_vmx_operation();
	*is_enabled = !!enabled;
}

/* What LGDT and LIDT load: "Memory-Management Registers". */
struct table_register {
	uint16_t limit;
	uintptr_t base;
} __attribute__((packed));

/* An exit leaves both limits at FFFFH: "Loading Host Segment and Descriptor-Table Registers". */
static int enter(struct kvm_vmx_vcpu *cpu, int launched)
{
	struct table_register gdtr, idtr;
	int ret;

	asm volatile("sgdt %0" : "=m"(gdtr));
	asm volatile("sidt %0" : "=m"(idtr));
	ret = vmx_enter(&cpu->regs, launched);
	asm volatile("lgdt %0" : : "m"(gdtr));
	asm volatile("lidt %0" : : "m"(idtr));
	return ret;
}

int kvm_vmx_vmlaunch(struct kvm_vmx_vcpu *buf)
{
	return enter(buf, 0);
}

int kvm_vmx_vmresume(struct kvm_vmx_vcpu *buf)
{
	return enter(buf, 1);
}

static const char *failed_entry_text(unsigned int reason)
{
	switch (reason) {
	case VMX_EXIT_BAD_GUEST_STATE:
		return "invalid guest state in the VMCS";
	case VMX_EXIT_BAD_MSR_LOAD:
		return "an MSR of the entry's MSR-load area was refused";
	case VMX_EXIT_ENTRY_MACHINE_CHECK:
		return "a machine check occurred";
	default:
		return "unknown reason";
	}
}

/* Enters the nested guest once. */
static void run_once(struct kvm_vmx_vcpu *cpu)
{
	uint32_t reason;

	if (cpu->launched ? kvm_vmx_vmresume(cpu) : kvm_vmx_vmlaunch(cpu)) {
		tst_brk(TBROK, "kvm_vmx_vmrun: %s refused: %s (VMX instruction error %d)",
			cpu->launched ? "VMRESUME" : "VMLAUNCH", kvm_vmx_inst_err(),
			kvm_vmx_inst_errno());
	}
	reason = kvm_vmx_vmread(VMX_VMCS_EXIT_REASON);
	if (reason & VMX_EXIT_FAILED_ENTRY) {
		reason &= EXIT_REASON_BASIC;
		tst_brk(TBROK,
			"kvm_vmx_vmrun: VM entry failed: %s (reason %u, qualification %#llx)",
			failed_entry_text(reason), reason,
			(unsigned long long)kvm_vmx_vmread(VMX_VMCS_EXIT_QUALIFICATION));
	}
	cpu->launched = 1;
}

void kvm_vmx_vmrun(struct kvm_vmx_vcpu *cpu)
{
	struct kvm_cregs cregs;
	uint32_t reason;

	kvm_vmx_activate_vcpu(cpu);
	run_once(cpu);
	cpu->regs.rsp = kvm_vmx_vmread(VMX_VMCS_GUEST_RSP);
	reason = kvm_vmx_vmread(VMX_VMCS_EXIT_REASON);
	if (reason == VMX_EXIT_TRIPLE_FAULT || reason == VMX_EXIT_TASK_SWITCH) {
		kvm_read_cregs(&cregs); /* CR2 stays the guest's */
		nested_check_shutdown(cregs.cr2, kvm_vmx_vmread(VMX_VMCS_GUEST_RIP));
	}
}
