// SPDX-License-Identifier: MIT
/* One register of a nested guest and its hypervisor, one a case: guest_state.h. */
#include "guest_case.h"
#include "guest_state.h"
#include "kvm_x86_svm.h"

#define OTHER_DESCRIPTOR 28
#define OTHER_LIMIT 0x1ff
#define TSC_OFFSET (1ull << 50)
#define TSC_MARGIN (1ull << 40) /* more than any run takes */

static volatile uint64_t seen; /* by the guest */
static uint64_t to_write; /* by the guest */

/* What SGDT and SIDT store. */
struct table_register {
	uint16_t limit;
	uintptr_t base;
} __attribute__((packed));

#define READ(reg)                                                \
	({                                                       \
		unsigned long value;                             \
                                                                 \
		asm volatile("mov %%" reg ", %0" : "=r"(value)); \
		(uint64_t)value;                                 \
	})
#define WRITE(reg) asm volatile("mov %0, %%" reg : : "r"((unsigned long)to_write) : "memory")
#define LIMIT(instruction)                                     \
	({                                                     \
		struct table_register table;                   \
                                                               \
		asm volatile(instruction " %0" : "=m"(table)); \
		(uint64_t)table.limit;                         \
	})
#define LOAD_LIMIT(which)                                     \
	do {                                                  \
		struct table_register table;                  \
                                                              \
		asm volatile("s" which " %0" : "=m"(table));  \
		table.limit = to_write;                       \
		asm volatile("l" which " %0" : : "m"(table)); \
	} while (0)

static uint64_t read_flags(void)
{
	unsigned long flags;

	asm volatile("pushf; pop %0" : "=r"(flags));
	/* The others change on the way here. */
	return flags & RFLAGS_AC;
}

/* These two stop here, and not where the guest's function returns to. */
static void halt_with_flags(unsigned long flags)
{
	asm volatile("push %0; popf; hlt" : : "r"(flags) : "cc", "memory");
}

static void halt_with(unsigned long rax)
{
	asm volatile("hlt" : : "a"(rax) : "memory");
}

/* Nothing comes behind it: the segment may be too small. */
#define LOAD_SEGMENT(reg) \
	asm volatile("mov %0, %%" reg "; hlt" : : "r"(OTHER_DESCRIPTOR << 3) : "memory")

static struct kvm_svm_vcpu *new_guest(int (*guest_main)(void))
{
	kvm_init_svm();
	kvm_set_segment_descriptor(&kvm_gdt[OTHER_DESCRIPTOR], 0, OTHER_LIMIT,
				   SEGTYPE_RWDATA | 1 | SEGFLAG_PRESENT | SEGFLAG_32BIT);
	seen = 0;
	return kvm_create_svm_vcpu(guest_main, 1);
}

static void run(struct kvm_svm_vcpu *vm)
{
	kvm_svm_vmrun(vm);
	if (vm->vmcb->exitcode != SVM_EXIT_HLT)
		tst_brk(TFAIL, "the nested guest stopped with exit code %#llx",
			(unsigned long long)vm->vmcb->exitcode);
}

static void check(const char *what, uint64_t actual, uint64_t expected)
{
	if (actual == expected)
		tst_res(TPASS, "%s: %#llx", what, (unsigned long long)actual);
	else
		tst_res(TFAIL, "%s: %#llx, expected %#llx", what, (unsigned long long)actual,
			(unsigned long long)expected);
}

#define ENTER(name, reg, value, read)                                                  \
	static int guest_##name(void)                                                  \
	{                                                                              \
		seen = read;                                                           \
		return 0;                                                              \
	}                                                                              \
	GUEST_CASE(name)                                                               \
	{                                                                              \
		struct kvm_svm_vcpu *vm = new_guest(guest_##name);                     \
		struct kvm_vmcb *vmcb = vm->vmcb;                                      \
		const uint64_t own = read, mask = is_flags(#name) ? RFLAGS_AC : ~0ull; \
                                                                                       \
		reg = value;                                                           \
		const uint64_t expected = reg & mask;                                  \
                                                                                       \
		run(vm);                                                               \
		check("what the guest finds", seen, expected);                         \
		if (!is_flags(#name) && !is_left(#name))                               \
			check("what the hypervisor has back", read, own);              \
	}

/* The library restores flags by itself. */
static _Bool is_flags(const char *name)
{
	return !strcmp(name, "EnterFlags");
}

/* An exit leaves CR2 and DR6 alone, and sets DR7 to 400h. */
static _Bool is_left(const char *name)
{
	return !strcmp(name, "EnterCr2") || !strcmp(name, "EnterDr6") || !strcmp(name, "EnterDr7");
}

#define EXIT(name, reg, value, write)                              \
	static int guest_##name(void)                              \
	{                                                          \
		write;                                             \
		return 0;                                          \
	}                                                          \
	GUEST_CASE(name)                                           \
	{                                                          \
		struct kvm_svm_vcpu *vm = new_guest(guest_##name); \
		struct kvm_vmcb *vmcb = vm->vmcb;                  \
                                                                   \
		to_write = value;                                  \
		run(vm);                                           \
		check("what the exit stores", reg, to_write);      \
	}

ENTER_CASES(ENTER)
EXIT_CASES(EXIT)

static int guest_rsp(void)
{
	unsigned long rsp;

#ifdef __x86_64__
	asm volatile("mov %%rsp, %0" : "=r"(rsp));
#else
	asm volatile("mov %%esp, %0" : "=r"(rsp));
#endif
	seen = rsp;
	asm volatile("hlt" : : : "memory");
	return 0;
}

GUEST_CASE(ExitRsp)
{
	struct kvm_svm_vcpu *vm = new_guest(guest_rsp);
	const uint64_t first = vm->vmcb->rsp;

	run(vm);
	if (seen == first)
		tst_brk(TBROK, "the guest's stack pointer did not move");
	check("the stack pointer", vm->vmcb->rsp, seen);
}

static int guest_nothing(void)
{
	return 0;
}

/* "#VMEXIT": DR7 is set to the disabled state. */
GUEST_CASE(HostDr7IsOff)
{
	struct kvm_svm_vcpu *vm = new_guest(guest_nothing);

	vm->vmcb->dr7 = 0x700;
	run(vm);
	check("the hypervisor's DR7", READ("dr7"), 0x400);
}

static int guest_tsc(void)
{
	seen = kvm_rdtsc();
	return 0;
}

GUEST_CASE(TscOffset)
{
	struct kvm_svm_vcpu *vm = new_guest(guest_tsc);
	const uint64_t before = kvm_rdtsc();

	vm->vmcb->tsc_offset = TSC_OFFSET;
	run(vm);
	if (seen - before >= TSC_OFFSET && seen - before < TSC_OFFSET + TSC_MARGIN)
		tst_res(TPASS, "the guest's counter is ahead by the offset");
	else
		tst_res(TFAIL, "the guest's counter is ahead by %#llx, expected %#llx and a little",
			(unsigned long long)(seen - before), (unsigned long long)TSC_OFFSET);
}

GUEST_CASE(TscOffsetEnds)
{
	struct kvm_svm_vcpu *vm = new_guest(guest_tsc);
	const uint64_t before = kvm_rdtsc();
	uint64_t after;

	vm->vmcb->tsc_offset = TSC_OFFSET;
	run(vm);
	after = kvm_rdtsc();
	if (after - before < TSC_MARGIN)
		tst_res(TPASS, "the hypervisor's counter has no offset");
	else
		tst_res(TFAIL, "the hypervisor's counter went on by %#llx",
			(unsigned long long)(after - before));
}
