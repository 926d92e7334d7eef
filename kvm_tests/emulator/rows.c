// SPDX-License-Identifier: MIT
/* See rows.h. */
#include "rows.h"

#include "execute.h"

/* What a pushed RF would tell: an interrupted instruction's. */
#define COMPARED_FLAGS (~(unsigned long)RFLAGS_RF)

__attribute__((aligned(64))) uint8_t memory[4 * OPERAND];
__attribute__((aligned(64))) uint8_t stack_memory[STACK_SIZE];

/* What the controller's device has got, in one number, and how many runs were compared. */
GUEST_SHARED uint32_t written, compared;

struct outcome {
	struct kvm_fault fault;
	unsigned long context[CONTEXT_WORDS];
	uint8_t memory[sizeof(memory)];
	uint8_t stack[2 * STACK_COMPARED];
	uint32_t written;
};

struct values {
	unsigned long ax, cx, dx;
};

static const struct values all_values[] = {
	{0x12345678, 3, 0},
	{~0ul << 31, 1, ~0ul},
	{0, 0, 0},
	{0x00ff7f81, 0x80000021, 5},
};

static void run_entry(void *entry)
{
	execute(entry);
}

static void prepare(const struct values *values, unsigned long flags)
{
	for (unsigned int i = 0; i < sizeof(memory); i++)
		memory[i] = i * 7 + 1;
	for (unsigned int i = 0; i < 6 * STACK_COMPARED; i++)
		stack_memory[STACK_SIZE - 1 - i] = i * 5 + 3;
	for (unsigned int i = 0; i < CONTEXT_WORDS; i++)
		context[i] = 0x1111111111111111 * (i & 7) + i;
	context[CONTEXT_AX] = values->ax;
	context[CONTEXT_CX] = values->cx;
	context[CONTEXT_DX] = values->dx;
	context[CONTEXT_SI] = (uintptr_t)memory + OPERAND;
	context[CONTEXT_DI] = (uintptr_t)memory + 2 * OPERAND;
	context[CONTEXT_BX] = context[CONTEXT_SI] - 8;
	context[CONTEXT_SP] = (uintptr_t)TOP;
	context[CONTEXT_BP] = (uintptr_t)TOP + 2 * sizeof(long);
	context[CONTEXT_FLAGS] = RFLAGS_FIXED | flags;
	written = 0;
}

static void run(struct outcome *outcome, caller *call, const void *entry)
{
	outcome->fault = call(run_entry, (void *)entry);
	outcome->written = written;
	memcpy(outcome->context, context, sizeof(context));
	memcpy(outcome->memory, memory, sizeof(memory));
	memcpy(outcome->stack, TOP - STACK_COMPARED, sizeof(outcome->stack));
	/* Below SP, the exception's handler has had its stack. */
	if (outcome->fault.vector >= 0)
		memset(outcome->stack, 0, STACK_COMPARED);
}

static const char *const words[CONTEXT_WORDS] = {
	[CONTEXT_AX] = "ax",
	[CONTEXT_CX] = "cx",
	[CONTEXT_DX] = "dx",
	[CONTEXT_BX] = "bx",
	[CONTEXT_SP] = "sp",
	[CONTEXT_BP] = "bp",
	[CONTEXT_SI] = "si",
	[CONTEXT_DI] = "di",
	[CONTEXT_FLAGS] = "flags",
	[CONTEXT_DS] = "ds",
	[CONTEXT_ES] = "es",
	[CONTEXT_FS] = "fs",
	[CONTEXT_GS] = "gs",
	[CONTEXT_SS] = "ss",
#ifdef __x86_64__
	[CONTEXT_R8] = "r8",
	"r9",
	"r10",
	"r11",
	"r12",
	"r13",
	"r14",
	"r15",
#endif
};

/* The first of @size bytes that differs, or -1. */
static int differs(const uint8_t *a, const uint8_t *b, unsigned int size)
{
	for (unsigned int i = 0; i < size; i++)
		if (a[i] != b[i])
			return (int)i;
	return -1;
}

static void compare(const struct row *row, const struct values *values, unsigned long flags,
		    const struct outcome *native, const struct outcome *forced)
{
	const struct kvm_fault *want = &native->fault, *got = &forced->fault;
	int at;

	compared++;
#define WRONG(format, ...)                                                                  \
	tst_res(TFAIL, "%s with ax %#lx, cx %#lx, dx %#lx, flags %#lx: " format, row->name, \
		values->ax, values->cx, values->dx, flags, __VA_ARGS__)
	if (want->vector != got->vector || want->errcode != got->errcode ||
	    want->address != got->address) {
		WRONG("KVM raises vector %d (error code %#lx, address %#lx), the CPU %d (%#lx, %#lx)",
		      got->vector, got->errcode, (unsigned long)got->address, want->vector,
		      want->errcode, (unsigned long)want->address);
		return;
	}
	for (unsigned int i = 0; i < CONTEXT_WORDS; i++) {
		unsigned long mask = ~0ul;

		if (i == CONTEXT_FLAGS)
			mask = COMPARED_FLAGS & ~row->undefined;
		if ((native->context[i] ^ forced->context[i]) & mask)
			WRONG("KVM leaves %s as %#lx, the CPU as %#lx", words[i],
			      forced->context[i], native->context[i]);
	}
	at = differs(native->memory, forced->memory, sizeof(memory));
	if (at >= 0)
		WRONG("KVM leaves byte %d of memory as %#x, the CPU as %#x", at - OPERAND,
		      forced->memory[at], native->memory[at]);
	at = differs(native->stack, forced->stack, sizeof(native->stack));
	if (at >= 0)
		WRONG("KVM leaves byte %d of the stack as %#x, the CPU as %#x", at - STACK_COMPARED,
		      forced->stack[at], native->stack[at]);
	if (native->written != forced->written)
		WRONG("KVM has sent the device %#x, the CPU %#x", forced->written, native->written);
#undef WRONG
}

void run_rows(const struct row *rows, unsigned int count, caller *call)
{
	static const unsigned long all_flags[] = {0, STATUS};
	static struct outcome native, forced;

	for (unsigned int i = 0; i < count; i++)
		for (unsigned int j = 0; j < ARRAY_SIZE(all_values) * ARRAY_SIZE(all_flags); j++) {
			const struct values *values = &all_values[j / ARRAY_SIZE(all_flags)];
			unsigned long flags = all_flags[j % ARRAY_SIZE(all_flags)];

			prepare(values, flags);
			run(&native, call, rows[i].native);
			prepare(values, flags);
			run(&forced, call, rows[i].forced);
			compare(&rows[i], values, flags, &native, &forced);
		}
	tst_res(TPASS, "%u instructions are compared", count);
}
