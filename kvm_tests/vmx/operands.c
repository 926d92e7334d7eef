// SPDX-License-Identifier: MIT
/*
 * Operands in memory of VMX instructions: KVM decodes and reaches them by itself, in every
 * way of addressing, and raises what a memory access raises. SDM Vol. 3, "VMX Instruction
 * Reference" (exceptions of each instruction) and 28.2.5, "VM-Exit Instruction Information";
 * Vol. 1, "Specifying an Offset"; Vol. 3, "Privilege Levels".
 */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "vmx_scenario.h"

#define UNMAPPED 0xd0000000ul
#define OFFSET 0x128
#define NOT_CANONICAL (1ull << 62)

/* A field that nothing needs, and what is in it. */
#define FIELD VMX_VMCS_GUEST_SYSENTER_ESP
#define VALUE 0x12345678ul
#define OTHER_VALUE 0x87654320ul

#define PAGE_FAULT_WRITE 2

/* For i386: a data segment of one page, and one that is read-only. */
#define SMALL_DESCRIPTOR 28
#define READ_ONLY_DESCRIPTOR 27

static unsigned long slots[64];

static int guest_main(void)
{
	return 0;
}

static void expect(const char *what, uint64_t actual, uint64_t expected)
{
	if (actual == expected)
		tst_res(TPASS, "%s: %#llx", what, (unsigned long long)actual);
	else
		tst_res(TFAIL, "%s: %#llx, expected %#llx", what, (unsigned long long)actual,
			(unsigned long long)expected);
}

/* --- Ways of addressing ----------------------------------------------------------------- */

static unsigned long read_field(void)
{
	return (unsigned long)kvm_vmx_vmread(FIELD);
}

static void check_addressing(void)
{
	const unsigned long index = 5;
	uint64_t current, stored[4] = {0};

	kvm_vmx_vmwrite(FIELD, VALUE);
	asm volatile("vmread %1, (%0)" : : "r"(slots), "r"((unsigned long)FIELD) : "memory", "cc");
	expect("VMREAD to (base)", slots[0], VALUE);
	asm volatile("vmread %1, %c2(%0)"
		     :
		     : "r"(slots), "r"((unsigned long)FIELD), "i"(8 * sizeof(long))
		     : "memory", "cc");
	expect("VMREAD to displacement(base)", slots[8], VALUE);
	asm volatile("vmread %1, %c3(%0,%2,%c4)"
		     :
		     : "r"(slots), "r"((unsigned long)FIELD), "r"(index), "i"(16 * sizeof(long)),
		       "i"(sizeof(long))
		     : "memory", "cc");
	expect("VMREAD to displacement(base, index, scale)", slots[16 + index], VALUE);
	asm volatile("vmread %1, %c3(%0,%2,2)"
		     :
		     : "r"(slots + 64), "r"((unsigned long)FIELD), "r"(-4 * sizeof(long)),
		       "i"(-8 * (long)sizeof(long))
		     : "memory", "cc");
	expect("VMREAD to -displacement(base, -index, 2)", slots[48], VALUE);

	slots[32] = OTHER_VALUE;
	asm volatile("vmwrite (%0,%2,%c3), %1"
		     :
		     : "r"(slots), "r"((unsigned long)FIELD), "r"(32ul), "i"(sizeof(long))
		     : "memory", "cc");
	expect("VMWRITE from (base, index, scale)", read_field(), OTHER_VALUE);
	/* A segment that has a base in both modes is checked apart. */
	current = kvm_vmx_vmptrst();
	asm volatile("vmptrst 8(%0,%1,2)" : : "r"(stored), "r"(4ul) : "memory", "cc");
	expect("VMPTRST to displacement(base, index, 2)", stored[2], current);
	asm volatile("vmptrld 8(%0,%1,2)" : : "r"(stored), "r"(4ul) : "memory", "cc");
	expect("VMPTRLD from there", kvm_vmx_vmptrst(), current);
}

#ifdef __x86_64__
static void check_segment_base(void)
{
	kvm_wrmsr(MSR_FS_BASE, (uintptr_t)(slots + 8));
	kvm_wrmsr(MSR_GS_BASE, (uintptr_t)(slots + 16));
	slots[10] = 0;
	kvm_vmx_vmwrite(FIELD, VALUE);
	asm volatile("vmread %1, %%fs:(%0)"
		     :
		     : "r"(2 * sizeof(long)), "r"((unsigned long)FIELD)
		     : "memory", "cc");
	expect("VMREAD to FS", slots[10], VALUE);
	slots[19] = OTHER_VALUE;
	asm volatile("vmwrite %%gs:(%0), %1"
		     :
		     : "r"(3 * sizeof(long)), "r"((unsigned long)FIELD)
		     : "memory", "cc");
	expect("VMWRITE from GS", read_field(), OTHER_VALUE);
	/* Of an address of 32 bits, the upper half is 0. */
	kvm_vmx_vmwrite(FIELD, VALUE);
	slots[20] = 0;
	asm volatile("vmread %1, (%k0)"
		     :
		     : "r"((uintptr_t)(slots + 20) | 1ull << 32), "r"((unsigned long)FIELD)
		     : "memory", "cc");
	expect("VMREAD to an address of 32 bits", slots[20], VALUE);
}
#else
static void check_segment_base(void)
{
	kvm_set_segment_descriptor(&kvm_gdt[SMALL_DESCRIPTOR], (uintptr_t)(slots + 8), 0xfff,
				   SEGTYPE_RWDATA | SEGFLAG_PRESENT | SEGFLAG_32BIT);
	slots[10] = 0;
	kvm_vmx_vmwrite(FIELD, VALUE);
	asm volatile("mov %2, %%gs; vmread %1, %%gs:(%0)"
		     :
		     : "r"(2 * sizeof(long)), "r"((unsigned long)FIELD), "r"(SMALL_DESCRIPTOR << 3)
		     : "memory", "cc");
	expect("VMREAD to GS", slots[10], VALUE);
}
#endif

/* --- Faults -------------------------------------------------------------------------------- */

#ifdef __x86_64__
#define REG(name) "%%r" name
#else
#define REG(name) "%%e" name
#endif

#define OPERAND(name, instruction)                                               \
	static void name(void *address)                                          \
	{                                                                        \
		asm volatile(instruction                                         \
			     :                                                   \
			     : "a"(address), "d"((unsigned long)FIELD), "c"(1ul) \
			     : "memory", "cc");                                  \
	}

OPERAND(vmread, "vmread " REG("dx") ", (" REG("ax") ")")
OPERAND(vmwrite, "vmwrite (" REG("ax") "), " REG("dx"))
OPERAND(vmptrld, "vmptrld (" REG("ax") ")")
OPERAND(vmptrst, "vmptrst (" REG("ax") ")")
OPERAND(vmclear, "vmclear (" REG("ax") ")")
OPERAND(vmxon, "vmxon (" REG("ax") ")")
OPERAND(invept, "invept (" REG("ax") "), " REG("cx"))
OPERAND(invvpid, "invvpid (" REG("ax") "), " REG("cx"))

static const struct {
	const char *name;
	void (*execute)(void *address);
	_Bool writes;
} instructions[] = {
	{"VMREAD", vmread, 1},	 {"VMWRITE", vmwrite, 0}, {"VMPTRLD", vmptrld, 0},
	{"VMPTRST", vmptrst, 1}, {"VMCLEAR", vmclear, 0}, {"VMXON", vmxon, 0},
	{"INVEPT", invept, 0},	 {"INVVPID", invvpid, 0},
};

/* In VMX operation, VMXON doesn't look at its operand. */
static _Bool reaches_operand(unsigned int i)
{
	return instructions[i].execute != vmxon;
}

/* SDM Vol. 3, "INVEPT", "INVVPID": #UD on a CPU without EPT, or VPIDs. */
static _Bool is_supported(unsigned int i)
{
	const uint32_t controls = kvm_rdmsr(MSR_IA32_VMX_EXECCTL2_MASK) >> 32;

	if (instructions[i].execute == invept)
		return controls & VMX_EXECCTL2_EPT;
	return instructions[i].execute != invvpid || controls & VMX_EXECCTL2_VPID;
}

static void check_fault(const char *name, const char *where, struct kvm_fault fault, int vector,
			unsigned long errcode)
{
	if (fault.vector == vector && fault.errcode == errcode)
		tst_res(TPASS, "%s, %s: exception %d", name, where, vector);
	else
		tst_res(TFAIL, "%s, %s: exception %d, error code %#lx; expected %d, %#lx", name,
			where, fault.vector, fault.errcode, vector, errcode);
}

static void check_page_faults(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(instructions); i++) {
		struct kvm_fault fault;

		if (!reaches_operand(i))
			continue;
		fault = kvm_try(instructions[i].execute, (void *)(UNMAPPED + OFFSET));
		if (!is_supported(i)) {
			check_fault(instructions[i].name, "not supported", fault, INTR_BAD_OPCODE,
				    0);
			continue;
		}
		check_fault(instructions[i].name, "unmapped", fault, INTR_PAGE_FAULT,
			    instructions[i].writes ? PAGE_FAULT_WRITE : 0);
		expect("the address of the fault", fault.address, UNMAPPED + OFFSET);
	}
}

#ifdef __x86_64__
static void vmread_to_stack(void *address)
{
	asm volatile("xchg %%rbp, %0; vmread %1, (%%rbp); xchg %%rbp, %0"
		     : "+a"(address)
		     : "d"((unsigned long)FIELD)
		     : "memory", "cc");
}

static void check_segment_faults(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(instructions); i++) {
		if (reaches_operand(i) && is_supported(i))
			check_fault(instructions[i].name, "not canonical",
				    kvm_try(instructions[i].execute, (void *)NOT_CANONICAL),
				    INTR_GPF, 0);
	}
	check_fault("VMREAD", "not canonical, by RBP",
		    kvm_try(vmread_to_stack, (void *)NOT_CANONICAL), INTR_STACK_FAULT, 0);
}
#else
static void read_behind_limit(void *arg)
{
	(void)arg;
	asm volatile("mov %0, %%gs; vmptrld %%gs:(%1)"
		     :
		     : "r"(SMALL_DESCRIPTOR << 3), "r"(0x1000ul - 4)
		     : "memory", "cc");
}

static void write_read_only(void *arg)
{
	(void)arg;
	asm volatile("mov %0, %%gs; vmptrst %%gs:(%1)"
		     :
		     : "r"(READ_ONLY_DESCRIPTOR << 3), "r"(0ul)
		     : "memory", "cc");
}

static void read_null_segment(void *arg)
{
	(void)arg;
	asm volatile("mov %0, %%gs; vmptrld %%gs:(%1)" : : "r"(0), "r"(0ul) : "memory", "cc");
}

static void check_segment_faults(void)
{
	kvm_set_segment_descriptor(&kvm_gdt[READ_ONLY_DESCRIPTOR], (uintptr_t)slots, 0xfff,
				   SEGTYPE_RODATA | SEGFLAG_PRESENT | SEGFLAG_32BIT);
	check_fault("VMPTRLD", "across a segment's limit", kvm_try(read_behind_limit, NULL),
		    INTR_GPF, 0);
	check_fault("VMPTRST", "to a read-only segment", kvm_try(write_read_only, NULL), INTR_GPF,
		    0);
	check_fault("VMPTRLD", "from the null segment", kvm_try(read_null_segment, NULL), INTR_GPF,
		    0);
}
#endif

/* All of them are for privilege level 0. */
static void check_privilege(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(instructions); i++) {
		if (is_supported(i))
			check_fault(instructions[i].name, "at privilege level 3",
				    kvm_call_user(instructions[i].execute, slots), INTR_GPF, 0);
	}
}

void main(void)
{
	struct kvm_vmx_vcpu *vm;

	kvm_set_vmx_state(1);
	vm = kvm_create_vmx_vcpu(guest_main, 1);
	kvm_vmx_activate_vcpu(vm);
	check_addressing();
	check_segment_base();
	check_page_faults();
	check_segment_faults();
	check_privilege();
	/* None of that has changed the VMCS, or which it is. */
	if (vmx_scenario_run("After all", vm, VMX_EXIT_HLT))
		tst_res(TPASS, "the guest runs after all");
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
