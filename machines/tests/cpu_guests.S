/* SPDX-License-Identifier: MIT */
/*
 * The guests of cpu_test.cc: 32-bit code without paging, which the test copies to
 * CODE_ADDRESS. A guest ends with an "out" of %eax to DONE_PORT.
 *
 * Each interrupt is logged at LOG_ADDRESS: how many there were, then their vectors.
 */
#include "machines/tests/cpu_guests.h"

#define APIC_EOI 0xfee000b0
#define APIC_SPURIOUS 0xfee000f0
#define APIC_ICR 0xfee00300
#define APIC_LVT_TIMER 0xfee00320
#define APIC_TIMER_COUNT 0xfee00380
#define APIC_TIMER_DIVIDE 0xfee003e0

#define APIC_ENABLED 0x1ff
#define APIC_SELF 0x44000
#define APIC_DIVIDE_BY_1 0xb

	.section .rodata.guests, "a"
	.code32

	.globl guests_start
guests_start:

/* One entry of 16 bytes for each vector. */
	.globl guest_vectors
	.balign 16
guest_vectors:
	.set vector, 0
	.rept 256
	.balign 16
	pushl $vector
	jmp log_interrupt
	.set vector, vector + 1
	.endr

/* An exception's error code is not taken off: none is expected that has one. */
	.balign 16
log_interrupt:
	pushl %eax
	pushl %ebx
	movl LOG_ADDRESS, %ebx
	movl 8(%esp), %eax
	movb %al, LOG_ADDRESS + 4(%ebx)
	incl LOG_ADDRESS
	cmpl $0x20, %eax
	jb 1f
	cmpl $0x60, %eax
	jae 1f
	movl $0, APIC_EOI
1:	popl %ebx
	popl %eax
	addl $4, %esp
	iret

/* Two interrupts of its own, with nothing to take them: then they come, the higher first. */
	.globl guest_self_ipi
guest_self_ipi:
	movl $APIC_ENABLED, APIC_SPURIOUS
	movl $APIC_SELF + 0x31, APIC_ICR
	movl $APIC_SELF + 0x52, APIC_ICR
	movl LOG_ADDRESS, %eax
	sti
	nop
	nop
	cli
	out %eax, $DONE_PORT

	.globl guest_timer
guest_timer:
	movl $APIC_ENABLED, APIC_SPURIOUS
	movl $APIC_DIVIDE_BY_1, APIC_TIMER_DIVIDE
	movl $0x45, APIC_LVT_TIMER
	movl $1000, APIC_TIMER_COUNT
	sti
	hlt
	cli
	out %eax, $DONE_PORT

/* An interrupt waits while the guest has none of it, for longer than a tick of the host's. */
	.globl guest_masked
guest_masked:
	movl $APIC_ENABLED, APIC_SPURIOUS
	movl $APIC_SELF + 0x31, APIC_ICR
	movl $1000000, %ecx
1:	loop 1b
	movl LOG_ADDRESS, %eax
	sti
	nop
	nop
	cli
	out %eax, $DONE_PORT

/* CR2, before and after the host had its turn. */
	.globl guest_cr2
guest_cr2:
	movl $0x12345678, %eax
	movl %eax, %cr2
	out %eax, $DONE_PORT
	movl %cr2, %eax
	out %eax, $DONE_PORT

	.globl guest_spin
guest_spin:
	jmp guest_spin

	.globl guest_int
guest_int:
	xorl %eax, %eax
	int $0x60
	incl %eax
	out %eax, $DONE_PORT

	.globl guest_int3
guest_int3:
	xorl %eax, %eax
	int3
	incl %eax
	out %eax, $DONE_PORT

	.globl guest_into
guest_into:
	movl $0x7fffffff, %eax
	incl %eax
	movl $0, %eax
	into
	incl %eax
	out %eax, $DONE_PORT

/* For debuggers. */
	.globl guest_debugged
guest_debugged:
	nop
	.globl guest_debugged_here
guest_debugged_here:
	nop
	movl %eax, DATA_ADDRESS
	.globl guest_debugged_written
guest_debugged_written:
	int3
	.globl guest_debugged_access
guest_debugged_access:
	movl %dr0, %ebx
	out %eax, $DONE_PORT

	.globl guests_end
guests_end:

	.section .note.GNU-stack, "", @progbits
