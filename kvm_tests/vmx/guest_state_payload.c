// SPDX-License-Identifier: MIT
/* One register of a nested guest, one case each: guest_state.h. */
#include "exit_checks.h"
#include "guest_case.h"
#include "guest_state.h"
#include "vmentry_changes.h"

#define MSR_PAT 0x277
#define EXIT_SAVE_PAT (1u << 18)
#define CR3_WRITE_THROUGH 8ul
#define BLOCKED_BY_STI 1

#ifdef __x86_64__
#define SP "rsp"
#else
#define SP "esp"
#endif

/* In the GDT; system descriptors are two entries long in long mode. */
#define FLAT_DESCRIPTOR 20
#define BASED_DESCRIPTOR 21
#define LDT_DESCRIPTOR 22
#define TSS_DESCRIPTOR 24
#define CODE_DESCRIPTOR 26

/* In 64-bit mode, data and code have no base. */
#ifdef __x86_64__
#define DATA_DESCRIPTOR FLAT_DESCRIPTOR
#define CODE_BASE 0
#define CODE_ACCESS 0xa09b
#define CODE_FLAGS SEGFLAG_CODE64
#else
#define DATA_DESCRIPTOR BASED_DESCRIPTOR
#define CODE_BASE 0x40
#define CODE_ACCESS 0xc09b
#define CODE_FLAGS SEGFLAG_32BIT
#endif
#define CODE_LIMIT 0x12345fff

#define OTHER_BASE 0x12340000
#define OTHER_LIMIT 0x4321

static volatile uint64_t seen; /* by the guest */
static uint64_t to_write;

/* Nothing comes behind it: what the guest has made of its registers would not bear it. */
#define LOAD_SEGMENT(descriptor, instruction) \
	asm volatile(instruction "; hlt" : : "r"((descriptor) << 3) : "memory")
#define READ(reg)                                                \
	({                                                       \
		unsigned long value;                             \
                                                                 \
		asm volatile("mov %%" reg ", %0" : "=r"(value)); \
		(uint64_t)value;                                 \
	})
#define WRITE(reg) asm volatile("mov %0, %%" reg : : "r"((unsigned long)to_write) : "memory")
#define LOAD_TABLE(which, part)                                               \
	do {                                                                  \
		struct {                                                      \
			uint16_t limit;                                       \
			uintptr_t base;                                       \
		} __attribute__((packed)) table;                              \
                                                                              \
		asm volatile("s" which " %0" : "=m"(table));                  \
		table.part = to_write;                                        \
		asm volatile("l" which " %0; hlt" : : "m"(table) : "memory"); \
	} while (0)

/* So that its address is new. */
static uint64_t copy_of(const void *table, size_t size)
{
	const uint64_t address = page();

	memcpy((void *)(uintptr_t)address, table, size);
	return address;
}

/*
 * A KVM that shadows page tables, and so has no EPT for hypervisors, does not save this
 * register: docs/regressions.md.
 */
static uint64_t other_cr3(uint64_t cr3)
{
	if (!(kvm_vmx_read_vmctl_mask(VMX_CTLMASK_EXECCTL2) >> 32 & VMX_EXECCTL2_EPT))
		tst_brk(TCONF, "without EPT, KVM does not save CR3: a bug, docs/regressions.md");
	return cr3 ^ CR3_WRITE_THROUGH;
}

static void set_descriptor(unsigned int index, uint64_t base, unsigned int flags)
{
	kvm_set_segment_descriptor(&kvm_gdt[index], base, OTHER_LIMIT, flags | SEGFLAG_PRESENT);
}

static struct kvm_vmx_vcpu *new_guest(int (*guest_main)(void))
{
	struct kvm_vmx_vcpu *vm;

	kvm_set_vmx_state(1);
	set_descriptor(FLAT_DESCRIPTOR, 0, SEGTYPE_RWDATA | 1 | SEGFLAG_32BIT);
	set_descriptor(BASED_DESCRIPTOR, OTHER_BASE, SEGTYPE_RWDATA | 1 | SEGFLAG_32BIT);
	set_descriptor(LDT_DESCRIPTOR, OTHER_BASE, SEGTYPE_LDT);
	set_descriptor(TSS_DESCRIPTOR, OTHER_BASE, SEGTYPE_TSS);
	kvm_set_segment_descriptor(&kvm_gdt[CODE_DESCRIPTOR], CODE_BASE, CODE_LIMIT >> 12,
				   SEGTYPE_CODE | 1 | SEGFLAG_PRESENT | SEGFLAG_PAGE_LIMIT |
					   CODE_FLAGS);
	vm = kvm_create_vmx_vcpu(guest_main, 1);
	kvm_vmx_vmptrld(vm->vmcs);
	need(VMX_EXECCTL_MSR_BITMAP);
	put(VMX_VMCS_MSR_BITMAP_POINTER, page());
	need_exit(EXIT_SAVE_PAT | VMX_EXITCTL_SAVE_DR | VMX_EXITCTL_SAVE_EFER);
	return vm;
}

static void run(struct kvm_vmx_vcpu *vm)
{
	kvm_vmx_vmrun(vm);
	if (kvm_vmx_vmread(VMX_VMCS_EXIT_REASON) != VMX_EXIT_HLT)
		tst_brk(TFAIL, "the guest has stopped with exit reason %llu",
			(unsigned long long)kvm_vmx_vmread(VMX_VMCS_EXIT_REASON));
}

/* Without the control, the register stays as it is. */
#define LOADED(name, control, field, of_guest, of_hypervisor, read, write)                   \
	static int guest_reads_##name(void)                                                  \
	{                                                                                    \
		seen = read;                                                                 \
		return 0;                                                                    \
	}                                                                                    \
	static void check_loaded_##name(const char *name_of_case, _Bool loaded)              \
	{                                                                                    \
		struct kvm_vmx_vcpu *vm = new_guest(guest_reads_##name);                     \
		const uint64_t own = of_hypervisor;                                          \
                                                                                             \
		to_write = own;                                                              \
		write;                                                                       \
		put(field, of_guest);                                                        \
		clear(VMX_VMCS_VMENTRY_CTL, control);                                        \
		if (loaded)                                                                  \
			need_entry(control);                                                 \
		run(vm);                                                                     \
		if (has(name_of_case, "what the guest finds", seen,                          \
			loaded ? kvm_vmx_vmread(field) : own))                               \
			tst_res(TPASS, "%s: the guest finds the right value", name_of_case); \
	}                                                                                    \
	GUEST_CASE(name##Loaded)                                                             \
	{                                                                                    \
		check_loaded_##name(__func__, 1);                                            \
	}                                                                                    \
	GUEST_CASE(name##NotLoaded)                                                          \
	{                                                                                    \
		check_loaded_##name(__func__, 0);                                            \
	}

LOADED_REGISTERS(LOADED)

#define SEGMENT(name, reg, descriptor, access, instruction)                                        \
	static int guest_##name(void)                                                              \
	{                                                                                          \
		LOAD_SEGMENT(descriptor, instruction);                                             \
		return 0;                                                                          \
	}                                                                                          \
	GUEST_CASE(name)                                                                           \
	{                                                                                          \
		run(new_guest(guest_##name));                                                      \
		if (has(#name, "the selector", kvm_vmx_vmread(VMX_VMCS_GUEST_##reg),               \
			(descriptor) << 3) &&                                                      \
		    has(#name, "the limit", kvm_vmx_vmread(VMX_VMCS_GUEST_##reg##_LIMIT),          \
			OTHER_LIMIT) &&                                                            \
		    has(#name, "the access rights", kvm_vmx_vmread(VMX_VMCS_GUEST_##reg##_ACCESS), \
			access) &&                                                                 \
		    has(#name, "the base", kvm_vmx_vmread(VMX_VMCS_GUEST_##reg##_BASE),            \
			(descriptor) == FLAT_DESCRIPTOR ? 0 : OTHER_BASE))                         \
			tst_res(TPASS, #name " is saved");                                         \
	}

SEGMENTS(SEGMENT)

#define SAVED(name, number, value, write)                                      \
	static int guest_##name(void)                                          \
	{                                                                      \
		write;                                                         \
		asm volatile("hlt");                                           \
		return 0;                                                      \
	}                                                                      \
	GUEST_CASE(name)                                                       \
	{                                                                      \
		struct kvm_vmx_vcpu *vm = new_guest(guest_##name);             \
		const uint64_t field = kvm_vmx_vmread(number);                 \
                                                                               \
		(void)field;                                                   \
		to_write = value;                                              \
		run(vm);                                                       \
		if (has(#name, "the field", kvm_vmx_vmread(number), to_write)) \
			tst_res(TPASS, #name " is saved");                     \
	}

SAVED_REGISTERS(SAVED)

extern const char other_code[];

asm(".text\n"
    "other_code:\n"
    "	hlt\n");

static int guest_cs(void)
{
	const struct {
		uint32_t offset;
		uint16_t selector;
	}
	__attribute__((packed)) target = {(uintptr_t)other_code - CODE_BASE, CODE_DESCRIPTOR << 3};

	asm volatile("ljmp *%0" : : "m"(target));
	return 0;
}

GUEST_CASE(Cs)
{
	run(new_guest(guest_cs));
	if (has(__func__, "the selector", kvm_vmx_vmread(VMX_VMCS_GUEST_CS),
		CODE_DESCRIPTOR << 3) &&
	    has(__func__, "the limit", kvm_vmx_vmread(VMX_VMCS_GUEST_CS_LIMIT), CODE_LIMIT) &&
	    has(__func__, "the access rights", kvm_vmx_vmread(VMX_VMCS_GUEST_CS_ACCESS),
		CODE_ACCESS) &&
	    has(__func__, "the base", kvm_vmx_vmread(VMX_VMCS_GUEST_CS_BASE), CODE_BASE))
		tst_res(TPASS, "CS is saved");
}

/* "Guest Non-Register State": the HLT is in the shadow of the STI. */
static int guest_sti(void)
{
	asm volatile("cli; sti; hlt" : : : "memory");
	return 0;
}

GUEST_CASE(BlockedBySti)
{
	run(new_guest(guest_sti));
	if (has(__func__, "the interruptibility state", kvm_vmx_vmread(VMX_VMCS_GUEST_INTR_STATE),
		BLOCKED_BY_STI))
		tst_res(TPASS, "the exit tells that interrupts are held back");
}
