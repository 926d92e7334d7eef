/* SPDX-License-Identifier: MIT */
/*
 * Tables of instructions. An instruction stands once, behind KVM's prefix for forced
 * emulation: UD2 and "kvm", with which KVM emulates what follows if its parameter
 * force_emulation_prefix says so. A run that jumps behind the prefix has the CPU do it, one
 * that begins with the prefix KVM.
 *
 * Flags that manuals leave undefined are not compared (APM Vol. 3, "General-Purpose
 * Instruction Reference").
 */
#ifndef RINGSIDE_KVM_TESTS_EMULATOR_ROWS_H
#define RINGSIDE_KVM_TESTS_EMULATOR_ROWS_H

#include "guest_case.h"
#include "kvm_test.h"
#include "kvm_x86.h"

#define CF RFLAGS_CF
#define PF RFLAGS_PF
#define AF RFLAGS_AF
#define ZF RFLAGS_ZF
#define SF RFLAGS_SF
#define OF RFLAGS_OF
#define STATUS RFLAGS_STATUS

#ifdef __x86_64__
#define AX "%rax"
#define BX "%rbx"
#define CX "%rcx"
#define DX "%rdx"
#define SP "%rsp"
#define BP "%rbp"
#define SI "%rsi"
#define DI "%rdi"
/* To and from AX, with an address and nothing else. */
#define DIRECT "movabs"
#define ONLY64(...) __VA_ARGS__
#define ONLY32(...)
#else
#define AX "%eax"
#define BX "%ebx"
#define CX "%ecx"
#define DX "%edx"
#define SP "%esp"
#define BP "%ebp"
#define SI "%esi"
#define DI "%edi"
#define DIRECT "mov"
#define ONLY64(...)
#define ONLY32(...) __VA_ARGS__
#endif

/*
 * A row: a name, what the CPU does before, the instruction, what the CPU does behind it,
 * and flags that are undefined then. SI and DI point into memory, OPERAND bytes apart, BX
 * 8 bytes below SI, and BP into the stack, above SP.
 */
#define CODE(name, before, instruction, after, undefined)                                    \
	extern const char name##_native[], name##_forced[];                                  \
	asm(".text\n" #name "_native:\n\t" before "\n\tjmp 2f\n" #name "_forced:\n\t" before \
	    "\n\tud2\n\t.ascii \"kvm\"\n2:\t" instruction "\n\t" after "\n\tjmp execute_end\n");
#define ROW(name, before, instruction, after, undefined) \
	{#name, name##_native, name##_forced, undefined},

/* Rows of one architecture. */
#define I64(I, ...) ONLY64(I(__VA_ARGS__))
#define I32(I, ...) ONLY32(I(__VA_ARGS__))

struct row {
	const char *name;
	const char *native, *forced;
	unsigned long undefined;
};

#define OPERAND 64
#define STACK_SIZE 16384
/* Of the stack, on both sides of SP, that is compared. */
#define STACK_COMPARED 64

#define TOP (stack_memory + STACK_SIZE - 4 * STACK_COMPARED)

extern uint8_t memory[4 * OPERAND];
extern uint8_t stack_memory[STACK_SIZE];

/* How a run is done: in the kernel's name, or in a user's. */
typedef struct kvm_fault caller(void (*function)(void *entry), void *entry);

/* Runs each row with several values, once by the CPU and once by KVM, and compares. */
void run_rows(const struct row *rows, unsigned int count, caller *call);

#define TABLE(name, rows) rows(CODE) static const struct row name##_rows[] = {rows(ROW)};
#define PLAIN_GROUP(name, rows)                                          \
	TABLE(name, rows)                                                \
	GUEST_CASE(name)                                                 \
	{                                                                \
		run_rows(name##_rows, ARRAY_SIZE(name##_rows), kvm_try); \
	}

#endif /* RINGSIDE_KVM_TESTS_EMULATOR_ROWS_H */
