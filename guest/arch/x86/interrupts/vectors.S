/* SPDX-License-Identifier: MIT */
/*
 * Entry points of all interrupt vectors, and the gates of the exceptions.
 *
 * Each vector's stub pushes its number and jumps to one of two common entries,
 * which make the same frame of it (struct kvm_interrupt_frame, interrupt.c).
 *
 * The way back: KVM's instruction emulator has no iret outside real mode, so
 * where popf and ret do the same, they do it; kvm_handle_interrupt() tells.
 */
#include "guest/arch/x86/boot/layout.h"

#ifdef __x86_64__
#define FRAME_VECTOR (15 * 8)
#define FRAME_IP (17 * 8)
#define FRAME_FLAGS (19 * 8)
#define FRAME_SP (20 * 8)
#else
#define FRAME_IP (10 * 4)
#define FRAME_CS (11 * 4)
#define FRAME_FLAGS (12 * 4)
#endif

	/* Lies in the image's first 64 KiB, see payload.lds. */
	.section .text.vectors, "ax", @progbits
	.balign	16
	.globl	kvm_vector_stubs
	.type	kvm_vector_stubs, @function
kvm_vector_stubs:
	.set	vector, 0
	.rept	X86_INTR_COUNT
	.balign	KVM_VECTOR_STUB_BYTES
	.byte	0x6a, vector	/* push, sign-extended: one byte for any vector */
	/* Intel SDM Vol. 3, "Exception and Interrupt Reference" */
	.if	vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || \
		vector == 21 || vector == 29 || vector == 30
	jmp	kvm_vector_with_error_code
	.else
	jmp	kvm_vector_without_error_code
	.endif
	.set	vector, vector + 1
	.endr
	.size	kvm_vector_stubs, . - kvm_vector_stubs

	.type	kvm_vector_without_error_code, @function
kvm_vector_without_error_code:
	/* The vector once more, below; its first place takes the error code. */
#ifdef __x86_64__
	pushq	(%rsp)
	movq	$0, 8(%rsp)
#else
	pushl	(%esp)
	movl	$0, 4(%esp)
#endif
	/* fall through */
	.type	kvm_vector_with_error_code, @function
kvm_vector_with_error_code:
#ifdef __x86_64__
	pushq	%r15
	pushq	%r14
	pushq	%r13
	pushq	%r12
	pushq	%r11
	pushq	%r10
	pushq	%r9
	pushq	%r8
	pushq	%rdi
	pushq	%rsi
	pushq	%rbp
	pushq	%rbx
	pushq	%rdx
	pushq	%rcx
	pushq	%rax
	cld
	movq	%rsp, %rdi
	movq	%rsp, %rbx
	andq	$-16, %rsp
	call	kvm_handle_interrupt
	movq	%rbx, %rsp
	movl	%eax, %ebx
	testl	%ebx, %ebx
	jnz	1f
	/* Flags and address below the interrupted stack, for popfq and retq. */
	movq	FRAME_SP(%rsp), %rax
	movq	FRAME_FLAGS(%rsp), %rcx
	movq	FRAME_IP(%rsp), %rdx
	subq	$16, %rax
	movq	%rcx, (%rax)
	movq	%rdx, 8(%rax)
	movq	%rax, FRAME_VECTOR(%rsp)	/* may overlap no other place of the frame */
1:	testl	%ebx, %ebx	/* once more, for behind the pops, which leave flags alone */
	popq	%rax
	popq	%rcx
	popq	%rdx
	popq	%rbx
	popq	%rbp
	popq	%rsi
	popq	%rdi
	popq	%r8
	popq	%r9
	popq	%r10
	popq	%r11
	popq	%r12
	popq	%r13
	popq	%r14
	popq	%r15
	jnz	2f
	movq	(%rsp), %rsp
	popfq
	retq
2:	addq	$16, %rsp	/* vector and error code */
	iretq
#else
	pushal
	cld
	pushl	%esp
	call	kvm_handle_interrupt
	addl	$4, %esp
	movl	%eax, %ebx
	testl	%ebx, %ebx
	jnz	1f
	/* Flags and address in the places of code segment and flags. */
	movl	FRAME_FLAGS(%esp), %ecx
	movl	FRAME_IP(%esp), %edx
	movl	%ecx, FRAME_CS(%esp)
	movl	%edx, FRAME_FLAGS(%esp)
1:	testl	%ebx, %ebx
	popal
	jnz	2f
	addl	$12, %esp	/* vector, error code and address */
	popfl
	retl
2:	addl	$8, %esp	/* vector and error code */
	iretl
#endif
	.size	kvm_vector_with_error_code, . - kvm_vector_with_error_code

	/*
	 * The gates of the exceptions; those of the other vectors lie in zeroed
	 * memory behind them and come into being when they get a callback.
	 */
	.section .idt, "aw", @progbits
	.globl	kvm_idt
	.type	kvm_idt, @object
	.balign	16
kvm_idt:
	.set	vector, 0
	.rept	X86_EXCEPTION_COUNT
	.short	kvm_vector_stubs + vector * KVM_VECTOR_STUB_BYTES
	.short	KVM_CS
	.byte	0
	.byte	0x8e	/* present interrupt gate */
#ifdef __x86_64__
	.short	0
	.long	0, 0
#else
	.short	0
#endif
	.set	vector, vector + 1
	.endr
	.globl	kvm_idt_exceptions_end
kvm_idt_exceptions_end:

	.section .bss.idt_tail, "aw", @nobits
	.globl	kvm_idt_tail
kvm_idt_tail:
	.skip	KVM_IDT_BYTES - X86_EXCEPTION_COUNT * KVM_IDT_ENTRY_BYTES

	.section .note.GNU-stack, "", @progbits
