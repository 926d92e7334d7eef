/* SPDX-License-Identifier: MIT */
/* What the KVM API has gained since the kernel headers that this is compiled with. */
#ifndef RINGSIDE_HOST_ENGINE_NEWER_KVM_H
#define RINGSIDE_HOST_ENGINE_NEWER_KVM_H

#include <linux/kvm.h>

#ifndef KVM_EXIT_MEMORY_FAULT
#define KVM_EXIT_MEMORY_FAULT 39
#endif

#endif /* RINGSIDE_HOST_ENGINE_NEWER_KVM_H */
