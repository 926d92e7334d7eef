/* SPDX-License-Identifier: MIT */
/*
 * Calls from which an exception leads back: what the caller's registers held
 * is on the stack, and its address in the first field of struct try_record.
 */
#include "guest/arch/x86/boot/layout.h"

	.section .text.try, "ax", @progbits
	.globl	try_call, try_call_user, try_end, try_user_end
	.type	try_call, @function
	.type	try_call_user, @function
	.type	try_end, @function
	.type	try_user_end, @function

#ifdef __x86_64__

	.macro	save_registers
	pushq	%rbp
	movq	%rsp, %rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	subq	$8, %rsp
	movq	%rsp, (%rdi)
	.endm

	/* void try_call(record, func, arg) */
try_call:
	save_registers
	movq	%rdx, %rdi
	call	*%rsi
	jmp	1f
	/* An exception's handler returns here, with the record's sp in rbx. */
try_end:
	movq	%rbx, %rsp
	leaq	48(%rsp), %rbp
	cld
1:	addq	$8, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	ret
	.size	try_call, . - try_call

	/* void try_call_user(record, func, arg, user_sp, kernel_sp, user_cs, user_ds) */
try_call_user:
	movl	8(%rsp), %eax
	save_registers
	movq	%rsp, (%r8)
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %fs
	movw	%ax, %gs
	pushq	%rax
	pushq	%rcx
	pushfq
	pushq	%r9
	pushq	$user_start
	movq	%rdx, %rdi
	xorl	%ebp, %ebp
	iretq
user_start:
	call	*%rsi
try_user_end:
	hlt
	.size	try_call_user, . - try_call_user

#else /* __x86_64__ */

	/* Arguments, behind the four registers and the return address. */
	.set	ARG1, 20
	.set	ARG2, 24
	.set	ARG3, 28
	.set	ARG4, 32
	.set	ARG5, 36
	.set	ARG6, 40
	.set	ARG7, 44

	.macro	save_registers
	pushl	%ebp
	movl	%esp, %ebp
	pushl	%ebx
	pushl	%esi
	pushl	%edi
	movl	ARG1(%esp), %eax
	movl	%esp, (%eax)
	.endm

	/* void try_call(record, func, arg) */
try_call:
	save_registers
	movl	ARG2(%esp), %eax
	movl	ARG3(%esp), %edx
	subl	$8, %esp	/* a call's stack pointer is a multiple of 16 */
	pushl	%edx
	call	*%eax
	addl	$12, %esp
	jmp	1f
	/* An exception's handler returns here, with the record's sp in ebx. */
try_end:
	movl	%ebx, %esp
	leal	12(%esp), %ebp
	cld
1:	popl	%edi
	popl	%esi
	popl	%ebx
	popl	%ebp
	ret
	.size	try_call, . - try_call

	/* void try_call_user(record, func, arg, user_sp, kernel_sp, user_cs, user_ds) */
try_call_user:
	save_registers
	movl	ARG5(%esp), %eax
	movl	%esp, (%eax)
	movl	ARG2(%esp), %esi
	movl	ARG4(%esp), %edx
	movl	ARG3(%esp), %eax
	movl	%eax, (%edx)	/* func's argument, on its stack */
	movl	ARG6(%esp), %ecx
	movl	ARG7(%esp), %eax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %fs
	movw	%ax, %gs
	pushl	%eax
	pushl	%edx
	pushfl
	pushl	%ecx
	pushl	$user_start
	xorl	%ebp, %ebp
	iretl
user_start:
	call	*%esi
try_user_end:
	hlt
	.size	try_call_user, . - try_call_user

#endif /* __x86_64__ */

	.section .note.GNU-stack, "", @progbits
