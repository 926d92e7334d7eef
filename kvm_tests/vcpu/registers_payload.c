// SPDX-License-Identifier: MIT
/* Shows the controller its registers, and notes those that the controller sets. */
#include "guest_case.h"
#include "kvm_x86.h"
#include "registers.h"

/* In the order of struct kvm_regs, 8 bytes each: before the controller's turn, and after. */
GUEST_SHARED uint64_t registers_before[GENERAL_REGISTERS];
GUEST_SHARED uint64_t registers_after[GENERAL_REGISTERS];
GUEST_SHARED unsigned long flags_after;
GUEST_SHARED unsigned long own_stack;
GUEST_SHARED uint32_t skipped;

#ifdef __x86_64__
#define EACH(x)                                                                                 \
	x("rax", "0") x("rbx", "8") x("rcx", "16") x("rdx", "24") x("rsi", "32") x("rdi", "40") \
		x("rsp", "48") x("rbp", "56") x("r8", "64") x("r9", "72") x("r10", "80")        \
			x("r11", "88") x("r12", "96") x("r13", "104") x("r14", "112")           \
				x("r15", "120")
#define SP "%%rsp"
#define BP "%%rbp"
#define MORE_CLOBBERS , "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"
#else
#define EACH(x)                                                                                 \
	x("eax", "0") x("ebx", "8") x("ecx", "16") x("edx", "24") x("esi", "32") x("edi", "40") \
		x("esp", "48") x("ebp", "56")
#define SP "%%esp"
#define BP "%%ebp"
#define MORE_CLOBBERS
#endif

#define LOAD(reg, offset) "mov registers_before+" offset ", %%" reg "\n\t"
#define STORE(reg, offset) "mov %%" reg ", registers_after+" offset "\n\t"
#define LOAD_ALL EACH(LOAD)
#define STORE_ALL EACH(STORE)

/* No stack while the registers are others'. The controller goes on at registers_on. */
GUEST_CASE(swap_registers)
{
	asm volatile("push " BP "\n\t"
		     "mov " SP ", own_stack\n\t" LOAD_ALL "stc\n\t"
		     "std\n\t"
		     "out %%al, %%dx\n\t"
		     "registers_done:\n\t"
		     "incl skipped\n\t"
		     ".globl registers_on\n\t"
		     ".type registers_on, @function\n\t"
		     "registers_on:\n\t" STORE_ALL "mov own_stack, " SP "\n\t"
		     "pushf\n\t"
		     "pop flags_after\n\t"
		     "cld\n\t"
		     "pop " BP
		     :
		     :
		     : "memory", "cc", "ax", "bx", "cx", "dx", "si", "di" MORE_CLOBBERS);
}

GUEST_SHARED struct system_registers system_registers;

/* What the CPU itself has when the controller has had its turn. */
GUEST_CASE(look_at_system_registers)
{
	struct kvm_cregs cregs;

	kvm_yield();
	kvm_read_cregs(&cregs);
	system_registers.cr0 = cregs.cr0;
	system_registers.cr2 = cregs.cr2;
	system_registers.cr4 = cregs.cr4;
	system_registers.efer = kvm_rdmsr(MSR_EFER);
	system_registers.apic_base = kvm_rdmsr(MSR_APIC_BASE);
	asm volatile("mov %%ds, %0" : "=m"(system_registers.ds));
}

/* Waits in the mode that payloads run in. */
GUEST_CASE(rest)
{
	kvm_yield();
}
