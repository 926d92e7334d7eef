// SPDX-License-Identifier: MIT
// Dirty rings: KVM API, KVM_CAP_DIRTY_LOG_RING.
#include <vector>

#include "case_test.h"
#include "tracking.h"

namespace
{

constexpr unsigned int kSlot = 2;
constexpr size_t kPage = 0x1000;

class DirtyRing : public kvm_tests::CaseTest
{
};

// Two CPUs write to every second page each. Every page comes, out of the ring of the CPU
// that has written it, and no other; rings that are full stop their CPUs.
TEST_F(DirtyRing, RingsTellOfTwoWritingCpus)
{
	constexpr unsigned int kEntries = 1024; // less than each CPU writes
	tst_kvm_config config = {};
	std::vector<unsigned int> found[2];
	unsigned int full = 0;

	config.vcpus = 2;
	config.dirty_ring = kEntries;
	Create(config);
	const auto *area = static_cast<uint32_t *>(tst_kvm_alloc_memory(
		vm(), kSlot, AREA, AREA_PAGES * kPage, KVM_MEM_LOG_DIRTY_PAGES));
	Choose("write_both");
	tst_kvm_start_vcpu(cpu(1), "write_second", 0);

	const auto harvest = [&](unsigned int index) {
		unsigned int slot = 0;
		uint64_t page = 0;

		while (tst_kvm_next_dirty(cpu(index), &slot, &page)) {
			EXPECT_EQ(slot, kSlot);
			ASSERT_LT(page, AREA_PAGES);
			found[index][page]++;
		}
	};
	const auto run = [&](unsigned int index) {
		int reason;

		while ((reason = tst_kvm_run_vcpu(cpu(index))) == KVM_EXIT_DIRTY_RING_FULL) {
			__atomic_add_fetch(&full, 1, __ATOMIC_RELAXED);
			harvest(index);
		}
		EXPECT_EQ(reason, TST_KVM_ENDED);
	};

	for (auto &pages : found)
		pages.resize(AREA_PAGES);
	kvm_tests::Thread second([&] { run(1); });
	run(0);
	second.Join();
	harvest(0);
	harvest(1);
	EXPECT_GE(full, 2u) << "2048 writes of each CPU fit into rings of " << kEntries;
	for (unsigned int page = 0; page < AREA_PAGES; page++) {
		ASSERT_EQ(area[page * kPage / sizeof(*area)], page + 1) << "page " << page;
		ASSERT_GE(found[page % 2][page], 1u) << "the ring lacks page " << page;
		ASSERT_EQ(found[1 - page % 2][page], 0u)
			<< "page " << page << ", in the other's ring";
	}
}

} // namespace
