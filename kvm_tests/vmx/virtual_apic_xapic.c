// SPDX-License-Identifier: MIT
/*
 * The virtual APIC of a nested guest in xAPIC mode is the page that its
 * hypervisor gave it; without one, CR8, the task priority, is the hypervisor's,
 * and never the host's: CVE-2017-12154.
 *
 * With "virtualize APIC accesses" and a TPR shadow, accesses to the APIC-access
 * page go to the virtual-APIC page or exit (SDM Vol. 3 "Virtualizing
 * Memory-Mapped APIC Accesses"). Where a hypervisor neither used a TPR shadow
 * nor intercepted CR8, KVM did not intercept it either: the nested guest read
 * and wrote the CR8 of the host's CPU, and could keep interrupts from it. Fixed
 * by 51aa68e7d57e.
 *
 * On a vulnerable kernel, the nested guest does not find the value that the
 * payload has in CR8. As its own write could harm the host, that is tried only
 * after a right read. (i386 has no CR8.) CR8 with a TPR shadow is left out: KVM
 * answers with the payload's CR8 then, in a VM without an APIC, such as this.
 */
#include "kvm_test.h"

/* Where APICs are. This one is a page of memory: the VM has no APIC. */
#define APIC_ACCESS_GPA 0xfee00000

#ifdef COMPILE_PAYLOAD

#include "vmx_scenario.h"

/*
 * The accesses have to go through a page of 4 KiB, while the payload's are of 2 MiB:
 * "Virtualizing Memory-Mapped APIC Accesses". 2 to 3 GiB are free for it.
 */
#define APIC_ACCESS_PDPT_ENTRY 2
#define APIC_ACCESS_ADDRESS 0x80000000

#define APIC_VERSION 0x30
#define APIC_TPR 0x80
#define APIC_LDR 0xd0
#define APIC_PAGE_WORDS (PAGESIZE / sizeof(uint32_t))

/* Exit qualification of an APIC access: offset, and kind from bit 12. */
#define ACCESS_READ (0 << 12)
#define ACCESS_WRITE (1 << 12)

#define EXEC_CONTROLS (VMX_EXECCTL_TPR_SHADOW | VMX_EXECCTL_ENABLE_CTL2)

#define TPR_INITIAL 0x50
#define TPR_WRITTEN 0x70
#define TPR_LOW 0x20
#define TPR_THRESHOLD 4 /* compared with the upper four bits */
#define CR8_SHIFT 4 /* CR8 holds the upper four bits */
#define REGISTER_VALUE 0x00c0de00u
#define BACKING_VALUE 0xbac0bac0u

static uint32_t *apic_page;
static volatile uint32_t *const access_page = (volatile uint32_t *)APIC_ACCESS_ADDRESS;

/* What the nested guest does and finds. */
static unsigned int guest_offset;
static unsigned long guest_value, guest_first, guest_second;

static volatile uint32_t *mapped_register(unsigned int offset)
{
	return &access_page[offset / sizeof(uint32_t)];
}

static uint32_t *virtual_register(unsigned int offset)
{
	return &apic_page[offset / sizeof(uint32_t)];
}

static int guest_read(void)
{
	guest_first = *mapped_register(guest_offset);
	return 0;
}

static int guest_write(void)
{
	*mapped_register(guest_offset) = guest_value;
	guest_first = *mapped_register(guest_offset);
	return 0;
}

static int guest_read_write_read(void)
{
	guest_second = *mapped_register(guest_offset);
	return guest_write();
}

static struct page_table_entry_pae *alloc_table(void)
{
	return memzero(tst_heap_alloc_aligned(PAGESIZE, PAGESIZE), PAGESIZE);
}

static void map_access_page(void)
{
	struct page_table_entry_pae *pdpt = kvm_pagetable;
	struct page_table_entry_pae *directory = alloc_table(), *table = alloc_table();
	struct kvm_cregs cregs;

	table[0] = (struct page_table_entry_pae){
		.present = 1,
		.writable = 1,
		.address = APIC_ACCESS_GPA / PAGESIZE,
	};
	directory[0] = (struct page_table_entry_pae){
		.present = 1,
		.writable = 1,
		.address = (uintptr_t)table / PAGESIZE,
	};
#ifdef __x86_64__
	pdpt = (struct page_table_entry_pae *)kvm_get_page_address_pae(&kvm_pagetable[0]);
	pdpt[APIC_ACCESS_PDPT_ENTRY].writable = 1;
#endif
	pdpt[APIC_ACCESS_PDPT_ENTRY].address = (uintptr_t)directory / PAGESIZE;
	pdpt[APIC_ACCESS_PDPT_ENTRY].present = 1;
	kvm_read_cregs(&cregs);
	kvm_set_cr3(cregs.cr3);
}

static struct kvm_vmx_vcpu *new_scenario(int (*guest_main)(void), uint32_t exec2,
					 unsigned int offset)
{
	struct kvm_vmx_vcpu *vm = vmx_scenario_create(guest_main, EXEC_CONTROLS, exec2);

	memzero(apic_page, PAGESIZE);
	*virtual_register(APIC_TPR) = TPR_INITIAL;
	for (unsigned int i = 0; i < APIC_PAGE_WORDS; i++)
		access_page[i] = BACKING_VALUE;
	kvm_vmx_vmwrite(VMX_VMCS_VIRT_APIC_POINTER, (uintptr_t)apic_page);
	kvm_vmx_vmwrite(VMX_VMCS_VIRT_APIC_BASE, APIC_ACCESS_GPA);
	kvm_vmx_vmwrite(VMX_VMCS_TPR_THRESHOLD, 0);
	guest_offset = offset;
	guest_value = REGISTER_VALUE;
	guest_first = guest_second = 0;
	return vm;
}

static int has_value(const char *what, uint64_t actual, uint64_t expected)
{
	if (actual == expected)
		return 1;
	tst_res(TFAIL, "%s is %#llx, expected %#llx", what, (unsigned long long)actual,
		(unsigned long long)expected);
	return 0;
}

static int has_qualification(uint64_t expected)
{
	return has_value("The exit qualification", kvm_vmx_vmread(VMX_VMCS_EXIT_QUALIFICATION),
			 expected);
}

/* The page that only catches the accesses. */
static int is_access_page_untouched(void)
{
	for (unsigned int i = 0; i < APIC_PAGE_WORDS; i++) {
		if (access_page[i] != BACKING_VALUE) {
			tst_res(TFAIL, "The APIC-access page was written to, at %#zx",
				i * sizeof(uint32_t));
			return 0;
		}
	}
	return 1;
}

static void check_mapped_tpr(void)
{
	struct kvm_vmx_vcpu *vm =
		new_scenario(guest_read_write_read, VMX_EXECCTL2_VIRT_APIC, APIC_TPR);

	guest_value = TPR_WRITTEN;
	if (vmx_scenario_run("Mapped task priority", vm, VMX_EXIT_HLT) &&
	    has_value("The task priority that the nested guest read", guest_second, TPR_INITIAL) &&
	    has_value("The task priority that it read back", guest_first, TPR_WRITTEN) &&
	    has_value("The task priority in the virtual-APIC page", *virtual_register(APIC_TPR),
		      TPR_WRITTEN) &&
	    is_access_page_untouched())
		tst_res(TPASS, "The mapped task priority lives in the virtual-APIC page");
}

static void check_mapped_threshold(void)
{
	struct kvm_vmx_vcpu *vm = new_scenario(guest_write, VMX_EXECCTL2_VIRT_APIC, APIC_TPR);

	guest_value = TPR_LOW;
	kvm_vmx_vmwrite(VMX_VMCS_TPR_THRESHOLD, TPR_THRESHOLD);
	if (vmx_scenario_run("Mapped threshold", vm, VMX_EXIT_TPR_THRESHOLD) &&
	    has_value("The task priority in the virtual-APIC page", *virtual_register(APIC_TPR),
		      TPR_LOW) &&
	    has_value("What the nested guest did after its write", guest_first, 0) &&
	    is_access_page_untouched())
		tst_res(TPASS, "A mapped task priority below the threshold exits");
}

static void check_access_exits(void)
{
	struct kvm_vmx_vcpu *vm = new_scenario(guest_read, VMX_EXECCTL2_VIRT_APIC, APIC_VERSION);

	if (!vmx_scenario_run("Read of another register", vm, VMX_EXIT_APIC_ACCESS) ||
	    !has_qualification(APIC_VERSION | ACCESS_READ))
		return;
	vm = new_scenario(guest_write, VMX_EXECCTL2_VIRT_APIC, APIC_LDR);
	if (vmx_scenario_run("Write of another register", vm, VMX_EXIT_APIC_ACCESS) &&
	    has_qualification(APIC_LDR | ACCESS_WRITE) && is_access_page_untouched())
		tst_res(TPASS, "Accesses to other registers exit");
}

static void check_registers(void)
{
	const uint32_t exec2 = VMX_EXECCTL2_VIRT_APIC | VMX_EXECCTL2_VIRT_APIC_REG;
	struct kvm_vmx_vcpu *vm;

	if (!vmx_scenario_supported(EXEC_CONTROLS, exec2)) {
		tst_res(TINFO, "The CPU's VMX has no APIC-register virtualization: not checked");
		return;
	}
	vm = new_scenario(guest_read, exec2, APIC_VERSION);
	*virtual_register(APIC_VERSION) = REGISTER_VALUE;
	if (!vmx_scenario_run("Register read", vm, VMX_EXIT_HLT) ||
	    !has_value("The register that the nested guest read", guest_first, REGISTER_VALUE))
		return;
	/* A write exits as well, but behind the instruction and with the value in place. */
	vm = new_scenario(guest_write, exec2, APIC_LDR);
	if (vmx_scenario_run("Register write", vm, VMX_EXIT_APIC_WRITE) &&
	    has_qualification(APIC_LDR) &&
	    has_value("The register in the virtual-APIC page", *virtual_register(APIC_LDR),
		      REGISTER_VALUE) &&
	    is_access_page_untouched())
		tst_res(TPASS, "APIC-register virtualization works on the virtual-APIC page");
}

static void check_mapped(void)
{
	if (!vmx_scenario_supported(EXEC_CONTROLS, VMX_EXECCTL2_VIRT_APIC)) {
		tst_res(TINFO, "The CPU's VMX does not virtualize APIC accesses: not checked");
		return;
	}
	map_access_page();
	check_mapped_tpr();
	check_mapped_threshold();
	check_access_exits();
	check_registers();
}

#ifdef __x86_64__

static unsigned long read_cr8(void)
{
	unsigned long value;

	asm volatile("mov %%cr8, %0" : "=r"(value));
	return value;
}

static void write_cr8(unsigned long value)
{
	asm volatile("mov %0, %%cr8" : : "r"(value) : "memory");
}

static int guest_read_cr8(void)
{
	guest_first = read_cr8();
	return 0;
}

static int guest_write_cr8(void)
{
	write_cr8(guest_value);
	guest_first = read_cr8();
	return 0;
}

/* CR8 only ever rises here: lowering it may stop KVM_RUN, for the host to look for interrupts. */
static void check_cr8(void)
{
	const unsigned long first = 5, second = 9;
	struct kvm_vmx_vcpu *vm;

	write_cr8(first);
	vm = vmx_scenario_create(guest_read_cr8, 0, 0);
	if (!vmx_scenario_run("CR8 read without TPR shadow", vm, VMX_EXIT_HLT) ||
	    !has_value("Without TPR shadow, CR8 in the nested guest", guest_first, first))
		return;
	vm = vmx_scenario_create(guest_write_cr8, 0, 0);
	guest_value = second;
	if (vmx_scenario_run("CR8 write without TPR shadow", vm, VMX_EXIT_HLT) &&
	    has_value("Without TPR shadow, the CR8 that the nested guest read back", guest_first,
		      second) &&
	    has_value("Without TPR shadow, the payload's CR8 after the nested guest's write",
		      read_cr8(), second))
		tst_res(TPASS, "Without a TPR shadow, CR8 is the payload's");
}

#else /* __x86_64__ */

static void check_cr8(void)
{
}

#endif /* __x86_64__ */

void main(void)
{
	kvm_set_vmx_state(1);
	if (!vmx_scenario_supported(VMX_EXECCTL_TPR_SHADOW, 0))
		tst_brk(TCONF, "The CPU's VMX has no TPR shadow");
	apic_page = tst_heap_alloc_aligned(PAGESIZE, PAGESIZE);
	check_mapped();
	check_cr8();
}

#else /* COMPILE_PAYLOAD */

#define APIC_ACCESS_SLOT 2

static struct tst_kvm_instance inst;

static void run(void)
{
	tst_kvm_create_instance(&inst, DEFAULT_RAM_SIZE);
	/* A memslot of its own keeps the page from becoming part of a larger one. */
	tst_kvm_alloc_memory(&inst, APIC_ACCESS_SLOT, APIC_ACCESS_GPA, getpagesize(), 0);
	tst_kvm_run_instance(&inst, 0);
	tst_kvm_destroy_instance(&inst);
	tst_free_all();
}

static void cleanup(void)
{
	tst_kvm_destroy_instance(&inst);
	tst_kvm_cleanup();
}

static struct tst_test test = {
	.test_all = run,
	.setup = tst_kvm_setup,
	.cleanup = cleanup,
	.supported_archs = (const char *const[]){"x86_64", NULL},
	.tags =
		(const struct tst_tag[]){
			{"linux-git", "51aa68e7d57e"},
			{"CVE", "2017-12154"},
			{},
		},
};

#endif /* COMPILE_PAYLOAD */
