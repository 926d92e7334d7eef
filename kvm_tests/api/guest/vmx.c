// SPDX-License-Identifier: MIT
/* The VMX library: each function, with a nested guest where it takes one. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "check.h"
#include "kvm_x86.h"
#include "kvm_x86_vmx.h"

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

	CHECK(mask >> 32 & VMX_INTERCEPT_HLT);
	/* What must be set may be set. */
	CHECK_EQ((uint32_t)mask & ~(uint32_t)(mask >> 32), 0);
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

static void check_run(void)
{
	struct kvm_vmx_vcpu *cpu = kvm_create_vmx_vcpu(count_rounds, 1);

	CHECK(!cpu->launched);
	kvm_vmx_vmrun(cpu);
	CHECK_EQ(kvm_vmx_vmptrst(), (uintptr_t)cpu->vmcs);
	CHECK_EQ(kvm_vmx_vmread(VMX_VMCS_EXIT_REASON), VMX_EXIT_HLT);
	CHECK_EQ(rounds, 1);
	CHECK(cpu->launched);
	CHECK_EQ(cpu->regs.rsp, kvm_vmx_vmread(VMX_VMCS_GUEST_RSP));
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

static void check_words(void)
{
	CHECK(strlen(kvm_vmx_inst_strerr(ERROR_LAUNCH_NOT_CLEAR)) > 0);
	CHECK(strcmp(kvm_vmx_inst_strerr(ERROR_LAUNCH_NOT_CLEAR),
		     kvm_vmx_inst_strerr(ERROR_RESUME_NOT_LAUNCHED)) != 0);
	CHECK(strlen(kvm_vmx_inst_strerr(-1)) > 0);
	CHECK(strlen(kvm_vmx_inst_strerr(1000)) > 0);
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
	check_run();
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
