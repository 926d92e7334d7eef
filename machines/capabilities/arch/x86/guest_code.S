/* SPDX-License-Identifier: MIT */
/*
 * The guests of guests.c. Each is one page, loaded at address 0x1000 with page
 * tables and descriptors laid out there; each ends with an "out" of PROBE_PASSED,
 * if KVM gets that far.
 */
#define PROBE_PASSED 0x900d
#define PROBE_PORT 0x80

#define HOST_SAVE_AREA 0x8000
#define MSR_VM_HSAVE_PA 0xc0010117
#define MSR_LSTAR 0xc0000082
#define PAGE_FAULT_RESERVED 9 /* P and RSVD: SDM Vol. 3, "Page-Fault Exceptions" */

#define APIC_EOI 0xfee000b0
#define APIC_SPURIOUS 0xfee000f0
#define APIC_ICR 0xfee00300
#define APIC_ENABLED 0x1ff
#define APIC_SELF 0x44000
#define APIC_VECTOR 0x41

	.section .rodata.probe_guest, "a", @progbits

/* Long mode: a breakpoint, whose handler is at a fixed place in the page. */
	.globl	guest_long_mode, guest_long_mode_end
	.code64
	.balign	16
guest_long_mode:
	int3
	hlt
	.org	guest_long_mode + 0x100, 0xf4
	mov	$PROBE_PASSED, %eax
	out	%eax, $PROBE_PORT
guest_long_mode_end:

/*
 * Long mode: VMRUN of the VMCB that RBX has. The nested guest, in real mode, is at a
 * fixed place in the page.
 */
	.globl	guest_svm_exits, guest_svm_exits_end
	.code64
	.balign	16
guest_svm_exits:
	mov	$MSR_VM_HSAVE_PA, %ecx
	mov	$HOST_SAVE_AREA, %eax
	xor	%edx, %edx
	wrmsr
	mov	%rbx, %rax
	vmrun
	mov	$PROBE_PASSED, %eax
	out	%eax, $PROBE_PORT
	.org	guest_svm_exits + 0x100, 0xf4
	invd
	hlt
guest_svm_exits_end:

/*
 * Long mode: an MSR gets an address that is not canonical, or, if RBX has one, an address is
 * read. The handler of either fault is at a fixed place in the page, and looks at the error
 * code: 0, or of a page that is present and whose tables have a reserved bit.
 */
	.globl	guest_faults, guest_faults_end
	.code64
	.balign	16
guest_faults:
	test	%rbx, %rbx
	jnz	1f
	mov	$MSR_LSTAR, %ecx
	xor	%eax, %eax
	mov	$0x8000, %edx
	wrmsr
	hlt
1:	mov	(%rbx), %rax
	hlt
	.org	guest_faults + 0x100, 0xf4
	pop	%rax
	test	%rbx, %rbx
	jz	2f
	xor	$PAGE_FAULT_RESERVED, %eax
2:	test	%eax, %eax
	jz	3f
	hlt
3:	mov	$PROBE_PASSED, %eax
	out	%eax, $PROBE_PORT
guest_faults_end:

/* Protected mode: paging with PAE is switched on; EBX has the tables. */
	.globl	guest_pae, guest_pae_end
	.code32
	.balign	16
guest_pae:
	mov	%cr4, %eax
	or	$0x20, %eax		/* CR4.PAE */
	mov	%eax, %cr4
	mov	%ebx, %cr3
	mov	%cr0, %eax
	or	$0x80000000, %eax	/* CR0.PG */
	mov	%eax, %cr0
	mov	$PROBE_PASSED, %eax
	out	%eax, $PROBE_PORT
guest_pae_end:

/* Protected mode, with SSE enabled. */
	.globl	guest_simd, guest_simd_end
	.balign	16
guest_simd:
	paddb	%xmm0, %xmm0
	mov	$PROBE_PASSED, %eax
	out	%eax, $PROBE_PORT
guest_simd_end:

/*
 * Protected mode: an interrupt that the guest sends itself, whose handler is at a
 * fixed place in the page. It is not waited for forever.
 */
	.globl	guest_irqchip, guest_irqchip_end
	.balign	16
guest_irqchip:
	movl	$APIC_ENABLED, APIC_SPURIOUS
	movl	$APIC_SELF + APIC_VECTOR, APIC_ICR
	sti
	mov	$10000, %ecx
1:	loop	1b
	out	%eax, $PROBE_PORT
	.org	guest_irqchip + 0x100, 0xf4
	mov	$PROBE_PASSED, %eax
	out	%eax, $PROBE_PORT
guest_irqchip_end:

/*
 * Protected mode: the guest sends itself an interrupt and lets it wait. It is entered again
 * with interrupts on, in their shadow: one instruction is executed before the handler. That
 * sends another one, and lets it in for two instructions.
 */
	.globl	guest_interrupts, guest_interrupts_end
	.balign	16
guest_interrupts:
	movl	$APIC_ENABLED, APIC_SPURIOUS
	movl	$APIC_SELF + APIC_VECTOR, APIC_ICR
	out	%eax, $PROBE_PORT
	mov	$PROBE_PASSED, %eax
	mov	$10000, %ecx
1:	loop	1b
	xor	%eax, %eax
	out	%eax, $PROBE_PORT
	.org	guest_interrupts + 0x100, 0xf4
	cmp	$PROBE_PASSED, %eax
	jne	2f
	inc	%ebx			/* handlers entered */
	cmp	$2, %ebx
	je	2f
	movl	$0, APIC_EOI
	movl	$APIC_SELF + APIC_VECTOR, APIC_ICR
	sti
	nop
	nop
	cli
	xor	%eax, %eax
2:	out	%eax, $PROBE_PORT
guest_interrupts_end:

/* Protected mode: something to stop at, one byte behind the start. */
	.globl	guest_debug, guest_debug_end
	.balign	16
guest_debug:
	nop
	nop
	out	%eax, $PROBE_PORT
guest_debug_end:

	.section .note.GNU-stack, "", @progbits
