/* SPDX-License-Identifier: MIT */
/* See smm.h. */
#include "suites/kvm_unit_tests/vmm/smm.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "suites/kvm_unit_tests/vmm/verdict.h"

/*
 * SDM Vol. 3, "SMRAM": where a CPU begins in it, and saves its state, after a reset. All CPUs
 * are in the same place, so two must not be there at once.
 */
#define SMBASE 0x30000u
#define SMRAM_SIZE 0x10000u
#define SMM_ENTRY 0x8000u

/* KVM API, KVM_CAP_MULTI_ADDRESS_SPACE: that mode has memory of its own. */
#define SMM_SLOT (1u << 16)

void install_smm_handler(struct engine_vm *vm)
{
	static const unsigned char rsm[] = {0x0f, 0xaa};
	struct kvm_userspace_memory_region region = {
		.slot = SMM_SLOT,
		.guest_phys_addr = SMBASE,
		.memory_size = SMRAM_SIZE,
	};
	char *smram;

	if (engine_ioctl(vm->fd, KVM_CHECK_EXTENSION, (void *)KVM_CAP_MULTI_ADDRESS_SPACE) < 2)
		return;
	smram = mmap(NULL, SMRAM_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (smram == MAP_FAILED)
		give_up("no memory for system management mode: %s", strerror(errno));
	memcpy(smram + SMM_ENTRY, rsm, sizeof(rsm));
	region.userspace_addr = (uintptr_t)smram;
	if (engine_ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region))
		give_up("ioctl(KVM_SET_USER_MEMORY_REGION) for system management mode: %s",
			strerror(errno));
}
