/* SPDX-License-Identifier: MIT */
/* A Multiboot image's beginning, and that of its other CPUs. */

#define MAGIC 0x1badb002
#define FLAGS 0

/* CPU n's stack ends at stacks + n * STACK_SIZE. */
#define STACK_SIZE 4096
#define CPUS_MAX 8

	.section .multiboot, "aR"
	.balign 4
	.long MAGIC, FLAGS, -(MAGIC + FLAGS)

	.text
	.code32
	.globl start
start:
	mov $stacks + STACK_SIZE, %esp
	push %ebx
	push %eax
	call run
1:	hlt
	jmp 1b

	/* Copied to a page below 1 MiB, whose number a startup IPI has. */
	.globl trampoline, trampoline_end
	.code16
trampoline:
	cli
	mov %cs, %ax
	mov %ax, %ds
	lgdtl gdt_register - trampoline
	mov %cr0, %eax
	or $1, %eax
	mov %eax, %cr0
	ljmpl $8, $other_cpu
	.balign 8
gdt_register:
	.word gdt_end - gdt - 1
	.long gdt
trampoline_end:

	.code32
other_cpu:
	mov $16, %eax
	mov %eax, %ds
	mov %eax, %ss
	mov $1, %eax
	lock xadd %eax, cpus_started
	imul $STACK_SIZE, %eax
	lea stacks + 2 * STACK_SIZE(%eax), %esp
	call run_other
1:	hlt
	jmp 1b

	/* What the APIC's timer interrupts for. */
	.globl count_tick
count_tick:
	incl ticks
	movl $0, 0xfee000b0 /* end of interrupt */
	iret

	.globl load_gdt
load_gdt:
	lgdt gdt_register
	ret

	.data
	.balign 8
gdt:
	.quad 0
	.quad 0x00cf9b000000ffff
	.quad 0x00cf93000000ffff
gdt_end:
	.globl cpus_started, ticks
cpus_started:
	.long 0
ticks:
	.long 0

	.bss
	.balign 16
	.globl stacks
stacks:
	.skip STACK_SIZE * CPUS_MAX
