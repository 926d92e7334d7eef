// SPDX-License-Identifier: MIT
// A payload that plays the scenarios of nested_scenarios.h.
#ifndef RINGSIDE_GUEST_TESTS_API_NESTED_SCENARIOS_FIXTURE_H
#define RINGSIDE_GUEST_TESTS_API_NESTED_SCENARIOS_FIXTURE_H

#include "nested_scenarios.h"
#include "ringside/kvm_gtest.h"

class NestedScenarios : public ringside::KvmTest
{
protected:
	std::vector<ringside::Result> Play(nested_scenario scenario)
	{
		auto *page = static_cast<volatile uint32_t *>(tst_kvm_alloc_memory(
			vm(), SCENARIO_SLOT, SCENARIO_ADDRESS, sizeof(uint32_t), 0));

		*page = scenario;
		return ringside::RunAndCollect(vm());
	}

	void ExpectEnd(nested_scenario scenario, int type, const std::string &text)
	{
		EXPECT_THAT(Play(scenario), ::testing::ElementsAre(ringside::ResultIs(
						    type, ::testing::HasSubstr(text))));
	}

	// An exception of a nested guest is reported like one of the payload.
	void ExpectException(const char *payload)
	{
		const auto results = Play(SCENARIO_EXCEPTION);

		ASSERT_THAT(results,
			    ::testing::ElementsAre(ringside::ResultIs(
				    TBROK,
				    ::testing::AllOf(
					    ::testing::StartsWith("Invalid opcode (interrupt 6)"),
					    ::testing::HasSubstr("raise_bad_opcode")))));
		EXPECT_EQ(results[0].file, payload);
		EXPECT_GT(results[0].line, 0);
	}
};

#endif // RINGSIDE_GUEST_TESTS_API_NESTED_SCENARIOS_FIXTURE_H
