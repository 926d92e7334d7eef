// SPDX-License-Identifier: MIT
/* From the guest's virtual addresses to physical ones and to host pointers. */
#include <inttypes.h>

#include "host/engine/arch.h"
#include "host/ltp/report.h"
#include "host/ltp/vm.h"

bool tst_vm_translate(const struct tst_kvm_vm *vm, uint64_t addr, uint64_t *paddr)
{
	struct kvm_translation translation = {.linear_address = addr};
	struct tst_error error = {.text = ""};

	if (ioctl(vm->vcpu_fd, KVM_TRANSLATE, &translation) < 0) {
		/* Architectures without page tables that KVM can read. */
		if (errno != EINVAL && errno != ENOTTY)
			lib_brk(TBROK | TERRNO, "ioctl(KVM_TRANSLATE) of address %#" PRIx64, addr);
		*paddr = addr;
		return true;
	}
	if (!tst_arch_can_map(vm->vcpu_fd, addr, &error)) {
		if (*error.text)
			lib_brk(TBROK, "translation of address %#" PRIx64 ": %s", addr, error.text);
		return false;
	}
	*paddr = translation.physical_address;
	return translation.valid;
}

uint64_t tst_kvm_get_phys_address(const struct tst_kvm_instance *inst, uint64_t addr)
{
	uint64_t paddr;

	return tst_vm_translate(tst_vm_needed(inst, __func__), addr, &paddr) ? paddr : 0;
}

int tst_kvm_find_memslot(const struct tst_kvm_instance *inst, uint64_t addr)
{
	uint64_t paddr;

	if (!tst_vm_translate(tst_vm_needed(inst, __func__), addr, &paddr))
		return -1;
	return tst_kvm_find_phys_memslot(inst, paddr);
}

void *tst_kvm_get_memptr(const struct tst_kvm_instance *inst, uint64_t addr)
{
	const struct kvm_userspace_memory_region *region;
	uint64_t paddr;
	int slot;

	if (!tst_vm_translate(tst_vm_needed(inst, __func__), addr, &paddr))
		return NULL;
	slot = tst_kvm_find_phys_memslot(inst, paddr);
	if (slot < 0)
		return NULL;
	region = &inst->ram[slot];
	return (char *)(uintptr_t)region->userspace_addr + (paddr - region->guest_phys_addr);
}
