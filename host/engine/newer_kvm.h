/* SPDX-License-Identifier: MIT */
/* What the KVM API has gained since the kernel headers that this is compiled with. */
#ifndef RINGSIDE_HOST_ENGINE_NEWER_KVM_H
#define RINGSIDE_HOST_ENGINE_NEWER_KVM_H

#include <linux/kvm.h>

#ifndef KVM_EXIT_MEMORY_FAULT /* Linux 6.8 */
#define KVM_EXIT_MEMORY_FAULT 39
#endif

/* KVM API, KVM_SET_USER_MEMORY_REGION2 (Linux 6.8) */
#ifndef KVM_SET_USER_MEMORY_REGION2
struct kvm_userspace_memory_region2 {
	__u32 slot;
	__u32 flags;
	__u64 guest_phys_addr;
	__u64 memory_size;
	__u64 userspace_addr;
	__u64 guest_memfd_offset;
	__u32 guest_memfd;
	__u32 pad1;
	__u64 pad2[14];
};

#define KVM_MEM_GUEST_MEMFD (1UL << 2)
#define KVM_SET_USER_MEMORY_REGION2 _IOW(KVMIO, 0x49, struct kvm_userspace_memory_region2)
#endif

/* KVM API, KVM_CREATE_GUEST_MEMFD (Linux 6.8) */
#ifndef KVM_CREATE_GUEST_MEMFD
struct kvm_create_guest_memfd {
	__u64 size;
	__u64 flags;
	__u64 reserved[6];
};

#define KVM_CAP_GUEST_MEMFD 234
#define KVM_CREATE_GUEST_MEMFD _IOWR(KVMIO, 0xd4, struct kvm_create_guest_memfd)
#endif

/* The flags that KVM_CREATE_GUEST_MEMFD takes (Linux 6.18). */
#ifndef KVM_CAP_GUEST_MEMFD_FLAGS
#define KVM_CAP_GUEST_MEMFD_FLAGS 244
#define GUEST_MEMFD_FLAG_MMAP (1ULL << 0)
#define GUEST_MEMFD_FLAG_INIT_SHARED (1ULL << 1)
#endif

#endif /* RINGSIDE_HOST_ENGINE_NEWER_KVM_H */
