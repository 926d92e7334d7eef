// SPDX-License-Identifier: MIT
/* A nested guest in an enlightened VMCS, one case each: enlightened.h. */
#include "enlightened.h"
#include "enlightened_fields.h"
#include "exit_checks.h"
#include "guest_case.h"
#include "guest_operations.h"
#include "vmentry_changes.h"

/* TLFS: the MSRs, and of the VP assist page what is about nesting. */
#define MSR_GUEST_OS_ID 0x40000000
#define MSR_VP_ASSIST_PAGE 0x40000073
#define ASSIST_ENABLED 1
#define ASSIST_ENLIGHTEN_ENTRY 40
#define ASSIST_CURRENT_VMCS 48

#define MSR_PAT 0x277
#define PAT_OF_GUEST 0x0606060606060606

#define EXEC_TSC_OFFSETTING (1u << 3)
#define EXEC_RDTSC (1u << 12)
#define EXEC2_DESCRIPTORS (1u << 2)
#define EXIT_SAVE_PAT (1u << 18)

#define PORT 0x80

static uint8_t *vmcs, *assist;

static uint64_t read(unsigned long field)
{
	return enlightened_read(vmcs, field);
}

static void write(unsigned long field, uint64_t value)
{
	enlightened_write(vmcs, field, value);
}

static uint32_t *clean_fields(void)
{
	return (uint32_t *)(vmcs + OFFSET_CLEAN_FIELDS);
}

/* All ones: everything is intercepted. */
static uint64_t full_page(void)
{
	const uint64_t address = page();

	memset((void *)(uintptr_t)address, 0xff, PAGESIZE);
	return address;
}

/* --- Into the guest and out of it ----------------------------------------------------------- */

#define REFUSED_INVALID (-1) /* VMfailInvalid */
#define REFUSED_VALID 1 /* VMfailValid */

/* The library's way writes host RSP and RIP by VMWRITE. Returns 0, or how it was refused. */
static __attribute__((noinline)) int enter(_Bool resume)
{
	int refused;

	*clean_fields() &= ~(uint32_t)CLEAN_HOST_POINTER;
	asm volatile("pushq	%%rbp\n\t"
		     "movq	%%rsp, %c[host_rsp](%%rax)\n\t"
		     "leaq	1f(%%rip), %%rdx\n\t"
		     "movq	%%rdx, %c[host_rip](%%rax)\n\t"
		     "testl	%%ecx, %%ecx\n\t"
		     "jnz	2f\n\t"
		     "vmlaunch\n\t"
		     "jmp	3f\n"
		     "2:	vmresume\n"
		     "3:	movl	%[invalid], %%eax\n\t"
		     "jc	4f\n\t"
		     "movl	%[valid], %%eax\n\t"
		     "jmp	4f\n"
		     "1:	xorl	%%eax, %%eax\n"
		     "4:	popq	%%rbp"
		     : "=a"(refused), "+c"((int){resume})
		     : "a"(vmcs), [host_rsp] "i"(OFFSET_HOST_RSP), [host_rip] "i"(OFFSET_HOST_RIP),
		       [invalid] "i"(REFUSED_INVALID), [valid] "i"(REFUSED_VALID)
		     : "rbx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
		       "r15", "cc", "memory");
	return refused;
}

static void use(uint8_t *current)
{
	vmcs = current;
	*(uint64_t *)(assist + ASSIST_CURRENT_VMCS) = (uintptr_t)current;
}

static void enlighten(void)
{
	assist = (uint8_t *)(uintptr_t)page();
	assist[ASSIST_ENLIGHTEN_ENTRY] = 1;
	kvm_wrmsr(MSR_GUEST_OS_ID, BIT64(48));
	kvm_wrmsr(MSR_VP_ASSIST_PAGE, (uintptr_t)assist | ASSIST_ENABLED);
}

/* The address of the current guest's code: it is called, again and again. */
static void (*volatile work)(void);

static __attribute__((naked)) void guest_entry(void)
{
	asm("1:	callq	*%0\n\t"
	    "hlt\n\t"
	    "jmp	1b"
	    :
	    : "m"(work));
}

static int unused_main(void)
{
	return 0;
}

/* A VMCS of the library's, taken over field by field. */
static uint8_t *new_vmcs(void)
{
	struct kvm_vmx_vcpu *vm;
	uint8_t *copy = (uint8_t *)(uintptr_t)page();

	kvm_set_vmx_state(1);
	vm = kvm_create_vmx_vcpu(unused_main, 1);
	kvm_vmx_activate_vcpu(vm);
	put(VMX_VMCS_GUEST_RIP, (uintptr_t)guest_entry);
	need2(VMX_EXECCTL2_VPID);
	put(VMX_VMCS_VPID, 1);
	need(VMX_EXECCTL_MSR_BITMAP | VMX_EXECCTL_IO_BITMAP | EXEC_TSC_OFFSETTING);
	put(VMX_VMCS_MSR_BITMAP_POINTER, page());
	put(VMX_VMCS_IO_BITMAP_A_POINTER, page());
	put(VMX_VMCS_IO_BITMAP_B_POINTER, page());
	put(VMX_VMCS_GUEST_PAT, PAT_OF_GUEST);
	*(uint32_t *)(copy + OFFSET_VERSION) = ENLIGHTENED_VERSION;
	for (unsigned int i = 0; i < ARRAY_SIZE(enlightened_fields); i++) {
		const unsigned long field = enlightened_fields[i].encoding;

		enlightened_write(copy, field, kvm_vmx_vmread(field));
	}
	kvm_vmx_vmclear(vm->vmcs);
	return copy;
}

static void start(void (*guest_work)(void))
{
	uint8_t *const first_vmcs = new_vmcs();

	work = guest_work;
	step = 0;
	enlighten();
	use(first_vmcs);
}

static _Bool entered(const char *name, _Bool resume)
{
	const int refused = enter(resume);

	if (refused)
		tst_res(TFAIL, "%s: the entry is refused (%d), error %llu", name, refused,
			(unsigned long long)read(VMX_VMCS_VMINST_ERROR));
	return !refused;
}

static _Bool left_at(const char *name, unsigned int reason, unsigned int expected_step)
{
	return has(name, "the exit reason", read(VMX_VMCS_EXIT_REASON), reason) &&
	       has(name, "the guest's step", step, expected_step);
}

/* --- All of the guest's state, both ways ------------------------------------------------------ */

/*
 * Values that an entry takes, and that are the same at the exit: 27.3, 28.3. In 64-bit mode
 * bases and limits of most segments are kept, and not used.
 */
static const struct {
	unsigned long field;
	uint64_t value;
} guest_state[] = {
	{VMX_VMCS_GUEST_ES, 0x48},
	{VMX_VMCS_GUEST_DS, 0x50},
	{VMX_VMCS_GUEST_FS, 0x58},
	{VMX_VMCS_GUEST_GS, 0x60},
	{VMX_VMCS_GUEST_LDTR, 0x68},
	{VMX_VMCS_GUEST_TR, 0x70},
	{VMX_VMCS_GUEST_CS, 0x78},
	{VMX_VMCS_GUEST_SS, 0x80},
	{VMX_VMCS_GUEST_ES_LIMIT, 0x11fff},
	{VMX_VMCS_GUEST_DS_LIMIT, 0x12fff},
	{VMX_VMCS_GUEST_FS_LIMIT, 0x13fff},
	{VMX_VMCS_GUEST_GS_LIMIT, 0x14fff},
	{VMX_VMCS_GUEST_LDTR_LIMIT, 0x15fff},
	{VMX_VMCS_GUEST_TR_LIMIT, 0x16fff},
	{VMX_VMCS_GUEST_CS_LIMIT, 0x17ffffff},
	{VMX_VMCS_GUEST_SS_LIMIT, 0x18fff},
	{VMX_VMCS_GUEST_GDTR_LIMIT, 0x1234},
	{VMX_VMCS_GUEST_IDTR_LIMIT, 0x4321},
	{VMX_VMCS_GUEST_ES_ACCESS, 0x0091},
	{VMX_VMCS_GUEST_DS_ACCESS, 0x0093},
	{VMX_VMCS_GUEST_FS_ACCESS, 0x4091},
	{VMX_VMCS_GUEST_GS_ACCESS, 0x4093},
	{VMX_VMCS_GUEST_LDTR_ACCESS, 0x0082},
	{VMX_VMCS_GUEST_TR_ACCESS, 0x008b},
	{VMX_VMCS_GUEST_CS_ACCESS, 0xa099},
	{VMX_VMCS_GUEST_SS_ACCESS, 0x4093},
	{VMX_VMCS_GUEST_ES_BASE, 0x11110000},
	{VMX_VMCS_GUEST_DS_BASE, 0x22220000},
	{VMX_VMCS_GUEST_FS_BASE, 0x7fff33330000},
	{VMX_VMCS_GUEST_GS_BASE, 0x7fff44440000},
	{VMX_VMCS_GUEST_LDTR_BASE, 0x7fff55550000},
	{VMX_VMCS_GUEST_TR_BASE, 0x7fff66660000},
	{VMX_VMCS_GUEST_SS_BASE, 0x77770000},
	{VMX_VMCS_GUEST_GDTR_BASE, 0x7fff88880000},
	{VMX_VMCS_GUEST_IDTR_BASE, 0x7fff99990000},
	{VMX_VMCS_GUEST_PAT, 0x0605040100060504},
	{VMX_VMCS_GUEST_SYSENTER_CS, 0x1230},
	{VMX_VMCS_GUEST_SYSENTER_ESP, 0x7fffaaaa0000},
	{VMX_VMCS_GUEST_SYSENTER_EIP, 0x7fffbbbb0000},
	{VMX_VMCS_GUEST_DR7, 0x455},
	{VMX_VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_AC},
};

/* What an exit writes, beside those above. */
static const unsigned long saved_fields[] = {
	VMX_VMCS_GUEST_CR0,	  VMX_VMCS_GUEST_CR3,	    VMX_VMCS_GUEST_CR4,
	VMX_VMCS_GUEST_EFER,	  VMX_VMCS_GUEST_CS_BASE,   VMX_VMCS_GUEST_INTR_STATE,
	VMX_VMCS_GUEST_ACT_STATE, VMX_VMCS_GUEST_DEBUG_EXC,
};

/* The guest overwrites its own VMCS in memory: what is there afterwards, the exit has written. */
static void overwrite_vmcs(void)
{
	step = 1;
	for (unsigned int i = 0; i < ARRAY_SIZE(guest_state); i++)
		write(guest_state[i].field, ~guest_state[i].value);
	for (unsigned int i = 0; i < ARRAY_SIZE(saved_fields); i++)
		write(saved_fields[i], ~read(saved_fields[i]));
	step = 2;
	asm volatile("push %0; popf" : : "i"(RFLAGS_FIXED | RFLAGS_AC) : "cc", "memory");
	asm volatile("hlt");
}

GUEST_CASE(GuestState)
{
	uint64_t before[ARRAY_SIZE(saved_fields)];
	_Bool good = 1;

	start(overwrite_vmcs);
	write(VMX_VMCS_VMENTRY_CTL, read(VMX_VMCS_VMENTRY_CTL) | ENTRY_LOAD_PAT |
					    VMX_ENTRYCTL_LOAD_DR | VMX_ENTRYCTL_LOAD_EFER);
	write(VMX_VMCS_VMEXIT_CTL, read(VMX_VMCS_VMEXIT_CTL) | EXIT_SAVE_PAT | VMX_EXITCTL_SAVE_DR |
					   VMX_EXITCTL_SAVE_EFER);
	write(VMX_VMCS_GUEST_EFER, efer());
	for (unsigned int i = 0; i < ARRAY_SIZE(guest_state); i++)
		write(guest_state[i].field, guest_state[i].value);
	for (unsigned int i = 0; i < ARRAY_SIZE(saved_fields); i++)
		before[i] = read(saved_fields[i]);
	if (!entered(__func__, 0) || !left_at(__func__, VMX_EXIT_HLT, 2))
		return;
	for (unsigned int i = 0; i < ARRAY_SIZE(guest_state); i++) {
		if (read(guest_state[i].field) == guest_state[i].value)
			continue;
		tst_res(TFAIL, "field %#lx is %#llx, and was %#llx", guest_state[i].field,
			(unsigned long long)read(guest_state[i].field),
			(unsigned long long)guest_state[i].value);
		good = 0;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(saved_fields); i++)
		good &= has(__func__, "a saved field", read(saved_fields[i]), before[i]);
	if (good)
		tst_res(TPASS, "the entry reads the guest's state, and the exit writes it");
}

/* --- The host's state -------------------------------------------------------------------------- */

static void count_step(void)
{
	step++;
}

static uintptr_t table_base(_Bool idt)
{
	struct {
		uint16_t limit;
		uintptr_t base;
	} __attribute__((packed)) table;

	if (idt)
		asm volatile("sidt %0" : "=m"(table));
	else
		asm volatile("sgdt %0" : "=m"(table));
	return table.base;
}

#define READ_SEGMENT(name)                                            \
	static uint64_t read_##name(void)                             \
	{                                                             \
		unsigned long selector;                               \
                                                                      \
		asm volatile("mov %%" #name ", %0" : "=r"(selector)); \
		return selector & 0xffff;                             \
	}

READ_SEGMENT(ds)
READ_SEGMENT(es)
READ_SEGMENT(fs)
READ_SEGMENT(gs)

static uint64_t read_tr(void)
{
	uint16_t selector;

	asm volatile("str %0" : "=r"(selector));
	return selector;
}

/* Copies, so that their addresses are new. */
static uint64_t copy_of(const void *table, size_t size)
{
	const uint64_t address = page();

	memcpy((void *)(uintptr_t)address, table, size);
	return address;
}

GUEST_CASE(HostState)
{
	const uint64_t pat = 0x0504010006050406, idt = copy_of(kvm_idt, PAGESIZE);

	start(count_step);
	write(VMX_VMCS_VMEXIT_CTL,
	      read(VMX_VMCS_VMEXIT_CTL) | EXIT_LOAD_PAT | VMX_EXITCTL_LOAD_EFER);
	write(VMX_VMCS_HOST_EFER, efer() ^ EFER_SCE);
	write(VMX_VMCS_HOST_PAT, pat);
	write(VMX_VMCS_HOST_CR4, read(VMX_VMCS_HOST_CR4) ^ CR4_DE);
	write(VMX_VMCS_HOST_ES, 0x48);
	write(VMX_VMCS_HOST_DS, 0x50);
	write(VMX_VMCS_HOST_FS, 0x58);
	write(VMX_VMCS_HOST_GS, 0x60);
	write(VMX_VMCS_HOST_FS_BASE, 0x7fff11110000);
	write(VMX_VMCS_HOST_GS_BASE, 0x7fff22220000);
	write(VMX_VMCS_HOST_SYSENTER_CS, 0x1230);
	write(VMX_VMCS_HOST_SYSENTER_ESP, 0x7fff33330000);
	write(VMX_VMCS_HOST_SYSENTER_EIP, 0x7fff44440000);
	write(VMX_VMCS_HOST_IDTR_BASE, idt);
	if (entered(__func__, 0) && left_at(__func__, VMX_EXIT_HLT, 1) &&
	    has(__func__, "EFER", efer(), read(VMX_VMCS_HOST_EFER)) &&
	    has(__func__, "PAT", kvm_rdmsr(MSR_PAT), pat) && has(__func__, "ES", read_es(), 0x48) &&
	    has(__func__, "DS", read_ds(), 0x50) && has(__func__, "FS", read_fs(), 0x58) &&
	    has(__func__, "GS", read_gs(), 0x60) &&
	    has(__func__, "TR", read_tr(), read(VMX_VMCS_HOST_TR)) &&
	    has(__func__, "FS.base", kvm_rdmsr(MSR_FS_BASE), 0x7fff11110000) &&
	    has(__func__, "GS.base", kvm_rdmsr(MSR_GS_BASE), 0x7fff22220000) &&
	    has(__func__, "SYSENTER_CS", kvm_rdmsr(MSR_SYSENTER_CS), 0x1230) &&
	    has(__func__, "SYSENTER_ESP", kvm_rdmsr(MSR_SYSENTER_ESP), 0x7fff33330000) &&
	    has(__func__, "SYSENTER_EIP", kvm_rdmsr(MSR_SYSENTER_EIP), 0x7fff44440000) &&
	    has(__func__, "the IDT's address", table_base(1), idt) &&
	    has(__func__, "the GDT's address", table_base(0), (uintptr_t)kvm_gdt))
		tst_res(TPASS, "the exit loads the host's state");
}

/* --- What an exit tells --------------------------------------------------------------------------- */

static const unsigned long information[] = {
	VMX_VMCS_EXIT_REASON,	    VMX_VMCS_EXIT_QUALIFICATION, VMX_VMCS_VMEXIT_INTR_INFO,
	VMX_VMCS_VMEXIT_INTR_ERRNO, VMX_VMCS_VMEXIT_INST_LEN,	 VMX_VMCS_IDTVEC_INFO,
};

static void output_and_fault(void)
{
	step = 1;
	kvm_out8(PORT, 1);
	step = 2;
	*(volatile char *)(UNMAPPED + 0x123) = 1;
}

static void forget_information(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(information); i++)
		write(information[i], 0x5a5a5a5a);
}

GUEST_CASE(ExitInformation)
{
	start(output_and_fault);
	write(VMX_VMCS_IO_BITMAP_A_POINTER, full_page());
	write(VMX_VMCS_EXCEPTION_BITMAP, 1 << INTR_PAGE_FAULT);
	forget_information();
	if (!entered(__func__, 0) || !left_at(__func__, VMX_EXIT_IO, 1) ||
	    !has(__func__, "the qualification of OUT", read(VMX_VMCS_EXIT_QUALIFICATION),
		 PORT << 16) ||
	    !has(__func__, "the IDT-vectoring information", read(VMX_VMCS_IDTVEC_INFO), 0))
		return;
	write(VMX_VMCS_GUEST_RIP, read(VMX_VMCS_GUEST_RIP) + read(VMX_VMCS_VMEXIT_INST_LEN));
	forget_information();
	if (entered(__func__, 1) && left_at(__func__, VMX_EXIT_EXCEPTION, 2) &&
	    has(__func__, "the fault's address", read(VMX_VMCS_EXIT_QUALIFICATION),
		UNMAPPED + 0x123) &&
	    has(__func__, "the interruption information", read(VMX_VMCS_VMEXIT_INTR_INFO),
		EVENT(3, INTR_PAGE_FAULT) | EVENT_ERROR_CODE) &&
	    has(__func__, "the error code", read(VMX_VMCS_VMEXIT_INTR_ERRNO), 2))
		tst_res(TPASS, "the exit writes what it tells");
}

/* --- Which VMCS is the current one ------------------------------------------------------------------ */

GUEST_CASE(OtherVersion)
{
	start(count_step);
	*(uint32_t *)(vmcs + OFFSET_VERSION) = 2;
	if (has(__func__, "the refusal", (unsigned int)enter(0), (unsigned int)REFUSED_INVALID) &&
	    has(__func__, "the guest's step", step, 0))
		tst_res(TPASS, "a version that KVM doesn't offer is no VMCS");
}

/* Without the bit in the assist page, entries are those of the SDM. */
GUEST_CASE(SwitchedOff)
{
	struct kvm_vmx_vcpu *vm;

	start(count_step);
	if (!entered(__func__, 0) || !left_at(__func__, VMX_EXIT_HLT, 1))
		return;
	kvm_vmx_vmclear((struct kvm_vmcs *)vmcs);
	assist[ASSIST_ENLIGHTEN_ENTRY] = 0;
	vm = kvm_create_vmx_vcpu(unused_main, 1);
	kvm_vmx_vmrun(vm);
	if (stopped(__func__, "by an ordinary VMCS", VMX_EXIT_HLT, 1))
		tst_res(TPASS, "the ordinary VMCS is back in use");
}

static volatile uint64_t last_fs_base;

static void tell_fs_base(void)
{
	step++;
	last_fs_base = kvm_rdmsr(MSR_FS_BASE);
}

GUEST_CASE(TwoByTurns)
{
	uint8_t *vmcses[2];

	vmcses[1] = new_vmcs();
	start(tell_fs_base);
	vmcses[0] = vmcs;
	enlightened_write(vmcses[0], VMX_VMCS_GUEST_FS_BASE, 0x1000);
	enlightened_write(vmcses[1], VMX_VMCS_GUEST_FS_BASE, 0x2000);
	for (unsigned int i = 0; i < 4; i++) {
		use(vmcses[i % 2]);
		if (!entered(__func__, i >= 2) || !left_at(__func__, VMX_EXIT_HLT, i + 1) ||
		    !has(__func__, "the guest's FS.base", last_fs_base, 0x1000 * (1 + i % 2)))
			return;
		write(VMX_VMCS_GUEST_RIP, read(VMX_VMCS_GUEST_RIP) + 1);
	}
	tst_res(TPASS, "each guest has its own VMCS");
}

GUEST_CASE(ClearedAndLaunched)
{
	start(tell_fs_base);
	if (!entered(__func__, 0) || !left_at(__func__, VMX_EXIT_HLT, 1))
		return;
	kvm_vmx_vmclear((struct kvm_vmcs *)vmcs);
	write(VMX_VMCS_GUEST_RIP, read(VMX_VMCS_GUEST_RIP) + 1);
	write(VMX_VMCS_GUEST_FS_BASE, 0x3000);
	if (entered(__func__, 0) && left_at(__func__, VMX_EXIT_HLT, 2) &&
	    has(__func__, "the guest's FS.base", last_fs_base, 0x3000))
		tst_res(TPASS, "behind VMCLEAR, an entry reads all of the VMCS");
}

/* --- Clean fields ------------------------------------------------------------------------------------- */

static volatile struct observation {
	uint64_t cr0, rsp, tsc, pat, sysenter_cs, fs_base;
} seen, first;

static void store_gdtr(void)
{
	table_base(0);
}

/* Does all that a change may be seen by; nothing of it is intercepted at first. */
static void observe(void)
{
	uint64_t value;

	asm volatile("mov %%cr0, %0" : "=r"(value));
	seen.cr0 = value;
	asm volatile("mov %%rsp, %0" : "=r"(value));
	seen.rsp = value;
	seen.tsc = kvm_rdtsc();
	seen.pat = kvm_rdmsr(MSR_PAT);
	seen.sysenter_cs = kvm_rdmsr(MSR_SYSENTER_CS);
	seen.fs_base = kvm_rdmsr(MSR_FS_BASE);
	store_gdtr();
	kvm_out8(PORT, 1);
	kvm_try(invalid_opcode, NULL);
	step++;
}

static const char *change_name;
static int second_entry;

static _Bool exits_with(unsigned int reason)
{
	return !second_entry &&
	       has(change_name, "the exit reason", read(VMX_VMCS_EXIT_REASON), reason);
}

static _Bool has_seen(uint64_t actual, uint64_t expected)
{
	return !second_entry && left_at(change_name, VMX_EXIT_HLT, 2) &&
	       has(change_name, "what the second run shows", actual, expected);
}

/* "VM Instruction Error Numbers" */
static _Bool is_refused(void)
{
	return has(change_name, "the refusal", (unsigned int)second_entry, REFUSED_VALID) &&
	       has(change_name, "its number", read(VMX_VMCS_VMINST_ERROR), 7);
}

static _Bool ran_first(const char *name)
{
	change_name = name;
	start(observe);
	if (!entered(name, 0) || !left_at(name, VMX_EXIT_HLT, 1))
		return 0;
	first = seen;
	write(VMX_VMCS_GUEST_RIP, read(VMX_VMCS_GUEST_RIP) + 1);
	return 1;
}

static void enter_again(enum clean_bit group)
{
	*clean_fields() &= ~(uint32_t)group;
	second_entry = enter(1);
}

#define CHANGE(name, group, change, check)                                        \
	GUEST_CASE(name)                                                          \
	{                                                                         \
		if (!ran_first(#name))                                            \
			return;                                                   \
		change;                                                           \
		enter_again(CLEAN_##group);                                       \
		if (check)                                                        \
			tst_res(TPASS, #name " is read anew");                    \
		else if (second_entry)                                            \
			tst_res(TFAIL, #name ": error %llu",                      \
				(unsigned long long)read(VMX_VMCS_VMINST_ERROR)); \
	}

CHANGES(CHANGE)

/* --- Saved and loaded ---------------------------------------------------------------------------------- */

GUEST_CASE(Saved)
{
	start(observe);
	if (!entered(__func__, 0) || !left_at(__func__, VMX_EXIT_HLT, 1))
		return;
	kvm_out8(PORT, 2);
	write(VMX_VMCS_GUEST_RIP, read(VMX_VMCS_GUEST_RIP) + 1);
	write(VMX_VMCS_GUEST_FS_BASE, 0x4000);
	*clean_fields() &= ~(uint32_t)CLEAN_GUEST_GRP2;
	work = tell_fs_base;
	if (entered(__func__, 1) && left_at(__func__, VMX_EXIT_HLT, 2) &&
	    has(__func__, "the guest's FS.base", last_fs_base, 0x4000))
		tst_res(TPASS, "guest and hypervisor go on with the same VMCS");
}
