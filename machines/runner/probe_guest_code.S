/* SPDX-License-Identifier: MIT */
/*
 * The guests of probe_guest.c. Each is one page, loaded at address 0x1000
 * with page tables and descriptors laid out there; each ends in
 * HLT with PROBE_PASSED in EAX, if KVM gets that far.
 */
#define PROBE_PASSED 0x900d

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
	hlt
guest_long_mode_end:

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
	hlt
guest_pae_end:

	.section .note.GNU-stack, "", @progbits
