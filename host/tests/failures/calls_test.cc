// SPDX-License-Identifier: MIT
// What a user reads of a guest that went wrong: the place in its source, what
// happened, and the calls that led there.
#include "ringside/kvm_gtest.h"

namespace
{

using ::ringside::ResultIs;
using ::ringside::RunAndCollect;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kLine = 8;

class Calls : public ringside::KvmTest
{
};

TEST_F(Calls, FailureNamesItsPlaceAndCalls)
{
	const auto results = RunAndCollect(vm());

	ASSERT_THAT(
		results,
		ElementsAre(ResultIs(
			TBROK, AllOf(HasSubstr(EXPECTED_TEXT), HasSubstr("#0 0x"),
				     HasSubstr(" innermost+0x"), HasSubstr(" middle+0x"),
				     HasSubstr(" main+0x"), HasSubstr("calls_payload.c:13\n"),
				     HasSubstr("calls_payload.c:18\n"), HasSubstr(" kvm_start+0x"),
				     Not(HasSubstr("kvm_vector_"))))));
	EXPECT_THAT(results[0].file, EndsWith("calls_payload.c"));
	EXPECT_EQ(results[0].line, kLine);
}

} // namespace
