// SPDX-License-Identifier: MIT
/* The scenarios of scenarios.h: payloads that fail, and refusals of the guest library. */
#include "kvm_test.h"
#include "kvm_x86_svm.h"
#include "kvm_x86_vmx.h"
#include "scenarios.h"

#define UNKNOWN_MSR 0xdead0000
#define UNMAPPED 0x80000000u

static struct scenario_page *const page = (struct scenario_page *)SCENARIO_ADDRESS;

/* Leaves the address of the next instruction, the one that will fault. */
#define MARK_FAULT                                       \
	do {                                             \
		uintptr_t ip_;                           \
		asm volatile("mov $1f, %0" : "=r"(ip_)); \
		page->fault_ip = ip_;                    \
	} while (0)

static void __attribute__((noinline)) leave(void)
{
	kvm_exit();
}

/* Reports one character more or less than fits. */
static void report_length(size_t length)
{
	char *text = tst_heap_alloc(length + 1);

	memset(text, 'x', length);
	text[length - 1] = 'y';
	text[length] = '\0';
	tst_res(TPASS, "%s", text);
}

static void play_results(uint32_t scenario)
{
	switch (scenario) {
	case SCENARIO_ALL_TYPES:
		tst_res(TPASS, "pass %d", 1);
		tst_res(TFAIL, "fail %d", 2);
		tst_res(TBROK, "brok %d", 3);
		tst_res(TWARN, "warn %d", 4);
		tst_res(TINFO, "info %d", 5);
		tst_res(TCONF, "conf %d", 6);
		return;
	case SCENARIO_NESTED_EXIT:
		tst_res(TPASS, "before");
		leave();
		break;
	case SCENARIO_YIELD:
		tst_res(TPASS, "before");
		kvm_yield();
		kvm_yield();
		break;
	case SCENARIO_BRK_TFAIL:
		tst_brk(TFAIL, "ends with %s", "TFAIL");
	case SCENARIO_BRK_TCONF:
		tst_brk(TCONF, "ends with %s", "TCONF");
	case SCENARIO_LONG_MESSAGE:
		report_length(KVM_RESULT_MESSAGE_SIZE);
		return;
	case SCENARIO_LONGEST_MESSAGE:
		report_length(KVM_RESULT_MESSAGE_SIZE - 1);
		return;
	case SCENARIO_CONTROL_CHARACTERS:
		tst_res(TPASS, "bell \a, escape \033[31m, delete \x7f, broken \xff, "
			       "whole \xe2\x82\xac");
		return;
	case SCENARIO_RES_UNKNOWN_TYPE:
		tst_res(3, "no type");
		break;
	case SCENARIO_BRK_UNKNOWN_TYPE:
		tst_brk(KVM_TSYNC, "no type");
	}
	tst_res(TPASS, "after");
}

static void play_heap(uint32_t scenario)
{
	switch (scenario) {
	case SCENARIO_HEAP_EXHAUSTED:
		tst_heap_alloc(64 << 20);
		break;
	case SCENARIO_HEAP_OVERFLOW:
		tst_heap_alloc((size_t)-16);
		break;
	case SCENARIO_HEAP_FILLED:
		for (;;)
			*(volatile char *)tst_heap_alloc_aligned(1 << 20, 1 << 20) = 1;
	case SCENARIO_HEAP_ALIGN_0:
		tst_heap_alloc_aligned(16, 0);
		break;
	case SCENARIO_HEAP_ALIGN_24:
		tst_heap_alloc_aligned(16, 24);
		break;
	case SCENARIO_HEAP_ALIGN_HUGE:
		tst_heap_alloc_aligned(16, 1 << 30);
		break;
	case SCENARIO_HEAP_BEYOND_MAPPING:
		tst_heap_alloc(0x80000000u);
		break;
	}
	tst_res(TPASS, "after");
}

static int decline(void *userdata LTP_ATTRIBUTE_UNUSED,
		   struct kvm_interrupt_frame *ifrm LTP_ATTRIBUTE_UNUSED,
		   unsigned long errcode LTP_ATTRIBUTE_UNUSED)
{
	tst_res(TINFO, "the callback was called");
	return 1;
}

static void raise_bad_opcode(void)
{
	MARK_FAULT;
	asm volatile("1: ud2");
}

static void play_interrupts(uint32_t scenario)
{
	volatile uint32_t *unmapped = (volatile uint32_t *)UNMAPPED;
	struct kvm_cregs cregs;
	unsigned int zero = 0;

	kvm_read_cregs(&cregs);
	switch (scenario) {
	case SCENARIO_CALLBACK_UNKNOWN_VECTOR:
		tst_set_interrupt_callback(X86_INTR_COUNT - 1, decline, NULL);
		tst_res(TINFO, "the last vector is known");
		tst_set_interrupt_callback(X86_INTR_COUNT, decline, NULL);
		break;
	case SCENARIO_CALLBACK_DECLINES:
		tst_set_interrupt_callback(INTR_BAD_OPCODE, decline, NULL);
		raise_bad_opcode();
		break;
	case SCENARIO_CALLBACK_REMOVED:
		tst_set_interrupt_callback(INTR_BAD_OPCODE, decline, NULL);
		tst_set_interrupt_callback(INTR_BAD_OPCODE, NULL, NULL);
		raise_bad_opcode();
		break;
	case SCENARIO_BAD_OPCODE:
		raise_bad_opcode();
		break;
	case SCENARIO_DIVIDE:
		MARK_FAULT;
		asm volatile("1: divl %0" : : "r"(zero), "a"(0), "d"(0) : "cc");
		break;
	case SCENARIO_READ_UNKNOWN_MSR:
		kvm_rdmsr(UNKNOWN_MSR);
		break;
	case SCENARIO_WRITE_UNKNOWN_MSR:
		kvm_wrmsr(UNKNOWN_MSR, 1);
		break;
	case SCENARIO_BAD_CR0: /* paging without protection */
		kvm_set_cr0((cregs.cr0 | CR0_PG) & ~CR0_PE);
		break;
	case SCENARIO_BAD_CR4: /* a reserved bit */
		kvm_set_cr4(cregs.cr4 | 1 << 15);
		break;
	case SCENARIO_READ_UNMAPPED:
		(void)*unmapped;
		break;
	case SCENARIO_WRITE_UNMAPPED:
		*unmapped = 1;
		break;
	}
	tst_res(TPASS, "after");
}

static void play_descriptors(uint32_t scenario)
{
	struct segment_descriptor table[4];
	const unsigned int flags = SEGTYPE_RWDATA | SEGFLAG_PRESENT;

	memset(table, 0, sizeof(table));
	switch (scenario) {
	case SCENARIO_DESCRIPTOR_LIMIT:
		kvm_set_segment_descriptor(&table[1], 0, 0x100000, flags);
		break;
	case SCENARIO_DESCRIPTOR_BASE:
		kvm_set_segment_descriptor(&table[1], 0x100000000, 0xfffff, flags);
		break;
	case SCENARIO_STACK_TABLE_FULL:
		kvm_create_stack_descriptor(table, 2, (void *)PAGESIZE);
		tst_res(TINFO, "one was free");
		kvm_create_stack_descriptor(table, 2, (void *)PAGESIZE);
		break;
	}
	tst_res(TPASS, "after");
}

static void play_nested(uint32_t scenario)
{
	struct kvm_vmcb_descriptor descriptor;
	struct kvm_vmcb *vmcb;

	switch (scenario) {
	case SCENARIO_NO_SVM:
		tst_res(TINFO, "supported: %d", kvm_is_svm_supported());
		kvm_init_svm();
		break;
	case SCENARIO_NO_VMX:
		tst_res(TINFO, "supported: %d", kvm_is_vmx_supported());
		kvm_set_vmx_state(1);
		break;
	case SCENARIO_INTERCEPT_UNKNOWN:
		vmcb = kvm_alloc_vmcb();
		kvm_vmcb_set_intercept(vmcb, SVM_INTERCEPT_MAX - 1, 1);
		tst_res(TINFO, "the last byte is %#x", vmcb->intercepts[0x14]);
		kvm_vmcb_set_intercept(vmcb, SVM_INTERCEPT_MAX, 1);
		break;
	case SCENARIO_VMCB_DESCRIPTOR_UNKNOWN:
		kvm_vmcb_copy_gdt_descriptor(&descriptor, KVM_GDT_SIZE - 1);
		tst_res(TINFO, "the last one is there");
		kvm_vmcb_copy_gdt_descriptor(&descriptor, KVM_GDT_SIZE);
		break;
	case SCENARIO_VMCS_DESCRIPTOR_UNKNOWN:
		kvm_vmcs_copy_gdt_descriptor(KVM_GDT_SIZE, VMX_VMCS_GUEST_FS,
					     VMX_VMCS_GUEST_FS_ACCESS, VMX_VMCS_GUEST_FS_LIMIT,
					     VMX_VMCS_GUEST_FS_BASE);
		break;
	case SCENARIO_VMX_CONTROL_UNKNOWN:
		kvm_vmx_read_vmctl_mask(VMX_CTLMASK_MAX);
		break;
	}
	tst_res(TPASS, "after");
}

void main(void)
{
	uint32_t scenario = page->scenario;
	struct kvm_cregs cregs;

	kvm_read_cregs(&cregs);
	page->has_paging = !!(cregs.cr0 & CR0_PG);
	if (scenario == SCENARIO_SILENT)
		return;
	if (scenario < SCENARIO_HEAP_EXHAUSTED)
		play_results(scenario);
	else if (scenario < SCENARIO_CALLBACK_UNKNOWN_VECTOR)
		play_heap(scenario);
	else if (scenario < SCENARIO_DESCRIPTOR_LIMIT)
		play_interrupts(scenario);
	else if (scenario < SCENARIO_NO_SVM)
		play_descriptors(scenario);
	else
		play_nested(scenario);
}
