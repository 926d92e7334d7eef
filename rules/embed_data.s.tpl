/* SPDX-License-Identifier: MIT */
/* A file inside a payload; path and name come from rules/payload_data.bzl. */
#define CONCAT(a, b) a##b
#define END_OF(symbol) CONCAT(symbol, _end)

	.section .rodata.payload_data, "a", @progbits
	.globl	DATA_SYMBOL, END_OF(DATA_SYMBOL)
	.balign	16
	.type	DATA_SYMBOL, @object
DATA_SYMBOL:
	.incbin	DATA_FILE
END_OF(DATA_SYMBOL):
	.size	DATA_SYMBOL, . - DATA_SYMBOL

	.section .note.GNU-stack, "", @progbits
