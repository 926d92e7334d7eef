/* SPDX-License-Identifier: MIT */
/*
 * Payloads inside the controller, and the table of them (struct kvm_payload), which
 * is empty if there is one. The first one has its own symbols, too. rules/payload.bzl
 * fills in how many there are, and a line for each: payload "name", "image", "elf".
 * A preprocessor has nothing to do here: with it, each test would take three processes
 * of Clang's in the place of one.
 */
	.section .rodata.kvm_payload_names, "a", @progbits
	.section .data.kvm_payloads, "aw", @progbits
	.globl	kvm_payloads
	.balign	8
kvm_payloads:
	.section .rodata.kvm_payload, "a", @progbits

	.macro	payload name, image, elf
	.balign	4096
start\@:
	.incbin	"\image"
end\@:
	.balign	64
elf_start\@:
	.incbin	"\elf"
elf_end\@:
	.if	%{count} > 1
	.pushsection .rodata.kvm_payload_names
name\@:
	.asciz	"\name"
	.popsection
	.pushsection .data.kvm_payloads
	.quad	name\@, start\@, end\@, elf_start\@, elf_end\@
	.popsection
	.endif
	.ifndef	kvm_payload_start
	.globl	kvm_payload_start, kvm_payload_end, kvm_payload_elf_start, kvm_payload_elf_end
	.set	kvm_payload_start, start\@
	.set	kvm_payload_end, end\@
	.set	kvm_payload_elf_start, elf_start\@
	.set	kvm_payload_elf_end, elf_end\@
	.endif
	.endm

%{payloads}

	.section .data.kvm_payloads
kvm_payloads_end:
	.section .rodata.kvm_payload, "a", @progbits
	.globl	kvm_payload_count
	.balign	4
kvm_payload_count:
	.long	(kvm_payloads_end - kvm_payloads) / 40

	.section .note.GNU-stack, "", @progbits
