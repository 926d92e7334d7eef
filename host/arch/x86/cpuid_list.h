/* SPDX-License-Identifier: MIT */
#ifndef RINGSIDE_HOST_ARCH_X86_CPUID_LIST_H
#define RINGSIDE_HOST_ARCH_X86_CPUID_LIST_H

#include <linux/kvm.h>

#include "host/engine/error.h"

/*
 * Stores the features that KVM can offer in @list, for the caller to free();
 * NULL there when this KVM does not know the call.
 */
bool tst_cpuid_supported(int sys_fd, struct kvm_cpuid2 **list, struct tst_error *error);

#endif /* RINGSIDE_HOST_ARCH_X86_CPUID_LIST_H */
