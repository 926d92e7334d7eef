/* SPDX-License-Identifier: MIT */
/* What the nested guests of nested_events_svm.c and nested_events_vmx.c do. */
#ifndef RINGSIDE_MACHINES_TESTS_NESTED_EVENTS_H
#define RINGSIDE_MACHINES_TESTS_NESTED_EVENTS_H

#include "kvm_x86.h"

/* A vector without an error code, which nothing here raises by itself. */
#define INJECTED_VECTOR 19

static inline int divide_by_zero(void)
{
	asm volatile("xorl %%edx, %%edx\n\t"
		     "movl $1, %%eax\n\t"
		     "xorl %%ecx, %%ecx\n\t"
		     "divl %%ecx"
		     :
		     :
		     : "eax", "ecx", "edx");
	return 0;
}

static inline int execute_bad_opcode(void)
{
	asm volatile("ud2");
	return 0;
}

static inline int execute_int3(void)
{
	asm volatile("int3");
	return 0;
}

static inline int write_nowhere(void)
{
	*(volatile int *)0x90000000ul = 1;
	return 0;
}

/* A guest and the exception that it ends with. */
struct nested_exception {
	const char *name;
	int (*guest)(void);
	unsigned int vector;
};

static const struct nested_exception nested_exceptions[] = {
	{"#DE", divide_by_zero, 0},
	{"#UD", execute_bad_opcode, 6},
	{"#BP", execute_int3, 3},
	{"#PF", write_nowhere, 14},
};

static volatile unsigned int injected;

static inline int count_injected(void *userdata LTP_ATTRIBUTE_UNUSED,
				 struct kvm_interrupt_frame *ifrm LTP_ATTRIBUTE_UNUSED,
				 unsigned long errcode LTP_ATTRIBUTE_UNUSED)
{
	injected++;
	return 0;
}

static inline int return_seven(void)
{
	return 7;
}

#endif /* RINGSIDE_MACHINES_TESTS_NESTED_EVENTS_H */
