// SPDX-License-Identifier: MIT
/* The CPU features that KVM can offer (KVM API, KVM_GET_SUPPORTED_CPUID). */
#include <errno.h>
#include <stdlib.h>

#include "host/engine/arch.h"

/* KVM itself takes no more than 256 (KVM_MAX_CPUID_ENTRIES). */
#define FIRST_COUNT 128
#define MAX_COUNT 1024

bool arch_supported_cpuid(int sys_fd, struct kvm_cpuid2 **list, struct engine_error *error)
{
	struct kvm_cpuid2 *cpuid;
	unsigned int count;
	int err;

	*list = NULL;
	for (count = FIRST_COUNT; count <= MAX_COUNT; count *= 2) {
		cpuid = calloc(1, sizeof(*cpuid) + count * sizeof(cpuid->entries[0]));
		if (!cpuid)
			return engine_fail_errno(error, "no memory for %u CPUID entries", count);
		cpuid->nent = count;
		if (engine_ioctl(sys_fd, KVM_GET_SUPPORTED_CPUID, cpuid) == 0) {
			*list = cpuid;
			return true;
		}
		err = errno;
		free(cpuid);
		errno = err;
		if (err != E2BIG)
			break;
	}
	/* An older KVM answers ENOTTY or EINVAL to calls that it does not have. */
	if (engine_ioctl(sys_fd, KVM_CHECK_EXTENSION, (void *)KVM_CAP_EXT_CPUID) == 0)
		return true;
	errno = err;
	return engine_fail_errno(
		error, "ioctl(KVM_GET_SUPPORTED_CPUID) on descriptor %d; it must be /dev/kvm",
		sys_fd);
}
