/* SPDX-License-Identifier: MIT */
/* A file inside a payload; symbol and path come from rules/payload_data.bzl. */
	.section .rodata.payload_data, "a", @progbits
	.globl	%{symbol}, %{symbol}_end
	.balign	16
	.type	%{symbol}, @object
%{symbol}:
	.incbin	"%{path}"
%{symbol}_end:
	.size	%{symbol}, . - %{symbol}

	.section .note.GNU-stack, "", @progbits
