/* SPDX-License-Identifier: MIT */
/* See execute.h. */
#include "execute.h"

#ifdef __x86_64__
#define WORD 8
#define AT(symbol) symbol(%rip)
#define REG(name) %r##name
#else
#define WORD 4
#define AT(symbol) symbol
#define REG(name) %e##name
#endif
#define CONTEXT(index) AT(context + (index) * WORD)
#define KEPT(index) AT(kept + (index) * WORD)

	.bss
	.balign	8
	.globl	context
context:
	.skip	CONTEXT_WORDS * WORD
kept:
	.skip	CONTEXT_WORDS * WORD
target:
	.skip	WORD

	.text
	.globl	execute, execute_end
	.type	execute, @function
execute:
#ifdef __x86_64__
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rdi, AT(target)
#else
	push	%ebx
	push	%ebp
	push	%esi
	push	%edi
	mov	20(%esp), %eax
	mov	%eax, AT(target)
#endif
	mov	REG(sp), KEPT(CONTEXT_SP)
	.irp	segment, ds, es, fs, gs, ss
	mov	%\segment, REG(ax)
	push	REG(ax)
	.endr
	pop	KEPT(CONTEXT_SS)
	pop	KEPT(CONTEXT_GS)
	pop	KEPT(CONTEXT_FS)
	pop	KEPT(CONTEXT_ES)
	pop	KEPT(CONTEXT_DS)
	push	CONTEXT(CONTEXT_FLAGS)
	popf
	mov	CONTEXT(CONTEXT_AX), REG(ax)
	mov	CONTEXT(CONTEXT_CX), REG(cx)
	mov	CONTEXT(CONTEXT_DX), REG(dx)
	mov	CONTEXT(CONTEXT_BX), REG(bx)
	mov	CONTEXT(CONTEXT_SP), REG(sp)
	mov	CONTEXT(CONTEXT_BP), REG(bp)
	mov	CONTEXT(CONTEXT_SI), REG(si)
	mov	CONTEXT(CONTEXT_DI), REG(di)
#ifdef __x86_64__
	.irp	number, 8, 9, 10, 11, 12, 13, 14, 15
	mov	CONTEXT(CONTEXT_R8 + \number - 8), %r\number
	.endr
#endif
	jmp	*AT(target)

	/* Flags and stack are the instruction's until they are kept: no push, no arithmetic. */
execute_end:
	mov	REG(ax), CONTEXT(CONTEXT_AX)
	mov	%ss, REG(ax)
	mov	REG(ax), CONTEXT(CONTEXT_SS)
	mov	KEPT(CONTEXT_SS), REG(ax)
	mov	REG(sp), CONTEXT(CONTEXT_SP)
	/* The next instruction can't be interrupted. */
	mov	%ax, %ss
	mov	KEPT(CONTEXT_SP), REG(sp)
	mov	REG(cx), CONTEXT(CONTEXT_CX)
	mov	REG(dx), CONTEXT(CONTEXT_DX)
	mov	REG(bx), CONTEXT(CONTEXT_BX)
	mov	REG(bp), CONTEXT(CONTEXT_BP)
	mov	REG(si), CONTEXT(CONTEXT_SI)
	mov	REG(di), CONTEXT(CONTEXT_DI)
#ifdef __x86_64__
	.irp	number, 8, 9, 10, 11, 12, 13, 14, 15
	mov	%r\number, CONTEXT(CONTEXT_R8 + \number - 8)
	.endr
#endif
	pushf
	pop	CONTEXT(CONTEXT_FLAGS)
	cld
	.macro	end_segment segment, index
	mov	%\segment, REG(ax)
	mov	REG(ax), CONTEXT(\index)
	mov	KEPT(\index), REG(ax)
	mov	%ax, %\segment
	.endm
	end_segment es, CONTEXT_ES
	end_segment fs, CONTEXT_FS
	end_segment gs, CONTEXT_GS
	end_segment ds, CONTEXT_DS
#ifdef __x86_64__
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
#else
	pop	%edi
	pop	%esi
	pop	%ebp
	pop	%ebx
#endif
	ret
	.size	execute, . - execute

	.section .note.GNU-stack, "", @progbits
