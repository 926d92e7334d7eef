// SPDX-License-Identifier: MIT
// What the payload's library refuses, and how it says so.
#include "limits.h"

#include "ringside/kvm_gtest.h"

namespace
{

using ::ringside::ResultIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Limits : public ringside::KvmTest
{
protected:
	void Expect(limit limit, const std::string &text)
	{
		auto *page = static_cast<limit_page *>(tst_kvm_alloc_memory(
			vm(), LIMIT_SLOT, LIMIT_ADDRESS, sizeof(limit_page), 0));

		page->limit = limit;
		results_ = ringside::RunAndCollect(vm());
		bits_ = page->bits;
		EXPECT_THAT(results_, ElementsAre(ResultIs(TBROK, HasSubstr(text))));
	}

	std::vector<ringside::Result> results_;
	unsigned int bits_;
};

TEST_F(Limits, RecursionBeyondTheStackIsExplained)
{
	Expect(LIMIT_STACK_RECURSION,
	       "Stack overflow on CPU 0: main() on CPU 0 has used up its stack, 8192 bytes from 0x");
	ASSERT_EQ(results_.size(), 1u);
	EXPECT_EQ(results_[0].file, "guest/tests/limits_payload.c");
	EXPECT_THAT(results_[0].text, AllOf(HasSubstr("Fix: payload_stack_size of kvm_test()"),
					    HasSubstr(" recurse+")));
}

TEST_F(Limits, ArrayBeyondTheStackIsExplained)
{
	Expect(LIMIT_STACK_ARRAY, "Stack overflow on CPU 0: main() on CPU 0 has used up its stack");
	ASSERT_EQ(results_.size(), 1u);
	EXPECT_THAT(results_[0].text, HasSubstr(" fill_array+"));
}

TEST(OtherCpus, RecursionBeyondTheStackIsExplained)
{
	tst_kvm_instance vm = {};
	tst_kvm_config config = {};

	config.vcpus = 2;
	tst_kvm_create(&vm, &config);
	auto *page = static_cast<limit_page *>(
		tst_kvm_alloc_memory(&vm, LIMIT_SLOT, LIMIT_ADDRESS, sizeof(limit_page), 0));
	page->limit = LIMIT_OTHER_STACK;
	EXPECT_THAT(
		ringside::RunAndCollect(&vm),
		ElementsAre(ResultIs(
			TBROK, HasSubstr("Stack overflow on CPU 1: the running CPU's function has "
					 "used up its stack, 8192 bytes from 0x"))));
	tst_kvm_destroy_instance(&vm);
}

TEST_F(Limits, StackHasTheSizeThatItSays)
{
	auto *page = static_cast<limit_page *>(
		tst_kvm_alloc_memory(vm(), LIMIT_SLOT, LIMIT_ADDRESS, sizeof(limit_page), 0));

	page->limit = LIMIT_STACK_FITS;
	EXPECT_THAT(ringside::RunAndCollect(vm()), ElementsAre(ResultIs(TPASS, "6 KiB fit")));
}

TEST_F(Limits, StackPointerAmongTheRegistersIsRefused)
{
	Expect(LIMIT_INTERRUPT_SP, "lies where the interrupted registers are, 0x");
}

TEST_F(Limits, CodeSegmentOfAnotherLevelIsRefused)
{
	Expect(LIMIT_INTERRUPT_CS, "has another privilege level than the interrupted code's 0x");
}

TEST_F(Limits, PageSizeIsRefused)
{
	Expect(LIMIT_MAP_SIZE, "kvm_map: page_size 0x2000 is none of ");
}

TEST_F(Limits, UnalignedVirtualAddressIsRefused)
{
	Expect(LIMIT_MAP_VIRT, "kvm_map: virt 0x90001000 is no multiple of page_size 0x200000");
}

TEST_F(Limits, UnalignedPhysicalAddressIsRefused)
{
	Expect(LIMIT_MAP_PHYS, "kvm_map: phys 0x1000 is no multiple of page_size 0x200000");
}

TEST_F(Limits, PhysicalAddressThatTheCpuHasNotIsRefused)
{
	Expect(LIMIT_MAP_PHYS_END,
	       "kvm_map: phys 0x10000000000000 is beyond the CPU's last physical address, 0x");
}

TEST_F(Limits, AddressAmongTheFlagsIsRefused)
{
	Expect(LIMIT_MAP_FLAGS, "kvm_map: flags 0x3000 hold bits of the address, 0x3000");
}

TEST_F(Limits, AddressThatIsNotCanonicalIsRefused)
{
	auto *page = static_cast<limit_page *>(
		tst_kvm_alloc_memory(vm(), LIMIT_SLOT, LIMIT_ADDRESS, sizeof(limit_page), 0));
	std::vector<ringside::Result> results;

	page->limit = LIMIT_MAP_CANONICAL;
	results = ringside::RunAndCollect(vm());
	if (page->bits == 32)
		return;
	EXPECT_THAT(results, ElementsAre(ResultIs(TBROK, HasSubstr("is not canonical with 4"))));
}

TEST_F(Limits, SizeToUnmapIsRefused)
{
	Expect(LIMIT_UNMAP_SIZE, "kvm_unmap: page_size 0x1 is none of ");
}

TEST_F(Limits, ApicThatIsNotThereIsRefused)
{
	Expect(LIMIT_APIC_NONE, "kvm_enable_apic: the machine has no interrupt controllers; ");
}

TEST_F(Limits, X2apicThatIsNotThereIsRefused)
{
	Expect(LIMIT_X2APIC_NONE, "kvm_enable_x2apic: the machine has no interrupt controllers; ");
}

TEST_F(Limits, RegisterOfAnApicThatIsNotThereIsRefused)
{
	Expect(LIMIT_APIC_READ, "kvm_read_apic: the machine has no interrupt controllers; ");
}

TEST_F(Limits, CpuThatIsNotThereIsRefused)
{
	Expect(LIMIT_START_CPU, "tst_start_cpu(1): the machine has 1 CPUs, and CPU 0 runs main()");
}

TEST_F(Limits, FirstCpuCannotBeJoined)
{
	Expect(LIMIT_JOIN_CPU, "tst_join_cpu(0): the machine has 1 CPUs, and CPU 0 runs main()");
}

// The library complains of the test's call: its line is the place.
TEST_F(Limits, PlaceOfARefusalIsTheTests)
{
	Expect(LIMIT_PLACE, " bytes at a multiple of 16 do not fit");
	ASSERT_EQ(results_.size(), 1u);
	EXPECT_EQ(results_[0].file, "guest/tests/limits_payload.c");
	EXPECT_EQ(results_[0].line, 61);
	EXPECT_THAT(results_[0].text, HasSubstr("ask_for_too_much+"));
}

// Each letter is a conversion that the library does, or one that it refuses by name.
class Conversions : public Limits, public ::testing::WithParamInterface<char>
{
};

TEST_P(Conversions, IsHandledOrRefused)
{
	const std::string handled = "bBcdiopuxX";
	auto *page = static_cast<limit_page *>(
		tst_kvm_alloc_memory(vm(), LIMIT_SLOT, LIMIT_ADDRESS, sizeof(limit_page), 0));
	std::vector<ringside::Result> results;

	page->limit = LIMIT_CONVERSION;
	snprintf(page->format, sizeof(page->format), "<%%%c>", GetParam());
	results = ringside::RunAndCollect(vm());
	if (handled.find(GetParam()) != std::string::npos) {
		EXPECT_THAT(results, ElementsAre(ResultIs(TPASS, "handled")));
		EXPECT_EQ(page->text[0], '<');
		EXPECT_EQ(page->text[strlen(page->text) - 1], '>');
	} else {
		EXPECT_THAT(results,
			    ElementsAre(ResultIs(TBROK,
						 HasSubstr(std::string("printf: no conversion %") +
							   GetParam()))));
	}
}

// But for lengths (h, j, l, q, t, z, L) and s, whose argument is a pointer.
INSTANTIATE_TEST_SUITE_P(All, Conversions,
			 ::testing::ValuesIn(std::string("abcdefgikmnopruvwxyABCDEFGHIJKMNOPQRSTUV"
							 "WXYZ$")));

} // namespace
