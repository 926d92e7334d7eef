/* SPDX-License-Identifier: MIT */
/* A payload inside the controller; the paths come from rules/payload.bzl. */
	.section .rodata.kvm_payload, "a", @progbits

	.globl	kvm_payload_start, kvm_payload_end
	.balign	4096
kvm_payload_start:
	.incbin	PAYLOAD_IMAGE
kvm_payload_end:

	.globl	kvm_payload_elf_start, kvm_payload_elf_end
	.balign	64
kvm_payload_elf_start:
	.incbin	PAYLOAD_ELF
kvm_payload_elf_end:

	.section .note.GNU-stack, "", @progbits
