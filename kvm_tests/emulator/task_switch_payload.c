// SPDX-License-Identifier: MIT
/*
 * Hardware task switches. Each leaves the guest, whatever the CPU, and KVM does it:
 * SDM Vol. 3, "Task Management". The test's own task tells how it finds the registers,
 * and switches back. Which switches are refused is the CPU's affair, before any exit
 * (SDM Vol. 3, "Treatment of Task Switches").
 */
#include "guest_case.h"
#include "kvm_test.h"
#include "kvm_x86.h"
#include "task_switch.h"

/* Descriptors of the GDT. */
#define TASK 24
#define TASK_SELECTOR "0xc0"
#define GATE 25
#define GATE_SELECTOR "0xc8"
#define LOCAL_TABLE 26
#define ABSENT 27
#define SELECTOR(index) ((index) << 3)
#define IN_LOCAL_TABLE 4 /* a selector's bit */
#define CODE 0x08
#define DATA 0x10

#define BUSY (SEGTYPE_TSS ^ SEGTYPE_TSS_BUSY)
#define NOT_BUSY (SEGTYPE_TSS | SEGFLAG_PRESENT)

#define DR7_L0_TO_L3 0x55
#define DR7_G1 (1 << 3)
#define VECTOR 0x50

/* "Task-State Segment (TSS)" */
struct tss {
	uint16_t link, unused;
	uint32_t sp0, ss0, sp1, ss1, sp2, ss2, cr3, ip, flags;
	uint32_t ax, cx, dx, bx, sp, bp, si, di;
	uint32_t es, cs, ss, ds, fs, gs, ldt;
	uint16_t trap, io_map;
};

/* What a task finds, on its stack: PUSHF and PUSHA. */
struct registers {
	uint32_t di, si, bp, sp, bx, dx, cx, ax, flags;
	uint32_t error_code; /* behind an exception */
};

static __attribute__((aligned(128))) struct tss task;
static __attribute__((aligned(16))) uint8_t stack[16384];
static uint64_t local_table[2];

/* The task's segment as it is before: the way back changes it. */
static struct tss initial;

/* What the task has found. */
static struct registers found;
static unsigned long found_cr0, found_cr3, found_dr7;
static uint16_t found_tr, found_ldt, found_fs;
static unsigned int runs;
/* Added to where the task that was left goes on. */
static int skip;

/* The payload's own task. */
static struct tss *own;
static uint16_t own_selector;

static uint16_t task_register(void)
{
	uint16_t selector;

	asm volatile("str %0" : "=r"(selector));
	return selector;
}

static struct segment_descriptor *descriptor_of(uint16_t selector)
{
	return &kvm_gdt[selector / sizeof(*kvm_gdt)];
}

static _Bool is_busy(uint16_t selector)
{
	return descriptor_of(selector)->flags_lo & BUSY;
}

__attribute__((used)) static void look(const struct registers *registers)
{
	struct kvm_cregs cregs;

	kvm_read_cregs(&cregs);
	found = *registers;
	found_cr0 = cregs.cr0;
	found_cr3 = cregs.cr3;
	found_tr = task_register();
	asm volatile("sldt %0" : "=r"(found_ldt));
	asm volatile("mov %%fs, %0" : "=r"(found_fs));
	asm volatile("mov %%dr7, %0" : "=r"(found_dr7));
	asm volatile("clts");
	own->ip += skip;
	runs++;
}

extern const char jumping_task[], returning_task[];
asm(".text\n"
    "jumping_task:\n\t"
    "pushf; pusha; push %esp; call look\n\t"
    "ljmp *own_pointer\n"
    "returning_task:\n\t"
    "pushf; pusha; push %esp; call look\n\t"
    "iret\n");

__attribute__((used)) static struct {
	uint32_t offset;
	uint16_t selector;
} __attribute__((packed)) own_pointer;

#define CR3_OF_TASK 0x18 /* PWT and PCD: the same tables */

static void prepare(void)
{
	struct kvm_cregs cregs;

	kvm_read_cregs(&cregs);
	own_selector = task_register();
	own = (struct tss *)(uintptr_t)(descriptor_of(own_selector)->baseaddr_lo |
					(uint32_t)descriptor_of(own_selector)->baseaddr_hi << 24);
	own->cr3 = cregs.cr3;
	own_pointer.selector = own_selector;
	task = (struct tss){
		.link = 0x1234,
		.cr3 = cregs.cr3 | CR3_OF_TASK,
		.ip = (uintptr_t)jumping_task,
		.flags = RFLAGS_FIXED | RFLAGS_CF,
		.ax = 0xa1a2a3a4,
		.cx = 0xc1c2c3c4,
		.dx = 0xd1d2d3d4,
		.bx = 0xb1b2b3b4,
		.sp = (uintptr_t)stack + sizeof(stack),
		.bp = 0xb5b6b7b8,
		.si = 0x51525354,
		.di = 0xd5d6d7d8,
		.es = DATA,
		.cs = CODE,
		.ss = DATA,
		.ds = DATA,
		.fs = DATA,
		.gs = DATA,
		.io_map = sizeof(task),
	};
	kvm_set_segment_descriptor(&kvm_gdt[TASK], (uintptr_t)&task, sizeof(task) - 1, NOT_BUSY);
	kvm_set_segment_descriptor(&kvm_gdt[ABSENT], 0, 0xfffff, SEGTYPE_CODE | SEGFLAG_PAGE_LIMIT);
}

/* A gate holds a selector where a segment's base begins. */
static void set_gate(uint16_t selector, unsigned int flags)
{
	kvm_set_segment_descriptor(&kvm_gdt[GATE], selector, 0, SEGTYPE_TASK_GATE | flags);
}

#define REGISTERS(R) R(ax) R(cx) R(dx) R(bx) R(bp) R(si) R(di)

static _Bool equal(const char *what, uint32_t actual, uint32_t expected)
{
	if (actual == expected)
		return 1;
	tst_res(TFAIL, "%s is %#x, and has to be %#x", what, actual, expected);
	return 0;
}

/* What every task finds, behind what was pushed, and what it leaves. */
static void check(const char *where, unsigned int pushed)
{
	_Bool good = equal("the number of runs", runs, 1);

#define SAME(name) good &= equal("the task's " #name, found.name, initial.name);
	REGISTERS(SAME)
	good &= equal("the task's sp", found.sp, initial.sp - pushed - sizeof(found.flags));
	good &= equal("the task's CR3", found_cr3, initial.cr3);
	good &= equal("TR", found_tr, SELECTOR(TASK));
	good &= equal("CR0.TS", found_cr0 & CR0_TS, CR0_TS);
	good &= equal("TR behind it", task_register(), own_selector);
	good &= equal("the task's busy flag", is_busy(SELECTOR(TASK)), 0);
	good &= equal("the own task's busy flag", is_busy(own_selector), 1);
	if (good)
		tst_res(TPASS, "%s", where);
}

/*
 * Leaves the task with known registers, and sees that they are the same when it goes on.
 * Behind the instruction, which is at "1:", own->ip has to be.
 */
#define LEAVE(instruction, size)                                                      \
	do {                                                                          \
		uint32_t ax = 0x10203040, cx = 0x50607080, dx = 0x90a0b0c0, at;       \
                                                                                      \
		initial = task;                                                       \
		asm volatile("call 2f\n2:\tpop %[at]\n\tadd $1f - 2b, %[at]\n\tstc\n" \
			     "1:\t" instruction "\n\tjc 3f\n\txor %[at], %[at]\n3:"   \
			     : "+a"(ax), "+c"(cx), "+d"(dx), [at] "=&S"(at)           \
			     :                                                        \
			     : "cc", "memory");                                       \
		equal("AX behind the switch", ax, 0x10203040);                        \
		equal("CX behind the switch", cx, 0x50607080);                        \
		equal("DX behind the switch", dx, 0x90a0b0c0);                        \
		equal("AX in the task's segment", own->ax, 0x10203040);               \
		equal("IP in the task's segment", own->ip, at + (size));              \
		equal("CS in the task's segment", own->cs, CODE);                     \
		equal("SS in the task's segment", own->ss, DATA);                     \
	} while (0)

/* Bytes of ljmp and lcall with a pointer, of int, and of a move to a segment register. */
#define FAR_SIZE 7
#define INT_SIZE 2
#define MOVE_SIZE 2

GUEST_CASE(JumpAndJumpBack)
{
	prepare();
	LEAVE("ljmp $" TASK_SELECTOR ", $0", FAR_SIZE);
	check("a jump to a task", 0);
	equal("NT in the task", found.flags & RFLAGS_NT, 0);
	equal("CF in the task", found.flags & RFLAGS_CF, RFLAGS_CF);
	equal("the task's link", task.link, 0x1234);
}

GUEST_CASE(JumpThroughTaskGate)
{
	prepare();
	set_gate(SELECTOR(TASK), SEGFLAG_PRESENT);
	LEAVE("ljmp $" GATE_SELECTOR ", $0", FAR_SIZE);
	check("a jump through a task gate", 0);
	equal("NT in the task", found.flags & RFLAGS_NT, 0);
}

static void check_nested(const char *where)
{
	check(where, 0);
	equal("NT in the task", found.flags & RFLAGS_NT, RFLAGS_NT);
	equal("the task's link", task.link, own_selector);
	equal("NT in the task's segment", task.flags & RFLAGS_NT, 0);
}

GUEST_CASE(CallAndReturn)
{
	prepare();
	task.ip = (uintptr_t)returning_task;
	LEAVE("lcall $" TASK_SELECTOR ", $0", FAR_SIZE);
	check_nested("a call of a task, and its return");
}

static void set_interrupt_gate(unsigned int vector)
{
	struct intr_descriptor *gate = &kvm_idt[vector];

	*gate = (struct intr_descriptor){
		.selector = SELECTOR(TASK),
		.flags = SEGTYPE_TASK_GATE | SEGFLAG_PRESENT,
	};
}

GUEST_CASE(InterruptThroughTaskGate)
{
	prepare();
	task.ip = (uintptr_t)returning_task;
	set_interrupt_gate(VECTOR);
	LEAVE("int $0x50", INT_SIZE);
	check_nested("an interrupt through a task gate");
}

GUEST_CASE(ExceptionThroughTaskGate)
{
	prepare();
	task.ip = (uintptr_t)returning_task;
	set_interrupt_gate(INTR_SEGFAULT);
	skip = MOVE_SIZE;
	initial = task;
	asm volatile("mov %%ax, %%gs" : : "a"(SELECTOR(ABSENT)) : "memory");
	equal("the error code", found.error_code, SELECTOR(ABSENT));
	check("an exception through a task gate", sizeof(found.error_code));
	equal("NT in the task", found.flags & RFLAGS_NT, RFLAGS_NT);
}

GUEST_CASE(LocalTableIsLoaded)
{
	prepare();
	kvm_set_segment_descriptor(&kvm_gdt[LOCAL_TABLE], (uintptr_t)local_table,
				   sizeof(local_table) - 1, SEGTYPE_LDT | SEGFLAG_PRESENT);
	memcpy(&local_table[1], &kvm_gdt[DATA / sizeof(*kvm_gdt)], sizeof(local_table[1]));
	task.ldt = SELECTOR(LOCAL_TABLE);
	task.fs = SELECTOR(1) | IN_LOCAL_TABLE;
	LEAVE("ljmp $" TASK_SELECTOR ", $0", FAR_SIZE);
	check("a task with a local descriptor table", 0);
	equal("LDTR of the task", found_ldt, task.ldt);
	equal("FS of the task", found_fs, task.fs);
}

GUEST_CASE(LocalBreakpointsAreSwitchedOff)
{
	prepare();
	asm volatile("mov %0, %%dr7" : : "r"(DR7_INIT | DR7_L0_TO_L3 | DR7_G1));
	LEAVE("ljmp $" TASK_SELECTOR ", $0", FAR_SIZE);
	check("a task switch with breakpoints", 0);
	equal("DR7 of the task", found_dr7, DR7_INIT | DR7_G1);
	asm volatile("mov %0, %%dr7" : : "r"((unsigned long)DR7_INIT));
}
