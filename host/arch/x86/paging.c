// SPDX-License-Identifier: MIT
/* Which addresses x86 paging knows. */
#include <sys/ioctl.h>

#include "host/engine/arch.h"
#include "kvm_test.h"
#include "kvm_x86_bits.h"

/* SDM Vol. 1 "Canonical Addressing": the upper bits repeat the last one that counts. */
static bool is_canonical(uint64_t addr, unsigned int bits)
{
	const int64_t upper = (int64_t)addr >> (bits - 1);

	return upper == 0 || upper == -1;
}

bool tst_arch_can_map(int vcpu_fd, uint64_t addr, struct tst_error *error)
{
	struct kvm_sregs sregs;

	if (ioctl(vcpu_fd, KVM_GET_SREGS, &sregs) < 0)
		return tst_fail_errno(error, "ioctl(KVM_GET_SREGS)");
	if (!(sregs.cr0 & CR0_PG))
		return true; /* there is nothing to map: addresses are physical */
	if (sregs.efer & EFER_LMA)
		return is_canonical(addr, sregs.cr4 & CR4_LA57 ? 57 : 48);
	return addr <= UINT32_MAX;
}
