// SPDX-License-Identifier: MIT
/* The guest's state in words. */
#include <inttypes.h>
#include <stdio.h>

#include "host/engine/arch.h"
#include "kvm_abi.h"
#include "kvm_x86_bits.h"

static bool is_long_mode(const struct kvm_sregs *sregs)
{
	return (sregs->efer & EFER_LMA) && sregs->cs.l;
}

static const char *mode_name(const struct kvm_sregs *sregs)
{
	if (is_long_mode(sregs))
		return "64-bit mode";
	if (sregs->efer & EFER_LMA)
		return "compatibility mode";
	return sregs->cr0 & CR0_PE ? "protected mode" : "real mode";
}

static bool get_state(int vcpu_fd, struct kvm_regs *regs, struct kvm_sregs *sregs)
{
	return engine_ioctl(vcpu_fd, KVM_GET_REGS, regs) == 0 &&
	       engine_ioctl(vcpu_fd, KVM_GET_SREGS, sregs) == 0;
}

static void describe_64(const struct kvm_regs *r, const struct kvm_sregs *s, char *buf, size_t size)
{
#define R "%016llx"
	snprintf(buf, size,
		 "\n  %s, rip " R " rflags %08llx cs %04x ss %04x"
		 "\n  rax " R " rbx " R " rcx " R " rdx " R "\n  rsi " R " rdi " R " rbp " R
		 " rsp " R "\n  r8  " R " r9  " R " r10 " R " r11 " R "\n  r12 " R " r13 " R
		 " r14 " R " r15 " R "\n  cr0 " R " cr2 " R " cr3 " R " cr4 " R,
		 mode_name(s), r->rip, r->rflags, s->cs.selector, s->ss.selector, r->rax, r->rbx,
		 r->rcx, r->rdx, r->rsi, r->rdi, r->rbp, r->rsp, r->r8, r->r9, r->r10, r->r11,
		 r->r12, r->r13, r->r14, r->r15, s->cr0, s->cr2, s->cr3, s->cr4);
#undef R
}

static void describe_32(const struct kvm_regs *r, const struct kvm_sregs *s, char *buf, size_t size)
{
#define R "%08llx"
	snprintf(buf, size,
		 "\n  %s, eip " R " eflags " R " cs %04x (base " R ") ss %04x"
		 "\n  eax " R " ebx " R " ecx " R " edx " R "\n  esi " R " edi " R " ebp " R
		 " esp " R "\n  cr0 " R " cr2 " R " cr3 " R " cr4 " R,
		 mode_name(s), r->rip, r->rflags, s->cs.selector, s->cs.base, s->ss.selector,
		 r->rax, r->rbx, r->rcx, r->rdx, r->rsi, r->rdi, r->rbp, r->rsp, s->cr0, s->cr2,
		 s->cr3, s->cr4);
#undef R
}

void arch_describe_registers(int vcpu_fd, char *buf, size_t size)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;

	buf[0] = '\0';
	if (!get_state(vcpu_fd, &regs, &sregs))
		return;
	if (is_long_mode(&sregs))
		describe_64(&regs, &sregs, buf, size);
	else
		describe_32(&regs, &sregs, buf, size);
}

bool arch_was_reset(int vcpu_fd)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;

	/* SDM Vol. 3 "Processor State After Reset" */
	return get_state(vcpu_fd, &regs, &sregs) && !(sregs.cr0 & CR0_PE) &&
	       sregs.cs.base + regs.rip == VM_RESET_BASEADDR;
}

void arch_describe_position(int vcpu_fd, char *buf, size_t size)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;

	if (!get_state(vcpu_fd, &regs, &sregs))
		snprintf(buf, size, "an unknown address");
	else
		snprintf(buf, size, "%s %#llx, %s", is_long_mode(&sregs) ? "rip" : "eip", regs.rip,
			 mode_name(&sregs));
}

bool arch_get_frame(int vcpu_fd, struct arch_frame *frame)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;

	if (!get_state(vcpu_fd, &regs, &sregs))
		return false;
	frame->instruction = regs.rip;
	frame->pointer = regs.rbp;
	frame->word_size = is_long_mode(&sregs) ? 8 : 4;
	return true;
}

bool arch_describe_exit(const struct kvm_run *run, char *buf, size_t size)
{
	switch (run->exit_reason) {
	case KVM_EXIT_SHUTDOWN:
		snprintf(buf, size,
			 "a triple fault: an exception while the CPU delivered a double "
			 "fault; look at the IDT and the stack");
		return true;
	case KVM_EXIT_IO:
		snprintf(buf, size, "%s port %#x, %u byte(s), %u time(s)",
			 run->io.direction == KVM_EXIT_IO_OUT ? "out to" : "in from", run->io.port,
			 run->io.size, run->io.count);
		return true;
	case KVM_EXIT_DEBUG:
		snprintf(buf, size, "exception %u at %#llx, dr6 %#llx, dr7 %#llx",
			 run->debug.arch.exception, run->debug.arch.pc, run->debug.arch.dr6,
			 run->debug.arch.dr7);
		return true;
	case KVM_EXIT_X86_RDMSR:
	case KVM_EXIT_X86_WRMSR:
		snprintf(buf, size, "MSR %#x, data %#llx", run->msr.index, run->msr.data);
		return true;
	case KVM_EXIT_EXCEPTION:
		snprintf(buf, size, "exception %u, error code %#x", run->ex.exception,
			 run->ex.error_code);
		return true;
	}
	return false;
}
