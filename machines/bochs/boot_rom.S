/* SPDX-License-Identifier: MIT */
/*
 * The boot ROM: an expansion ROM that loads what boot_image.c has written, out
 * of the mailbox, and enters Linux.
 *
 * The BIOS calls its third byte at power-on. The ROM then takes over interrupt
 * 0x19, with which the BIOS boots when it is done, so that Linux finds all
 * that a BIOS leaves in memory: the ACPI tables above all.
 *
 * It is data for boot_image, which completes it: its size in units of 512 bytes
 * and the sum of all bytes, which has to be 0.
 */
#include "machines/bochs/boot_rom.h"
#include "machines/bochs/mailbox.h"

#define VECTOR_BOOT (0x19 * 4)
#define FAST_A20_PORT 0x92
#define CODE_OFFSET(label) (label - boot_rom_start)

	.section .rodata.boot_rom, "a"
	.code16

	.globl boot_rom_start
boot_rom_start:
	.word 0xaa55
	.byte 0				/* size, by boot_image */
	.org BOOT_ROM_ENTRY
	pushw %ds
	pushw %ax
	xorw %ax, %ax
	movw %ax, %ds
	movw $CODE_OFFSET(boot), VECTOR_BOOT
	movw %cs, VECTOR_BOOT + 2
	popw %ax
	popw %ds
	lret

boot:
	cli
	cld
	xorw %ax, %ax
	movw %ax, %ss
	movw $0x7c00, %sp

	inb $FAST_A20_PORT, %al
	orb $2, %al
	outb %al, $FAST_A20_PORT

	/*
	 * A limit of 4 GiB for %es, which stays with it in real mode: that is
	 * how 16-bit code writes anywhere.
	 */
	lgdtl %cs:CODE_OFFSET(descriptor_table)
	movl %cr0, %eax
	orb $1, %al
	movl %eax, %cr0
	movw $8, %bx
	movw %bx, %es
	andb $0xfe, %al
	movl %eax, %cr0
	xorw %bx, %bx
	movw %bx, %es

	/* The image: address, number of dwords, the dwords; until a number is 0. */
	movw $MAILBOX_DATA_PORT, %dx
1:	inl %dx, %eax
	movl %eax, %edi
	inl %dx, %eax
	movl %eax, %ecx
	jecxz 2f
	.byte 0x67			/* with %edi and %ecx, not %di and %cx */
	rep insl
	jmp 1b

	/* Linux' 16-bit entry, with all segments as its boot protocol asks. */
2:	movw $BOOT_SETUP_SEGMENT, %ax
	movw %ax, %ds
	movw %ax, %es
	movw %ax, %fs
	movw %ax, %gs
	movw %ax, %ss
	movl $BOOT_STACK_TOP, %esp
	ljmp $BOOT_SETUP_SEGMENT + 0x20, $0

	.balign 8
descriptors:
	.quad 0
	.quad 0x00cf93000000ffff	/* data, base 0, limit 4 GiB */
descriptor_table:
	.word 2 * 8 - 1
	.long BOOT_ROM_ADDRESS + CODE_OFFSET(descriptors)

	.globl boot_rom_end
boot_rom_end:

	.section .note.GNU-stack, "", @progbits
