// SPDX-License-Identifier: MIT
// tst_kvm_set_input() and tst_input(): what goes in is what the payload gets.
#include "ringside/fuzz.h"
#include "ringside/kvm_gtest.h"

namespace
{

using ringside::Collect;
using ringside::Result;
using ringside::ResultIs;
using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

class Input : public ringside::KvmTest
{
protected:
	void Create(const char *payload)
	{
		tst_kvm_config config = {};

		config.payload = payload;
		KvmTest::Create(config);
	}

	std::vector<Result> Give(const std::string &input)
	{
		return Collect([&] { tst_kvm_set_input(vm(), input.data(), input.size()); });
	}
};

TEST_F(Input, Arrives)
{
	Create("input");
	EXPECT_THAT(Give("abc"), ElementsAre());
	EXPECT_THAT(ringside::RunAndCollect(vm()),
		    ElementsAre(ResultIs(TINFO, "3 bytes, from 97 to 99"),
				ResultIs(TINFO, "3 bytes, from 97 to 99")));
}

TEST_F(Input, CanBeEmpty)
{
	Create("input");
	EXPECT_THAT(Give(""), ElementsAre());
	EXPECT_THAT(ringside::RunAndCollect(vm()),
		    ElementsAre(ResultIs(TINFO, "0 bytes, from 0 to 0"),
				ResultIs(TINFO, "0 bytes, from 0 to 0")));
}

TEST_F(Input, CanBeLong)
{
	Create("input");
	EXPECT_THAT(Give(std::string(KVM_INPUT_SIZE - 1, 'a') + "z"), ElementsAre());
	EXPECT_THAT(ringside::RunAndCollect(vm())[0],
		    ResultIs(TINFO, "4096 bytes, from 97 to 122"));
}

TEST_F(Input, MustFit)
{
	Create("input");
	EXPECT_THAT(Give(std::string(KVM_INPUT_SIZE + 1, 'a')),
		    ElementsAre(ResultIs(TBROK, AllOf(HasSubstr("the input has 4097 bytes, and "
								"payloads have room for 4096"),
						      EndsWith("Fix: a shorter input")))));
}

TEST_F(Input, IsWaitedFor)
{
	Create("input");
	ASSERT_EQ(tst_kvm_run_vcpu(tst_kvm_vcpu(vm(), 0)), KVM_EXIT_IO);
	EXPECT_THAT(Give("x"), ElementsAre());
	EXPECT_THAT(ringside::RunAndCollect(vm())[0], ResultIs(TINFO, "1 bytes, from 120 to 120"));
}

TEST_F(Input, IsMissed)
{
	Create("input");
	EXPECT_THAT(ringside::RunAndCollect(vm()),
		    ElementsAre(ResultIs(TBROK,
					 HasSubstr("the payload has called tst_input(), and there "
						   "is no input. Fix: the controller calls "
						   "tst_kvm_set_input()"))));
}

TEST_F(Input, IsForThoseThatAsk)
{
	Create("silent");
	EXPECT_THAT(Give("x"),
		    ElementsAre(ResultIs(TBROK, HasSubstr("the payload never asks for an "
							  "input. Fix: it calls "
							  "tst_input()"))));
}

TEST_F(Input, OfAReplayThatSaysNothing)
{
	EXPECT_THAT(Collect([] { tst_kvm_run_input("ab", 2); }),
		    ElementsAre(ResultIs(TINFO, "2 bytes, from 97 to 98"),
				ResultIs(TINFO, "2 bytes, from 97 to 98"),
				ResultIs(TPASS, "nothing is wrong with this input of 2 byte(s)")));
}

} // namespace
