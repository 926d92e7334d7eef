// SPDX-License-Identifier: MIT
/*
 * Instructions whose operand is a device's memory: KVM has to execute them itself, and
 * registers, flags and memory have to be what the CPU makes of the same operand in RAM.
 * Flags that the manual leaves undefined are not compared (APM Vol. 3,
 * "General-Purpose Instruction Reference").
 *
 * An input is a list of struct step. The device is the controller's; its memory begins
 * each step as a copy of the payload's, and is compared with it at the end.
 */
#include "kvm_test.h"

/* Two pages, so that operands can lie across their border. */
#define DEVICE_BASE 0x50000000u
#define DEVICE_SIZE 8192

/* A write to this port asks the controller for what is written. */
#define PORT 0x99
#define COPY_TO_DEVICE 1
#define COMPARE 2

#ifdef COMPILE_PAYLOAD

#include "kvm_x86.h"

#define CF RFLAGS_CF
#define PF RFLAGS_PF
#define AF RFLAGS_AF
#define ZF RFLAGS_ZF
#define SF RFLAGS_SF
#define DF RFLAGS_DF
#define OF RFLAGS_OF
#define STATUS RFLAGS_STATUS

/* How far from the border an operand begins. */
#define REACH 12

struct step {
	uint8_t instruction;
	uint8_t flags; /* CF, PF, AF, ZF and SF where they are; bit 1: DF, bit 3: OF, bit 5: rax */
	uint8_t place; /* of the operand */
	uint8_t count; /* RCX */
	uint8_t value[8]; /* RDX, and RAX if bit 5 is clear: else that is the operand */
	uint8_t operand[8];
} __attribute__((packed));

struct registers {
	uint64_t rax, rdx, rcx, flags;
	long rdi, rsi; /* from the operand on */
};

/* RDI is the operand; RSI is 8 bytes behind it, for string instructions. */
#define FUNCTION(name, text, undefined, counts)                                              \
	static void name(struct registers *regs, uint8_t *operand)                           \
	{                                                                                    \
		uint8_t *rdi = operand, *rsi = operand + 8;                                  \
                                                                                             \
		asm volatile("push %[flags]\n\tpopf\n\t" text "\n\tpushf\n\tpop %[flags]\n"  \
			     "\tcld"                                                         \
			     : "+a"(regs->rax), "+d"(regs->rdx), "+c"(regs->rcx), "+D"(rdi), \
			       "+S"(rsi), [flags] "+b"(regs->flags)                          \
			     :                                                               \
			     : "cc", "memory");                                              \
		regs->rdi = rdi - operand;                                                   \
		regs->rsi = rsi - operand;                                                   \
	}
#define ROW(name, text, undefined, counts) {#name, name, STATUS & ~(undefined), counts},

/* RCX, at most: a repeated string instruction stays near, a shift has all counts. */
#define NEAR 7
#define ANY 255

#define TO(I, op, u)                                \
	I(op##b_to, #op "b %%dl, (%%rdi)", u, ANY)  \
	I(op##w_to, #op "w %%dx, (%%rdi)", u, ANY)  \
	I(op##l_to, #op "l %%edx, (%%rdi)", u, ANY) \
	I(op##q_to, #op "q %%rdx, (%%rdi)", u, ANY)
#define FROM(I, op, u)                                \
	I(op##b_from, #op "b (%%rdi), %%dl", u, ANY)  \
	I(op##w_from, #op "w (%%rdi), %%dx", u, ANY)  \
	I(op##l_from, #op "l (%%rdi), %%edx", u, ANY) \
	I(op##q_from, #op "q (%%rdi), %%rdx", u, ANY)
#define LOCKED(I, op, u)                                        \
	I(lock_##op##b, "lock; " #op "b %%dl, (%%rdi)", u, ANY) \
	I(lock_##op##l, "lock; " #op "l %%edx, (%%rdi)", u, ANY)
#define ONE(I, op, u)                         \
	I(op##b_one, #op "b (%%rdi)", u, ANY) \
	I(op##w_one, #op "w (%%rdi)", u, ANY) \
	I(op##l_one, #op "l (%%rdi)", u, ANY) \
	I(op##q_one, #op "q (%%rdi)", u, ANY)
#define SHIFT(I, op, u)                            \
	I(op##b_cl, #op "b %%cl, (%%rdi)", u, ANY) \
	I(op##w_cl, #op "w %%cl, (%%rdi)", u, ANY) \
	I(op##l_cl, #op "l %%cl, (%%rdi)", u, ANY) \
	I(op##q_cl, #op "q %%cl, (%%rdi)", u, ANY)
#define BIT(I, op)                                            \
	I(op##w_bit, #op "w $11, (%%rdi)", STATUS & ~CF, ANY) \
	I(op##l_bit, #op "l $30, (%%rdi)", STATUS & ~CF, ANY) \
	I(op##q_bit, #op "q $45, (%%rdi)", STATUS & ~CF, ANY)
#define WIDEN(I, op) I(op, #op " (%%rdi), %%rdx", 0, ANY)
#define SET(I, op) I(op, #op " (%%rdi)", 0, ANY)
#define MOVE_IF(I, op)                              \
	I(op##w_if, #op "w (%%rdi), %%dx", 0, ANY)  \
	I(op##l_if, #op "l (%%rdi), %%edx", 0, ANY) \
	I(op##q_if, #op "q (%%rdi), %%rdx", 0, ANY)
#define STRING(I, op)                            \
	I(op##b_one, #op "b", 0, NEAR)           \
	I(op##w_one, #op "w", 0, NEAR)           \
	I(op##l_one, #op "l", 0, NEAR)           \
	I(op##q_one, #op "q", 0, NEAR)           \
	I(rep_##op##b, "rep; " #op "b", 0, NEAR) \
	I(rep_##op##q, "rep; " #op "q", 0, NEAR)

#define INSTRUCTIONS(I)                                      \
	TO(I, mov, 0)                                        \
	FROM(I, mov, 0)                                      \
	TO(I, xchg, 0)                                       \
	TO(I, add, 0)                                        \
	FROM(I, add, 0)                                      \
	LOCKED(I, add, 0)                                    \
	TO(I, adc, 0)                                        \
	FROM(I, adc, 0)                                      \
	LOCKED(I, adc, 0)                                    \
	TO(I, sub, 0)                                        \
	FROM(I, sub, 0)                                      \
	LOCKED(I, sub, 0)                                    \
	TO(I, sbb, 0)                                        \
	FROM(I, sbb, 0)                                      \
	LOCKED(I, sbb, 0)                                    \
	TO(I, and, AF)                                       \
	FROM(I, and, AF)                                     \
	LOCKED(I, and, AF)                                   \
	TO(I, or, AF)                                        \
	FROM(I, or, AF)                                      \
	LOCKED(I, or, AF)                                    \
	TO(I, xor, AF)                                       \
	FROM(I, xor, AF)                                     \
	LOCKED(I, xor, AF)                                   \
	TO(I, cmp, 0)                                        \
	FROM(I, cmp, 0)                                      \
	TO(I, test, AF)                                      \
	TO(I, xadd, 0)                                       \
	TO(I, cmpxchg, 0)                                    \
	LOCKED(I, xadd, 0)                                   \
	LOCKED(I, cmpxchg, 0)                                \
	I(cmpxchg8b, "cmpxchg8b (%%rdi)", 0, ANY)            \
	ONE(I, inc, 0)                                       \
	ONE(I, dec, 0)                                       \
	ONE(I, not, 0)                                       \
	ONE(I, neg, 0)                                       \
	ONE(I, mul, SF | ZF | AF | PF)                       \
	ONE(I, imul, SF | ZF | AF | PF)                      \
	SHIFT(I, shl, OF | AF | CF)                          \
	SHIFT(I, shr, OF | AF | CF)                          \
	SHIFT(I, sar, OF | AF)                               \
	SHIFT(I, rol, OF)                                    \
	SHIFT(I, ror, OF)                                    \
	SHIFT(I, rcl, OF)                                    \
	SHIFT(I, rcr, OF)                                    \
	I(shldl, "shldl %%cl, %%edx, (%%rdi)", OF | AF, ANY) \
	I(shldq, "shldq %%cl, %%rdx, (%%rdi)", OF | AF, ANY) \
	I(shrdl, "shrdl %%cl, %%edx, (%%rdi)", OF | AF, ANY) \
	I(shrdq, "shrdq %%cl, %%rdx, (%%rdi)", OF | AF, ANY) \
	BIT(I, bt)                                           \
	BIT(I, bts)                                          \
	BIT(I, btr)                                          \
	BIT(I, btc)                                          \
	WIDEN(I, movzbq)                                     \
	WIDEN(I, movzwq)                                     \
	WIDEN(I, movsbq)                                     \
	WIDEN(I, movswq)                                     \
	WIDEN(I, movslq)                                     \
	SET(I, setc)                                         \
	SET(I, setz)                                         \
	SET(I, sets)                                         \
	SET(I, seto)                                         \
	SET(I, setp)                                         \
	MOVE_IF(I, cmovc)                                    \
	MOVE_IF(I, cmovz)                                    \
	MOVE_IF(I, cmovs)                                    \
	STRING(I, movs)                                      \
	STRING(I, stos)                                      \
	STRING(I, lods)                                      \
	STRING(I, scas)                                      \
	STRING(I, cmps)

INSTRUCTIONS(FUNCTION)

static const struct instruction {
	const char *name;
	void (*execute)(struct registers *regs, uint8_t *operand);
	uint16_t defined; /* flags */
	uint8_t counts;
} instructions[] = {INSTRUCTIONS(ROW)};

/* The operand's surroundings, as the device has them. */
__attribute__((aligned(4096))) uint8_t ram[DEVICE_SIZE];

/* Set by the controller: where the device differs from that, or -1. */
volatile int32_t different;

static uint64_t flags_of(uint8_t bits)
{
	return RFLAGS_FIXED | (bits & (CF | PF | AF | ZF | SF)) | (bits & 2 ? DF : 0) |
	       (bits & 8 ? OF : 0);
}

static void compare(const char *name, const struct instruction *instruction,
		    const struct registers *device, const struct registers *native)
{
	const uint64_t flags = (device->flags ^ native->flags) & instruction->defined;

	if (flags)
		tst_res(TFAIL, "%s: flags %#llx are wrong: %#llx, and natively %#llx", name, flags,
			device->flags, native->flags);
	if (device->rax != native->rax)
		tst_res(TFAIL, "%s: rax is %#llx, and natively %#llx", name, device->rax,
			native->rax);
	if (device->rdx != native->rdx)
		tst_res(TFAIL, "%s: rdx is %#llx, and natively %#llx", name, device->rdx,
			native->rdx);
	if (device->rcx != native->rcx)
		tst_res(TFAIL, "%s: rcx is %#llx, and natively %#llx", name, device->rcx,
			native->rcx);
	if (device->rdi != native->rdi || device->rsi != native->rsi)
		tst_res(TFAIL, "%s: rdi and rsi went %ld and %ld bytes, and natively %ld and %ld",
			name, device->rdi, device->rsi - 8, native->rdi, native->rsi - 8);
	if (different >= 0)
		tst_res(TFAIL, "%s: memory differs at operand%+d", name, different);
}

static void take(const struct step *step)
{
	const struct instruction *instruction =
		&instructions[step->instruction % ARRAY_SIZE(instructions)];
	const unsigned int place = DEVICE_SIZE / 2 - REACH + step->place % (2 * REACH);
	struct registers device = {
		.rcx = step->count % (instruction->counts + 1u),
		.flags = flags_of(step->flags),
	};
	struct registers native;

	memcpy(&device.rdx, step->value, sizeof(device.rdx));
	memcpy(&device.rax, step->flags & 1 << 5 ? step->operand : step->value, sizeof(device.rax));
	memcpy(ram + place, step->operand, sizeof(step->operand));
	native = device;
	kvm_out8(PORT, COPY_TO_DEVICE);
	instruction->execute(&device, (uint8_t *)(uintptr_t)DEVICE_BASE + place);
	instruction->execute(&native, ram + place);
	kvm_out8(PORT, COMPARE);
	if (different >= 0)
		different -= place;
	compare(instruction->name, instruction, &device, &native);
}

void main(void)
{
	const uint8_t *at, *end;
	size_t size;

	for (unsigned int i = 0; i < DEVICE_SIZE; i++)
		ram[i] = i * 7;
	at = tst_input(&size);
	for (end = at + size; end - at >= (long)sizeof(struct step); at += sizeof(struct step))
		take((const struct step *)at);
}

#else /* COMPILE_PAYLOAD */

#include <string.h>

#include "ringside/fuzz.h"

static uint8_t memory[DEVICE_SIZE];
static uint8_t *ram;
static int32_t *different;

static int access_device(struct tst_kvm_vcpu *vcpu, void *arg)
{
	const uint64_t at = vcpu->run->mmio.phys_addr - DEVICE_BASE;
	const uint32_t len = vcpu->run->mmio.len;

	if (at > DEVICE_SIZE || len > DEVICE_SIZE - at || len > sizeof(vcpu->run->mmio.data))
		return -1;
	if (vcpu->run->mmio.is_write)
		memcpy(memory + at, vcpu->run->mmio.data, len);
	else
		memcpy(vcpu->run->mmio.data, memory + at, len);
	return 0;
}

static int32_t first_difference(void)
{
	int32_t i;

	if (!memcmp(memory, ram, sizeof(memory)))
		return -1;
	for (i = 0; memory[i] == ram[i]; i++)
		;
	return i;
}

static int answer_port(struct tst_kvm_vcpu *vcpu, void *arg)
{
	const uint8_t *data = (const uint8_t *)vcpu->run + vcpu->run->io.data_offset;

	if (vcpu->run->io.port != PORT)
		return -1;
	if (*data == COPY_TO_DEVICE)
		memcpy(memory, ram, sizeof(memory));
	else
		*different = first_difference();
	return 0;
}

static void handle_exits(struct tst_kvm_instance *inst)
{
	ram = tst_kvm_symbol(inst, "ram");
	different = tst_kvm_symbol(inst, "different");
	tst_kvm_on_exit(inst, KVM_EXIT_MMIO, access_device, NULL);
	tst_kvm_on_exit(inst, KVM_EXIT_IO, answer_port, NULL);
}

const struct tst_kvm_fuzz tst_kvm_fuzz = {.setup = handle_exits};

#endif /* COMPILE_PAYLOAD */
