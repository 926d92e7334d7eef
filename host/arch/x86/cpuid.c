// SPDX-License-Identifier: MIT
/* The CPU features that KVM can offer (KVM API, KVM_GET_SUPPORTED_CPUID). */
#include "cpuid_list.h"
#include "host/ltp/report.h"
#include "kvm_test.h"

/* KVM itself takes no more than 256 (KVM_MAX_CPUID_ENTRIES). */
#define FIRST_COUNT 128
#define MAX_COUNT 1024

bool tst_cpuid_supported(int sys_fd, struct kvm_cpuid2 **list, struct tst_error *error)
{
	struct kvm_cpuid2 *cpuid;
	unsigned int count;
	int err;

	*list = NULL;
	for (count = FIRST_COUNT; count <= MAX_COUNT; count *= 2) {
		cpuid = calloc(1, sizeof(*cpuid) + count * sizeof(cpuid->entries[0]));
		if (!cpuid)
			return tst_fail_errno(error, "no memory for %u CPUID entries", count);
		cpuid->nent = count;
		if (ioctl(sys_fd, KVM_GET_SUPPORTED_CPUID, cpuid) == 0) {
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
	if (ioctl(sys_fd, KVM_CHECK_EXTENSION, KVM_CAP_EXT_CPUID) == 0)
		return true;
	errno = err;
	return tst_fail_errno(
		error, "ioctl(KVM_GET_SUPPORTED_CPUID) on descriptor %d; it must be /dev/kvm",
		sys_fd);
}

struct kvm_cpuid2 *tst_kvm_get_cpuid(int sysfd)
{
	struct kvm_cpuid2 *list;
	struct tst_error error;

	if (!tst_cpuid_supported(sysfd, &list, &error))
		lib_brk(TBROK, "tst_kvm_get_cpuid(sysfd): %s", error.text);
	return list;
}
