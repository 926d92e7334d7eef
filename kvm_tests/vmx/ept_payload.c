// SPDX-License-Identifier: MIT
/* A nested guest with an EPT of which one page is special, one case each: ept.h. */
#include "ept.h"
#include "ept_tables.h"
#include "exit_checks.h"
#include "guest_case.h"

#define OFFSET 0x128
#define RET 0xc3
#define ALIAS 0x90000000u
#define MARK 0x12345678u
#define OTHER_MARK 0x87654321u

/* SDM Vol. 3, 25.4.2, 29.3.6: of the page-modification log. */
#define FIELD_PML_INDEX 0x0812
#define PML_ENTRIES 512

/* 26.5.6.2, 26.5.6.3 */
#define VMFUNC_EPTP_SWITCHING 0
#define EPTP_LIST_ENTRIES 512

/* The page in question, and what the guest got from it. */
static volatile uint8_t *window;
static volatile uint32_t seen;
static uint64_t root, *entry;

static uintptr_t window_address(void)
{
	return (uintptr_t)window;
}

static int guest_read(void)
{
	step = 1;
	seen = *(volatile uint32_t *)(window + OFFSET);
	step = 2;
	return 0;
}

static int guest_write(void)
{
	step = 1;
	*(volatile uint32_t *)(window + OFFSET) = OTHER_MARK;
	step = 2;
	return 0;
}

static int guest_fetch(void)
{
	void (*const function)(void) = (void (*)(void))(window_address() + OFFSET);

	step = 1;
	function();
	step = 2;
	return 0;
}

static int guest_read_alias(void)
{
	step = 1;
	seen = *(volatile uint32_t *)(uintptr_t)(ALIAS + OFFSET);
	step = 2;
	return 0;
}

/* A second address, in a part of the address space where nothing else is. */
static void map_alias(uint64_t physical)
{
	kvm_map(ALIAS, physical, PAGESIZE, PTE_WRITABLE);
	put_pdptes();
}

static struct kvm_vmx_vcpu *new_guest(int (*guest_main)(void), uint64_t eptp_flags)
{
	struct kvm_vmx_vcpu *vm;

	kvm_set_vmx_state(1);
	vm = kvm_create_vmx_vcpu(guest_main, 1);
	kvm_vmx_vmptrld(vm->vmcs);
	/* Before there is an EPT: else the capabilities can't be read. */
	need2(VMX_EXECCTL2_EPT);
	root = ept_identity();
	window = (uint8_t *)(uintptr_t)page();
	*(volatile uint32_t *)(window + OFFSET) = MARK;
	entry = ept_entry(root, window_address(), 1);
	enable_ept(eptp_of(root) | eptp_flags);
	step = 0;
	seen = 0;
	return vm;
}

/* An entry that only adds to what was allowed is in force at once: 29.4.3.1, 29.4.3.3. */
static _Bool goes_on(const char *name, struct kvm_vmx_vcpu *vm)
{
	kvm_vmx_vmrun(vm);
	return stopped(name, "with a better entry", VMX_EXIT_HLT, 2);
}

static _Bool told_addresses(const char *name, uint64_t physical, uint64_t linear)
{
	return has(name, "the guest-physical address", kvm_vmx_vmread(VMX_VMCS_GUEST_PHYS_ADDR),
		   physical) &&
	       has(name, "the guest-linear address", kvm_vmx_vmread(VMX_VMCS_GUEST_LINEAR_ADDR),
		   linear);
}

static _Bool told_qualification(const char *name, uint64_t expected)
{
	/* Beside these, bits are undefined, or for features that are off. */
	const uint64_t mask = QUALIFICATION_VALID | EPT_VIOLATION_READ | EPT_VIOLATION_WRITE |
			      EPT_VIOLATION_FETCH | EPT_VIOLATION_READABLE |
			      EPT_VIOLATION_WRITABLE | EPT_VIOLATION_EXECUTABLE;

	return has(name, "the exit qualification",
		   kvm_vmx_vmread(VMX_VMCS_EXIT_QUALIFICATION) & mask, expected);
}

static void check_violation(const char *name, int (*guest_main)(void), uint64_t flags,
			    uint64_t qualification)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_main, 0);

	window[OFFSET] = RET;
	*entry = flags ? window_address() | flags | EPT_MEMORY_TYPE_WB : 0;
	kvm_vmx_vmrun(vm);
	if (!stopped(name, "at the access", VMX_EXIT_EPT_VIOLATION, 1) ||
	    !told_qualification(name, qualification | QUALIFICATION_VALID) ||
	    !told_addresses(name, window_address() + OFFSET, window_address() + OFFSET))
		return;
	*entry = window_address() | EPT_PAGE;
	if (goes_on(name, vm))
		tst_res(TPASS, "%s violates the EPT", name);
}

#define VIOLATION(name, flags, access, qualification)                         \
	GUEST_CASE(name)                                                      \
	{                                                                     \
		kvm_set_vmx_state(1);                                         \
		check_violation(#name, guest_##access, flags, qualification); \
	}

VIOLATIONS(VIOLATION)

/* A guest-physical address without memory, whose tables are its own from the root on. */
#define FAR BIT64(39)

static void check_misconfiguration(const char *name, unsigned int level, uint64_t value)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_read_alias, 0);

	if (physical_end() <= FAR)
		tst_brk(TCONF, "the CPU's physical addresses are too short");
	map_alias(FAR);
	entry = ept_entry(root, FAR, level);
	*entry = value;
	kvm_vmx_vmrun(vm);
	if (!stopped(name, "at the access", VMX_EXIT_EPT_MISCONFIG, 1) ||
	    !has(name, "the guest-physical address", kvm_vmx_vmread(VMX_VMCS_GUEST_PHYS_ADDR),
		 FAR + OFFSET))
		return;
	*entry = 0;
	*ept_entry(root, FAR, 1) = window_address() | EPT_PAGE;
	if (goes_on(name, vm) && has(name, "what the guest read", seen, MARK))
		tst_res(TPASS, "%s is a misconfiguration", name);
}

#define MISCONFIGURATION(name, level, value)                 \
	GUEST_CASE(name)                                     \
	{                                                    \
		kvm_set_vmx_state(1);                        \
		check_misconfiguration(#name, level, value); \
	}

MISCONFIGURATIONS(MISCONFIGURATION)

/* Table 28-7, bit 8: clear where the guest's own page tables are read. */
GUEST_CASE(GuestPageTable)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_read_alias, 0);
	unsigned int level;
	uint64_t pte;

	map_alias(window_address());
	pte = (uintptr_t)kvm_find_pte(ALIAS, &level);
	entry = ept_entry(root, pte, 1);
	*entry = 0;
	kvm_vmx_vmrun(vm);
	if (!stopped(__func__, "at the access", VMX_EXIT_EPT_VIOLATION, 1) ||
	    !told_qualification(__func__, EPT_VIOLATION_READ | EPT_VIOLATION_LINEAR_VALID) ||
	    !told_addresses(__func__, pte, ALIAS + OFFSET))
		return;
	*entry = (pte & EPT_ADDRESS) | EPT_PAGE;
	if (goes_on(__func__, vm) && has(__func__, "what the guest read", seen, MARK))
		tst_res(TPASS, "a page table that the EPT lacks is told apart");
}

static uint64_t other_page(void)
{
	const uint64_t address = page();

	*(volatile uint32_t *)(uintptr_t)(address + OFFSET) = OTHER_MARK;
	return address;
}

/* --- Accessed and dirty flags: 29.3.5 ------------------------------------------------- */

static _Bool has_flags(const char *name, const char *when, uint64_t expected)
{
	return has(name, when, *entry & (EPT_ACCESSED | EPT_DIRTY), expected);
}

static struct kvm_vmx_vcpu *run_on_clear_entry(int (*guest_main)(void), uint64_t eptp_flags)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_main, eptp_flags);

	*entry = window_address() | EPT_ALL | EPT_MEMORY_TYPE_WB;
	kvm_vmx_vmrun(vm);
	return vm;
}

GUEST_CASE(AccessedAndDirty)
{
	kvm_set_vmx_state(1);
	need_ept_capability(CAP_ACCESSED_DIRTY);
	run_on_clear_entry(guest_read, EPTP_ACCESSED_DIRTY);
	if (!stopped(__func__, "after a read", VMX_EXIT_HLT, 2) ||
	    !has_flags(__func__, "the entry after a read", EPT_ACCESSED))
		return;
	run_on_clear_entry(guest_write, EPTP_ACCESSED_DIRTY);
	if (stopped(__func__, "after a write", VMX_EXIT_HLT, 2) &&
	    has_flags(__func__, "the entry after a write", EPT_ACCESSED | EPT_DIRTY))
		tst_res(TPASS, "the EPT tells what was read and what was written");
}

GUEST_CASE(AccessedAndDirtyOff)
{
	run_on_clear_entry(guest_write, 0);
	if (stopped(__func__, "after a write", VMX_EXIT_HLT, 2) &&
	    has_flags(__func__, "the entry after a write", 0))
		tst_res(TPASS, "without bit 6 of the EPT pointer, entries stay as they are");
}

/* --- Translations that the CPU has kept: 29.4.3 ---------------------------------------- */

static int guest_read_twice(void)
{
	guest_read();
	asm volatile("hlt");
	return guest_read();
}

static struct kvm_vmx_vcpu *new_guest_that_has_read(const char *name)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_read_twice, 0);

	kvm_vmx_vmrun(vm);
	if (!stopped(name, "between the reads", VMX_EXIT_HLT, 2) ||
	    !has(name, "what the guest read first", seen, MARK))
		return NULL;
	return vm;
}

static void check_second_read(const char *name, struct kvm_vmx_vcpu *vm)
{
	put(VMX_VMCS_GUEST_RIP, kvm_vmx_vmread(VMX_VMCS_GUEST_RIP) + 1); /* behind HLT */
	kvm_vmx_vmrun(vm);
	if (stopped(name, "after both reads", VMX_EXIT_HLT, 2) &&
	    has(name, "what the guest read then", seen, OTHER_MARK))
		tst_res(TPASS, "%s: the guest sees the new page", name);
}

static void check_invept(const char *name, unsigned long type)
{
	struct kvm_vmx_vcpu *vm = new_guest_that_has_read(name);

	if (!vm)
		return;
	*entry = other_page() | EPT_PAGE;
	invept(type, type == INVEPT_SINGLE ? eptp_of(root) : 0);
	check_second_read(name, vm);
}

GUEST_CASE(InveptOfContext)
{
	check_invept(__func__, INVEPT_SINGLE);
}

GUEST_CASE(InveptOfAll)
{
	check_invept(__func__, INVEPT_GLOBAL);
}

/* An EPT that has another page in the window. */
static uint64_t other_ept(void)
{
	const uint64_t other_root = ept_identity();

	*ept_entry(other_root, window_address(), 1) = other_page() | EPT_PAGE;
	return other_root;
}

/* What is kept belongs to one EPT pointer, and is not used with another: 29.4.2. */
GUEST_CASE(ChangedRoot)
{
	struct kvm_vmx_vcpu *vm = new_guest_that_has_read(__func__);

	if (!vm)
		return;
	put(VMX_VMCS_EPT_POINTER, eptp_of(other_ept()));
	check_second_read(__func__, vm);
}

/* --- Page-modification logging: 29.3.6 --------------------------------------------------- */

static volatile uint8_t *pages[3];

static int guest_write_pages(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(pages); i++) {
		step = 1 + i;
		pages[i][OFFSET] = 1;
	}
	return 0;
}

static _Bool has_log(const uint64_t *log, unsigned int index, unsigned int page_number)
{
	return has("PageModificationLog", "the logged address", log[index],
		   (uintptr_t)pages[page_number]);
}

/* The log has room for two: the third write has to wait. */
GUEST_CASE(PageModificationLog)
{
	struct kvm_vmx_vcpu *vm;
	const uint64_t *log;

	kvm_set_vmx_state(1);
	need_ept_capability(CAP_ACCESSED_DIRTY);
	vm = new_guest(guest_write_pages, EPTP_ACCESSED_DIRTY);
	need2(EXEC2_PML);
	log = ept_table(page());
	put(FIELD_PML_ADDRESS, (uintptr_t)log);
	put(FIELD_PML_INDEX, 1);
	for (unsigned int i = 0; i < ARRAY_SIZE(pages); i++) {
		pages[i] = (uint8_t *)(uintptr_t)page();
		*ept_entry(root, (uintptr_t)pages[i], 1) &= ~(uint64_t)EPT_DIRTY;
	}
	kvm_vmx_vmrun(vm);
	if (!stopped(__func__, "at the third write", VMX_EXIT_PML_FULL, 3) || !has_log(log, 1, 0) ||
	    !has_log(log, 0, 1) ||
	    !has(__func__, "the index of a full log", kvm_vmx_vmread(FIELD_PML_INDEX), 0xffff))
		return;
	put(FIELD_PML_INDEX, PML_ENTRIES - 1);
	kvm_vmx_vmrun(vm);
	if (stopped(__func__, "with an empty log", VMX_EXIT_HLT, 3) &&
	    has_log(log, PML_ENTRIES - 1, 2) &&
	    has(__func__, "the index", kvm_vmx_vmread(FIELD_PML_INDEX), PML_ENTRIES - 2))
		tst_res(TPASS, "each page that becomes dirty is logged once");
}

/* --- VM functions: 26.5.6 ------------------------------------------------------------------ */

static uint32_t function, list_index;

static void vmfunc(void *arg)
{
	(void)arg;
	asm volatile("vmfunc" : : "a"(function), "c"(list_index) : "memory");
}

static int guest_vmfunc(void)
{
	struct kvm_fault fault;

	/* The CPU may keep where that was. */
	guest_read();
	step = 1;
	fault = kvm_try(vmfunc, NULL);
	seen = *(volatile uint32_t *)(window + OFFSET);
	step = fault.vector == INTR_BAD_OPCODE ? 3 : 2;
	return 0;
}

/* A list with two EPTs: the guest's at 0, the other one at 1. */
static struct kvm_vmx_vcpu *new_vmfunc_guest(uint64_t *eptp)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_vmfunc, 0);
	const uint64_t other_root = other_ept();
	uint64_t *list = tst_heap_alloc_aligned(2 * PAGESIZE, PAGESIZE);

	memzero(list, 2 * PAGESIZE);
	need2(EXEC2_VMFUNC);
	put(FIELD_VMFUNC_CONTROLS, BIT64(VMFUNC_EPTP_SWITCHING));
	put(FIELD_EPTP_LIST, (uintptr_t)list);
	list[0] = eptp_of(root);
	list[1] = *eptp = eptp_of(other_root);
	list[2] = eptp_of(other_root) | BIT64(7); /* reserved: 25.6.11 */
	list[EPTP_LIST_ENTRIES] = eptp_of(other_root);
	function = VMFUNC_EPTP_SWITCHING;
	list_index = 0;
	return vm;
}

GUEST_CASE(VmfuncSwitchesEptp)
{
	uint64_t eptp;
	struct kvm_vmx_vcpu *vm = new_vmfunc_guest(&eptp);

	list_index = 1;
	kvm_vmx_vmrun(vm);
	if (stopped(__func__, "at its end", VMX_EXIT_HLT, 2) &&
	    has(__func__, "what the guest read", seen, OTHER_MARK) &&
	    has(__func__, "the EPT pointer", kvm_vmx_vmread(VMX_VMCS_EPT_POINTER), eptp))
		tst_res(TPASS, "the guest has changed to another EPT");
}

GUEST_CASE(VmfuncKeepsEptp)
{
	uint64_t eptp;
	struct kvm_vmx_vcpu *vm = new_vmfunc_guest(&eptp);

	kvm_vmx_vmrun(vm);
	if (stopped(__func__, "at its end", VMX_EXIT_HLT, 2) &&
	    has(__func__, "what the guest read", seen, MARK) &&
	    has(__func__, "the EPT pointer", kvm_vmx_vmread(VMX_VMCS_EPT_POINTER), eptp_of(root)))
		tst_res(TPASS, "the guest has changed to the EPT that it has");
}

/* What can't be done is an exit, with the instruction's length: 26.5.6.2, 28.2.5. */
static void check_vmfunc_exit(const char *name, uint32_t nr, uint32_t index)
{
	uint64_t eptp;
	struct kvm_vmx_vcpu *vm = new_vmfunc_guest(&eptp);

	function = nr;
	list_index = index;
	kvm_vmx_vmrun(vm);
	if (stopped(name, "at VMFUNC", VMX_EXIT_VMFUNC, 1) &&
	    has(name, "the instruction's length", kvm_vmx_vmread(VMX_VMCS_VMEXIT_INST_LEN), 3) &&
	    has(name, "the EPT pointer", kvm_vmx_vmread(VMX_VMCS_EPT_POINTER), eptp_of(root)))
		tst_res(TPASS, "%s: the hypervisor is asked", name);
}

GUEST_CASE(VmfuncIndexBehindList)
{
	check_vmfunc_exit(__func__, VMFUNC_EPTP_SWITCHING, EPTP_LIST_ENTRIES);
}

GUEST_CASE(VmfuncIllegalEptp)
{
	check_vmfunc_exit(__func__, VMFUNC_EPTP_SWITCHING, 2);
}

GUEST_CASE(VmfuncWithoutFunction)
{
	check_vmfunc_exit(__func__, 1, 0);
}

GUEST_CASE(VmfuncWithoutControl)
{
	uint64_t eptp;
	struct kvm_vmx_vcpu *vm = new_vmfunc_guest(&eptp);

	clear(VMX_VMCS_VMEXEC_CTL2, EXEC2_VMFUNC);
	kvm_vmx_vmrun(vm);
	if (stopped(__func__, "at its end", VMX_EXIT_HLT, 3) &&
	    has(__func__, "what the guest read", seen, MARK))
		tst_res(TPASS, "without the control, VMFUNC is #UD");
}

GUEST_CASE(VmfuncOfHypervisor)
{
	uint64_t eptp;

	/* The CPU has VM functions, or there is nothing to refuse. */
	new_vmfunc_guest(&eptp);
	if (has(__func__, "the exception", kvm_try(vmfunc, NULL).vector, INTR_BAD_OPCODE))
		tst_res(TPASS, "outside a nested guest, VMFUNC is #UD");
}
