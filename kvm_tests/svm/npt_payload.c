// SPDX-License-Identifier: MIT
/* A nested guest with nested page tables of which one page is special, one case each: npt.h. */
#include "exit_checks.h"
#include "guest_case.h"
#include "npt.h"
#include "npt_tables.h"

#define OFFSET 0x128
#define RET 0xc3
#define MARK 0x12345678u
#define OTHER_MARK 0x87654321u
#define PORT 0x80

/* TLB_CONTROL: "TLB Flush". */
#define FLUSH_ALL 1

/* CPUID Fn8000_0008: how many bits a physical address has. */
#define CPUID_ADDRESS_SIZES 0x80000008

/*
 * The guest's address of the page in question, and its guest-physical one: without memory, and
 * with nested tables of their own.
 */
#define LINEAR 0x90000000u
#define PHYSICAL 0xa0000000u

/* The page, and what the guest got from it. */
static volatile uint8_t *page;
static volatile uint32_t seen;
static uint64_t root;

static uintptr_t window(void)
{
	return (uintptr_t)page;
}

static uint64_t table_of_window(void)
{
	return *npt_entry(root, PHYSICAL, 2);
}

static uint64_t physical_end(void)
{
	struct kvm_cpuid sizes;

	kvm_get_cpuid(CPUID_ADDRESS_SIZES, 0, &sizes);
	return 1ull << (sizes.eax & 0xff);
}

static int guest_read(void)
{
	step = 1;
	seen = *(volatile uint32_t *)(uintptr_t)(LINEAR + OFFSET);
	step = 2;
	return 0;
}

static int guest_write(void)
{
	step = 1;
	*(volatile uint32_t *)(uintptr_t)(LINEAR + OFFSET) = OTHER_MARK;
	step = 2;
	return 0;
}

static int guest_fetch(void)
{
	void (*const function)(void) = (void (*)(void))(uintptr_t)(LINEAR + OFFSET);

	step = 1;
	function();
	step = 2;
	return 0;
}

/* The guest is under the tables of the root, and the page has an entry of its own. */
static struct kvm_svm_vcpu *new_guest(int (*guest_main)(void))
{
	struct kvm_svm_vcpu *vm;

	kvm_init_svm();
	kvm_wrmsr(MSR_EFER, kvm_rdmsr(MSR_EFER) | EFER_NXE);
	vm = kvm_create_svm_vcpu(guest_main, 1);
	root = npt_identity();
	page = (uint8_t *)(uintptr_t)npt_page();
	*(volatile uint32_t *)(page + OFFSET) = MARK;
	*npt_entry(root, PHYSICAL, 1) = window() | NPT_ALL;
	kvm_map(LINEAR, PHYSICAL, PAGESIZE, PTE_WRITABLE);
	vm->vmcb->enable_nested_paging = 1;
	vm->vmcb->nested_cr3 = root;
	step = 0;
	seen = 0;
	return vm;
}

static void flush(struct kvm_svm_vcpu *vm)
{
	vm->vmcb->tlb_control = FLUSH_ALL;
}

static _Bool faulted(const char *name, const struct kvm_svm_vcpu *vm, uint64_t info)
{
	return stopped(name, "at the access", vm, SVM_EXIT_NPF, 1) &&
	       has(name, "EXITINFO1", vm->vmcb->exitinfo1, info);
}

/* The access is made again. */
static _Bool goes_on(const char *name, struct kvm_svm_vcpu *vm)
{
	flush(vm);
	kvm_svm_vmrun(vm);
	return stopped(name, "with a better entry", vm, SVM_EXIT_HLT, 2);
}

/* Leaves the entry out of use, and back in it once the guest has stopped. */
static _Bool faults_at(const char *name, struct kvm_svm_vcpu *vm, uint64_t *entry, uint64_t value,
		       uint64_t info)
{
	const uint64_t good = *entry;

	*entry = value;
	kvm_svm_vmrun(vm);
	*entry = good;
	return faulted(name, vm, info);
}

static void check_fault(const char *name, struct kvm_svm_vcpu *vm, unsigned int level,
			uint64_t value, uint64_t info)
{
	page[OFFSET] = RET;
	if (faults_at(name, vm, npt_entry(root, PHYSICAL, level), value,
		      info | NPF_USER | NPF_FINAL) &&
	    has(name, "EXITINFO2", vm->vmcb->exitinfo2, PHYSICAL + OFFSET) && goes_on(name, vm))
		tst_res(TPASS, "%s is a nested page fault", name);
}

#define NPT_FAULT(name, level, value, access, info)                  \
	GUEST_CASE(name)                                             \
	{                                                            \
		struct kvm_svm_vcpu *vm = new_guest(guest_##access); \
                                                                     \
		check_fault(#name, vm, level, value, info);          \
	}

NPT_FAULTS(NPT_FAULT)

/* --- The guest's own page tables: its walks are writes of a user ------------------------- */

static void check_guest_table(const char *name, uint64_t flags, uint64_t info)
{
	struct kvm_svm_vcpu *vm = new_guest(guest_read);
	unsigned int level;
	const uint64_t pte = (uintptr_t)kvm_find_pte(LINEAR, &level);

	if (faults_at(name, vm, npt_entry(root, pte, 1), flags ? (pte & NPT_ADDRESS) | flags : 0,
		      info | NPF_WRITE | NPF_USER | NPF_TABLE_WALK) &&
	    has(name, "EXITINFO2", vm->vmcb->exitinfo2, pte) && goes_on(name, vm) &&
	    has(name, "what the guest read", seen, MARK))
		tst_res(TPASS, "a fault in the guest's page tables is told apart");
}

GUEST_CASE(GuestPageTableAbsent)
{
	check_guest_table(__func__, 0, 0);
}

GUEST_CASE(GuestPageTableReadOnly)
{
	check_guest_table(__func__, NPT_PRESENT | NPT_USER, NPF_PRESENT);
}

/* --- Entries that allow an access ---------------------------------------------------------- */

static _Bool has_flags(const char *name, const char *when, uint64_t expected)
{
	return has(name, when, *npt_entry(root, PHYSICAL, 1) & (NPT_ACCESSED | NPT_DIRTY),
		   expected);
}

GUEST_CASE(AccessedAndDirty)
{
	struct kvm_svm_vcpu *vm = new_guest(guest_read);

	kvm_svm_vmrun(vm);
	if (!stopped(__func__, "after a read", vm, SVM_EXIT_HLT, 2) ||
	    !has_flags(__func__, "the entry after a read", NPT_ACCESSED))
		return;
	vm = new_guest(guest_write);
	kvm_svm_vmrun(vm);
	if (stopped(__func__, "after a write", vm, SVM_EXIT_HLT, 2) &&
	    has_flags(__func__, "the entry after a write", NPT_ACCESSED | NPT_DIRTY))
		tst_res(TPASS, "the nested page tables tell what was read and what was written");
}

static uint64_t other_page(void)
{
	const uint64_t address = npt_page();

	*(volatile uint32_t *)(uintptr_t)(address + OFFSET) = OTHER_MARK;
	return address;
}

GUEST_CASE(LargePage)
{
	const uint64_t size = 1ull << 21;
	uint8_t *const block = tst_heap_alloc_aligned(size, size);
	struct kvm_svm_vcpu *vm = new_guest(guest_write);

	*npt_entry(root, PHYSICAL, 2) = (uintptr_t)block | NPT_LARGE | NPT_ALL;
	kvm_svm_vmrun(vm);
	if (stopped(__func__, "after a write", vm, SVM_EXIT_HLT, 2) &&
	    has(__func__, "the large page", *(uint32_t *)(block + OFFSET), OTHER_MARK))
		tst_res(TPASS, "a large page leads to its memory");
}

/* --- Changes while the guest is stopped: "TLB Control" ---------------------------------------- */

static int guest_read_twice(void)
{
	guest_read();
	asm volatile("hlt");
	return guest_read();
}

static struct kvm_svm_vcpu *new_guest_that_has_read(const char *name)
{
	struct kvm_svm_vcpu *vm = new_guest(guest_read_twice);

	kvm_svm_vmrun(vm);
	if (!stopped(name, "between the reads", vm, SVM_EXIT_HLT, 2) ||
	    !has(name, "what the guest read first", seen, MARK))
		return NULL;
	return vm;
}

static void check_second_read(const char *name, struct kvm_svm_vcpu *vm)
{
	flush(vm);
	vm->vmcb->rip++; /* behind HLT */
	kvm_svm_vmrun(vm);
	if (stopped(name, "after both reads", vm, SVM_EXIT_HLT, 2) &&
	    has(name, "what the guest read then", seen, OTHER_MARK))
		tst_res(TPASS, "%s: the guest sees the new page", name);
}

GUEST_CASE(ChangedEntry)
{
	struct kvm_svm_vcpu *vm = new_guest_that_has_read(__func__);

	if (!vm)
		return;
	*npt_entry(root, PHYSICAL, 1) = other_page() | NPT_ALL;
	check_second_read(__func__, vm);
}

GUEST_CASE(ChangedTable)
{
	struct kvm_svm_vcpu *vm = new_guest_that_has_read(__func__);
	const uint64_t table = npt_page();

	if (!vm)
		return;
	memcpy(npt_table(table), npt_table(table_of_window()), PAGESIZE);
	*npt_entry(root, PHYSICAL, 2) = table | NPT_ALL;
	*npt_entry(root, PHYSICAL, 1) = other_page() | NPT_ALL;
	check_second_read(__func__, vm);
}

GUEST_CASE(ChangedRoot)
{
	struct kvm_svm_vcpu *vm = new_guest_that_has_read(__func__);
	uint64_t other_root;

	if (!vm)
		return;
	other_root = npt_identity();
	*npt_entry(other_root, PHYSICAL, 1) = other_page() | NPT_ALL;
	vm->vmcb->nested_cr3 = other_root;
	check_second_read(__func__, vm);
}

/* --- Accesses that KVM makes for the guest ------------------------------------------------------ */

static int guest_outs(void)
{
	uintptr_t address = LINEAR + OFFSET;

	step = 1;
	asm volatile("outsb" : "+S"(address) : "d"(PORT) : "memory");
	step = 2;
	return 0;
}

static int guest_ins(void)
{
	uintptr_t address = LINEAR + OFFSET;

	step = 1;
	asm volatile("insb" : "+D"(address) : "d"(PORT) : "memory");
	step = 2;
	return 0;
}

/* KVM tells the page: no bits of the offset. */
static void check_string(const char *name, int (*guest_main)(void), uint64_t value, uint64_t info)
{
	struct kvm_svm_vcpu *vm = new_guest(guest_main);

	if (faults_at(name, vm, npt_entry(root, PHYSICAL, 1), value, info | NPF_USER | NPF_FINAL) &&
	    has(name, "EXITINFO2's page", vm->vmcb->exitinfo2 & ~(PAGESIZE - 1ull), PHYSICAL) &&
	    goes_on(name, vm))
		tst_res(TPASS, "%s: KVM's access is as the guest's own", name);
}

GUEST_CASE(StringOutput)
{
	check_string(__func__, guest_outs, 0, 0);
}

GUEST_CASE(StringInput)
{
	check_string(__func__, guest_ins, window() | NPT_PRESENT | NPT_USER,
		     NPF_PRESENT | NPF_WRITE);
}
