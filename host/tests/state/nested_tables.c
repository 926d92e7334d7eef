// SPDX-License-Identifier: MIT
/*
 * A hypervisor in the guest changes its nested page tables (APM Vol. 2 "Nested Paging").
 * KVM shadows them, whatever its own paging is, and a reset brings back both.
 */
#include "kvm_test.h"

#define PORT 0x80

#ifdef COMPILE_PAYLOAD

#include "kvm_x86_svm.h"

/* Where the nested guest reads; there is no memory, but what its hypervisor maps. */
#define PLACE 0x30000000u

#define FLAGS (NPT_PRESENT | NPT_WRITABLE | NPT_USER)
#define LARGE_PAGE 0x200000u

static uint64_t tables[4][512] __attribute__((aligned(PAGESIZE)));
static uint8_t pages[2][PAGESIZE] __attribute__((aligned(PAGESIZE)));
static volatile uint8_t seen;

static int guest_main(void)
{
	for (;;) {
		seen = *(volatile uint8_t *)PLACE;
		asm volatile("hlt");
	}
	return 0;
}

static void map_page(const uint8_t *page)
{
	tables[3][PLACE / PAGESIZE % 512] = (uintptr_t)page | FLAGS;
}

/* The first GiB, one to one, but for the page at PLACE. */
static void make_tables(void)
{
	tables[0][0] = (uintptr_t)tables[1] | FLAGS;
	tables[1][0] = (uintptr_t)tables[2] | FLAGS;
	for (unsigned int i = 0; i < 512; i++)
		tables[2][i] = (uint64_t)i * LARGE_PAGE | FLAGS | NPT_LARGE;
	tables[2][PLACE / LARGE_PAGE] = (uintptr_t)tables[3] | FLAGS;
}

static void show_page(struct kvm_svm_vcpu *vm)
{
	kvm_svm_vmrun(vm);
	if (vm->vmcb->exitcode != SVM_EXIT_HLT)
		tst_brk(TFAIL, "the nested guest stopped with exit code %#llx",
			(unsigned long long)vm->vmcb->exitcode);
	vm->vmcb->rip++;
	asm volatile("outb %0, %1" : : "a"(seen), "d"((uint16_t)PORT) : "memory");
}

void main(void)
{
	struct kvm_svm_vcpu *vm;

	kvm_init_svm();
	vm = kvm_create_svm_vcpu(guest_main, 1);
	make_tables();
	vm->vmcb->enable_nested_paging = 1;
	vm->vmcb->nested_cr3 = (uintptr_t)tables[0];
	vm->vmcb->tlb_control = 1; /* at each VMRUN, everything is forgotten */
	for (unsigned int i = 0; i < 2; i++) {
		pages[i][0] = 'a' + i;
		map_page(pages[i]);
		show_page(vm);
		show_page(vm);
	}
}

#else /* COMPILE_PAYLOAD */

static struct tst_kvm_instance vm = {.vm_fd = -1};

/* What the guest shows next, or 0 when it has ended. */
static char next_page(void)
{
	struct tst_kvm_vcpu *vcpu = tst_kvm_vcpu(&vm, 0);
	const int reason = tst_kvm_run_vcpu(vcpu);

	if (reason == TST_KVM_ENDED)
		return 0;
	if (reason != KVM_EXIT_IO || vcpu->run->io.port != PORT)
		tst_brk(TBROK, "the guest left unexpectedly: %s", tst_kvm_describe_exit(vcpu));
	return ((const char *)vcpu->run)[vcpu->run->io.data_offset];
}

static void expect_rest(const char *when)
{
	char shown[8] = {0};

	for (unsigned int i = 0; i < sizeof(shown) - 1 && (shown[i] = next_page()); i++)
		;
	tst_res(strcmp(shown, "abb") ? TFAIL : TPASS, "%s, the nested guest sees pages \"%s\"",
		when, shown);
}

static void run(void)
{
	const struct tst_kvm_config config = {0};

	tst_kvm_create(&vm, &config);
	if (next_page() != 'a')
		tst_brk(TBROK, "the nested guest does not see its page");
	tst_kvm_snapshot(&vm);
	expect_rest("at first");
	tst_kvm_reset(&vm);
	expect_rest("after a reset");
	tst_kvm_destroy_instance(&vm);
}

static void cleanup(void)
{
	tst_kvm_destroy_instance(&vm);
}

static struct tst_test test = {
	.test_all = run,
	.cleanup = cleanup,
	.supported_archs = (const char *const[]){"x86_64", NULL},
};

#endif /* COMPILE_PAYLOAD */
