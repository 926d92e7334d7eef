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
	/* A startup IPI begins at the same byte with another code segment. */
	ljmpw	$0, $kvm_real_mode
	.balign	16
	.long	KVM_PAYLOAD_MAGIC
	.short	KVM_PAYLOAD_VERSION
	.short	PAYLOAD_ARCH
	.long	VM_KERNEL_BASEADDR, 0
	.long	kvm_payload_mem_end, 0
	.long	0, 0	/* ram_end */
	.long	KVM_MAPPED_END, 0
	.long	0, 0	/* heap_end */
	.long	kvm_stack_size + KVM_STACK_EXTRA_BYTES
kvm_payload_cpus:
	.long	0	/* cpus */
	.long	0, 0	/* flags, reserved */
	.size	kvm_payload_entry, . - kvm_payload_entry

	.balign	8
kvm_real_mode_first_gdt:
	.quad	0
	.quad	0x00cf9b000000ffff	/* KVM_CS32: 32-bit code, flat */
	.quad	0x00cf93000000ffff	/* KVM_DS: data, flat */
	.quad	0x00af9b000000ffff	/* KVM_CS64: 64-bit code */
	.quad	0x0000890000000067	/* KVM_TSS; its base is filled in below */
	.set	FIRST_GDT_BYTES, . - kvm_real_mode_first_gdt
	.short	0
kvm_real_mode_first_gdt_pointer:
	.short	FIRST_GDT_BYTES - 1
	.long	kvm_real_mode_first_gdt
	.short	0
kvm_real_mode_gdt_pointer:
#ifdef __x86_64__
	.short	KVM_GDT_SIZE * 8 - 1
#else
	.short	KVM_DOUBLE_FAULT_TSS + 8 - 1
#endif
	.long	kvm_gdt
	.short	0
kvm_real_mode_whole_gdt_pointer:
	.short	KVM_GDT_BYTES - 1
	.long	kvm_gdt
	.short	0
kvm_real_mode_idt_pointer:
	.short	KVM_IDT_BYTES - 1
	.long	kvm_idt

	.globl	kvm_real_mode
	.type	kvm_real_mode, @function
kvm_real_mode:
	cli
	lgdtl	%cs:kvm_real_mode_first_gdt_pointer
	movl	%cr0, %eax
	andl	$~(CR0_NW | CR0_CD), %eax
	orl	$(CR0_PE | CR0_NE), %eax
	movl	%eax, %cr0
	ljmpl	$KVM_CS32, $kvm_start
	.size	kvm_real_mode, . - kvm_real_mode

	.code32
	.type	kvm_start, @function
kvm_start:
	movw	$KVM_DS, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %fs
	movw	%ax, %gs
	movw	%ax, %ss

	/* Which CPU: the initial APIC ID is the number. EBP keeps it. */
	xorl	%ebp, %ebp
	cmpl	$1, kvm_payload_cpus
	jbe	first_cpu
	movl	$1, %eax
	cpuid
	shrl	$24, %ebx
	movl	%ebx, %ebp
	jz	first_cpu

	/* Not the first: wait until that one has made the tables. */
1:	cmpl	$0, tables_are_made
	jne	2f
	pause
	jmp	1b
2:	movl	%ebp, %eax
	shll	$12, %eax
	negl	%eax
	movl	(KVM_RESULT_BASEADDR + KVM_CPU_CONTROL_OFFSET + KVM_CPU_CONTROL_AREA)(%eax), %esp
	subl	$0x2000, %esp	/* its TSS lies there, and the stack for double faults */
	lgdtl	kvm_real_mode_whole_gdt_pointer
	jmp	enter_paging

first_cpu:
	movl	$kvm_stack_top, %esp

	/* The table proper is in zeroed memory: it has room for each CPU's TSS. */
	cld
	movl	$kvm_real_mode_first_gdt, %esi
	movl	$kvm_gdt, %edi
	movl	$(FIRST_GDT_BYTES / 4), %ecx
	rep movsl

	/* The linker can't split an address over a descriptor's fields. */
	movl	$kvm_tss, %eax
	movw	%ax, kvm_gdt + KVM_TSS + 2
	shrl	$16, %eax
	movb	%al, kvm_gdt + KVM_TSS + 4
	movb	%ah, kvm_gdt + KVM_TSS + 7
#ifdef __i386__
	movl	$kvm_double_fault_tss, %eax
	movw	$(KVM_TSS_BYTES - 1), kvm_gdt + KVM_DOUBLE_FAULT_TSS
	movw	%ax, kvm_gdt + KVM_DOUBLE_FAULT_TSS + 2
	shrl	$16, %eax
	movb	%al, kvm_gdt + KVM_DOUBLE_FAULT_TSS + 4
	movb	$0x89, kvm_gdt + KVM_DOUBLE_FAULT_TSS + 5
	movb	%ah, kvm_gdt + KVM_DOUBLE_FAULT_TSS + 7
#endif

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
	movl	$(kvm_page_directory_low + PDPT_FLAGS), pdpt
	movl	$(kvm_page_directory_low + 0x1000 + PDPT_FLAGS), pdpt + 8
	movl	$(kvm_page_directory_high + PDPT_FLAGS), pdpt + 3 * 8
	movl	$(kvm_page_table_high + PTE_PRESENT + PTE_WRITABLE), kvm_page_directory_high + 511 * 8
	movl	$(KVM_RESULT_BASEADDR + PTE_PRESENT + PTE_WRITABLE), kvm_page_table_high + 511 * 8
	movl	$(kvm_page_table_guard + PTE_PRESENT + PTE_WRITABLE), kvm_guard_directory_entry
	movl	$0, kvm_guard_entry
	movl	$1, tables_are_made
	lgdtl	kvm_real_mode_gdt_pointer

enter_paging:
	lidtl	kvm_real_mode_idt_pointer
	movl	%cr4, %eax
	orl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	$kvm_pagetable, %eax
	movl	%eax, %cr3

	/* No-execute pages, if the CPU has them; long mode on x86_64. */
#ifdef __i386__
	movl	$0x80000000, %eax
	cpuid
	cmpl	$0x80000001, %eax
	jb	1f
#endif
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
	.globl	kvm_enable_paging
kvm_enable_paging:
	movl	%eax, %cr0	/* on i386 it may be refused: see interrupt.c */
	ljmpl	$KVM_CS, $paging_mode

#ifdef __x86_64__
	.code64
#endif
paging_mode:
	/* The outermost frame: a backtrace ends where the frame pointer is 0. */
	movl	%ebp, %edi
	xorl	%ebp, %ebp
	testl	%edi, %edi
	jnz	1f
	movw	$KVM_TSS, %ax
	ltr	%ax
#ifdef KVM_PAYLOAD_SIMD
	call	kvm_enable_simd	/* simd.c */
#endif
	/* Which the linker has collected, in the order of their priorities. */
#ifdef __x86_64__
	movq	$kvm_constructors, %rbx
2:	cmpq	$kvm_constructors_end, %rbx
	je	3f
	call	*(%rbx)
	addq	$8, %rbx
	jmp	2b
#else
	movl	$kvm_constructors, %ebx
2:	cmpl	$kvm_constructors_end, %ebx
	je	3f
	call	*(%ebx)
	addl	$4, %ebx
	jmp	2b
#endif
3:
	call	main
	call	kvm_exit
1:
#ifdef __i386__
	subl	$12, %esp
	pushl	%edi
#endif
	call	kvm_run_cpu	/* cpus.c; does not return */
	.size	kvm_start, . - kvm_start

	.section .bss.boot, "aw", @nobits
	.balign	16
	.globl	kvm_gdt
	.type	kvm_gdt, @object
kvm_gdt:
	.skip	KVM_GDT_BYTES
	.size	kvm_gdt, KVM_GDT_SIZE * 8
	.balign	4
tables_are_made:
	.skip	4

	/*
	 * CPU 0's TSS: SDM Vol. 3 "Task-State Segment (TSS)", "TSS in 64-bit Mode".
	 * The I/O permission bitmap, if it gets one (user.c), is behind it.
	 */
	.section .bss.stack, "aw", @nobits
	.balign	16
	.skip	0x1000
double_fault_stack_top:

	.section .data.tss, "aw", @progbits
	.balign	16
#ifdef __x86_64__
	.globl	kvm_tss
	.type	kvm_tss, @object
kvm_tss:
	.skip	KVM_TSS_IST1
	.quad	double_fault_stack_top
	.skip	KVM_TSS_IO_MAP - (KVM_TSS_IST1 + 8)
	.short	KVM_TSS_BYTES
	.size	kvm_tss, . - kvm_tss
#else
	.globl	kvm_tss
	.type	kvm_tss, @object
kvm_tss:
	.skip	KVM_TSS_IO_MAP
	.short	KVM_TSS_BYTES
	.size	kvm_tss, . - kvm_tss

	/* Without an interrupt stack table, double faults have a task of their own. */
	.globl	kvm_double_fault_tss
	.type	kvm_double_fault_tss, @object
kvm_double_fault_tss:
	.skip	28
	.long	kvm_pagetable		/* cr3 */
	.long	kvm_vector_double_fault	/* eip */
	.long	RFLAGS_FIXED
	.skip	16
	.long	double_fault_stack_top	/* esp */
	.skip	12
	.long	KVM_DS, KVM_CS, KVM_DS, KVM_DS, KVM_DS, KVM_DS	/* es, cs, ss, ds, fs, gs */
	.skip	6
	.short	KVM_TSS_BYTES
	.size	kvm_double_fault_tss, . - kvm_double_fault_tss
#endif

	/* The lower 2 GiB, one to one, in 2 MiB pages. */
	.section .page_tables, "aw", @progbits
	.balign	4096
	.globl	kvm_page_directory_low
kvm_page_directory_low:
	.set	page, 0
	.rept	1024
	.quad	page + PTE_PRESENT + PTE_WRITABLE + PTE_LARGE
	.set	page, page + 0x200000
	.endr

	/* But for the 2 MiB with the guard page below CPU 0's stack. */
	.globl	kvm_page_table_guard
kvm_page_table_guard:
	.set	page, 0
	.rept	512
	.long	kvm_guard_region + page + PTE_PRESENT + PTE_WRITABLE + PTE_SPLIT, 0
	.set	page, page + 0x1000
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
	.globl	kvm_page_directory_high
kvm_page_directory_high:
	.skip	4096
	.globl	kvm_page_table_high
kvm_page_table_high:
	.skip	4096

	.section .note.GNU-stack, "", @progbits
