// SPDX-License-Identifier: MIT
/* Setting up an x86 virtual machine and its CPU. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "cpuid_list.h"
#include "host/engine/arch.h"
#include "kvm_test.h"

/*
 * Three pages for KVM's own use, which Intel CPUs without unrestricted guest
 * mode need to run real mode (KVM API, KVM_SET_TSS_ADDR). KVM's identity map
 * is in the page below, where it is by default.
 */
#define TSS_ADDR 0xfffbd000UL
#define IDENTITY_MAP_ADDR 0xfffbc000UL

/*
 * The CPU starts at VM_RESET_BASEADDR in real mode and has 16 bytes there:
 * a far jump to 0:VM_KERNEL_BASEADDR (Intel SDM, "JMP", opcode EA cw cd).
 */
static const unsigned char reset_code[] = {
	0xea, VM_KERNEL_BASEADDR & 0xff, VM_KERNEL_BASEADDR >> 8, 0x00, 0x00,
};

bool tst_arch_setup_vm(int vm_fd, uint64_t ram_end, struct tst_error *error)
{
	/* RAM that large leaves no room, and a CPU that new needs none. */
	if (ram_end > IDENTITY_MAP_ADDR)
		return true;
	if (ioctl(vm_fd, KVM_SET_TSS_ADDR, TSS_ADDR) < 0)
		return tst_fail_errno(error, "ioctl(KVM_SET_TSS_ADDR)");
	return true;
}

bool tst_arch_setup_vcpu(int sys_fd, int vcpu_fd, struct tst_error *error)
{
	struct kvm_cpuid2 *cpuid;
	bool ok = true;

	if (!tst_cpuid_supported(sys_fd, &cpuid, error))
		return false;
	/* Without the call KVM has no features to choose from either. */
	if (cpuid && ioctl(vcpu_fd, KVM_SET_CPUID2, cpuid) < 0)
		ok = tst_fail_errno(error, "ioctl(KVM_SET_CPUID2)");
	free(cpuid);
	return ok;
}

void tst_arch_install_reset_code(unsigned char *page)
{
	memcpy(page + (VM_RESET_BASEADDR - KVM_RESULT_BASEADDR), reset_code, sizeof(reset_code));
}

bool tst_arch_runs_payload(uint16_t arch)
{
	return arch == KVM_PAYLOAD_ARCH_I386 || arch == KVM_PAYLOAD_ARCH_X86_64;
}
