// SPDX-License-Identifier: MIT
/* A memslot moves, and the guest finds its contents at the new place. */
#include "kvm_test.h"

#define OLD_PLACE 0x40000000u
#define NEW_PLACE 0x48000000u

#ifdef COMPILE_PAYLOAD

volatile uint64_t address;

void main(void)
{
	while (address) {
		tst_res(TINFO, "%#x is at %#x", *(volatile uint32_t *)(uintptr_t)address,
			(unsigned int)address);
		*(volatile uint32_t *)(uintptr_t)address += 1;
		kvm_yield();
	}
}

#else /* COMPILE_PAYLOAD */

#define SLOT 2

static struct tst_kvm_instance vm = {.vm_fd = -1};

static void run(void)
{
	const struct tst_kvm_config config = {.backing = TST_KVM_SHARED};
	volatile uint64_t *address;
	uint32_t *memory;

	tst_kvm_create(&vm, &config);
	memory = tst_kvm_alloc_memory(&vm, SLOT, OLD_PLACE, sizeof(*memory), 0);
	address = tst_kvm_symbol(&vm, "address");
	*address = OLD_PLACE;
	tst_kvm_run_vcpu(tst_kvm_vcpu(&vm, 0));
	tst_kvm_move_memory(&vm, SLOT, NEW_PLACE);
	*address = NEW_PLACE;
	tst_kvm_run_vcpu(tst_kvm_vcpu(&vm, 0));
	*address = 0;
	tst_kvm_run_vcpu(tst_kvm_vcpu(&vm, 0));
	if (*memory == 2)
		tst_res(TPASS, "the guest has counted in both places");
	else
		tst_res(TFAIL, "the guest has counted to %u", *memory);
	tst_kvm_free_memory(&vm, SLOT);
}

static void cleanup(void)
{
	tst_kvm_destroy_instance(&vm);
}

static struct tst_test test = {
	.test_all = run,
	.cleanup = cleanup,
};

#endif /* COMPILE_PAYLOAD */
