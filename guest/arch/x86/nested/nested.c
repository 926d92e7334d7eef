// SPDX-License-Identifier: MIT
/* What nested guests have in common, whichever way the CPU runs them. */
#include "guest/arch/x86/nested/nested.h"
#include "guest/arch/x86/boot/layout.h"
#include "guest/arch/x86/faults/stack.h"

#define ASSERT_REG(name, offset) \
	_Static_assert(offsetof(struct kvm_regs64, name) == (offset), "kvm_regs64: " #name)
ASSERT_REG(rax, REGS_RAX);
ASSERT_REG(rbx, REGS_RBX);
ASSERT_REG(rcx, REGS_RCX);
ASSERT_REG(rdx, REGS_RDX);
ASSERT_REG(rdi, REGS_RDI);
ASSERT_REG(rsi, REGS_RSI);
ASSERT_REG(rbp, REGS_RBP);
ASSERT_REG(r8, REGS_R8);
ASSERT_REG(r15, REGS_R15);

struct nested_segment nested_read_segment(const char *function, unsigned int gdt_id)
{
	struct nested_segment segment;
	struct kvm_sregs sregs;

	/* Behind the public part lie other CPUs' task-state segments. */
	kvm_read_sregs(&sregs);
	if (gdt_id >= KVM_GDT_SIZE && gdt_id != sregs.tr >> 3) {
		tst_brk(TBROK, "%s: descriptor %u is beyond the last one of kvm_gdt, %u", function,
			gdt_id, KVM_GDT_SIZE - 1);
	}
	kvm_parse_segment_descriptor(&kvm_gdt[gdt_id], &segment.base, &segment.limit,
				     &segment.flags);
	if (!(segment.flags & SEGFLAG_PRESENT))
		return (struct nested_segment){0};
	if (segment.flags & SEGFLAG_PAGE_LIMIT)
		segment.limit = segment.limit << 12 | (PAGESIZE - 1);
	return segment;
}

#ifdef __x86_64__
uint64_t nested_fs_base(uint16_t selector)
{
	(void)selector;
	return kvm_rdmsr(MSR_FS_BASE);
}

uint64_t nested_gs_base(uint16_t selector)
{
	(void)selector;
	return kvm_rdmsr(MSR_GS_BASE);
}
#else
uint64_t nested_fs_base(uint16_t selector)
{
	return nested_read_segment(__func__, selector >> 3).base;
}

uint64_t nested_gs_base(uint16_t selector)
{
	return nested_read_segment(__func__, selector >> 3).base;
}
#endif

uint16_t nested_ldt_selector(void)
{
	uint16_t selector;

	asm volatile("sldt %0" : "=r"(selector));
	return selector;
}

void *nested_alloc_stack(uint16_t *ss)
{
	/* All share one segment: what bounds the stack is the page below it. */
	*ss = KVM_DS >> 3;
	return alloc_stack("a nested guest");
}

void nested_check_shutdown(uintptr_t address, uintptr_t ip)
{
	if (is_guard_page(address))
		report_stack_overflow(address, ip, "");
}
