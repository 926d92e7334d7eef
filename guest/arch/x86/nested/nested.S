/* SPDX-License-Identifier: MIT */
/*
 * Into a nested guest and out of it: all general registers change hands, so
 * these are the parts that can't be C.
 */
#include "guest/arch/x86/nested/nested.h"
#include "guest/arch/x86/boot/layout.h"

	/* VMCS fields: Intel SDM Vol. 3 "Field Encoding in VMCS" */
	.set	VMCS_HOST_RSP, 0x6c14
	.set	VMCS_HOST_RIP, 0x6c16

	.section .text.nested, "ax", @progbits

	.globl	nested_guest_entry
	.type	nested_guest_entry, @function
nested_guest_entry:
#ifdef __x86_64__
	call	*%rax
	movl	%eax, %eax	/* an int's upper half is garbage */
#else
	call	*%eax
#endif
1:	hlt
	jmp	1b
	.size	nested_guest_entry, . - nested_guest_entry

#ifdef __x86_64__

	/* But for rax, which is no use before the exit, and rdi, the base. */
	.macro	load_guest_registers
	movq	REGS_RBX(%rdi), %rbx
	movq	REGS_RCX(%rdi), %rcx
	movq	REGS_RDX(%rdi), %rdx
	movq	REGS_RSI(%rdi), %rsi
	movq	REGS_RBP(%rdi), %rbp
	movq	REGS_R8(%rdi), %r8
	movq	REGS_R9(%rdi), %r9
	movq	REGS_R10(%rdi), %r10
	movq	REGS_R11(%rdi), %r11
	movq	REGS_R12(%rdi), %r12
	movq	REGS_R13(%rdi), %r13
	movq	REGS_R14(%rdi), %r14
	movq	REGS_R15(%rdi), %r15
	.endm

	/* But for the base. */
	.macro	store_guest_registers base
	movq	%rbx, REGS_RBX(\base)
	movq	%rcx, REGS_RCX(\base)
	movq	%rdx, REGS_RDX(\base)
	movq	%rsi, REGS_RSI(\base)
	movq	%rbp, REGS_RBP(\base)
	movq	%r8, REGS_R8(\base)
	movq	%r9, REGS_R9(\base)
	movq	%r10, REGS_R10(\base)
	movq	%r11, REGS_R11(\base)
	movq	%r12, REGS_R12(\base)
	movq	%r13, REGS_R13(\base)
	movq	%r14, REGS_R14(\base)
	movq	%r15, REGS_R15(\base)
	.endm

	.macro	save_own_registers
	pushfq
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	.endm

	.macro	restore_own_registers
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	popfq
	.endm

	/* void svm_enter(struct kvm_regs64 *regs, guest's VMCB, VMCB for our own state) */
	.globl	svm_enter
	.type	svm_enter, @function
svm_enter:
	save_own_registers
	pushq	%rdi
	pushq	%rdx
	pushq	%rsi
	/* No interrupt may see half of one state and half of the other. */
	clgi
	movq	%rdx, %rax
	vmsave	%rax
	load_guest_registers
	movq	REGS_RDI(%rdi), %rdi
	movq	(%rsp), %rax
	vmload	%rax
	vmrun	%rax
	vmsave	%rax
	movq	16(%rsp), %rax
	store_guest_registers %rax
	movq	%rdi, REGS_RDI(%rax)
	movq	8(%rsp), %rax
	vmload	%rax
	stgi
	addq	$24, %rsp
	restore_own_registers
	ret
	.size	svm_enter, . - svm_enter

	/* int vmx_enter(struct kvm_regs64 *regs, int launched): 0, or 1 if the CPU refused */
	.globl	vmx_enter
	.type	vmx_enter, @function
vmx_enter:
	save_own_registers
	pushq	%rdi
	movl	$VMCS_HOST_RSP, %eax
	vmwrite	%rsp, %rax
	jbe	vmx_refused
	movl	$VMCS_HOST_RIP, %eax
	movq	$vmx_exit, %rcx
	vmwrite	%rcx, %rax
	jbe	vmx_refused
	testl	%esi, %esi
	/* Moves leave the flags alone. */
	load_guest_registers
	movq	REGS_RAX(%rdi), %rax
	movq	REGS_RDI(%rdi), %rdi
	jnz	1f
	vmlaunch
	jmp	vmx_refused
1:	vmresume
vmx_refused:
	popq	%rdi
	restore_own_registers
	movl	$1, %eax
	ret
	/* The CPU has set rsp to the value above. */
vmx_exit:
	xchgq	%rdi, (%rsp)
	store_guest_registers %rdi
	movq	%rax, REGS_RAX(%rdi)
	popq	REGS_RDI(%rdi)
	restore_own_registers
	xorl	%eax, %eax
	ret
	.size	vmx_enter, . - vmx_enter

#else /* __x86_64__ */

	/* But for eax and the base, edi. Upper halves in memory are ignored. */
	.macro	load_guest_registers
	movl	REGS_RBX(%edi), %ebx
	movl	REGS_RCX(%edi), %ecx
	movl	REGS_RDX(%edi), %edx
	movl	REGS_RSI(%edi), %esi
	movl	REGS_RBP(%edi), %ebp
	.endm

	.macro	store_half reg, offset, base
	movl	\reg, \offset(\base)
	movl	$0, 4 + \offset(\base)
	.endm

	/* But for the base. */
	.macro	store_guest_registers base
	store_half %ebx, REGS_RBX, \base
	store_half %ecx, REGS_RCX, \base
	store_half %edx, REGS_RDX, \base
	store_half %esi, REGS_RSI, \base
	store_half %ebp, REGS_RBP, \base
	.endm

	.macro	save_own_registers
	pushfl
	pushl	%ebx
	pushl	%ebp
	pushl	%esi
	pushl	%edi
	.endm

	.macro	restore_own_registers
	popl	%edi
	popl	%esi
	popl	%ebp
	popl	%ebx
	popfl
	.endm

	/* Arguments, behind those five and the return address. */
	.set	ARG1, 24
	.set	ARG2, 28
	.set	ARG3, 32

	/* void svm_enter(struct kvm_regs64 *regs, guest's VMCB, VMCB for our own state) */
	.globl	svm_enter
	.type	svm_enter, @function
svm_enter:
	save_own_registers
	/* No interrupt may see half of one state and half of the other. */
	clgi
	movl	ARG3(%esp), %eax
	vmsave	%eax
	movl	ARG1(%esp), %edi
	load_guest_registers
	movl	REGS_RDI(%edi), %edi
	movl	ARG2(%esp), %eax
	vmload	%eax
	vmrun	%eax
	vmsave	%eax
	movl	ARG1(%esp), %eax
	store_guest_registers %eax
	store_half %edi, REGS_RDI, %eax
	movl	ARG3(%esp), %eax
	vmload	%eax
	stgi
	restore_own_registers
	ret
	.size	svm_enter, . - svm_enter

	/* int vmx_enter(struct kvm_regs64 *regs, int launched): 0, or 1 if the CPU refused */
	.globl	vmx_enter
	.type	vmx_enter, @function
vmx_enter:
	save_own_registers
	movl	$VMCS_HOST_RSP, %eax
	vmwrite	%esp, %eax
	jbe	vmx_refused
	movl	$VMCS_HOST_RIP, %eax
	movl	$vmx_exit, %ecx
	vmwrite	%ecx, %eax
	jbe	vmx_refused
	movl	ARG1(%esp), %edi
	cmpl	$0, ARG2(%esp)
	/* Moves leave the flags alone. */
	load_guest_registers
	movl	REGS_RAX(%edi), %eax
	movl	REGS_RDI(%edi), %edi
	jnz	1f
	vmlaunch
	jmp	vmx_refused
1:	vmresume
vmx_refused:
	restore_own_registers
	movl	$1, %eax
	ret
	/* The CPU has set esp to the value above. */
vmx_exit:
	pushl	%edi
	movl	4 + ARG1(%esp), %edi
	store_guest_registers %edi
	store_half %eax, REGS_RAX, %edi
	popl	%eax
	store_half %eax, REGS_RDI, %edi
	restore_own_registers
	xorl	%eax, %eax
	ret
	.size	vmx_enter, . - vmx_enter

#endif /* __x86_64__ */

	.section .note.GNU-stack, "", @progbits
