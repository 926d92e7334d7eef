// SPDX-License-Identifier: MIT
/* The SVM library: each function, with a nested guest where it takes one. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "check.h"
#include "kvm_x86.h"
#include "kvm_x86_svm.h"
#include "nested_state.h"

#define INTERCEPT_SET(vmcb, id) (((vmcb)->intercepts[(id) / 8] >> ((id) % 8)) & 1)

static volatile int rounds;

static int count_rounds(void)
{
	for (;;) {
		rounds++;
		asm volatile("hlt");
	}
	return 0;
}

static int ask_cpuid(void)
{
	struct kvm_cpuid cpuid;

	kvm_get_cpuid(0, 0, &cpuid);
	rounds = -1;
	return 0;
}

static void check_state(void)
{
	CHECK(kvm_is_svm_supported());
	kvm_set_svm_state(0);
	CHECK(!kvm_get_svm_state());
	kvm_set_svm_state(1);
	CHECK(kvm_get_svm_state());
	CHECK(kvm_rdmsr(MSR_EFER) & EFER_SVME);
	kvm_init_svm();
	CHECK(kvm_get_svm_state());
	CHECK(kvm_rdmsr(MSR_VM_HSAVE_PA) != 0);
	CHECK(kvm_rdmsr(MSR_VM_HSAVE_PA) % PAGESIZE == 0);
}

static void check_vmcb(void)
{
	struct kvm_vmcb *vmcb = kvm_alloc_vmcb();
	const unsigned char *bytes = (const unsigned char *)vmcb;
	unsigned int i, nonzero = 0;

	CHECK((uintptr_t)vmcb % PAGESIZE == 0);
	for (i = 0; i < sizeof(*vmcb); i++)
		nonzero += bytes[i] != 0;
	CHECK_EQ(nonzero, 0);

	kvm_vmcb_set_intercept(vmcb, SVM_INTERCEPT_VMLOAD, 1);
	CHECK(INTERCEPT_SET(vmcb, SVM_INTERCEPT_VMLOAD));
	CHECK(!INTERCEPT_SET(vmcb, SVM_INTERCEPT_VMSAVE));
	kvm_vmcb_set_intercept(vmcb, SVM_INTERCEPT_CLGI, 1);
	CHECK(INTERCEPT_SET(vmcb, SVM_INTERCEPT_VMLOAD));
	kvm_vmcb_set_intercept(vmcb, SVM_INTERCEPT_VMLOAD, 0);
	CHECK(!INTERCEPT_SET(vmcb, SVM_INTERCEPT_VMLOAD));
	CHECK(INTERCEPT_SET(vmcb, SVM_INTERCEPT_CLGI));
}

static void check_gdt_descriptor(void)
{
	struct kvm_vmcb_descriptor d;
	int id = kvm_find_free_descriptor(kvm_gdt, KVM_GDT_SIZE);

	memset(&d, 0xff, sizeof(d));
	kvm_vmcb_copy_gdt_descriptor(&d, id); /* not present */
	CHECK_EQ(d.selector | d.attrib | d.limit | d.base, 0);
	kvm_set_segment_descriptor(&kvm_gdt[id], 0x12345678, 0xfff,
				   SEGTYPE_RWDATA | SEGFLAG_PRESENT | SEGFLAG_PAGE_LIMIT |
					   SEGFLAG_32BIT);
	kvm_vmcb_copy_gdt_descriptor(&d, id);
	CHECK_EQ(d.selector, id << 3);
	CHECK_EQ(d.attrib, SEGTYPE_RWDATA | SEGFLAG_PRESENT | SEGFLAG_PAGE_LIMIT | SEGFLAG_32BIT);
	CHECK_EQ(d.limit, 0xffffff);
	CHECK_EQ(d.base, 0x12345678);
	memset(&kvm_gdt[id], 0, sizeof(kvm_gdt[id]));
}

/* The registers that a new guest takes over, with values that they have nowhere else. */
static void check_state_of_cpu(struct kvm_vmcb *vmcb)
{
	struct nested_state state;

	nested_state_set(&state);
	kvm_init_guest_vmcb(vmcb, 7, 0, NULL, count_rounds);
	CHECK_EQ(vmcb->es.selector, state.sregs.es);
	CHECK_EQ(vmcb->cs.selector, state.sregs.cs);
	CHECK_EQ(vmcb->ds.selector, state.sregs.ds);
	CHECK_EQ(vmcb->fs.selector, state.sregs.fs);
	CHECK_EQ(vmcb->gs.selector, state.sregs.gs);
	CHECK_EQ(vmcb->tr.selector, state.sregs.tr);
	CHECK_EQ(vmcb->ldtr.selector, state.ldt);
	CHECK_EQ(vmcb->ldtr.base, STATE_LDT_BASE);
	CHECK_EQ(vmcb->fs.base, STATE_FS_BASE);
	CHECK_EQ(vmcb->gs.base, STATE_GS_BASE);
	CHECK_EQ(vmcb->cr2, STATE_CR2);
	CHECK_EQ(vmcb->guest_pat, kvm_rdmsr(0x277));
	CHECK_EQ(vmcb->dr6, 0xffff0ff0);
	CHECK_EQ(vmcb->dr7, 0x400);
	CHECK_EQ(vmcb->rflags, 0x202);
	CHECK_EQ(vmcb->cpl, 0);
	CHECK_EQ(vmcb->gdtr.limit, sizeof(kvm_gdt[0]) * KVM_GDT_SIZE - 1);
	CHECK_EQ(vmcb->idtr.limit, sizeof(kvm_idt[0]) * X86_INTR_COUNT - 1);
	nested_state_restore(&state);
}

/* What an earlier guest left goes, what the test set stays. */
static void check_control_area(struct kvm_vmcb *vmcb)
{
	vmcb->event_injection = vmcb->exit_int_info = vmcb->interrupt_shadow = 1;
	vmcb->vmcb_clean = 0xff;
	vmcb->tsc_offset = 5;
	kvm_vmcb_set_intercept(vmcb, SVM_INTERCEPT_CPUID, 1);
	kvm_init_guest_vmcb(vmcb, 7, 0, NULL, count_rounds);
	CHECK_EQ(vmcb->event_injection | vmcb->exit_int_info | vmcb->interrupt_shadow, 0);
	CHECK_EQ(vmcb->vmcb_clean, 0);
	CHECK_EQ(vmcb->tsc_offset, 5);
	CHECK(INTERCEPT_SET(vmcb, SVM_INTERCEPT_CPUID));
	CHECK(INTERCEPT_SET(vmcb, SVM_INTERCEPT_VMRUN));
}

static void check_init_vmcb(void)
{
	struct kvm_vmcb *vmcb = kvm_alloc_vmcb();
	char *stack = tst_heap_alloc_aligned(2 * PAGESIZE, PAGESIZE);
	unsigned int ss = kvm_create_stack_descriptor(kvm_gdt, KVM_GDT_SIZE, stack);
	struct kvm_cregs cregs;

	check_state_of_cpu(vmcb);
	check_control_area(vmcb);
	kvm_read_cregs(&cregs);
	kvm_init_guest_vmcb(vmcb, 7, ss, stack + 2 * PAGESIZE, count_rounds);
	CHECK_EQ(vmcb->guest_asid, 7);
	CHECK_EQ(vmcb->ss.selector, ss << 3);
	CHECK(vmcb->rsp <= (uintptr_t)stack + 2 * PAGESIZE && vmcb->rsp > (uintptr_t)stack);
	CHECK_EQ(vmcb->cr0, cregs.cr0);
	CHECK_EQ(vmcb->cr3, cregs.cr3);
	CHECK_EQ(vmcb->cr4, cregs.cr4);
	CHECK(vmcb->efer & EFER_SVME);
	CHECK_EQ(vmcb->gdtr.base, (uintptr_t)kvm_gdt);
	CHECK_EQ(vmcb->idtr.base, (uintptr_t)kvm_idt);
	CHECK(INTERCEPT_SET(vmcb, SVM_INTERCEPT_HLT));
	CHECK(INTERCEPT_SET(vmcb, SVM_INTERCEPT_VMSAVE));
}

static void check_run(void)
{
	struct kvm_svm_vcpu *cpu = kvm_create_svm_vcpu(count_rounds, 1);

	CHECK(INTERCEPT_SET(cpu->vmcb, SVM_INTERCEPT_HLT));
	CHECK(INTERCEPT_SET(cpu->vmcb, SVM_INTERCEPT_VMSAVE));
	CHECK_EQ(cpu->vmcb->guest_asid, 1);
	/* All nested guests share a segment; what bounds the stack is a page below it. */
	CHECK_EQ(cpu->vmcb->ss.limit, 0xffffffff);
	CHECK_EQ(kvm_find_pte(cpu->vmcb->rsp - 1 - 2 * PAGESIZE, NULL) == NULL, 1);
	CHECK_EQ(kvm_find_pte(cpu->vmcb->rsp - 1 - PAGESIZE, NULL) != NULL, 1);
	kvm_svm_vmrun(cpu);
	CHECK_EQ(cpu->vmcb->exitcode, SVM_EXIT_HLT);
	CHECK_EQ(rounds, 1);
	CHECK_EQ(cpu->regs.rax, cpu->vmcb->rax);
	CHECK_EQ(cpu->regs.rsp, cpu->vmcb->rsp);
	cpu->vmcb->rip++; /* past HLT */
	kvm_svm_vmrun(cpu);
	CHECK_EQ(cpu->vmcb->exitcode, SVM_EXIT_HLT);
	CHECK_EQ(rounds, 2);
}

/* A signal that the host has not taken is no report of the nested guest's. */
static void check_signal_stays(void)
{
	struct kvm_svm_vcpu *cpu = kvm_create_svm_vcpu(count_rounds, 1);

	rounds = 0;
	tst_signal_host(NULL);
	kvm_svm_vmrun(cpu);
	if (signal_is_there() && rounds == 1)
		tst_res(TPASS, "the signal stays");
	else
		tst_res(TFAIL, "the signal is gone, or the guest went on: %d rounds", rounds);
}

static void check_intercept(void)
{
	struct kvm_svm_vcpu *cpu = kvm_create_svm_vcpu(ask_cpuid, 1);

	kvm_vmcb_set_intercept(cpu->vmcb, SVM_INTERCEPT_CPUID, 1);
	kvm_svm_vmrun(cpu);
	CHECK_EQ(cpu->vmcb->exitcode, SVM_EXIT_CPUID);
	CHECK(rounds != -1);
	kvm_vmcb_set_intercept(cpu->vmcb, SVM_INTERCEPT_CPUID, 0);
	kvm_svm_vmrun(cpu);
	CHECK_EQ(cpu->vmcb->exitcode, SVM_EXIT_HLT);
	CHECK_EQ(rounds, -1);
}

static void check_without_stack(void)
{
	struct kvm_svm_vcpu *cpu = kvm_create_svm_vcpu(count_rounds, 0);

	CHECK_EQ(cpu->vmcb->ss.selector | cpu->vmcb->ss.attrib, 0);
	CHECK_EQ(cpu->vmcb->rsp, 0);
}

static void check_vmload_vmsave(void)
{
	struct kvm_vmcb *vmcb = kvm_alloc_vmcb();
	uint64_t before = kvm_rdmsr(MSR_STAR);

	kvm_wrmsr(MSR_STAR, 0x0fedcba987654321);
	kvm_svm_vmsave(vmcb);
	CHECK_EQ(vmcb->star, 0x0fedcba987654321);
	vmcb->star = 0x123456789abcdef0;
	kvm_svm_vmload(vmcb);
	CHECK_EQ(kvm_rdmsr(MSR_STAR), 0x123456789abcdef0);
	kvm_wrmsr(MSR_STAR, before);
}

void main(void)
{
	kvm_init_svm(); /* TCONF without SVM */
	check_state();
	check_vmcb();
	check_gdt_descriptor();
	check_init_vmcb();
	check_run();
	check_signal_stays();
	check_intercept();
	check_without_stack();
	check_vmload_vmsave();
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
