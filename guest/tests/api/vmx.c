// SPDX-License-Identifier: MIT
/* The VMX library: each function, with a nested guest where it takes one. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "check.h"
#include "kvm_x86.h"
#include "kvm_x86_vmx.h"
#include "nested_state.h"

/* VM-instruction error numbers: SDM Vol. 3 "VM Instruction Error Numbers". */
#define ERROR_LAUNCH_NOT_CLEAR 4
#define ERROR_RESUME_NOT_LAUNCHED 5

static volatile int rounds;

static int count_rounds(void)
{
	for (;;) {
		rounds++;
		asm volatile("hlt");
	}
	return 0;
}

static void check_state(void)
{
	struct kvm_cregs cregs;

	CHECK(kvm_is_vmx_supported());
	kvm_read_cregs(&cregs);
	CHECK(cregs.cr4 & CR4_VMXE);
	kvm_set_vmx_state(1); /* once more: nothing happens */
	kvm_set_vmx_state(0);
	kvm_set_vmx_state(0);
	kvm_read_cregs(&cregs);
	CHECK(!(cregs.cr4 & CR4_VMXE));
	kvm_set_vmx_state(1);
	kvm_read_cregs(&cregs);
	CHECK(cregs.cr4 & CR4_VMXE);
}

static void check_controls(void)
{
	uint64_t mask = kvm_vmx_read_vmctl_mask(VMX_CTLMASK_EXECCTL);
	_Bool has_true = kvm_rdmsr(0x480) >> 55 & 1;

	CHECK(mask >> 32 & VMX_INTERCEPT_HLT);
	/* What must be set may be set. */
	CHECK_EQ((uint32_t)mask & ~(uint32_t)(mask >> 32), 0);

	/* The registers behind the masks: SDM Vol. 3, Appendix "VMX Capability Reporting Facility". */
	CHECK_EQ(kvm_vmx_read_vmctl_mask(VMX_CTLMASK_PINX), kvm_rdmsr(has_true ? 0x48d : 0x481));
	CHECK_EQ(mask, kvm_rdmsr(has_true ? 0x48e : 0x482));
	CHECK_EQ(kvm_vmx_read_vmctl_mask(VMX_CTLMASK_EXITCTL), kvm_rdmsr(has_true ? 0x48f : 0x483));
	CHECK_EQ(kvm_vmx_read_vmctl_mask(VMX_CTLMASK_ENTRYCTL),
		 kvm_rdmsr(has_true ? 0x490 : 0x484));
	CHECK_EQ(kvm_vmx_read_vmctl_mask(VMX_CTLMASK_EXECCTL2),
		 mask >> 32 & VMX_EXECCTL_ENABLE_CTL2 ? kvm_rdmsr(0x48b) : 0);
	CHECK_EQ(kvm_vmx_read_vmctl_mask(VMX_CTLMASK_EXECCTL3),
		 mask >> 32 & VMX_EXECCTL_ENABLE_CTL3 ? kvm_rdmsr(0x492) : 0);
}

static void check_vmcs(void)
{
	struct kvm_vmcs *first = kvm_alloc_vmcs(), *second = kvm_alloc_vmcs();

	CHECK((uintptr_t)first % PAGESIZE == 0);
	CHECK(first->version != 0);
	CHECK_EQ(first->version & VMX_SHADOW_VMCS, 0);
	CHECK_EQ(first->abort, 0);
	CHECK_EQ(kvm_vmx_vmptrst(), VMX_INVALID_VMCS);
	CHECK_EQ(kvm_vmx_inst_errno(), -1);

	kvm_vmx_vmclear(first);
	kvm_vmx_vmclear(second);
	kvm_vmx_vmptrld(first);
	CHECK_EQ(kvm_vmx_vmptrst(), (uintptr_t)first);
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_RIP, 0x12345678);
	kvm_vmx_vmptrld(second);
	CHECK_EQ(kvm_vmx_vmptrst(), (uintptr_t)second);
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_RIP, 0x87654321);
	kvm_vmx_vmptrld(first);
	CHECK_EQ(kvm_vmx_vmread(VMX_VMCS_GUEST_RIP), 0x12345678);
	kvm_vmx_vmclear(first);
	CHECK_EQ(kvm_vmx_vmptrst(), VMX_INVALID_VMCS);
}

static void check_gdt_descriptor(struct kvm_vmx_vcpu *cpu)
{
	int id = kvm_find_free_descriptor(kvm_gdt, KVM_GDT_SIZE);

	kvm_vmx_vmptrld(cpu->vmcs);
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_FS, 0xff);
	kvm_vmcs_copy_gdt_descriptor(id, VMX_VMCS_GUEST_FS, VMX_VMCS_GUEST_FS_ACCESS,
				     VMX_VMCS_GUEST_FS_LIMIT, VMX_VMCS_GUEST_FS_BASE);
	CHECK_EQ(kvm_vmx_vmread(VMX_VMCS_GUEST_FS), 0); /* not present */
	CHECK_EQ(kvm_vmx_vmread(VMX_VMCS_GUEST_FS_ACCESS), 0x10000);
	kvm_set_segment_descriptor(&kvm_gdt[id], 0x12345678, 0xfff,
				   SEGTYPE_RWDATA | SEGFLAG_PRESENT | SEGFLAG_PAGE_LIMIT |
					   SEGFLAG_32BIT);
	kvm_vmcs_copy_gdt_descriptor(id, VMX_VMCS_GUEST_FS, VMX_VMCS_GUEST_FS_ACCESS,
				     VMX_VMCS_GUEST_FS_LIMIT, VMX_VMCS_GUEST_FS_BASE);
	CHECK_EQ(kvm_vmx_vmread(VMX_VMCS_GUEST_FS), id << 3);
	CHECK_EQ(kvm_vmx_vmread(VMX_VMCS_GUEST_FS_LIMIT), 0xffffff);
	CHECK_EQ(kvm_vmx_vmread(VMX_VMCS_GUEST_FS_BASE), 0x12345678);
	memset(&kvm_gdt[id], 0, sizeof(kvm_gdt[id]));
	kvm_vmx_vmclear(cpu->vmcs);
}

#define FIELD_IS(field, value) CHECK_EQ(kvm_vmx_vmread(VMX_VMCS_##field), value)

/* The registers that a new guest takes over, and those that an exit brings back. */
static void check_state_of_cpu(void)
{
	struct kvm_vmx_vcpu *cpu = kvm_create_vmx_vcpu(count_rounds, 0);
	struct nested_state state;
	struct kvm_cregs cregs;

	/* What an earlier guest left. */
	kvm_vmx_vmptrld(cpu->vmcs);
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_INTR_STATE, 1);
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_ACT_STATE, 1);
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_DEBUG_EXC, 1);
	kvm_vmx_vmwrite(VMX_VMCS_VMENTRY_INTR, 0x80000300);
	cpu->launched = 1;
	memset(&cpu->regs, 0xff, sizeof(cpu->regs));

	nested_state_set(&state);
	kvm_read_cregs(&cregs);
	kvm_init_vmx_vcpu(cpu, 0, (void *)0x5000, count_rounds);
	CHECK(!cpu->launched);
	CHECK_EQ(cpu->regs.rax, (uintptr_t)count_rounds);
	CHECK_EQ(cpu->regs.rbx | cpu->regs.rsp | cpu->regs.r15, 0);
	kvm_vmx_activate_vcpu(cpu);

	FIELD_IS(GUEST_ES, state.sregs.es);
	FIELD_IS(GUEST_CS, state.sregs.cs);
	FIELD_IS(GUEST_SS, 0);
	FIELD_IS(GUEST_DS, state.sregs.ds);
	FIELD_IS(GUEST_FS, state.sregs.fs);
	FIELD_IS(GUEST_GS, state.sregs.gs);
	FIELD_IS(GUEST_TR, state.sregs.tr);
	FIELD_IS(GUEST_LDTR, state.ldt);
	FIELD_IS(GUEST_LDTR_BASE, STATE_LDT_BASE);
	FIELD_IS(GUEST_LDTR_LIMIT, 0x7f);
	FIELD_IS(GUEST_LDTR_ACCESS, SEGTYPE_LDT | SEGFLAG_PRESENT);
	FIELD_IS(GUEST_SS_ACCESS, 0x10000); /* unusable */
	FIELD_IS(GUEST_DS_ACCESS, 0xc093); /* accessed, 32-bit, limit in pages */
	FIELD_IS(GUEST_FS_BASE, STATE_FS_BASE);
	FIELD_IS(GUEST_GS_BASE, STATE_GS_BASE);
	FIELD_IS(GUEST_GDTR_BASE, (uintptr_t)kvm_gdt);
	FIELD_IS(GUEST_IDTR_BASE, (uintptr_t)kvm_idt);
	FIELD_IS(GUEST_GDTR_LIMIT, sizeof(kvm_gdt[0]) * KVM_GDT_SIZE - 1);
	FIELD_IS(GUEST_IDTR_LIMIT, sizeof(kvm_idt[0]) * X86_INTR_COUNT - 1);
	FIELD_IS(GUEST_CR0, cregs.cr0);
	FIELD_IS(GUEST_CR3, cregs.cr3);
	FIELD_IS(GUEST_CR4, cregs.cr4);
	FIELD_IS(GUEST_RSP, 0x5000);
	FIELD_IS(GUEST_RFLAGS, 0x202);
	FIELD_IS(GUEST_DR7, 0x400);
	FIELD_IS(GUEST_DEBUGCTL, 0);
	FIELD_IS(GUEST_SYSENTER_CS, STATE_SYSENTER_CS);
	FIELD_IS(GUEST_SYSENTER_ESP, STATE_SYSENTER_ESP);
	FIELD_IS(GUEST_SYSENTER_EIP, STATE_SYSENTER_EIP);
	FIELD_IS(GUEST_INTR_STATE, 0);
	FIELD_IS(GUEST_ACT_STATE, 0);
	FIELD_IS(GUEST_DEBUG_EXC, 0);
	FIELD_IS(VMENTRY_INTR, 0);
	FIELD_IS(LINK_POINTER, VMX_INVALID_VMCS);

	FIELD_IS(HOST_ES, state.sregs.es);
	FIELD_IS(HOST_CS, state.sregs.cs);
	FIELD_IS(HOST_SS, state.sregs.ss);
	FIELD_IS(HOST_DS, state.sregs.ds);
	FIELD_IS(HOST_FS, state.sregs.fs);
	FIELD_IS(HOST_GS, state.sregs.gs);
	FIELD_IS(HOST_TR, state.sregs.tr);
	FIELD_IS(HOST_FS_BASE, STATE_FS_BASE);
	FIELD_IS(HOST_GS_BASE, STATE_GS_BASE);
	FIELD_IS(HOST_TR_BASE, kvm_vmx_vmread(VMX_VMCS_GUEST_TR_BASE));
	CHECK(kvm_vmx_vmread(VMX_VMCS_HOST_TR_BASE) != 0);
	FIELD_IS(HOST_GDTR_BASE, (uintptr_t)kvm_gdt);
	FIELD_IS(HOST_IDTR_BASE, (uintptr_t)kvm_idt);
	FIELD_IS(HOST_CR0, cregs.cr0);
	FIELD_IS(HOST_CR3, cregs.cr3);
	FIELD_IS(HOST_CR4, cregs.cr4);
	FIELD_IS(HOST_SYSENTER_CS, STATE_SYSENTER_CS);
	FIELD_IS(HOST_SYSENTER_ESP, STATE_SYSENTER_ESP);
	FIELD_IS(HOST_SYSENTER_EIP, STATE_SYSENTER_EIP);
	nested_state_restore(&state);
	kvm_vmx_vmclear(cpu->vmcs);
}

/* Making a guest ready leaves another one current. */
static void check_current_stays(void)
{
	struct kvm_vmx_vcpu *first = kvm_create_vmx_vcpu(count_rounds, 0);

	kvm_vmx_vmptrld(first->vmcs);
	kvm_create_vmx_vcpu(count_rounds, 0);
	CHECK_EQ(kvm_vmx_vmptrst(), (uintptr_t)first->vmcs);
	kvm_vmx_vmclear(first->vmcs);
}

/* 64 bits in both guests, and the upper half by itself. */
static void check_wide_field(void)
{
	struct kvm_vmcs *vmcs = kvm_alloc_vmcs();

	kvm_vmx_vmclear(vmcs);
	kvm_vmx_vmptrld(vmcs);
	kvm_vmx_vmwrite(VMX_VMCS_TSC_OFFSET, 0x123456789abcdef0);
	FIELD_IS(TSC_OFFSET, 0x123456789abcdef0);
	FIELD_IS(TSC_OFFSET | 1, 0x12345678);
	kvm_vmx_vmwrite(VMX_VMCS_TSC_OFFSET | 1, 0x87654321);
	FIELD_IS(TSC_OFFSET, 0x876543219abcdef0);
	kvm_vmx_vmclear(vmcs);
}

static uint16_t gdt_limit(void)
{
	struct {
		uint16_t limit;
		uintptr_t base;
	} __attribute__((packed)) gdtr;

	asm volatile("sgdt %0" : "=m"(gdtr));
	return gdtr.limit;
}

/* An exit leaves both limits at FFFFH: the library sets them right. */
static void check_tables(uint16_t limit)
{
	struct {
		uint16_t limit;
		uintptr_t base;
	} __attribute__((packed)) gdtr, idtr;

	asm volatile("sgdt %0" : "=m"(gdtr));
	asm volatile("sidt %0" : "=m"(idtr));
	CHECK_EQ(gdtr.limit, limit);
	CHECK_EQ(idtr.limit, sizeof(kvm_idt[0]) * X86_INTR_COUNT - 1);
}

static void check_run(void)
{
	struct kvm_vmx_vcpu *cpu = kvm_create_vmx_vcpu(count_rounds, 1);
	const uint16_t limit = gdt_limit();

	CHECK(!cpu->launched);
	kvm_vmx_vmrun(cpu);
	CHECK_EQ(kvm_vmx_vmptrst(), (uintptr_t)cpu->vmcs);
	CHECK_EQ(kvm_vmx_vmread(VMX_VMCS_EXIT_REASON), VMX_EXIT_HLT);
	CHECK_EQ(rounds, 1);
	CHECK(cpu->launched);
	CHECK_EQ(cpu->regs.rsp, kvm_vmx_vmread(VMX_VMCS_GUEST_RSP));
	/* All nested guests share a segment; what bounds the stack is a page below it. */
	CHECK_EQ(kvm_vmx_vmread(VMX_VMCS_GUEST_SS_LIMIT), 0xffffffff);
	CHECK_EQ(kvm_find_pte(cpu->regs.rsp - 1 - 2 * PAGESIZE, NULL) == NULL, 1);
	CHECK_EQ(kvm_find_pte(cpu->regs.rsp - 1 - PAGESIZE, NULL) != NULL, 1);
	check_tables(limit);
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_RIP, kvm_vmx_vmread(VMX_VMCS_GUEST_RIP) + 1);
	kvm_vmx_vmrun(cpu);
	CHECK_EQ(kvm_vmx_vmread(VMX_VMCS_EXIT_REASON), VMX_EXIT_HLT);
	CHECK_EQ(rounds, 2);

	/* The instructions themselves, and what the CPU refuses of them. */
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_RIP, kvm_vmx_vmread(VMX_VMCS_GUEST_RIP) + 1);
	CHECK_EQ(kvm_vmx_vmresume(cpu), 0);
	CHECK_EQ(rounds, 3);
	CHECK(kvm_vmx_vmlaunch(cpu) != 0);
	CHECK_EQ(kvm_vmx_inst_errno(), ERROR_LAUNCH_NOT_CLEAR);
	CHECK_STR(kvm_vmx_inst_err(), kvm_vmx_inst_strerr(ERROR_LAUNCH_NOT_CLEAR));
	kvm_vmx_vmclear(cpu->vmcs);
	kvm_vmx_activate_vcpu(cpu);
	CHECK(kvm_vmx_vmresume(cpu) != 0);
	CHECK_EQ(kvm_vmx_inst_errno(), ERROR_RESUME_NOT_LAUNCHED);
	CHECK_EQ(rounds, 3);
	kvm_vmx_vmclear(cpu->vmcs);
}

/* A signal that the host has not taken is no report of the nested guest's. */
static void check_signal_stays(void)
{
	struct kvm_vmx_vcpu *cpu = kvm_create_vmx_vcpu(count_rounds, 1);

	rounds = 0;
	tst_signal_host(NULL);
	kvm_vmx_vmrun(cpu);
	if (signal_is_there() && rounds == 1)
		tst_res(TPASS, "the signal stays");
	else
		tst_res(TFAIL, "the signal is gone, or the guest went on: %d rounds", rounds);
}

static void check_words(void)
{
	CHECK(strlen(kvm_vmx_inst_strerr(ERROR_LAUNCH_NOT_CLEAR)) > 0);
	CHECK(strcmp(kvm_vmx_inst_strerr(ERROR_LAUNCH_NOT_CLEAR),
		     kvm_vmx_inst_strerr(ERROR_RESUME_NOT_LAUNCHED)) != 0);
	CHECK(strlen(kvm_vmx_inst_strerr(-1)) > 0);
	CHECK(strlen(kvm_vmx_inst_strerr(1000)) > 0);
	/* There is no error 14. */
	CHECK_STR(kvm_vmx_inst_strerr(14), kvm_vmx_inst_strerr(1000));
	CHECK_STR(kvm_vmx_inst_strerr(13), "VMWRITE to a read-only VMCS field");
}

void main(void)
{
	struct kvm_vmx_vcpu *cpu;

	kvm_set_vmx_state(1); /* TCONF without VMX */
	check_words();
	check_state();
	check_controls();
	check_vmcs();
	cpu = kvm_create_vmx_vcpu(count_rounds, 0);
	check_gdt_descriptor(cpu);
	check_state_of_cpu();
	check_current_stays();
	check_wide_field();
	check_run();
	check_signal_stays();
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
