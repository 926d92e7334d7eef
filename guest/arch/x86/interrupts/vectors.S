/* SPDX-License-Identifier: MIT */
/*
 * Entry points of all interrupt vectors, and the gates of the exceptions.
 *
 * Each vector's stub pushes its number and jumps to one of two common entries,
 * which make the same frame of it (struct kvm_interrupt_frame, interrupt.c).
 *
 * The way back: KVM's instruction emulator has no iret outside real mode, so
 * where popf and ret do the same, they do it; kvm_handle_interrupt() tells, and
 * has put the stack pointer for either in the vector's place.
 */
#include "guest/arch/x86/boot/layout.h"

#define FRAME_BP 8 /* i386; asserted in double_fault.c */

	/*
	 * Callbacks of a payload with SIMD may use its registers, which belong to
	 * the interrupted code. Where CR0 forbids them, they are nobody's.
	 */
	.macro	begin_callback sp
#ifdef KVM_PAYLOAD_SIMD
	sub	$(512 + 16), %\sp
#ifdef __x86_64__
	movq	%cr0, %rax
	movq	%rax, 512(%rsp)
#else
	movl	%cr0, %eax
	movl	%eax, 512(%esp)
#endif
	testb	$(CR0_TS | CR0_EM), %al
	jnz	3f
	fxsave	(%\sp)
3:
#endif
	.endm

	.macro	end_callback sp
#ifdef KVM_PAYLOAD_SIMD
	testb	$(CR0_TS | CR0_EM), 512(%\sp)
	jnz	3f
	fxrstor	(%\sp)
3:
#endif
	.endm

	/* Lies in the image's first 64 KiB, see payload.lds. */
	.section .text.vectors, "ax", @progbits
	.balign	16
	.globl	kvm_vector_stubs
	.type	kvm_vector_stubs, @function
kvm_vector_stubs:
	.set	vector, 0
	.rept	X86_INTR_COUNT / KVM_VECTORS_IN_BLOCK
	.rept	KVM_VECTORS_IN_BLOCK
	.byte	0x6a, vector	/* push, sign-extended: one byte for any vector */
	/* Intel SDM Vol. 3, "Exception and Interrupt Reference" */
	.if	vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || \
		vector == 21 || vector == 29 || vector == 30
	.byte	0xeb, KVM_VECTOR_BLOCK_BYTES - 8 - KVM_VECTOR_STUB_IN_BLOCK(vector) - 4
	.else
	.byte	0xeb, KVM_VECTOR_BLOCK_BYTES - 16 - KVM_VECTOR_STUB_IN_BLOCK(vector) - 4
	.endif
	.set	vector, vector + 1
	.endr
	/* A short jump reaches its block's end. */
	.balign	8
	jmp	kvm_vector_without_error_code
	.balign	8
	jmp	kvm_vector_with_error_code
	.balign	8
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
	begin_callback rsp
	call	kvm_handle_interrupt
	end_callback rsp
	movq	%rbx, %rsp
	testl	%eax, %eax	/* for behind the pops, which leave flags alone */
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
	movq	(%rsp), %rsp
	jnz	1f
	popfq
	retq
1:	iretq
#else
	pushal
	cld
	movl	%esp, %ebx
	andl	$-16, %esp
	begin_callback esp
	subl	$12, %esp
	pushl	%ebx
	call	kvm_handle_interrupt
	addl	$16, %esp
	end_callback esp
	movl	%ebx, %esp
	testl	%eax, %eax
	popal
	movl	(%esp), %esp
	jnz	1f
	popfl
	retl
1:	iretl
#endif
	.size	kvm_vector_with_error_code, . - kvm_vector_with_error_code

#ifdef __i386__
	/*
	 * The task for double faults. The interrupted code's frame is its outer one,
	 * as if it had called; iret goes back to its task, and the next double fault
	 * goes on behind it. The CPU has pushed the error code, 0.
	 */
	.globl	kvm_vector_double_fault
	.type	kvm_vector_double_fault, @function
kvm_vector_double_fault:
	cld
	subl	$8, %esp
	call	kvm_double_fault_frame
	movl	FRAME_BP(%eax), %ebp
	pushl	%eax
	call	kvm_end_double_fault
	addl	$16, %esp
	iretl
	jmp	kvm_vector_double_fault
	.size	kvm_vector_double_fault, . - kvm_vector_double_fault
#endif

	/*
	 * The table, whole: to fill it would take longer than to load it. It has the
	 * gates of the exceptions; those of the other vectors come into being when
	 * they get a callback.
	 */
	.section .data.idt, "aw", @progbits
	.globl	kvm_idt
	.type	kvm_idt, @object
	.balign	16
kvm_idt:
	.set	vector, 0
	.rept	X86_EXCEPTION_COUNT
#ifdef __i386__
	.if	vector == 8
	.short	0, KVM_DOUBLE_FAULT_TSS, 0x8500, 0	/* present task gate */
	.else
#endif
	.short	kvm_vector_stubs + KVM_VECTOR_STUB(vector)
	.short	KVM_CS
#ifdef __x86_64__
	.if	vector == 8
	.byte	1	/* on a stack of its own, from the TSS */
	.else
	.byte	0
	.endif
	.byte	0x8e	/* present interrupt gate */
	.short	0
	.long	0, 0
#else
	.byte	0
	.byte	0x8e
	.short	0
	.endif
#endif
	.set	vector, vector + 1
	.endr
	.skip	KVM_IDT_BYTES - (. - kvm_idt)
	.size	kvm_idt, . - kvm_idt

	.section .note.GNU-stack, "", @progbits
