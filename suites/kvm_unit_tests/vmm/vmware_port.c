/* SPDX-License-Identifier: MIT */
/* See vmware_port.h. */
#include "suites/kvm_unit_tests/vmm/vmware_port.h"

#include <errno.h>
#include <string.h>

#include "suites/kvm_unit_tests/vmm/verdict.h"

#define MAGIC 0x564d5868u /* "VMXh" */
#define COMMAND_VERSION 0xau
#define COMMAND_MASK 0xffffu
#define VERSION 6
#define PRODUCT 2 /* GSX Server, as QEMU has it */

void answer_vmware(struct access *access)
{
	int fd = access->vcpu->fd;
	struct kvm_regs regs;

	if (access->is_write)
		return;
	access->value = ~0ull;
	if (engine_ioctl(fd, KVM_GET_REGS, &regs))
		give_up("ioctl(KVM_GET_REGS): %s", strerror(errno));
	if (access->size != 4 || (uint32_t)regs.rax != MAGIC ||
	    (regs.rcx & COMMAND_MASK) != COMMAND_VERSION)
		return;
	regs.rbx = MAGIC;
	regs.rcx = PRODUCT;
	if (engine_ioctl(fd, KVM_SET_REGS, &regs))
		give_up("ioctl(KVM_SET_REGS): %s", strerror(errno));
	access->value = VERSION;
}
