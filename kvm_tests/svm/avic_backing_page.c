// SPDX-License-Identifier: MIT
/*
 * A nested guest must not get AVIC, which KVM does not offer to hypervisors in
 * its guests: CVE-2021-3653.
 *
 * With AVIC, the CPU redirects a guest's accesses to one page of its physical
 * memory, the APIC's (at AVIC_BAR), to a backing page in the host's memory.
 * KVM took all of int_ctl from the VMCB that the hypervisor in the guest wrote
 * for its nested guest, AVIC's enable bit included; the addresses that belong
 * to AVIC it left alone, so the CPU found whatever was there, normally 0. The
 * nested guest's accesses to that page then read and wrote the memory of the
 * host. Fixed by 0f923e07124d: only the bits that KVM knows are taken.
 *
 * The payload enables AVIC in its VMCB, as a malicious hypervisor would. Where
 * it is wrongly enabled, on a CPU that has it, the nested guest finds other
 * values than the payload put into the page at address 0 or at the AVIC_BAR
 * that the payload asked for, its writes do not arrive there, or it stops with
 * an exit that only AVIC makes.
 */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "kvm_x86_svm.h"

/* APIC registers are 32 bits wide, 16 bytes apart: AVIC handles no other access. */
#define REG_STRIDE 16
#define REG_COUNT (PAGESIZE / REG_STRIDE)

/* APM Vol. 2, "Virtual APIC Register Accesses": neither read nor write of it exits. */
#define APIC_TPR 0x80

#define READ_PATTERN 0x5eed0000u
#define WRITTEN 0x0badcafeu

/* What the nested guest works on, and what it found. */
static struct {
	uintptr_t page;
	uint32_t found[REG_COUNT];
} guest;

/* The compiler may know nothing of the address, which can be 0. */
static volatile uint32_t *reg(uintptr_t page, unsigned int offset)
{
	uintptr_t address = page + offset;

	asm volatile("" : "+r"(address));
	return (volatile uint32_t *)address;
}

static int guest_write(void)
{
	*reg(guest.page, APIC_TPR) = WRITTEN;
	return 0;
}

/* A read of a register that AVIC does not handle exits, so the others come first. */
static int guest_read(void)
{
	guest.found[APIC_TPR / REG_STRIDE] = *reg(guest.page, APIC_TPR);
	for (unsigned int i = 0; i < REG_COUNT; i++)
		guest.found[i] = *reg(guest.page, i * REG_STRIDE);
	return 0;
}

static void fill(uintptr_t page, uint32_t pattern)
{
	for (unsigned int i = 0; i < REG_COUNT; i++)
		*reg(page, i * REG_STRIDE) = pattern + i;
}

/* The first register of a page that is not what fill() left; REG_COUNT if there is none. */
static unsigned int first_change(uintptr_t page, uint32_t pattern)
{
	unsigned int i;

	for (i = 0; i < REG_COUNT; i++) {
		if (*reg(page, i * REG_STRIDE) != pattern + i)
			break;
	}
	return i;
}

/* Runs a nested guest that has AVIC enabled. Returns whether it came to its end. */
static int run(int (*guest_main)(void), const char *name, uintptr_t bar, uintptr_t backing)
{
	static struct kvm_svm_vcpu *vm;
	static uint16_t ss;
	static uint64_t stack;

	/* One stack and descriptor will do for all. */
	if (!vm) {
		vm = kvm_create_svm_vcpu(guest_main, 1);
		ss = vm->vmcb->ss.selector >> 3;
		stack = vm->vmcb->rsp;
	}
	kvm_init_guest_vmcb(vm->vmcb, 1, ss, (void *)(uintptr_t)stack, guest_main);
	vm->vmcb->virt_intr_ctl = SVM_INTR_AVIC;
	vm->vmcb->avic_bar = bar;
	vm->vmcb->avic_backing_page = backing;
	kvm_svm_vmrun(vm);
	if (vm->vmcb->exitcode == SVM_EXIT_HLT)
		return 1;
	tst_res(TFAIL, "%s: the nested guest stopped with exit code %#llx (info %#llx, %#llx)",
		name, (unsigned long long)vm->vmcb->exitcode,
		(unsigned long long)vm->vmcb->exitinfo1, (unsigned long long)vm->vmcb->exitinfo2);
	return 0;
}

static void check_read(const char *name, uintptr_t page, uintptr_t bar, uintptr_t backing)
{
	memzero(guest.found, sizeof(guest.found));
	if (!run(guest_read, name, bar, backing))
		return;
	for (unsigned int i = 0; i < REG_COUNT; i++) {
		if (guest.found[i] != READ_PATTERN + i) {
			tst_res(TFAIL, "%s: the nested guest read %#x at offset %#x, not %#x: %s",
				name, guest.found[i], i * REG_STRIDE, READ_PATTERN + i,
				"its access was redirected to other memory");
			return;
		}
	}
	tst_res(TPASS, "%s: the nested guest reads its own memory", name);
}

static void check_write(const char *name, uintptr_t page, uintptr_t bar, uintptr_t backing)
{
	unsigned int change;

	if (!run(guest_write, name, bar, backing))
		return;
	change = first_change(page, READ_PATTERN);
	if (change == APIC_TPR / REG_STRIDE && *reg(page, APIC_TPR) == WRITTEN) {
		tst_res(TPASS, "%s: the nested guest writes its own memory", name);
	} else if (change == REG_COUNT) {
		tst_res(TFAIL, "%s: the nested guest's write did not arrive: %s", name,
			"it went to other memory");
	} else {
		tst_res(TFAIL, "%s: the nested guest's write changed offset %#x to %#x", name,
			change * REG_STRIDE, *reg(page, change * REG_STRIDE));
	}
}

static void check_page(const char *name, uintptr_t page, uintptr_t bar)
{
	uintptr_t backing = (uintptr_t)tst_heap_alloc_aligned(PAGESIZE, PAGESIZE);

	guest.page = page;
	fill(page, READ_PATTERN);
	fill(backing, ~READ_PATTERN);
	check_read(name, page, bar, backing);
	check_write(name, page, bar, backing);
	if (first_change(backing, ~READ_PATTERN) != REG_COUNT)
		tst_res(TFAIL, "%s: the backing page that the payload named was written to", name);
	/* Page 0 is nobody's, but it was found empty. */
	memzero((void *)reg(page, 0), PAGESIZE);
}

void main(void)
{
	uintptr_t bar;

	kvm_init_svm();
	bar = (uintptr_t)tst_heap_alloc_aligned(PAGESIZE, PAGESIZE);
	check_page("page 0", 0, 0);
	check_page("page at AVIC_BAR", bar, bar);
}

#else /* COMPILE_PAYLOAD */

#include <cpuid.h>

#define CPUID_SVM_FEATURES 0x8000000a
#define CPUID_SVM_FEATURES_AVIC (1u << 13) /* EDX */

static void setup(void)
{
	unsigned int eax, ebx, ecx, edx;

	tst_kvm_setup();
	if (!__get_cpuid(CPUID_SVM_FEATURES, &eax, &ebx, &ecx, &edx) ||
	    !(edx & CPUID_SVM_FEATURES_AVIC)) {
		tst_res(TINFO,
			"This machine's CPU shows no AVIC: a kernel with the bug would pass too");
	}
}

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = setup,
	.cleanup = tst_kvm_cleanup,
	.supported_archs = (const char *const[]){"x86_64", NULL},
	.tags =
		(const struct tst_tag[]){
			{"linux-git", "0f923e07124d"},
			{"CVE", "2021-3653"},
			{},
		},
};

#endif /* COMPILE_PAYLOAD */
