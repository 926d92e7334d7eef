/* SPDX-License-Identifier: MIT */
/* One instruction, run with registers of its own: execute.S. */
#ifndef RINGSIDE_KVM_TESTS_EMULATOR_EXECUTE_H
#define RINGSIDE_KVM_TESTS_EMULATOR_EXECUTE_H

#define CONTEXT_AX 0
#define CONTEXT_CX 1
#define CONTEXT_DX 2
#define CONTEXT_BX 3
#define CONTEXT_SP 4
#define CONTEXT_BP 5
#define CONTEXT_SI 6
#define CONTEXT_DI 7
#define CONTEXT_FLAGS 8
#define CONTEXT_DS 9
#define CONTEXT_ES 10
#define CONTEXT_FS 11
#define CONTEXT_GS 12
#define CONTEXT_SS 13
#define CONTEXT_R8 14 /* and R9, and so on up to R15 */
#define CONTEXT_R15 21
#ifdef __x86_64__
#define CONTEXT_WORDS 22
#else
#define CONTEXT_WORDS 14
#endif

#ifndef __ASSEMBLER__

/*
 * What an instruction's registers are, and then what it has made of them. Segment
 * registers are only told: those of the caller are there before, and again afterwards.
 */
extern unsigned long context[CONTEXT_WORDS];

/* Runs the code at @entry, which goes on at execute_end, with the registers of context. */
void execute(const void *entry);

#endif /* __ASSEMBLER__ */

#endif /* RINGSIDE_KVM_TESTS_EMULATOR_EXECUTE_H */
