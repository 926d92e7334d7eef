/* SPDX-License-Identifier: MIT */
/*
 * From the reset vector to main().
 *
 * The host puts a far jump to the image's first byte at the reset vector, so
 * this code begins in real mode. What can be laid out by the linker is not
 * computed here: on a KVM without hardware support each instruction is
 * emulated, and what boots in a hundred instructions boots in no time.
 *
 * RAM is zero when a virtual machine starts. So .bss is not cleared.
 */
#include "kvm_abi.h"
#include "kvm_x86_bits.h"
#include "guest/arch/x86/boot/layout.h"

	.section .payload_header, "ax", @progbits
	.code16
	.globl	kvm_payload_entry
	.type	kvm_payload_entry, @function
kvm_payload_entry:
	jmp	enter_protected_mode
	.balign	16
	.long	KVM_PAYLOAD_MAGIC
	.short	KVM_PAYLOAD_VERSION
	.short	PAYLOAD_ARCH
	.long	VM_KERNEL_BASEADDR, 0
	.long	kvm_payload_mem_end, 0
	.globl	kvm_payload_ram_end
kvm_payload_ram_end:
	.long	0, 0	/* the host's to fill in */

enter_protected_mode:
	cli
	lgdtl	%cs:gdt_pointer
	movl	%cr0, %eax
	andl	$~(CR0_NW | CR0_CD), %eax
	orl	$(CR0_PE | CR0_NE), %eax
	movl	%eax, %cr0
	ljmpl	$KVM_CS32, $protected_mode

	.code32
protected_mode:
	movw	$KVM_DS, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %fs
	movw	%ax, %gs
	movw	%ax, %ss
	movl	$kvm_stack_top, %esp
	lidtl	idt_pointer

	/* The linker can't split an address over a descriptor's fields. */
	movl	$kvm_tss, %eax
	movw	%ax, kvm_gdt + KVM_TSS + 2
	shrl	$16, %eax
	movb	%al, kvm_gdt + KVM_TSS + 4
	movb	%ah, kvm_gdt + KVM_TSS + 7

	/*
	 * The upper tables hold an entry or two each: they stay out of the
	 * image, in zeroed memory.
	 */
#ifdef __x86_64__
	movl	$(pdpt + PTE_PRESENT + PTE_WRITABLE), kvm_pagetable
	.set	PDPT_FLAGS, PTE_PRESENT + PTE_WRITABLE
#else
	.set	pdpt, kvm_pagetable
	.set	PDPT_FLAGS, PTE_PRESENT	/* the other bits are reserved here */
#endif
	movl	$(page_directory_low + PDPT_FLAGS), pdpt
	movl	$(page_directory_low + 0x1000 + PDPT_FLAGS), pdpt + 8
	movl	$(page_directory_high + PDPT_FLAGS), pdpt + 3 * 8
	movl	$(page_table_high + PTE_PRESENT + PTE_WRITABLE), page_directory_high + 511 * 8
	movl	$(KVM_RESULT_BASEADDR + PTE_PRESENT + PTE_WRITABLE), page_table_high + 511 * 8

	movl	%cr4, %eax
	orl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	$kvm_pagetable, %eax
	movl	%eax, %cr3

	/* No-execute pages, if the CPU has them; long mode on x86_64. */
	movl	$0x80000000, %eax
	cpuid
	cmpl	$0x80000001, %eax
	jb	1f
	movl	$0x80000001, %eax
	cpuid
	movl	%edx, %ebx
	movl	$MSR_EFER, %ecx
	rdmsr
#ifdef __x86_64__
	orl	$EFER_LME, %eax
#endif
	btl	$20, %ebx
	jnc	2f
	orl	$EFER_NXE, %eax
2:	wrmsr
1:
	/* Write protection holds for this code too. */
	movl	%cr0, %eax
	orl	$(CR0_PG | CR0_WP), %eax
	.globl	kvm_enable_paging, kvm_paging_done
kvm_enable_paging:
	movl	%eax, %cr0	/* on i386 it may be refused: see interrupt.c */
kvm_paging_done:
	ljmpl	$KVM_CS, $paging_mode

#ifdef __x86_64__
	.code64
#endif
paging_mode:
	movw	$KVM_TSS, %ax
	ltr	%ax
	/* The outermost frame: a backtrace ends where the frame pointer is 0. */
	xorl	%ebp, %ebp
	call	main
	call	kvm_exit
	.size	kvm_payload_entry, . - kvm_payload_entry

	.section .rodata.start, "a", @progbits
	.balign	4
	.short	0
gdt_pointer:
	.short	KVM_GDT_SIZE * 8 - 1
	.long	kvm_gdt
	.short	0
idt_pointer:
	.short	KVM_IDT_BYTES - 1
	.long	kvm_idt

	.data
	.balign	16
	.globl	kvm_gdt
	.type	kvm_gdt, @object
kvm_gdt:
	.quad	0
	.quad	0x00cf9b000000ffff	/* KVM_CS32: 32-bit code, flat */
	.quad	0x00cf93000000ffff	/* KVM_DS: data, flat */
	.quad	0x00af9b000000ffff	/* KVM_CS64: 64-bit code */
	.quad	0x0000890000000067	/* KVM_TSS; its base is filled in above */
	.quad	0			/* its upper half on x86_64 */
	.fill	KVM_GDT_SIZE - 6, 8, 0
	.size	kvm_gdt, . - kvm_gdt

	.globl	kvm_tss
	.type	kvm_tss, @object
	.balign	16
kvm_tss:
	.fill	102, 1, 0
	.short	104			/* no I/O permission bitmap */
	.size	kvm_tss, . - kvm_tss

	/* The lower 2 GiB, one to one, in 2 MiB pages. */
	.section .data.page_tables, "aw", @progbits
	.balign	4096
page_directory_low:
	.set	page, 0
	.rept	1024
	.quad	page + PTE_PRESENT + PTE_WRITABLE + PTE_LARGE
	.set	page, page + 0x200000
	.endr

	.section .bss.page_tables, "aw", @nobits
	.balign	4096
	.globl	kvm_pagetable
kvm_pagetable:
	.skip	4096
#ifdef __x86_64__
pdpt:
	.skip	4096
#endif
page_directory_high:
	.skip	4096
page_table_high:
	.skip	4096

	.section .bss.stack, "aw", @nobits
	.balign	16
kvm_stack:
	.skip	KVM_STACK_SIZE
kvm_stack_top:

	.section .note.GNU-stack, "", @progbits
