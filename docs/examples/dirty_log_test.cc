// SPDX-License-Identifier: MIT
// KVM's log of dirty pages names the page that the guest has written, and no other.
#include <sys/ioctl.h>

#include "ringside/kvm_gtest.h"

namespace
{

using ringside::HasMemslot;

class DirtyLog : public ringside::KvmTest
{
};

TEST_F(DirtyLog, NamesTheWrittenPage)
{
	constexpr unsigned int kSlot = 2;
	uint64_t bitmap = 0;
	kvm_dirty_log log = {};

	tst_kvm_alloc_memory(vm(), kSlot, 0x40000000, 0x4000, KVM_MEM_LOG_DIRTY_PAGES);
	EXPECT_THAT(vm(), HasMemslot(kSlot, 0x40000000, 0x4000));
	tst_kvm_run_instance(vm(), 0);

	log.slot = kSlot;
	log.dirty_bitmap = &bitmap;
	SAFE_IOCTL(vm()->vm_fd, KVM_GET_DIRTY_LOG, &log);
	EXPECT_EQ(bitmap, 1u << 2);
}

} // namespace
