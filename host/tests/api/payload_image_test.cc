// SPDX-License-Identifier: MIT
// Payload images that must not be loaded.
#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "host/engine/payload.h"
#include "kvm_test.h"

namespace
{

using ::testing::HasSubstr;

class PayloadImage : public ::testing::Test
{
protected:
	void SetUp() override
	{
		header_.magic = KVM_PAYLOAD_MAGIC;
		header_.version = KVM_PAYLOAD_VERSION;
		header_.arch = KVM_PAYLOAD_ARCH_X86_64;
		header_.load_addr = VM_KERNEL_BASEADDR;
		header_.mem_end = 0x3000;
		header_.mapped_end = 0x80000000;
		header_.cpu_area_size = 0x4000;
	}

	bool Check(size_t size = 0x1000)
	{
		std::vector<char> image(size);

		if (size)
			memcpy(image.data(), &header_, std::min(size, sizeof(header_)));
		const engine_payload payload = {image.data(), size, nullptr, nullptr};

		return engine_check_payload(&payload, vcpus_, &ram_needed_, &error_);
	}

	void ExpectRefusal(const std::string &why, size_t size = 0x1000)
	{
		EXPECT_FALSE(Check(size));
		EXPECT_THAT(error_.text, HasSubstr(why));
	}

	kvm_payload_header header_ = {};
	uint64_t ram_needed_ = 0;
	unsigned int vcpus_ = 1;
	engine_error error_ = {};
};

TEST_F(PayloadImage, SoundOneNeedsItsMemoryAndSomeMore)
{
	EXPECT_TRUE(Check()) << error_.text;
	EXPECT_EQ(ram_needed_, 0x3000u + MIN_FREE_RAM);
	header_.arch = KVM_PAYLOAD_ARCH_I386;
	EXPECT_TRUE(Check()) << error_.text;
}

TEST_F(PayloadImage, IsShorterThanItsHeader)
{
	ExpectRefusal("the payload has 47 bytes, fewer than its header's 80", 47);
	ExpectRefusal("the payload has 0 bytes", 0);
}

TEST_F(PayloadImage, HasAnotherMagicNumber)
{
	header_.magic = 0x464c457f;
	ExpectRefusal("magic number is 0x464c457f");
}

TEST_F(PayloadImage, HasAnotherVersion)
{
	header_.version = KVM_PAYLOAD_VERSION - 1;
	ExpectRefusal("header has version 1, not 2");
}

TEST_F(PayloadImage, IsForAnotherArchitecture)
{
	header_.arch = 99;
	ExpectRefusal("the payload is for architecture 99");
}

TEST_F(PayloadImage, WantsToBeElsewhere)
{
	header_.load_addr = 0x100000;
	ExpectRefusal("wants to be at 0x100000, not at 0x1000");
}

TEST_F(PayloadImage, EndsBeforeItsImageDoes)
{
	header_.mem_end = 0x1fff;
	ExpectRefusal("the payload's memory ends at 0x1fff; it must end between 0x2000");
}

TEST_F(PayloadImage, NeedsMoreMemoryThanThereCanBe)
{
	header_.mem_end = header_.mapped_end - MIN_FREE_RAM + 1;
	ExpectRefusal("make its data smaller");
	header_.mem_end = UINT64_MAX;
	ExpectRefusal("make its data smaller");
	header_.mem_end = header_.mapped_end - MIN_FREE_RAM;
	EXPECT_TRUE(Check()) << error_.text;
	vcpus_ = 2;
	ExpectRefusal("bytes of memory for itself and 2 CPUs, and maps 0x80000000");
}

TEST_F(PayloadImage, NeedsRoomForEachCpu)
{
	vcpus_ = 3;
	EXPECT_TRUE(Check()) << error_.text;
	EXPECT_EQ(ram_needed_, 0x3000u + MIN_FREE_RAM + 2 * 0x4000u);
}

TEST_F(PayloadImage, HasAreasThatAreNoPages)
{
	header_.cpu_area_size = 0x4001;
	ExpectRefusal("areas of 0x4001 bytes for its CPUs");
}

TEST_F(PayloadImage, MapsWhatTheResultSlotsNeed)
{
	header_.mapped_end = KVM_RESULT_BASEADDR + 1ul;
	ExpectRefusal("maps memory up to 0xfffff001");
}

} // namespace
