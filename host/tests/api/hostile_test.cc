// SPDX-License-Identifier: MIT
// A guest that lies: nothing that it puts into the result page is believed.
#include <climits>
#include <sstream>

#include "guest_fixture.h"

namespace
{

using ::ringside::ResultIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr size_t kPage = 0x1000;
constexpr size_t kLongestFileName = 255;

class Hostile : public GuestTest
{
protected:
	// A file name in the last bytes of the guest's page of its own.
	uint64_t PutAtEndOfPage(const std::string &bytes)
	{
		char *end = reinterpret_cast<char *>(page_) + kPage;

		memcpy(end - bytes.size(), bytes.data(), bytes.size());
		return GUEST_ADDRESS + kPage - bytes.size();
	}

	// The file name that the host makes of an address.
	std::string FileAt(uint64_t address)
	{
		page_->result = TPASS;
		page_->lineno = 1;
		page_->file_addr = address;

		const auto results = RunTask(GUEST_SAY);

		EXPECT_THAT(results, SizeIs(2)); // the guest goes on afterwards
		return results.empty() ? "" : results[0].file;
	}
};

TEST_F(Hostile, FileNameIsTakenFromTheGuest)
{
	EXPECT_EQ(FileAt(PutAtEndOfPage(std::string("file.c\0", 7))), "file.c");
}

TEST_F(Hostile, FileNameMayCrossIntoAnotherMemslot)
{
	auto *next = static_cast<char *>(
		tst_kvm_alloc_memory(vm(), GUEST_SLOT + 1, GUEST_ADDRESS + kPage, kPage, 0));

	strcpy(next, "end.c");
	EXPECT_EQ(FileAt(PutAtEndOfPage("begin-")), "begin-end.c");
}

TEST_F(Hostile, FileNameThatRunsIntoNothingIsNotRead)
{
	EXPECT_EQ(FileAt(PutAtEndOfPage("begin-")), "<bad address 0x40000ffa>");
}

TEST_F(Hostile, FileNameIsBounded)
{
	auto *long_name = static_cast<char *>(
		tst_kvm_alloc_memory(vm(), GUEST_SLOT + 1, GUEST_ADDRESS + kPage, kPage, 0));

	memset(long_name, 'n', kPage);
	EXPECT_EQ(FileAt(GUEST_ADDRESS + kPage), std::string(kLongestFileName, 'n'));
}

TEST_F(Hostile, FileNameShowsControlCharacters)
{
	EXPECT_EQ(FileAt(PutAtEndOfPage(std::string("\033[2J\n\0", 6))), "\\x1b[2J\\n");
}

// UTF-8 that is none, or that would deceive a reader, is shown byte by byte.
TEST_F(Hostile, CharactersThatDeceiveAreShown)
{
	const std::pair<std::string, std::string> names[] = {
		{"\xe2\x82\xac \xc2\xa0 \xf0\x9f\x90\xa7",
		 "\xe2\x82\xac \xc2\xa0 \xf0\x9f\x90\xa7"},
		{"\xc2\x85", "\\xc2\\x85"}, // a control character
		{"\xc0\xaf", "\\xc0\\xaf"}, // '/', too long
		{"\xe0\x82\xac", "\\xe0\\x82\\xac"}, // too long
		{"\xe2\x80\xae", "\\xe2\\x80\\xae"}, // right to left from here
		{"\xe2\x81\xa6", "\\xe2\\x81\\xa6"}, // left to right, isolated
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"}, // half a surrogate pair
		{"\xef\xbf\xbf", "\\xef\\xbf\\xbf"}, // no character
		{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, // beyond the last one
		{"\xe2\x82", "\\xe2\\x82"}, // cut short
	};

	for (const auto &[name, shown] : names) {
		EXPECT_EQ(FileAt(PutAtEndOfPage(name + '\0')), shown);
		TearDown();
		SetUp();
	}
}

TEST_F(Hostile, FileNameAtAMappedAddressWithoutMemory)
{
	EXPECT_EQ(FileAt(GUEST_MMIO), "<bad address 0x50000000>");
}

TEST_F(Hostile, FileNameAtAnUnmappedAddress)
{
	EXPECT_EQ(FileAt(0xc0000000), "<bad address 0xc0000000>");
}

TEST_F(Hostile, FileNameAtNoCanonicalAddress)
{
	EXPECT_EQ(FileAt(0x8000000000000000), "<bad address 0x8000000000000000>");
}

TEST_F(Hostile, FileNameAtAGoodAddressWithBitsTooMany)
{
	// Its lower 32 or 48 bits are the address of a good name.
	const uint64_t name = PutAtEndOfPage(std::string("file.c\0", 7));

	EXPECT_EQ(FileAt(1ull << 63 | name), "<bad address 0x8000000040000ff9>");
}

TEST_F(Hostile, FileNameAtTheLastAddress)
{
	EXPECT_EQ(FileAt(UINT64_MAX), "<bad address 0xffffffffffffffff>");
}

TEST_F(Hostile, MessageWithoutEndIsBounded)
{
	page_->result = TPASS;
	page_->file_addr = GUEST_ADDRESS + kPage - 1;
	page_->fill = 'M';
	EXPECT_THAT(RunTask(GUEST_SAY),
		    ElementsAre(ResultIs(TPASS, AllOf(SizeIs(KVM_RESULT_MESSAGE_SIZE),
						      ::testing::MatchesRegex("M+"))),
				ResultIs(TPASS, "the guest is done")));
}

TEST_F(Hostile, MessageOfControlCharactersIsBounded)
{
	page_->result = TPASS;
	page_->file_addr = GUEST_ADDRESS + kPage - 1;
	page_->fill = 0x1b;
	const auto results = RunTask(GUEST_SAY);

	ASSERT_THAT(results, SizeIs(2));
	EXPECT_THAT(results[0].text,
		    AllOf(SizeIs(KVM_RESULT_MESSAGE_SIZE * 4), StartsWith("\\x1b\\x1b")));
}

// The host looks such an address up in the payload's ELF file.
TEST_F(Hostile, InstructionThatIsNoneHasNoPlace)
{
	for (uint64_t address :
	     {uint64_t{0}, uint64_t{GUEST_MMIO}, uint64_t{1} << 63, UINT64_MAX}) {
		std::ostringstream place;

		tst_kvm_create_instance(vm(), DEFAULT_RAM_SIZE);
		page_ = static_cast<guest_page *>(tst_kvm_alloc_memory(
			vm(), GUEST_SLOT, GUEST_ADDRESS, sizeof(guest_page), 0));
		page_->result = TPASS;
		page_->lineno = KVM_LINENO_ADDRESS;
		page_->file_addr = address;
		place << "<guest address 0x" << std::hex << address << ">";

		const auto results = RunTask(GUEST_SAY);

		ASSERT_THAT(results, SizeIs(2));
		EXPECT_EQ(results[0].file, address ? place.str() : "<guest address 0>");
		EXPECT_EQ(results[0].line, 0);
	}
}

TEST_F(Hostile, NegativeLineIsNoLine)
{
	page_->result = TPASS;
	page_->lineno = INT_MIN;
	page_->file_addr = PutAtEndOfPage(std::string("f\0", 2));
	EXPECT_EQ(RunTask(GUEST_SAY)[0].line, 0);
}

class HostileValue : public Hostile, public ::testing::WithParamInterface<int>
{
};

TEST_P(HostileValue, IsRefusedAndTheGuestIsNotRunOn)
{
	page_->result = GetParam();
	EXPECT_THAT(RunTask(GUEST_SAY),
		    ElementsAre(ResultIs(
			    TBROK, AllOf(StartsWith("tst_kvm_validate_result(value): the guest's "
						    "result is " +
						    std::to_string(GetParam()) + " "),
					 HasSubstr("TPASS (0), TFAIL (1), TBROK (2), TWARN (4), "
						   "TINFO (16), TCONF (32)")))));
	EXPECT_THAT(ringside::RunAndCollect(vm()),
		    ElementsAre(ResultIs(TBROK, HasSubstr("cannot be run again"))));
}

INSTANTIATE_TEST_SUITE_P(Values, HostileValue,
			 ::testing::Values(3, 8, 33, 64, TFAIL | TERRNO, TPASS | TTERRNO, 253, 256,
					   -2, INT_MIN, INT_MAX));

TEST(ValidateResult, TakesResultTypesOnly)
{
	for (int type : {TPASS, TFAIL, TBROK, TWARN, TINFO, TCONF})
		EXPECT_THAT(ringside::Collect([type] { tst_kvm_validate_result(type); }),
			    SizeIs(0));
	for (int type : {KVM_TNONE, KVM_TSYNC, KVM_TEXIT, 3, TCONF + 1, INT_MIN})
		EXPECT_THAT(ringside::Collect([type] { tst_kvm_validate_result(type); }),
			    ElementsAre(ResultIs(TBROK, HasSubstr("is none of TPASS"))));
}

class UnexpectedExit : public GuestTest
{
protected:
	void ExpectExplained(guest_task task, const std::string &name, const std::string &detail)
	{
		EXPECT_THAT(RunTask(task),
			    ElementsAre(ResultIs(TBROK,
						 AllOf(StartsWith("the guest left unexpectedly: "),
						       HasSubstr(name), HasSubstr(detail),
						       HasSubstr("ip 0"), HasSubstr("cr3 ")))));
	}
};

TEST_F(UnexpectedExit, AccessToNoMemoryIsExplained)
{
	ExpectExplained(GUEST_MMIO_READ, "KVM_EXIT_MMIO", "0x50000000");
}

TEST_F(UnexpectedExit, AccessToNoPortIsExplained)
{
	ExpectExplained(GUEST_PORT_WRITE, "KVM_EXIT_IO", "out to port 0x80");
}

TEST_F(UnexpectedExit, TripleFaultIsExplained)
{
	// KVM API, KVM_EXIT_SHUTDOWN: on some CPUs, it resets what there would be to show.
	EXPECT_THAT(
		RunTask(GUEST_TRIPLE_FAULT),
		ElementsAre(ResultIs(
			TBROK,
			AllOf(StartsWith("the guest left unexpectedly: KVM_EXIT_SHUTDOWN (8); a "
					 "triple fault"),
			      ::testing::AnyOf(AllOf(HasSubstr("ip 0"), HasSubstr("cr3 ")),
					       HasSubstr("KVM has reset the CPU"))))));
}

} // namespace
