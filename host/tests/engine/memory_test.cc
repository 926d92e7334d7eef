// SPDX-License-Identifier: MIT
// Memslots that move and go, what the guest has written to, and the payload's data by name.
#include <sys/ioctl.h>

#include "host/tests/api/resources.h"
#include "machine.h"

namespace
{

using ::ringside::Collect;
using ::ringside::HasFreeSlot;
using ::ringside::HasMemslot;
using ::ringside::ResultIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class Memory : public MachineTest
{
protected:
	uint32_t *AddMemory(size_t pages, unsigned int flags)
	{
		return static_cast<uint32_t *>(tst_kvm_alloc_memory(&vm_, GUEST_SLOT, GUEST_MEMORY,
								    pages * GUEST_PAGE, flags));
	}

	// A call that is refused, with one message that begins so and changes nothing.
	void ExpectRefused(const std::function<void()> &call, const std::string &text)
	{
		const Resources before = Resources::Now();

		EXPECT_THAT(Collect(call), ElementsAre(ResultIs(TBROK, StartsWith(text))));
		EXPECT_EQ(Resources::Now(), before);
	}
};

// --- Names ---

TEST_F(Memory, VariablesAreShared)
{
	Make({}, "touch_pages");
	EXPECT_EQ(*static_cast<uint32_t *>(tst_kvm_symbol(&vm_, "marker")), 0x12345678u);
	EXPECT_EQ(tst_kvm_get_memptr(&vm_, tst_kvm_symbol_address(&vm_, "marker")),
		  tst_kvm_symbol(&vm_, "marker"));
	EXPECT_THAT(Run(), IsEmpty());
	EXPECT_EQ(Value("progress"), 1u);
}

TEST_F(Memory, UnknownNamesAreRefused)
{
	Make({}, "pass");
	for (const char *name : {"no_such", "", "buffer_"}) {
		const std::string quoted = std::string("the payload has no symbol \"") + name;

		ExpectRefused([&] { tst_kvm_symbol(&vm_, name); },
			      "tst_kvm_symbol(name): " + quoted);
		ExpectRefused([&] { tst_kvm_symbol_address(&vm_, name); },
			      "tst_kvm_symbol_address(name): " + quoted);
	}
}

// A global one is meant, whatever static ones of that name there are; else the payload's own.
TEST_F(Memory, NamesOfSeveralFiles)
{
	Make({}, "pass");
	EXPECT_EQ(*static_cast<uint32_t *>(tst_kvm_symbol(&vm_, "global_here")), 1u);
	EXPECT_EQ(*static_cast<uint32_t *>(tst_kvm_symbol(&vm_, "global_there")), 2u);
	EXPECT_EQ(*static_cast<uint32_t *>(tst_kvm_symbol(&vm_, "static_everywhere")), 1u);
}

TEST_F(Memory, SymbolWhoseMemoryIsGoneIsRefused)
{
	Make({}, "pass");
	tst_kvm_move_memory(&vm_, 0, 0x80000000);
	ExpectRefused([&] { tst_kvm_symbol(&vm_, "marker"); },
		      "tst_kvm_symbol(name): no memslot is at 0x");
}

TEST_F(Memory, ArgumentsNeedTheResultSlots)
{
	Make({}, "pass");
	tst_kvm_move_memory(&vm_, 1, 0x80000000);
	ExpectRefused([&] { tst_kvm_set_arg(Cpu(0), 1); },
		      "tst_kvm_set_arg(vcpu): the test has moved or removed memslot 1");
	EXPECT_THAT(Run(), ElementsAre(ResultIs(TBROK, StartsWith("the guest left unexpectedly"))));
}

// --- Moving and removing ---

TEST_F(Memory, MovedSlotKeepsItsContents)
{
	Make({}, "say_nothing");
	uint32_t *memory = AddMemory(2, 0);

	*memory = 77;
	tst_kvm_move_memory(&vm_, GUEST_SLOT, GUEST_MEMORY + 0x100000);
	EXPECT_THAT(&vm_, HasMemslot(GUEST_SLOT, GUEST_MEMORY + 0x100000, 2 * GUEST_PAGE));
	EXPECT_EQ(tst_kvm_find_phys_memslot(&vm_, GUEST_MEMORY), -1);
	EXPECT_EQ(tst_kvm_find_phys_memslot(&vm_, GUEST_MEMORY + 0x100000), GUEST_SLOT);
	EXPECT_THAT(Run(), IsEmpty());
	EXPECT_EQ(*static_cast<uint32_t *>(tst_kvm_get_memptr(&vm_, GUEST_MEMORY + 0x100000)), 77u);
}

TEST_F(Memory, MovesThatCantBeAreRefused)
{
	Make({}, "pass");
	AddMemory(2, 0);
	ExpectRefused([&] { tst_kvm_move_memory(&vm_, GUEST_SLOT, GUEST_MEMORY + 1); },
		      "tst_kvm_move_memory(new_base): new_base is 0x40000001; it has to be a "
		      "multiple of the page size");
	ExpectRefused([&] { tst_kvm_move_memory(&vm_, GUEST_SLOT, -uint64_t{GUEST_PAGE}); },
		      "tst_kvm_move_memory(new_base): new_base is 0xfffffffffffff000");
	ExpectRefused([&] { tst_kvm_move_memory(&vm_, GUEST_SLOT, 0x10000); },
		      "tst_kvm_move_memory(): baseaddr and size make the pages 0x10000 to 0x11fff, "
		      "but slot 0 has");
	ExpectRefused([&] { tst_kvm_move_memory(&vm_, 5, GUEST_MEMORY); },
		      "tst_kvm_move_memory(slot): there is no memslot 5");
	EXPECT_THAT(&vm_, HasMemslot(GUEST_SLOT, GUEST_MEMORY, 2 * GUEST_PAGE));
	// By one page: over itself.
	tst_kvm_move_memory(&vm_, GUEST_SLOT, GUEST_MEMORY + GUEST_PAGE);
	EXPECT_THAT(&vm_, HasMemslot(GUEST_SLOT, GUEST_MEMORY + GUEST_PAGE, 2 * GUEST_PAGE));
}

// The guest sees either memory or nothing, and goes on when the slot is back.
TEST_F(Memory, SlotIsMovedUnderARunningCpu)
{
	tst_kvm_config config = {};

	config.vcpus = 2;
	Make(config, "say_nothing");
	uint32_t *memory = AddMemory(1, 0);
	*memory = 1;
	// Reads while it is away read ones.
	tst_kvm_on_exit(
		&vm_, KVM_EXIT_MMIO,
		[](struct tst_kvm_vcpu *vcpu, void *) {
			memset(vcpu->run->mmio.data, 0xff, sizeof(vcpu->run->mmio.data));
			return vcpu->run->mmio.phys_addr == GUEST_MEMORY ? 0 : 1;
		},
		nullptr);
	tst_kvm_start_vcpu(Cpu(1), "watch_memory", 0);
	std::thread runner([this] { tst_kvm_run_instance(&vm_, 0); });
	for (uint32_t round = 2; round < 12; round++) {
		tst_kvm_move_memory(&vm_, GUEST_SLOT, GUEST_MEMORY + 0x100000);
		WaitUntil([this] { return Value("seen", 1) == UINT32_MAX; });
		*memory = round;
		tst_kvm_move_memory(&vm_, GUEST_SLOT, GUEST_MEMORY);
		WaitUntil([&] { return Value("seen", 1) == round; });
	}
	Value("stop") = 1;
	runner.join();
}

TEST_F(Memory, FreedSlotIsGoneAndCanBeUsedAgain)
{
	Make({}, "touch_pages");
	AddMemory(1, 0);
	tst_kvm_free_memory(&vm_, GUEST_SLOT);
	EXPECT_THAT(&vm_, HasFreeSlot(GUEST_SLOT));
	EXPECT_EQ(tst_kvm_find_phys_memslot(&vm_, GUEST_MEMORY), -1);
	uint32_t *memory = AddMemory(1, 0);
	Value("count") = 1;
	EXPECT_THAT(Run(), IsEmpty());
	EXPECT_EQ(*memory, 1u);
	ExpectRefused([&] { tst_kvm_free_memory(&vm_, 0); },
		      "tst_kvm_free_memory(slot): slot 0 holds the payload or its results");
	ExpectRefused([&] { tst_kvm_free_memory(&vm_, 1); },
		      "tst_kvm_free_memory(slot): slot 1 holds the payload or its results");
	ExpectRefused([&] { tst_kvm_free_memory(&vm_, 3); },
		      "tst_kvm_free_memory(slot): there is no memslot 3");
}

// As many as KVM has, less the library's: each is found, and the next is refused.
TEST_F(Memory, ManySlots)
{
	Make({}, "pass");
	const unsigned int slots =
		SAFE_IOCTL(vm_.vm_fd, KVM_CHECK_EXTENSION, KVM_CAP_NR_MEMSLOTS) - 1;
	// All would take a while: a thousand of the first, and the last.
	for (unsigned int slot = GUEST_SLOT; slot < 1000; slot++)
		tst_kvm_alloc_memory(&vm_, slot, GUEST_MEMORY + slot * GUEST_PAGE, GUEST_PAGE, 0);
	tst_kvm_alloc_memory(&vm_, slots - 1, GUEST_MEMORY, GUEST_PAGE, 0);
	EXPECT_EQ(tst_kvm_find_phys_memslot(&vm_, GUEST_MEMORY), static_cast<int>(slots - 1));
	for (unsigned int slot = GUEST_SLOT; slot < 1000; slot++)
		EXPECT_EQ(tst_kvm_find_phys_memslot(&vm_, GUEST_MEMORY + slot * GUEST_PAGE + 5),
			  static_cast<int>(slot));
	ExpectRefused([&] { tst_kvm_alloc_memory(&vm_, slots, 0x80000000, GUEST_PAGE, 0); },
		      "tst_kvm_alloc_memory(): slot is " + std::to_string(slots));
	EXPECT_THAT(Run(), ElementsAre(ResultIs(TPASS, "CPU 0 is done")));
}

// --- Dirty pages ---

TEST_F(Memory, DirtyLogTellsWhatWasWritten)
{
	unsigned long bitmap[2] = {};

	Make({}, "touch_alternate_pages");
	AddMemory(70, KVM_MEM_LOG_DIRTY_PAGES);
	Value("count") = 70;
	EXPECT_THAT(Run(), IsEmpty());
	EXPECT_EQ(tst_kvm_get_dirty_log(&vm_, GUEST_SLOT, bitmap), 35u);
	EXPECT_EQ(bitmap[0], 0x5555555555555555u);
	EXPECT_EQ(bitmap[1], 0x15u);
	EXPECT_EQ(tst_kvm_get_dirty_log(&vm_, GUEST_SLOT, bitmap), 0u);
}

TEST_F(Memory, DirtyLogNeedsALoggedSlot)
{
	unsigned long bitmap[1];

	Make({}, "pass");
	AddMemory(1, 0);
	ExpectRefused([&] { tst_kvm_get_dirty_log(&vm_, GUEST_SLOT, bitmap); },
		      "tst_kvm_get_dirty_log(): ioctl(KVM_GET_DIRTY_LOG) of slot 2; the slot needs "
		      "KVM_MEM_LOG_DIRTY_PAGES: ENOENT");
	ExpectRefused([&] { tst_kvm_get_dirty_log(&vm_, 9, bitmap); },
		      "tst_kvm_get_dirty_log(slot): there is no memslot 9");
	ExpectRefused([&] { tst_kvm_clear_dirty_log(&vm_, GUEST_SLOT, 0, 1, bitmap); },
		      "tst_kvm_clear_dirty_log(): ioctl(KVM_CLEAR_DIRTY_LOG) of slot 2, pages 0 to "
		      "1; before_vcpus has to enable");
}

// KVM API, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2: a page stays dirty until it is cleared.
TEST_F(Memory, ManualClearIsTheTests)
{
	tst_kvm_config config = {};
	unsigned long bitmap[1] = {};

	config.before_vcpus = [](tst_kvm_instance *inst, void *) {
		kvm_enable_cap cap = {};

		cap.cap = KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2;
		cap.args[0] = KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE;
		SAFE_IOCTL(inst->vm_fd, KVM_ENABLE_CAP, &cap);
	};
	Make(config, "touch_pages");
	AddMemory(8, KVM_MEM_LOG_DIRTY_PAGES);
	Value("count") = 3;
	EXPECT_THAT(Run(), IsEmpty());
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(tst_kvm_get_dirty_log(&vm_, GUEST_SLOT, bitmap), 3u);
		EXPECT_EQ(bitmap[0], 7u);
	}
	bitmap[0] = 2;
	tst_kvm_clear_dirty_log(&vm_, GUEST_SLOT, 0, 8, bitmap);
	EXPECT_EQ(tst_kvm_get_dirty_log(&vm_, GUEST_SLOT, bitmap), 2u);
	EXPECT_EQ(bitmap[0], 5u);
	ExpectRefused([&] { tst_kvm_clear_dirty_log(&vm_, GUEST_SLOT, 1, 8, bitmap); },
		      "tst_kvm_clear_dirty_log(): ioctl(KVM_CLEAR_DIRTY_LOG) of slot 2, pages 1 to "
		      "9");
}

TEST_F(Memory, DirtyRingsOfTwoCpus)
{
	constexpr unsigned int kPages = 200;
	tst_kvm_config config = {};
	std::vector<unsigned int> by(kPages, 99);
	unsigned int slot;
	uint64_t page;

	config.vcpus = 2;
	config.dirty_ring = 1024;
	Make(config, "touch_alternate_pages");
	AddMemory(kPages, KVM_MEM_LOG_DIRTY_PAGES);
	Value("count") = kPages;
	tst_kvm_start_vcpu(Cpu(1), "touch_alternate_pages", 1);
	EXPECT_THAT(Run(), IsEmpty());
	for (unsigned int cpu = 0; cpu < 2; cpu++) {
		while (tst_kvm_next_dirty(Cpu(cpu), &slot, &page)) {
			EXPECT_EQ(slot, static_cast<unsigned>(GUEST_SLOT));
			ASSERT_LT(page, kPages);
			by[page] = cpu;
		}
		EXPECT_FALSE(tst_kvm_next_dirty(Cpu(cpu), &slot, &page));
	}
	for (unsigned int i = 0; i < kPages; i++)
		EXPECT_EQ(by[i], i % 2) << i;

	unsigned long bitmap[4];
	ExpectRefused([&] { tst_kvm_get_dirty_log(&vm_, GUEST_SLOT, bitmap); },
		      "tst_kvm_get_dirty_log(): ioctl(KVM_GET_DIRTY_LOG) of slot 2; a machine with "
		      "dirty rings has no dirty logs, tst_kvm_next_dirty() tells: ENXIO");
}

TEST_F(Memory, NoDirtyRingIsRefused)
{
	unsigned int slot;
	uint64_t page;

	Make({}, "pass");
	ExpectRefused([&] { tst_kvm_next_dirty(Cpu(0), &slot, &page); },
		      "tst_kvm_next_dirty(vcpu): the machine has no dirty rings; "
		      "config.dirty_ring says how many entries each has");
}

} // namespace
